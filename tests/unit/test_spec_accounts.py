"""Every sentence of a document is accounted for, and only what is doubtful is asked about."""

from __future__ import annotations

from pathlib import Path

import pytest

from specloop.spec import Specification, read_document, read_spec
from specloop.spec.accounts import Account, as_note
from specloop.spec.doubts import questions
from specloop.spec.passages import doubtful_passages
from specloop.spec.source import SourceDocument

EXAMPLES = Path(__file__).parents[2] / "examples"
DATA = Path(__file__).parents[1] / "data"
POLICY = """\
---
owner: desk
---
# Desk

Customers write to us at all hours.

## Refunds

The assistant must not:

- promise a refund
- read out an address

The assistant answers in English.

> User: must you?

How should one know what must be true?
Staff who must travel are reimbursed.
"""


def read(text: str) -> Specification:
    return read_spec(SourceDocument.of(text))


def account(spec: Specification) -> Account:
    return spec.account_of(spec.rules)


def kinds(text: str) -> dict[str, str]:
    spec = read(text)
    return {piece.text: piece.kind for piece in account(spec).pieces}


def test_each_kind_of_sentence_is_told() -> None:
    found = kinds(POLICY)
    assert found["Refunds"] == "context"
    assert found["The assistant must not:"] == "context"
    assert found["promise a refund"] == "rule"
    assert found["The assistant answers in English."] == "rule"
    assert found["User: must you?"] == "example"
    assert found["Customers write to us at all hours."] == "commentary"
    assert found["How should one know what must be true?"] == "commentary"
    assert found["Staff who must travel are reimbursed."] == "unread"
    assert any("owner" in text for text, kind in found.items() if kind == "commentary")


SHORT_RULES = "# Desk\n\nStaff must greet. Never shout. Staff must not lie. Never guess.\n\n"


@pytest.mark.parametrize(
    "sentence",
    [
        "Sarcasm is not a tool for staff.",
        "A late answer counts as none.",
        "It is the lead who greets; you pass questions on.",
        "Staff sit where the plan puts them.",
        "Order by the clock and no later.",
        "Any loan with the consent of a parent.",
    ],
)
def test_what_may_oblige_is_suspected_in_a_document_of_short_rules(sentence: str) -> None:
    assert kinds(SHORT_RULES + sentence)[sentence] == "unread"
    long = "The house was built for people who wanted to see the sea and to hear birds at night. "
    assert kinds("# About\n\n" + 9 * long + sentence).get(sentence) == "commentary"


def test_an_entry_beside_rules_is_suspected_but_not_one_of_what_is_allowed() -> None:
    entries = "- Pens in the left tray\n- Never shout\n- Pictures on every wall\n- Mind you\n"
    assert kinds(SHORT_RULES + entries)["Pictures on every wall"] == "unread"
    allowed = "Staff may:\n\n- take a break\n- use the back door\n"
    assert kinds(SHORT_RULES + allowed)["take a break"] != "unread"


@pytest.mark.parametrize(
    "path",
    [
        EXAMPLES / "fernhill" / "policy.md",
        DATA / "company_policy.md",
        DATA / "shop_policy.md",
        DATA / "web_policy.html",
        DATA / "numbered_policy.txt",
    ],
    ids=lambda path: path.name,
)
def test_the_pieces_are_the_document(path: Path) -> None:
    spec = read_spec(read_document(path))
    at = 0
    for piece in account(spec).pieces:
        between = spec.document.text[at : piece.start]
        assert piece.start >= at
        assert not any(map(str.isalnum, between)), between
        at = piece.end
    assert not any(map(str.isalnum, spec.document.text[at:]))
    shares = account(spec).shares
    assert sum(share.sentences for share in shares.values()) == len(account(spec).pieces)


def test_places_count_lines_and_columns_from_one() -> None:
    spec = read("# Desk\n\nHello. Staff who must travel are reimbursed.\n")
    (place,) = as_note(account(spec), spec.document.text)["unread"]
    assert (place["line"], place["column"]) == (3, 8)


def test_confidence_says_how_a_rule_was_read() -> None:
    rules = {rule.text: rule for rule in read(POLICY + "\n- Keep answers short.\n").rules}
    assert rules["The assistant must not promise a refund."].confidence == "high"
    assert rules["Keep answers short."].confidence == "medium"
    described = rules["The assistant answers in English."]
    assert (described.confidence, described.doubts) == ("low", ("conduct",))


def test_only_what_is_doubtful_is_shown_to_a_model_with_a_question() -> None:
    spec = read(POLICY)
    asked = questions(spec.blocks, spec.rules, account(spec))
    (passage,) = doubtful_passages(spec.document.text, spec.blocks, spec.parts, asked)
    assert passage.text.splitlines() == [
        "The assistant answers in English.",
        "Staff who must travel are reimbursed.",
    ]
    assert '- "The assistant answers in English.": does it say what has to be done' in passage.asked
    assert '- "Staff who must travel are reimbursed.": is it a rule' in passage.asked


def test_without_a_doubt_nothing_is_asked() -> None:
    spec = read("# Desk\n\n- Never share a password.\n- The assistant must be brief.\n")
    asked = questions(spec.blocks, spec.rules, account(spec))
    assert doubtful_passages(spec.document.text, spec.blocks, spec.parts, asked) == []
