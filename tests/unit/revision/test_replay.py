"""What training goes on with after a revision."""

from tests.tiny_model import make_pair

from specloop.checking import compile_check
from specloop.records import PairVerdict, PreferencePair, Rule, said
from specloop.revision.lineage import Changed
from specloop.revision.replay import UNLEARNT, RevisedPairs, continued_pairs


def rule(text: str) -> Rule:
    return Rule(
        id=text, section="s", text=text, quote=text, start=0, end=1, check=compile_check(text)
    )


ORDER = rule(
    'Only when the customer mentions an order, include the sentence "Please tell me your number."'
)
SHORT = rule("Keep every answer to at most 12 words.")


def pair(name: str, violated: str, chosen: str = "Water them daily.") -> PreferencePair:
    made = make_pair(name, f"{name}?", chosen, "So much water everywhere, always.")
    verdict = PairVerdict(side="rejected", rule=violated, judge="check", level="check")
    return made.model_copy(update={"violated": (violated,), "verdicts": (verdict,)})


PAIRS = [pair(f"new {n}", "new") for n in range(6)] + [pair(f"old {n}", "old") for n in range(20)]


def test_all_pairs_about_what_changed_are_seen_and_so_many_of_the_others_for_each() -> None:
    changed = Changed(frozenset(["new"]))
    kept = continued_pairs(RevisedPairs(tuple(PAIRS)), changed, 2)
    assert kept.n_replayed == 12
    assert [one.id for one in kept.pairs[:6]] == [one.id for one in PAIRS[:6]]
    assert len(kept.pairs) == 18
    again = continued_pairs(RevisedPairs(tuple(PAIRS[:6] + PAIRS[7:])), changed, 2)
    assert len(set(kept.pairs) - set(again.pairs)) <= 1, "the draw is by what is asked"
    assert continued_pairs(RevisedPairs(tuple(PAIRS)), changed, 9).pairs == tuple(PAIRS)


def test_a_rule_of_few_pairs_is_replayed_as_well() -> None:
    seldom = [pair(f"seldom {n}", "seldom") for n in range(3)]
    kept = continued_pairs(RevisedPairs((*PAIRS, *seldom)), Changed(frozenset(["new"])), 1)
    assert kept.n_replayed == 6
    assert set(seldom) <= set(kept.pairs)


def test_few_pairs_about_what_changed_are_filled_up_to_what_a_training_needs() -> None:
    changed = Changed(frozenset(["new"]))
    kept = continued_pairs(RevisedPairs(tuple(PAIRS[4:])), changed, 0)
    assert (len(kept.pairs), kept.n_replayed) == (8, 6)


def test_what_a_rule_that_is_gone_demanded_is_taken_out_of_answers_and_unlearnt() -> None:
    told = make_pair(
        "o", "Where is my order?", "Please tell me your number. It comes by van.", "No idea at all."
    )
    other = make_pair("p", "How tall are roses?", "They grow to two metres.", "Very tall.")
    revised = RevisedPairs.of([told, other], [told], [ORDER], [SHORT])
    assert [one.chosen_text for one in revised.pairs] == [
        "It comes by van.",
        "They grow to two metres.",
    ]
    assert revised.pairs[0].rejected == told.rejected
    assert revised.pairs[1] == other
    (against,) = revised.unlearning
    assert against.chosen == said("It comes by van.")
    assert against.rejected == told.chosen
    assert (against.pairing, against.violated) == (UNLEARNT, (ORDER.id,))
    assert len({told.id, revised.pairs[0].id, against.id}) == 3
    apart = RevisedPairs.of([other], [told, told], [ORDER], [SHORT])
    assert apart == RevisedPairs((other,), (against,)), "what was set aside shows the old answer"


def test_an_answer_that_is_nothing_else_stays_as_it_is() -> None:
    told = make_pair("o", "Where is my order?", "Please tell me your number.", "No idea at all.")
    assert RevisedPairs.of([told], [], [ORDER], [SHORT]) == RevisedPairs((told,))
