"""Whom rules bind, and which of them are used."""

from __future__ import annotations

import pytest

from specloop.records import Party
from specloop.spec import SourceDocument, Specification, read_spec
from specloop.spec.party import bound, told


def read(text: str) -> Specification:
    return read_spec(SourceDocument.of(text, "doc"))


def parties(text: str) -> list[Party]:
    return [rule.party for rule in read(text).rules]


DESK = "# Rules of the chat assistant\n\n"
CONDUCT = "# Code of conduct\n\n"
STYLE = "# Style guide\n\n"


@pytest.mark.parametrize(
    ("text", "party"),
    [
        (DESK + "The assistant must greet.", "assistant"),
        (DESK + "Never lie.", "assistant"),
        (DESK + "Orders must be confirmed.", "assistant"),
        (DESK + "Sentences must be short.", "assistant"),
        (DESK + "If the assistant is unsure, it must ask.", "assistant"),
        (DESK + "Users must be over 18.", "user"),
        (DESK + "Operators must keep a log.", "operator"),
        (DESK + "IT will:\n\n- maintain backups", "operator"),
        (DESK + "Vendors must sign the form.", "third_party"),
        (DESK + "## Duties of moderators\n\n- Delete spam.", "operator"),
        (DESK + "We want the bot to be brief and it must be kind.", "assistant"),
        ("You are a shop assistant. You must greet.", "assistant"),
        ("# Role\n\nYou are **Quill**, who helps. You must greet.", "assistant"),
        ("# Security\n\nThe assistant must greet.\n\nNever share a password.", "assistant"),
        (DESK + "We ask customers not to send pictures.", "user"),
        (DESK + "Most people read you on a TV, so put the answer first.", "assistant"),
        (DESK + "Customer changed their mind: Point to the shop.", "assistant"),
        ("You are Stoker, an agent.\n\nCustomers must be asked. Wait for a go.", "assistant"),
        ("# Cookbook for the support team\n\nGreet the customer in every reply.", "user"),
        ("# Terms for the weather API\n\nYou must not share a key.", "user"),
        ("The Kestrel Font Licence, version 1.2\n\nKeep this notice in every copy.", "user"),
        ("# Tea\n\nFor everyone who writes mails for us.\n\nUse short words.", "author"),
        (CONDUCT + "No referee decides on a game of a relative.", "operator"),
        (CONDUCT + "Moderators: leave a note.", "operator"),
        (CONDUCT + "You must be kind.", "user"),
        (CONDUCT + "Be kind to others.", "user"),
        (CONDUCT + "Lost keys – We will change the lock.", "operator"),
        ("# Limits\n\nYou can't sell keys. Never sell seats.", "user"),
        (CONDUCT + "We advise guests to knock first.", "user"),
        (CONDUCT + "We don't welcome shouting.", "user"),
        (CONDUCT + "We do not allow spam that:\n\n- sells goods", "user"),
        (CONDUCT + "Moderators must answer reports.", "operator"),
        (CONDUCT + "The Code of Conduct Working Group must answer.", "operator"),
        (STYLE + "Use short words.", "author"),
        (STYLE + "You must use short words.", "author"),
        (STYLE + "Headings must be short.", "author"),
        ("# Badges\n\nEmployees must wear a badge.", "user"),
        ("# Visit\n\nKeep your phone on silent. Visitors must not touch the clocks.", "user"),
        (
            "# Visit\n\nVisitors may pay cash. Attendants must not leave. They must wave.",
            "operator",
        ),
        (
            '# Hosting\n\nAcme GmbH (the "Supplier") and you.\n\nThe Supplier shall answer.',
            "operator",
        ),
        ('# Hosting\n\nA chat service ("the Helper").\n\nThe Helper shall greet.', "assistant"),
        (CONDUCT + "Gardie is our bot.\n\nGardie posts a number. It must not delete.", "assistant"),
        (CONDUCT + "Records must be deleted by the board.", "operator"),
        (CONDUCT + "Records must be deleted only by the board.", "user"),
        ("# Manual\n\nFor moderators of the forum.\n\nNever edit a post.", "operator"),
        ("# Art\n\nFor students and tutors.\n\nNever copy a chatbot.", "user"),
        (CONDUCT + "The deposit must be repaid within ten days.", "operator"),
        (CONDUCT + "Logs are to be kept for one year.", "operator"),
        (CONDUCT + "Nobody may be blamed for a report.", "operator"),
        (CONDUCT + "It is up to the manager to sign the form.", "operator"),
        (CONDUCT + "Letters must be written by people.", "user"),
        (STYLE + "Whoever quotes must name the source.", "author"),
        (DESK + "## Customers\n\n- Ask for the order number.", "assistant"),
        (DESK + "If a customer insists, decline in one sentence.", "assistant"),
        (
            CONDUCT + "Nobody works alone. Nobody may enter without an induction by the manager.",
            "user",
        ),
        ("# Handbook for moderators\n\nYou are one of forty volunteers.\n\nBe kind.", "user"),
        (
            "ROLE\nYou're the chat agent of a shop.\n\nSTYLE\n\nMirror the user's words.",
            "assistant",
        ),
        (
            "# Shop\n\n- Greet first.\n- Reply in one sentence.\n- End the answer politely. "
            "No emojis in messages.\n- Escalate threats.",
            "assistant",
        ),
    ],
)
def test_whom_a_rule_binds(text: str, party: Party) -> None:
    assert set(parties(text + "\n")) == {party}


def test_what_has_no_subject_binds_those_whom_the_document_names() -> None:
    assert parties("# Badges\n\nEmployees must wear a badge. Never lend it.\n") == ["user", "user"]


def test_a_section_on_a_bot_says_nothing_of_the_others() -> None:
    text = CONDUCT + "Be kind to others.\n\n## The helper bot\n\nNever post in its name.\n"
    assert parties(text) == ["user", "assistant"]


def test_only_the_assistants_rules_are_used_and_the_others_counted() -> None:
    rules = read(DESK + "Never lie. Users must be kind. Operators must keep a log.\n").rules
    assert [rule.party for rule in bound(rules)] == ["assistant"]
    assert "2 rules bind others and are left out (1 user, 1 operator)" in told(rules)
    assert [rule.party for rule in bound(rules, ("assistant", "user"))] == ["assistant", "user"]
    assert "1 rules" in told(rules, ("assistant", "user"))
    assert told(rules, ("assistant", "user", "operator")) == ""


def test_where_no_rule_binds_an_assistant_those_of_users_and_authors_are_used() -> None:
    rules = read(CONDUCT + "Be kind to others. Moderators must answer reports.\n").rules
    assert [rule.party for rule in bound(rules)] == ["user"]
    assert told(rules).startswith("no rule binds an assistant, so those that bind user")
    assert bound(rules, ("operator",)) == [rules[1]]


def test_a_document_about_somebody_else_is_used_whole() -> None:
    text = CONDUCT + "Be kind to others. Moderators must sign reports. Moderators must vote.\n"
    rules = read(text).rules
    assert bound(rules) == list(rules)
    assert "those that bind operator or user are taken as its own" in told(rules)
