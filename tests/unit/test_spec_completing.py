"""A rule says by itself what the document says: its subject, its condition, what it refers to."""

from __future__ import annotations

import pytest

from specloop.records import Rule
from specloop.spec import SourceDocument, read_spec


def rules(text: str) -> tuple[Rule, ...]:
    return read_spec(SourceDocument.of(f"# Desk\n\n{text}\n", "doc", "markdown")).rules


COMPLETED = [
    (
        "# Desk\n\n## Swapping seats\n\nThere must not be a change of carriage.",
        "Swapping seats: There must not be a change of carriage.",
    ),
    (
        "# Desk\n\n## Swapping seats\n\nIf a guest shows a voucher, it must cover the price gap.",
        "Swapping seats: If a guest shows a voucher, it must cover the price gap.",
    ),
    (
        "# Desk\n\n## Swapping seats\n\nIf a guest shows a voucher, ask for the number.",
        "If a guest shows a voucher, ask for the number.",
    ),
    (
        "# Desk\n\n## Age and health\n\nDon’t make assumptions.",
        "Age and health: Don’t make assumptions.",
    ),
    # a question says when what stands behind it holds
    (
        "Greet. Lost something? Write to the desk.",
        "Lost something? Write to the desk.",
    ),
    # a heading says when the instructions below it hold
    (
        "# Desk\n\n## When a guest asks for a map\n\n- Wait for a minute",
        "When a guest asks for a map, wait for a minute.",
    ),
    # and a joined entry
    (
        "# Desk\n\n## After the call\n\nThe agent must:\n\n- write a note",
        "After the call, the agent must write a note.",
    ),
    # a heading that names an action stands before its instructions
    (
        "# Desk\n\n## Cancelling\n\nTell the guest that refunds take ten days.",
        "Cancelling: Tell the guest that refunds take ten days.",
    ),
    (
        "# Desk\n\n## Children\n\nDo\n: Let them try the clocks.",
        "Children: Do let them try the clocks.",
    ),
    (
        "# Desk\n\n## Sickness\n\nTell your lead before nine on the first day.",
        "Sickness: Tell your lead before nine on the first day.",
    ),
    # a case, or a question on a line of its own, holds for all that answers it
    (
        "Q: The caller moves.\nA: Explain the price. Use the calculator.",
        "The caller moves. Use the calculator.",
    ),
    (
        "**A friend wants to copy. What do I do?**\nTalk to them. Then tell your tutor.",
        "A friend wants to copy. What do I do? Then tell your tutor.",
    ),
    ("What is it?\nA list.\n\n- Keep it short.", "Keep it short."),
    # cells keep what is said beside them
    (
        "| Say | Rather than |\n|---|---|\n| tea bags | infusers |",
        "Say tea bags rather than infusers.",
    ),
    (
        "| Case | Note to the seller |\n|---|---|\n| Recalled toys | Link the recall |",
        "Recalled toys, note to the seller: Link the recall.",
    ),
    ("Off the table\n: Romance", "Off the table: Romance."),
    ("| | Guests | Staff |\n|---|---|---|\n| Swim | ✗ | ✗ |", "Nobody may swim."),
    ("Taxis: use the list, not the search.", "Taxis: do not use the search."),
    # a numbered row keeps its column's head
    (
        "| Level | What is not allowed |\n|---|---|\n| 1 | Everything else |",
        "Level 1: Not allowed: Everything else.",
    ),
    # a pronoun is the subject of the sentence before
    ("Reviewers answer in a day. They should use the list.", "Reviewers should use the list."),
    ("Wick must greet. It should be brief.", "Wick should be brief."),
    ("`opsbot` may run checks. It must ask first.", "`opsbot` must ask first."),
    (
        "The bot makes no promises. We want it to give numbers.",
        "We want the bot to give numbers.",
    ),
    (
        "The bot must be calm. Only when all are out may it give the number.",
        "Only when all are out may the bot give the number.",
    ),
    ("Ro is our bot.\n\nRo answers calls. It should be brief.", "Ro should be brief."),
    (
        "The school has a helper for homework. It is not to give answers.",
        "The helper is not to give answers.",
    ),
    # not somebody's where it is a thing's, or stands for nothing
    (
        "The user pays. If the user has a gift card, it must have enough balance.",
        "If the user has a gift card, it must have enough balance.",
    ),
    (
        "The bot must greet. It is never appropriate to ask for a card.",
        "It is never appropriate to ask for a card.",
    ),
    # what else points to the sentence before keeps it
    (
        "One strike needs one lead. A ban must take two.",
        "One strike needs one lead. A ban must take two.",
    ),
    (
        "Gifts are declined. If one arrives, send it back.",
        "Gifts are declined. If one arrives, send it back.",
    ),
    (
        "Error text is for humans. Tools mustn't parse it.",
        "Error text is for humans. Tools mustn't parse it.",
    ),
    ("Coffee is free. Refill it every hour.", "Coffee is free. Refill it every hour."),
    (
        "Each trip has up to five guests. All of them must sign.",
        "Each trip has up to five guests. All of them must sign.",
    ),
    (
        "Members with a card don't need to pay. Everyone else has to.",
        "Members with a card don't need to pay. Everyone else has to.",
    ),
    (
        "Guards may take a break. The bot has to announce the break.",
        "Guards may take a break. The bot has to announce the break.",
    ),
    (
        "- Keep orders safe.\n- Otherwise, call a guard.",
        "Keep orders safe. Otherwise, call a guard.",
    ),
    # of the clause before as well
    (
        "An order can only be changed if its status is open, and you should check its lock.",
        "An order can only be changed if its status is open. You should check its lock.",
    ),
    # what needs nothing gets nothing
    (
        "Doors are shut at night. Private keys must never leave the house in which they were made.",
        "Private keys must never leave the house in which they were made.",
    ),
    ("Consent is a process. Respect others' limits.", "Respect others' limits."),
    ("The desk is small. Keep it short.", "Keep it short."),
    # a reason or an aim before it is no part of it
    (
        "Trust is fragile. This is why we want the bot to name its sources.",
        "We want the bot to name its sources.",
    ),
    (
        "With this in mind, we agree to follow these rules, including:\n\n- Being kind.",
        "We agree to follow these rules, including: Being kind.",
    ),
    # a lead-in that is only a subject, or a condition that is open
    ("Users:\n\n- have to lock the screen;", "Users have to lock the screen."),
    ("A lamp:\n\n- MUST NOT blink", "A lamp MUST NOT blink."),
    (
        "If the visitor is a teacher, then\n\n- offer the quiet entrance",
        "If the visitor is a teacher, offer the quiet entrance.",
    ),
]


@pytest.mark.parametrize(("text", "rule"), COMPLETED)
def test_a_rule_says_by_itself_what_its_place_says(text: str, rule: str) -> None:
    assert rules(text)[-1].text == rule


def test_completing_a_rule_does_not_change_its_id() -> None:
    alone, after = (
        rules(f"{before}Refill it every hour.")[-1] for before in ("", "Coffee is free. ")
    )
    assert after.text != alone.text
    assert after.id == alone.id


NO_RULES = [
    "Write to desk@example.org.",
    "They don't expire and need not be changed.",
    "It makes sense to use capitals for titles.",
    "Think about what it means to have a friend who is a doctor.",
    "We want the bot to be able to name its sources.",
    "We place clarity first because our rules should be clear themselves.",
    "For example, if the user says they need to hurry, the bot might notice that.",
    "Two sentences show this:\n\n> The agency is required to reply.\n\n> Forms must be signed.",
]


@pytest.mark.parametrize("text", NO_RULES)
def test_descriptions_reasons_and_what_is_only_shown_are_no_rules(text: str) -> None:
    assert not rules(text)
