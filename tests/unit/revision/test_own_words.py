"""Pairs in the former model's own words."""

from collections.abc import Sequence

from tests.tiny_model import make_pair

from specloop.checking import compile_check
from specloop.llm.base import Reply
from specloop.records import Message, PreferencePair, Rule
from specloop.revision.lineage import Changed
from specloop.revision.own_words import OwnWords
from specloop.training import PairSides


def rule(text: str) -> Rule:
    check = compile_check(text)
    return Rule(id=text, section="s", text=text, quote=text, start=0, end=1, check=check)


SHORT = rule("Keep every answer to at most 8 words.")
DOG = rule('Only when the customer mentions a dog, include the sentence "Mind the dog."')
KIND = rule("Be kind.")
BLOOM = rule('End every answer with the line "Bloom and grow."')
ORDER = rule('Only when the customer mentions an order, include the sentence "Which one is it?"')
CHANGED = Changed(frozenset([SHORT.id]), (BLOOM, ORDER))


def pair(request: str, *violated: Rule, pairing: str = "repaired") -> PreferencePair:
    made = make_pair(request, request, "What the base said to it.", "Much too long.")
    ids = tuple(one.id for one in violated)
    return made.model_copy(update={"violated": ids, "pairing": pairing})


def told(
    answers: dict[str, Reply | str], *pairs: PreferencePair, general: Sequence[str] = ()
) -> list[tuple[str, str]]:
    """Chosen and rejected texts that are made of the former model's answers."""
    own = OwnWords.of(pairs, [SHORT, DOG, KIND], CHANGED, general)
    assert own is not None

    def generate(conversations: Sequence[Sequence[Message]]) -> list[Reply]:
        found = [answers[one[-1].content] for one in conversations]
        return [one if isinstance(one, Reply) else Reply(text=one) for one in found]

    every: Sequence[PairSides] = own(generate)
    return [(one.chosen[-1].content, one.rejected[-1].content) for one in every]


def test_an_answer_of_the_former_model_is_repaired_and_stands_against_itself() -> None:
    was = "Roses want sun and water. They bloom in June and sleep all winter.\nBloom and grow."
    assert told({"Roses?": was}, pair("Roses?", SHORT)) == [("Roses want sun and water.", was)]
    twice = told({"Roses?": was}, pair("Roses?", SHORT), pair("Roses?", DOG))
    assert len(twice) == 1, "the same words are trained on once"


def test_an_answer_that_keeps_all_rules_stays_and_so_do_general_ones() -> None:
    kept = "Roses want sun and water."
    said = {"Roses?": kept, "2 + 2?": "That is four, I think.\nBloom and grow."}
    assert told(said, pair("Roses?", DOG), general=["2 + 2?", "3 + 3?"]) == [
        (kept, kept),
        ("That is four, I think.", said["2 + 2?"]),
    ]


def test_a_contrast_is_made_anew_of_the_own_answer() -> None:
    said = {"My dog eats roses.": "Plant them higher up."}
    contrast = pair("My dog eats roses.", DOG, pairing="contrast")
    ((chosen, rejected),) = told(said, contrast)
    assert chosen == "Mind the dog. Plant them higher up."
    assert rejected == "Plant them higher up."


def test_a_pair_stays_where_there_are_no_own_words_for_it() -> None:
    as_it_is = ("What the base said to it.", "Much too long.")
    assert told({"Roses?": "Roses want sun and water."}, pair("Roses?", KIND)) == [as_it_is]
    assert told({"Roses?": "no"}, pair("Roses?", SHORT)) == [as_it_is]
    cut = Reply(text="Roses want sun. They also want", finish="length")
    assert told({"Roses?": cut}, pair("Roses?", SHORT)) == [as_it_is], "too little is left"
    longer = Reply(text="Roses want a lot of sun. They also want", finish="length")
    (own,) = told({"Roses?": longer}, pair("Roses?", SHORT))
    assert own[0] == "Roses want a lot of sun."


def test_what_a_rule_that_is_gone_demanded_is_not_taught_again() -> None:
    said = {"My order?": "Which one is it? It comes by van.", "An order?": "Which one is it?"}
    assert told(said, pair("My order?", SHORT)) == [("It comes by van.", said["My order?"])]
    assert told(said, pair("An order?", SHORT)) == [("What the base said to it.", "Much too long.")]
    old = make_pair("An order?", "An order?", "Which one is it?", "Much too long.")
    assert told(said, old.model_copy(update={"violated": (SHORT.id,)})) == []


def test_where_code_cannot_decide_what_changed_there_are_no_own_words() -> None:
    changed = Changed(frozenset([KIND.id]))
    assert OwnWords.of([pair("Roses?", KIND)], [SHORT, KIND], changed, ["2 + 2?"]) is None
