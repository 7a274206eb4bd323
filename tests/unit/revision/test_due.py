"""How often an update puts a changed rule into instances, and aims at it."""

from specloop.config import Instances
from specloop.records import Case, Exchange, Instance, Rule, RuleChange, Split
from specloop.revision.due import due_work
from specloop.revision.falling import Records
from specloop.revision.names import Names
from specloop.revision.placing import Placing
from specloop.revision.rulemap import RuleMap

N_RULES = 20


def rule(text: str) -> Rule:
    return Rule(id=text, section="s", text=text, quote=text, start=0, end=1, check=None)


OLD = {f"rule {n}": rule(f"rule {n}") for n in range(N_RULES)}


def revised(*reworded: str, new: int = 0) -> RuleMap:
    """Some rules in other words, and new ones."""
    now = {one: f"{one} again" if one in reworded else one for one in OLD}
    changes = [
        RuleChange(kind="reworded" if one in reworded else "kept", old=(one,), new=(now[one],))
        for one in OLD
    ]
    added = [f"new {n}" for n in range(new)]
    changes += [RuleChange(kind="new", new=(one,)) for one in added]
    texts = [*now.values(), *added]
    return RuleMap(tuple(changes), OLD, {one: rule(one) for one in texts}, {})


def instances(*held: range, split: Split = "test") -> list[Instance]:
    return [
        Instance(rules=tuple(f"rule {n}" for n in one), seed=seed, split=split)
        for seed, one in enumerate(held)
    ]


def places(rules: RuleMap, held: list[Instance], name: str) -> int:
    placed = Placing(rules, Instances(), frozenset(), ()).placed(held)
    return sum(name in one.rules for one in placed)


def test_a_rule_joins_as_many_instances_as_rules_are_in_on_average_with_those_in_none():
    few = instances(range(8), range(8), range(8))
    assert places(revised(new=1), few, "new 0") == 1, "24 places for 21 rules"
    many = instances(*[range(18)] * 3)
    assert places(revised(new=1), many, "new 0") == 3, "54 places for 21 rules"


def test_a_changed_rule_takes_the_places_of_what_it_has_come_of_and_one_if_that_had_none():
    rules = revised("rule 1", "rule 7", "rule 9")
    taught = instances(range(8), range(8), range(8), split="train")
    assert [places(rules, taught, f"rule {n} again") for n in (1, 7, 9)] == [3, 3, 1]
    held = instances(range(8), range(8), range(7))
    assert [places(rules, held, f"rule {n} again") for n in (1, 7, 9)] == [2, 2, 1], "23 in all"
    assert places(rules, held, "rule 2") == 3


def probes(counts: dict[int, int], split: str) -> list[Case]:
    return [
        Case.model_validate(
            {
                "messages": [{"role": "user", "content": f"{split} {n} {number}"}],
                "scenario": "i",
                "targets": [f"rule {n}"],
                "side": "violation",
                "split": split,
                "topic": "t",
                "seed_prompt": "s",
                "attack": "plain",
                "made_by": {"model": "m"},
            }
        )
        for n, times in counts.items()
        for number in range(times)
    ]


def test_a_changed_rule_is_aimed_at_at_most_as_often_as_rules_are_on_average_and_once_at_least():
    cases = [*probes({0: 9, 1: 6, 2: 5}, "test"), *probes({3: 40}, "train")]
    exchanges = [
        Exchange(probe=one.id, answer=one.id, wave=0, round=0, strategy="plain", roles={})
        for one in cases
        if one.split == "train"
    ]
    before = Records({Case: cases, Exchange: exchanges})
    rules = revised("rule 0", "rule 3", "rule 7", new=1)
    due = due_work(before, Records(), rules, ["rule 7 again"], Names({}))
    fresh = ["rule 0 again", "rule 3 again", "rule 7 again", "new 0"]
    assert due.probes["test"] == dict.fromkeys(fresh, 1), "20 probes on 21 rules"
    assert due.probes["validation"] == {}, "there were none"
    assert due.exchanges == {"rule 0 again": 1, "rule 3 again": 1, "new 0": 2}, "40 on 20 rules"
