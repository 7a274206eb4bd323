"""The proxy for a rule that stands alone, on rules that were judged by hand."""

# pyright: basic
from __future__ import annotations

import pytest
from perf.read_gold import Label, Read, compare
from perf.standing_alone import Wording, says_the_same

# A rule's text, its quote, the label's text, its condition, whether the assistant is bound.
SAME = [
    # an imperative is the assistant's, and the reader says *the assistant* for its name
    (
        "Damaged lamp: Ask for a photo.",
        "Ask for a photo",
        "For a damaged lamp, Wick must ask for a photo",
        "damaged lamp",
        True,
    ),
    (
        "The assistant should never guess an age.",
        "guess an age",
        "Wick should never guess an age",
        "",
        True,
    ),
    # the rest of its sentence is not foreign to a rule
    (
        "The field counts octets and MUST be sent first.",
        "The field counts octets and MUST be sent first.",
        "The field MUST be sent first",
        "",
        False,
    ),
]
OTHER = [
    (
        "Maintain the network.",
        "Maintain the network",
        "NetCare Ltd will maintain the network",
        "",
        False,
    ),
    (
        "IT must sign.",
        "They must sign",
        "Parents must sign",
        "",
        False,
    ),
    (
        "Offer the quiet entrance.",
        "offer the quiet entrance",
        "If the visitor is a teacher, offer the quiet entrance",
        "If the visitor is a teacher",
        True,
    ),
    (
        "It must answer in Welsh.",
        "It must answer in Welsh.",
        "Wick must answer in Welsh.",
        "",
        True,
    ),
    (
        "Do not serve it earlier.",
        "Do not serve it earlier.",
        "Do not serve breakfast earlier than 7.",
        "",
        True,
    ),
    (
        "Members have to tell the author.",
        "They have to tell the author.",
        "Moderators have to tell the author.",
        "",
        False,
    ),
    (
        "Trips can be cancelled if the traveller is ill.",
        "Trips can be cancelled only if the traveller is ill.",
        "Trips can be cancelled only if the traveller is ill.",
        "",
        True,
    ),
    (
        "Use for names and for dates.",
        "Use <NAME> for names and <DATE> for dates.",
        "Use <NAME> for names and <DATE> for dates.",
        "",
        True,
    ),
    (
        "Guests of the bar who pay late: Clean the bench.",
        "Clean the bench.",
        "Clean the bench.",
        "",
        False,
    ),
]


def _says(text: str, quote: str, label: str, condition: str, assistant: bool) -> bool:
    return says_the_same(Wording(text, quote), Wording(label, quote, condition, assistant))


@pytest.mark.parametrize("case", SAME, ids=lambda case: case[0])
def test_says_the_same(case: tuple[str, str, str, str, bool]) -> None:
    assert _says(*case)


@pytest.mark.parametrize("case", OTHER, ids=lambda case: case[0])
def test_says_something_else(case: tuple[str, str, str, str, bool]) -> None:
    assert not _says(*case)


def _label(start: int, text: str, polarity: str = "require", sure: bool = True) -> Label:
    return Label(start, start + 10, polarity, "user", sure, Wording(text, text))


def _rule(start: int, text: str, negative: bool = False, party: str | None = None) -> Read:
    return Read(start, start + 10, negative, party, Wording(text, text))


def test_rules_and_labels_are_counted_where_they_meet() -> None:
    labels = [
        _label(0, "Share keys", "forbid"),
        _label(20, "Ring twice"),
        _label(40, "Wear boots", sure=False),
        _label(60, "Whistle", "permit"),
    ]
    rules = [
        _rule(4, "Share keys"),  # the opposite of what it says
        _rule(20, "Ring twice", party="user"),
        _rule(66, "Whistle"),  # meets by less than half
    ]
    counts = compare(rules, labels)
    assert (counts.rules, counts.good, counts.alone) == (3, 2, 1)
    assert (counts.labels, counts.found, counts.wrong) == (2, 2, 1)
    assert (counts.with_party, counts.party) == (1, 1)
