"""Two versions of a policy written in a test, aligned."""

from __future__ import annotations

from typing import NamedTuple

from specloop.records import RuleChange
from specloop.revision.alignment import align
from specloop.spec import read_spec
from specloop.spec.edits import DocumentRules
from specloop.spec.source import SourceDocument


class Seen(NamedTuple):
    """A change by texts rather than ids."""

    kind: str
    old: tuple[str, ...]
    new: tuple[str, ...]
    change: RuleChange


def rules_in(text: str) -> DocumentRules:
    """The rules of a policy in Markdown."""
    spec = read_spec(SourceDocument.of(text))
    return DocumentRules(spec.rules, spec.sections)


def seen(old: str, new: str) -> list[Seen]:
    """What changed between two policies."""
    before, after = rules_in(old), rules_in(new)
    left = {rule.id: rule.text for rule in before.rules}
    right = {rule.id: rule.text for rule in after.rules}
    return [
        Seen(one.kind, tuple(left[i] for i in one.old), tuple(right[i] for i in one.new), one)
        for one in align(before, after)
    ]


def kinds(old: str, new: str) -> list[str]:
    """The kinds of the changes, in order."""
    return [one.kind for one in seen(old, new)]
