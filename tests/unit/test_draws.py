"""What a change of the document leaves alone: draws follow from what they are about."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

import pytest

from specloop.config import Instances, RoleSettings, Seeds, Synthesis
from specloop.draws import chance, picked, ranked, seed_of
from specloop.llm.backends.scripted import ScriptedModel
from specloop.llm.base import Request
from specloop.llm.roles import RoleModel, RoleModels
from specloop.pipeline.reading import plain_rules
from specloop.records import (
    ANSWERING_STAGES,
    Answer,
    Case,
    Exchange,
    Instance,
    Record,
    Rule,
    content_id,
)
from specloop.spec import read_spec
from specloop.spec.source import SourceDocument
from specloop.synth.annotate import annotate_plainly
from specloop.synth.exchange import SynthesisContext
from specloop.synth.instances import hold_out, sample_instances
from specloop.synth.pairs import make_pairs, materials
from specloop.synth.plans import Plan, make_plans
from specloop.synth.probes import attack_draw, attack_probes, everyday_probes
from specloop.synth.seeds import read_seeds, split_topics, topics_of, write_seeds
from specloop.synth.subjects import subjects_of
from specloop.synth.waves import run_waves

R = TypeVar("R", bound=Record)
FERNHILL = Path(__file__).parents[2] / "examples" / "fernhill"
POLICY = (FERNHILL / "policy.md").read_text()
DOCS = (FERNHILL.parents[1] / "docs" / "method.md").read_text()
SEEDS = read_seeds(FERNHILL / "seeds.jsonl", Seeds())
INSTANCES = Instances(n_train=6, n_validation=1, n_test=8)


def read(text: str) -> list[Rule]:
    spec = read_spec(SourceDocument.of(text))
    return [annotate_plainly(rule) for rule in plain_rules(spec.rules)]


RULES = read(POLICY)


def test_an_order_is_kept_where_one_is_taken_out_and_whatever_the_order_before() -> None:
    names = [f"name {n}" for n in range(40)]
    order = ranked(names, str, "about", 3)
    assert order != names
    assert ranked(reversed(names), str, "about", 3) == order
    assert ranked(names, str, "about", 4) != order
    for name in names:
        left = [other for other in names if other != name]
        assert ranked(left, str, "about", 3) == [other for other in order if other != name]
    assert picked(names, str, "about", 3) == order[0]


def test_chances_are_spread_evenly_and_seeds_fit_31_bits() -> None:
    drawn = [chance("x", n) for n in range(2000)]
    assert 0 <= min(drawn) < max(drawn) < 1
    assert sum(one < 0.3 for one in drawn) == pytest.approx(600, abs=60)
    assert seed_of(0, "a") == int(content_id(["0", "a"]), 16) % 2**31


def without(rule: Rule) -> list[Rule]:
    return [other for other in RULES if other is not rule]


def wordings(instance: Instance, rules: Sequence[Rule]) -> set[str]:
    text = {rule.id: rule.text for rule in rules}
    return {text[rule_id] for rule_id in instance.rules}


def test_instances_without_a_rule_stay_and_those_with_it_gain_one_for_it() -> None:
    before = sample_instances(RULES, frozenset(), INSTANCES)
    assert not any(instance.unmet for instance in before)
    n_held = 0
    for rule in RULES:
        after = sample_instances(without(rule), frozenset(), INSTANCES)
        for old, new in zip(before, after, strict=True):
            was, now = wordings(old, RULES), wordings(new, RULES)
            held = rule.text in was
            assert was - now == ({rule.text} if held else set())
            assert len(now - was) == held
            n_held += held
    assert n_held == sum(len(instance.rules) for instance in before)


def test_labels_that_cut_across_each_other_cost_a_second_exchange_now_and_then() -> None:
    def labelled(rule: Rule) -> Rule:
        number = seed_of("label", rule.text)
        labels = {"domain": f"d{number % 9}", "family": f"f{number % 11}"}
        return rule.model_copy(update=labels | {"stage": ANSWERING_STAGES[number % 4]})

    rules = [labelled(rule) for rule in RULES]
    before = sample_instances(rules, frozenset(), INSTANCES)
    assert not any(instance.unmet for instance in before)
    lost: Counter[int] = Counter()
    for rule in rules:
        after = sample_instances([r for r in rules if r is not rule], frozenset(), INSTANCES)
        for old, new in zip(before, after, strict=True):
            gone = wordings(old, rules) - wordings(new, rules)
            assert rule.id in old.rules or not gone
            lost[len(gone)] += rule.id in old.rules
    assert lost[1] >= 0.93 * sum(lost.values())
    assert max(lost) <= 3


def test_an_instance_of_a_short_document_loses_a_rule_that_goes_and_no_other() -> None:
    few, settings = RULES[2:18], Instances()
    before = sample_instances(few, frozenset(), settings)
    for rule in few:
        after = sample_instances([r for r in few if r is not rule], frozenset(), settings)
        for old, new in zip(before, after, strict=True):
            assert wordings(old, few) - wordings(new, few) <= {rule.text}


def test_an_instance_does_not_depend_on_how_many_there_are_of_other_splits() -> None:
    few = sample_instances(RULES, frozenset(), INSTANCES.model_copy(update={"n_train": 2}))
    many = sample_instances(RULES, frozenset(), INSTANCES)
    assert [one for one in few if one.split == "test"] == many[-8:]
    assert few[:2] == many[:2]


def plans(rules: Sequence[Rule], n: int = 240) -> list[Plan]:
    instances = sample_instances(rules, frozenset(), INSTANCES)
    train = [one for one in instances if one.split == "train"]
    seeds = [one for one in SEEDS if one.split == "train"]
    return make_plans(n, seeds, train, {rule.id: rule for rule in rules}, (0.97, "waves-0"))


def asked(made: Sequence[Plan]) -> Counter[tuple[str, int]]:
    """Seed prompts with the seed of their sampling: what is asked where nothing is written."""
    return Counter((plan.request, plan.seed) for plan in made)


def aimed(made: Sequence[Plan]) -> Counter[tuple[str, ...]]:
    """What is asked, with the rule it is about and the rules of its instance."""
    return Counter(
        (
            p.request,
            str(p.seed),
            p.rule.text,
            *(r.text for r in p.instance_rules),
        )
        for p in made
    )


def test_of_240_planned_requests_one_or_two_change_with_a_rule() -> None:
    before, n_stay, n_changed = plans(RULES), 0, 0
    for rule in RULES[::8]:
        after = plans(without(rule))
        assert sum((asked(before) - asked(after)).values()) <= 2
        lists = {tuple(r.id for r in plan.instance_rules) for plan in after}
        stay = [p for p in before if tuple(r.id for r in p.instance_rules) in lists]
        n_stay += len(stay)
        n_changed += sum((aimed(stay) - aimed(after)).values())
    assert n_stay > 500
    assert n_changed <= 0.05 * n_stay


def test_more_exchanges_leave_the_earlier_ones_as_they_are() -> None:
    assert asked(plans(RULES, 60)) <= asked(plans(RULES, 90))


def test_rules_held_out_by_share_are_the_same_where_another_rule_goes() -> None:
    held = hold_out(RULES, INSTANCES)
    assert len(held) == 4
    n_changed = 0
    for rule in RULES:
        if rule.id not in held:
            n_changed += hold_out(without(rule), INSTANCES) != held
    assert n_changed == 0


def test_a_topic_that_goes_moves_at_most_two_others() -> None:
    splits = {seed.topic: seed.split for seed in SEEDS}
    for topic in splits:
        left = split_topics([seed for seed in SEEDS if seed.topic != topic], Seeds())
        moved = {seed.topic for seed in left if seed.split != splits[seed.topic]}
        assert len(moved) <= 2


def reply(request: Request) -> str:
    """A reply that follows from the request, so that a changed one shows in what comes after it."""
    number = int(content_id(request.model_dump(mode="json")), 16)
    if "plan tests" in request.messages[0].content:
        tactic = ("urgency", "detail", "flattery")[number % 3]
        return f'{{"tactic": "{tactic}", "strategy": "press {number % 5} times"}}'
    if request.json_schema:
        return f'{{"message": "Tell me quickly what I should do in week {number % 50}, please."}}'
    return ("Sure! Water it well and feed it in spring.", "Obviously, water it well.")[number % 2]


class Loop(NamedTuple):
    """What a document's loop asks; an instance is its rules as prompts list them."""

    instances: Counter[str]
    probes: Counter[str]
    synth: Counter[str]
    pairs: Counter[str]

    def changed(self, other: Loop) -> tuple[int, ...]:
        """How much of each the other one does not have."""
        return tuple(sum((a - b).values()) for a, b in zip(self, other, strict=True))

    def changed_elsewhere(self, other: Loop) -> tuple[int, int]:
        """Of the requests of synthesis and pairs that list the rules of an instance which stays:
        how many change, and how many there are."""
        stay = (self.instances & other.instances).keys()
        own, after = self.synth + self.pairs, other.synth + other.pairs
        mine = Counter({text: n for text, n in own.items() if any(rules in text for rules in stay)})
        return sum((mine - after).values()), sum(mine.values())


