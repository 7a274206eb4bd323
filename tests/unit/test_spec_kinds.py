"""Wording and form of specifications, guides for contributors, rules of operations and terms."""

from __future__ import annotations

import pytest

from specloop.spec import SourceDocument, Specification, read_spec
from specloop.spec.source import Format
from specloop.spec.wording import obligation


def read(text: str, format: Format = "markdown") -> Specification:
    return read_spec(SourceDocument.of(text, "doc", format))


def signs(spec: Specification) -> list[tuple[str, str]]:
    return [("-" if rule.direction == "negative" else "+", rule.quote) for rule in spec.rules]


@pytest.mark.parametrize(
    ("sentence", "negative"),
    [
        ("Don't simply close a ticket.", True),
        ("Don't just close a ticket, say why.", False),
        ("Whatever you do, don't force a merge.", True),
        ("Third parties may not resell the keys.", True),
        ("We only share logs with the police.", True),
        ("We will refund a fee only after the visit.", True),
        ("Always have a spare key.", False),
        ("Assume everyone is tired.", False),
        ("Link to the ticket.", False),
        ("You will be expected to sign the log.", False),
        ("Leads can (and should) join the rota.", False),
        ("We suggest you pin the version.", False),
        ("It is your duty as a reviewer to read the diff.", False),
        ("If you do not pay, we'll close the account.", False),
    ],
)
def test_who_is_told_what(sentence: str, negative: bool) -> None:
    duty = obligation(sentence)
    assert duty is not None
    assert duty.negative == negative


@pytest.mark.parametrize(
    "sentence",
    [
        "Optionally quote the numbers.",
        "This should be plenty of time for a reply.",
        "There should be no expectation to answer at night.",
        "Because we cannot know everyone, we have to write some rules.",
        "There is a need to have two of them.",
        "Please refer to our status page for full details.",
        "GET example.com:80 HTTP/1.1",
        "We cannot recover a deleted file.",
        "We will likely publish more about it.",
        "In the following we will use the term node.",
        "It gives the next person a chance.",
        "One example of this is a box that needs to be open.",
        "We claim no rights over your files.",
    ],
)
def test_what_binds_nobody(sentence: str) -> None:
    assert obligation(sentence) is None


def test_an_entry_that_says_everything_is_a_rule_and_what_is_in_it_is_read_by_itself() -> None:
    text = """# Reviews

- **Avoid loaded words**
  - "obviously", "trivial"
  - Assume that the author has thought about it.
- **Be precise**
  - "Line four is never reached."
- Never paste
  - passwords
  - customer names
"""
    assert signs(read(text)) == [
        ("-", "**Avoid loaded words**"),
        ("+", "Assume that the author has thought about it."),
        ("+", "**Be precise**"),
        ("-", "passwords"),
        ("-", "customer names"),
    ]


def test_a_sentence_and_a_list_go_on_over_a_page_break() -> None:
    text = """4.  Frames

   1.  A receiver MUST drop a frame whose length is

Ames                         Standards Track                   [Page 7]

RFC 0000                     A Protocol                     May 2020

       wrong.  NOTE: These codes are reserved and will not be used.

   2.  A sender MUST close the link.
"""
    rules = read(text, "text").rules
    assert [(rule.direction, rule.text) for rule in rules] == [
        ("positive", "A receiver MUST drop a frame whose length is wrong."),
        ("positive", "A sender MUST close the link."),
    ]


def test_what_stands_under_an_overview_with_a_heading_of_its_own_is_read() -> None:
    assert len(read("# Guide\n\n## Background\n\n### Which shell\n\nUse zsh.\n").rules) == 1


def test_a_list_of_purposes_is_none_of_rules() -> None:
    text = "# Access\n\nWe open files for these reasons:\n\n- To help you.\n- Never at night.\n"
    text += "- Only with consent.\n"
    assert "To help you." not in [rule.quote for rule in read(text).rules]


