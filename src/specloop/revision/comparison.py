"""Two versions of a document side by side: their rules, and each change with its places."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from specloop.benchmaker.embedding import Embedding
from specloop.records import Rule, RuleChange
from specloop.records.revision import Effect
from specloop.revision.alignment import FOUND, align, found_again
from specloop.runrules import document_rules, kept_text, read_edits
from specloop.spec import read_document, read_spec
from specloop.spec.blocks import LINE
from specloop.spec.edits import DocumentRules, in_force
from specloop.store import RunFolder


@dataclass(frozen=True)
class DocumentVersion:
    """A version of a document with its rules."""

    name: str
    text: str
    """Empty where a run keeps no copy of it."""
    given: DocumentRules

    @classmethod
    def at(cls, path: Path) -> DocumentVersion:
        """The version in a document, or in a run folder with its edits in force. InputError says
        what cannot be used."""
        if not path.is_dir():
            spec = read_spec(read_document(path))
            return cls(str(path), spec.document.text, DocumentRules(spec.rules, spec.sections))
        folder = RunFolder(path)
        folder.need(Rule, "rules DOC --out")
        read = document_rules(folder)
        rules = in_force(read, read_edits(folder, read).kept)
        return cls(str(path), kept_text(folder), DocumentRules(rules, read.sections))

    @cached_property
    def by_id(self) -> dict[str, Rule]:
        """Id of a rule -> the rule."""
        return {rule.id: rule for rule in self.given.rules}

    @cached_property
    def _starts(self) -> list[int]:
        return [match.start() for match in LINE.finditer(self.text)]

    def place(self, rule: Rule) -> str:
        """Line and column, both from 1; empty where the document is not at hand."""
        if not self.text:
            return ""
        line = bisect_right(self._starts, rule.start)
        return f"{line}:{rule.start - self._starts[line - 1] + 1}"

    def path(self, rule: Rule) -> tuple[str, ...]:
        """The headings over a rule."""
        section = self.given.by_section.get(rule.section)
        return section.path if section else ()


class Shown(NamedTuple):
    """A change with the rules that it is about."""

    change: RuleChange
    old: tuple[Rule, ...]
    new: tuple[Rule, ...]

    @property
    def is_plain(self) -> bool:
        """Whether nothing but the place may have changed."""
        return self.change.kind == "kept" and not self.change.differs

    @property
    def texts(self) -> tuple[str, str]:
        """The wordings before and after; those of several rules as one text."""
        before, after = (" ".join(rule.text for rule in rules) for rules in (self.old, self.new))
        return before, after


@dataclass(frozen=True)
class Comparison:
    """An older and a newer version, and what changed."""

    old: DocumentVersion
    new: DocumentVersion
    changes: tuple[RuleChange, ...]

    @classmethod
    def of(
        cls, old: DocumentVersion, new: DocumentVersion, meaning: Embedding | None = None
    ) -> Comparison:
        """The comparison of two versions."""
        return cls(old, new, align(old.given, new.given, meaning))

    @property
    def shown(self) -> Iterator[Shown]:
        """The changes with their rules, in the order of the newer version."""
        for change in self.changes:
            old = tuple(self.old.by_id[rule] for rule in change.old)
            new = tuple(self.new.by_id[rule] for rule in change.new)
            yield Shown(change, old, new)

    @property
    def found_again(self) -> float:
        """The share of the old rules that became something."""
        return found_again(self.changes)

    @property
    def is_of_one_document(self) -> bool:
        """Whether enough is found again for the two to be versions of one document."""
        return self.found_again >= FOUND or not self.old.given.rules

    @property
    def kinds(self) -> Counter[str]:
        """How many changes there are of each kind."""
        return Counter(change.kind for change in self.changes)

    @property
    def effects(self) -> Counter[Effect]:
        """How many changes have each effect."""
        return Counter(change.effect for change in self.changes if change.effect)