def models() -> tuple[RoleModels, ScriptedModel]:
    model = ScriptedModel(reply)
    one = RoleModel(model, RoleSettings(model="scripted:test"))
    return RoleModels(dict.fromkeys(("target", "defender", "planner", "attacker"), one)), model


def requests(model: ScriptedModel) -> Counter[str]:
    return Counter(
        "\n".join([*(m.content for m in one.messages), str(one.sampling)]) for one in model.requests
    )


def of(records: Sequence[Record], kind: type[R]) -> list[R]:
    return [record for record in records if isinstance(record, kind)]


async def loop(text: str) -> Loop:
    """The requests of all stages before training, with a scripted model in every role."""
    rules, settings = read(text), Synthesis(waves=2, exchanges_per_wave=12, n_test=20, samples=1)
    instances = sample_instances(rules, frozenset(), INSTANCES)
    train, test = ([i for i in instances if i.split == split] for split in ("train", "test"))
    seeds = [seed for seed in SEEDS if seed.split == "test"]
    roles, prober = models()
    context = SynthesisContext(roles, rules, settings)
    probes = everyday_probes(seeds, test, rules)
    by_id = {rule.id: rule for rule in rules}
    plans = make_plans(settings.n_test, seeds, test, by_id, attack_draw("test", settings))
    written = await attack_probes("test", [[plan] for plan in plans], context, list)
    probes += [probe for own in written for probe in own]
    roles, synthesist = models()
    context = SynthesisContext(roles, rules, settings)
    seeds = [seed for seed in SEEDS if seed.split == "train"]
    made = [one async for wave in run_waves(seeds, train, context, ()) for one in wave]
    roles, pairer = models()
    items = materials(of(made, Exchange), of(made, Case), of(made, Answer), train)
    await make_pairs(items, SynthesisContext(roles, rules, settings))
    text_of = {rule.id: rule.text for rule in rules}
    listed = Counter("\n".join(f"- {text_of[one]}" for one in i.rules) for i in instances)
    conversations = Counter(str(probe.messages) for probe in probes)
    return Loop(listed, requests(prober) + conversations, requests(synthesist), requests(pairer))


