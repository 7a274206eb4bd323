"""Rules and edits read back out of a file of rules."""

from __future__ import annotations

from collections.abc import Sequence

from specloop.records import Edit, Rule, Section
from specloop.spec.edits import DocumentRules, Edits, RulesFile, in_force

TIME = "2026-03-01T09:30:00Z"


def edits_of(
    rules: Sequence[Rule],
    text: str,
    sections: Sequence[Section] = (),
    known: Sequence[Edit] = (),
    time: str = TIME,
) -> Edits:
    """The edits that a file holds."""
    return RulesFile("rules.yaml", time, DocumentRules(rules, sections), known).edits(text)


def edited_rules(rules: Sequence[Rule], text: str, sections: Sequence[Section] = ()) -> list[Rule]:
    """The rules in force with a file's edits."""
    given = DocumentRules(rules, sections)
    return in_force(given, edits_of(rules, text, sections).kept)