def test_subjects_that_are_letters_do_not_part_a_sentence() -> None:
    text = "# Format\n\nA tag MUST have the form A.B where A, and B are numbers, "
    text += "and MUST NOT be empty."
    assert [(rule.direction, rule.text) for rule in read(text).rules] == [
        ("positive", "A tag MUST have the form A.B where A, and B are numbers."),
        ("negative", "A tag MUST NOT be empty."),
    ]


def test_headings_are_the_rules_where_most_of_them_instruct() -> None:
    text = "# Databases\n"
    for heading in ("Use a private network", "Avoid shared accounts", "Encrypt every backup"):
        text += f"\n## {heading}\n\n* How to : Ask the platform desk.\n* Audited : True\n"
    two = read(text)
    assert "Avoid shared accounts" not in [rule.quote for rule in two.rules]
    text += "\n## Do not store keys in code\n\nKeys that are never changed are found in the end.\n"
    assert signs(read(text)) == [
        ("+", "Use a private network"),
        ("+", "How to : Ask the platform desk."),
        ("-", "Avoid shared accounts"),
        ("+", "How to : Ask the platform desk."),
        ("+", "Encrypt every backup"),
        ("+", "How to : Ask the platform desk."),
        ("-", "Do not store keys in code"),
    ]


def test_a_constraint_without_a_subject_is_about_what_its_heading_names() -> None:
    text = "# Envelope\n\n### sender\n\n- Constraints:\n  - MUST be a name\n"
    text += "  - If present, MUST NOT be empty\n"
    assert [(rule.direction, rule.text) for rule in read(text).rules] == [
        ("positive", "sender MUST be a name."),
        ("negative", "If present, sender MUST NOT be empty."),
    ]


def test_what_is_contrasted_with_a_role_is_not_forbidden() -> None:
    assert signs(read("# A\n\nTreat this as a promise, not advice.\n")) == [
        ("+", "Treat this as a promise, not advice.")
    ]


@pytest.mark.parametrize(
    ("text", "party"),
    [
        (
            "# Constitution\n\nThese laws govern all agent behavior.\n\n- Never guess.\n",
            "assistant",
        ),
        ("# Terms & Conditions\n\nNever share a key. Reply to our messages.\n", "user"),
    ],
)
def test_whom_a_document_binds(text: str, party: str) -> None:
    assert {rule.party for rule in read(text).rules} == {party}


def test_questions_below_an_instruction_are_no_rules_but_what_follows_them_is() -> None:
    text = "# Alerts\n\n1. **Triage**\n    * Find the cause:\n"
    text += "        * Is a disk full? Then call the desk.\n    * You are free to look.\n"
    assert signs(read(text)) == [("+", "Find the cause:"), ("+", "Then call the desk.")]


def test_what_a_field_is_said_of_is_kept() -> None:
    text = "# Frames\n\nA frame MUST carry the field Mode. The value of this field MUST be 3."
    assert read(text).rules[1].text.startswith("A frame MUST carry the field Mode.")


def test_members_of_a_team_are_not_the_team() -> None:
    text = "# Rota\n\nNew members of the team should watch. They should also take notes."
    assert not read(text).rules[1].text.startswith("The team")


def test_things_that_are_required_are_the_headings_and_not_what_is_said_of_them() -> None:
    text = "# Envelope\n\nThe following fields are REQUIRED in all envelopes:\n\n### sender\n\n"
    text += "- Kind: text\n- Limits:\n  - REQUIRED\n- Shown as:\n  - A name\n"
    assert [rule.text for rule in read(text).rules][1:] == ["sender is REQUIRED."]


def test_what_is_said_inside_a_sentence_forbids_nothing() -> None:
    text = "# Files\n\nA file MAY contain:\n\n- `note`: a text that cannot be kept as a field\n"
    text += "\nThe link MUST be valid, even if the target isn't loaded.\n"
    assert signs(read(text)) == [("+", "The link MUST be valid, even if the target isn't loaded.")]
