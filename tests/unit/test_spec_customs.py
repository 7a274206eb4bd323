"""Duties that are told like facts count where a document is mostly short rules."""

from __future__ import annotations

import pytest

from specloop.spec import SourceDocument, read_spec

RULES = "# Desk\n\nStaff must greet. Staff must not shout. Never lie. Pupils must sign in. "
PROSE = (
    "# About\n\nThe house was built for a family that wanted a garden and a view of the sea, "
    "and it still has both. "
)


def rules(text: str) -> list[tuple[str, str]]:
    found = read_spec(SourceDocument.of(text, "doc")).rules
    return [("-" if rule.direction == "negative" else "+", rule.quote) for rule in found]


@pytest.mark.parametrize(
    ("sentence", "sign"),
    [
        ("Logs are kept for a year.", "+"),
        ("Logs are never kept at home.", "-"),
        ("Requests to leave are passed on within an hour.", "+"),
        ("Every answer names the file.", "+"),
        ("Each reply has 3 sentences.", "+"),
        ("Error messages name the file.", "+"),
        ("Pupils who need a lens for reading carry a green card.", "+"),
        ("Staff don't grade work.", "-"),
        ("No key leaves the house.", "-"),
        ("Staff refrain from smoking.", "-"),
        ("Invoices are payable within 30 days.", "+"),
        ("Keys, phone and card are handed in on the last day.", "+"),
        ("Personal data is encrypted at rest.", "+"),
        ("Marks are given by people.", "+"),
        ("The board decides within four weeks.", "+"),
        ("Every form at level 2 ends with a signature.", "+"),
        ("After a lost link, staff wait at least one second.", "+"),
        ("At the end of the day everyone sweeps their own bench.", "+"),
        ("On leaving, you delete what you saved.", "+"),
        ("Receipts go into the shared folder.", "+"),
        ("Bicycles belong in the shed.", "+"),
        ("Late forms are rejected.", "-"),
        ("The same case isn't opened a third time.", "-"),
        ("Nothing leaves on a Friday.", "-"),
        ("Bags to be left in the lockers.", "+"),
        ("Pupils to report to the desk.", "+"),
        ("Tabs, not spaces.", "+"),
        ("Appeals are read by someone who had no part in it.", "+"),
        ("If no slot is acceptable, the board decides by itself.", "+"),
        ("For external use only.", "-"),
    ],
)
def test_a_duty_told_like_a_fact(sentence: str, sign: str) -> None:
    assert (sign, sentence) in rules(RULES + sentence + "\n")
    assert rules(PROSE + sentence + "\n") in ([], [("-", sentence)])


@pytest.mark.parametrize(
    "sentence",
    [
        "Calls are recorded.",
        "The library is financed by the city.",
        "Refunds are handled by the finance team.",
        "Customers write to us at all hours.",
        "This policy is for pupils.",
        "Photographs for private use are welcome.",
        "Logs were kept for a year.",
        "They are based on the law.",
        "The price stays the same.",
        "You act through tools.",
        "Ways to report a fault.",
        "Are logs kept for a year?",
        "Rent that is late bears interest.",
        "Read it aloud, says our editor, and you will hear it.",
    ],
)
def test_a_fact_is_no_duty(sentence: str) -> None:
    assert len(rules(RULES + sentence + "\n")) == 4


def test_an_entry_of_a_list_of_rules_is_one_too() -> None:
    entries = ["Ask first", "Never shout", "Receipts in the shared folder", "Prices include taxes"]
    text = "# Desk\n\n" + "".join(f"- {entry}\n" for entry in entries)
    assert [quote for _, quote in rules(text)] == entries[:3]


def test_what_a_lead_in_says_of_each_is_a_duty() -> None:
    entries = "\n\nEvery form:\n\n- has a date,\n- can be cancelled, and\n- is never shared."
    assert [sign for sign, _ in rules(RULES + entries)[4:]] == ["+", "+", "-"]


def test_a_section_on_what_somebody_is_for_asks_nothing() -> None:
    assert rules(RULES + "\n\n## What Ro is for\n\nStaff answer questions.")[4:] == []


def test_entries_tell_what_their_lead_in_does() -> None:
    entries = "The pupil:\n\n- keeps the desk clean,\n- keeps no animal.\n"
    told = [("+", "keeps the desk clean,"), ("-", "keeps no animal.")]
    assert rules(f"{RULES}\n\n{entries}")[4:] == told


def test_cells_of_a_column_of_rules_are_rules_too() -> None:
    rows = ["Move it", "Hide it until noon", "Friendly note, template 4"]
    table = "| Case | Action |\n| --- | --- |\n" + "".join(f"| Case {r[0]} | {r} |\n" for r in rows)
    assert [quote for _, quote in rules(f"# Desk\n\n{table}")] == rows


def test_a_tag_of_limits_forbids_what_its_list_names() -> None:
    text = "Answer briefly.\n\n<hard_stops>\n- Printing a secret\n- Deleting data\n</hard_stops>\n"
    assert rules(text)[1:] == [("-", "Printing a secret"), ("-", "Deleting data")]


def test_what_is_told_of_somebody_and_not_read_is_suspected() -> None:
    spec = read_spec(SourceDocument.of(RULES + "The lamp shows the way.\n", "doc"))
    assert [piece.text for piece in spec.account_of(spec.rules).unread] == [
        "The lamp shows the way."
    ]


def test_an_ellipsis_within_a_subject_is_read() -> None:
    assert rules(RULES + "The tool ... runs tests on core 0.")