def moved(text: str, heading: str) -> str:
    """The section put first of all."""
    head, *sections = text.split("\n## ")
    own = next(section for section in sections if section.startswith(heading))
    return "\n## ".join([head, own, *(section for section in sections if section != own)])


def _line(words: str) -> str:
    return next(line for line in POLICY.splitlines(keepends=True) if words in line)


MIX = _line("mixing garden chemicals")
CHANGES = {
    "a rule is added": POLICY.replace(MIX, MIX + "- Do not recommend burning leaves.\n"),
    "a rule that needs judgement is removed": POLICY.replace(MIX, ""),
    "a rule that code decides is removed": POLICY.replace(_line("exclamation marks"), ""),
    "a conditional rule is removed": POLICY.replace(_line("a dog, a cat"), ""),
    "a rule is reworded": POLICY.replace(MIX, "- Do not advise anybody to mix chemicals.\n"),
    "a section moves": moved(POLICY, "Privacy"),
    "a heading is renamed": POLICY.replace("## Privacy {#privacy", "## Confidentiality {#secret"),
}


@pytest.fixture(scope="module")
def unchanged() -> Loop:
    return asyncio.run(loop(POLICY))


@pytest.mark.parametrize("change", CHANGES)
def test_the_documentation_tells_what_a_change_of_the_document_changes(
    change: str, unchanged: Loop
) -> None:
    after = asyncio.run(loop(CHANGES[change]))
    elsewhere = unchanged.changed_elsewhere(after)
    cells = [*map(str, unchanged.changed(after)), f"{elsewhere[0]} of {elsewhere[1]}"]
    assert f"| {change} | {' | '.join(cells)} |" in DOCS


def test_the_documentation_tells_how_much_there_is(unchanged: Loop) -> None:
    instances, probes, synth, pairs = (sum(part.values()) for part in unchanged)
    assert f"{instances} instances, {probes} probes" in DOCS
    assert f"{synth} requests of synthesis and {pairs} of pairs" in DOCS


async def seeds_asked(text: str) -> Counter[str]:
    """What the planner is asked for seed prompts about the document's own subjects."""
    spec, rules = read_spec(SourceDocument.of(text)), read(text)
    model = ScriptedModel(['{"messages": ["What should I do about it, please?"]}'])
    planner = RoleModel(model, RoleSettings(model="scripted:test"))
    topics = topics_of(subjects_of(rules, spec.sections), rules, 12)
    await write_seeds(topics, rules, Seeds(), planner, list)
    return requests(model)


async def test_the_planner_is_asked_for_the_same_seed_prompts_where_a_section_moves() -> None:
    before = await seeds_asked(POLICY)
    assert sum(before.values()) == 12
    assert await seeds_asked(moved(POLICY, "Privacy")) == before
    after = await seeds_asked(POLICY.replace(MIX, ""))
    assert sum((before - after).values()) <= 4
