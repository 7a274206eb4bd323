"""What changed between two versions of a document."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typing_extensions import Unpack

from specloop.aio.calls import AnyModel, CallOptions, opened
from specloop.aio.tables import Tabular
from specloop.benchmaker.embedding import embedding as embedding_of
from specloop.records import Cost, RuleChange
from specloop.revision.comparison import Comparison, DocumentVersion, Shown
from specloop.revision.judged_effect import judge_effects
from specloop.revision.written import as_data, heading


@dataclass(frozen=True, repr=False)
class DocumentDiff(Tabular):
    """Each rule's change, in the order of the newer version; kept rules too."""

    comparison: Comparison
    """Both versions with their rules."""
    remarks: tuple[str, ...]
    """Changes that the model gave no answer to, in words."""
    cost: Cost

    @property
    def changes(self) -> tuple[RuleChange, ...]:
        """The changes, by the ids of the rules."""
        return self.comparison.changes

    def __iter__(self) -> Iterator[RuleChange]:
        return iter(self.changes)

    def __len__(self) -> int:
        return len(self.changes)

    def rows(self) -> list[dict[str, Any]]:
        """One row per change but for plainly kept rules; a split or a merge has several texts."""
        return [self._row(one) for one in self.comparison.shown if not one.is_plain]

    def _row(self, one: Shown) -> dict[str, Any]:
        (old, new), change = one.texts, one.change
        return {
            "kind": change.kind,
            "effect": change.effect or "",
            "old": old,
            "new": new,
            "differs": ", ".join(change.differs),
            "reason": change.reason,
        }

    @property
    def note(self) -> str:
        """How many rules are found again, and the counts of kinds and effects."""
        return "\n".join((*heading(self.comparison), *self.remarks))

    def as_data(self) -> dict[str, Any]:
        """All that `specloop diff --json` prints: texts, places and marks of every change."""
        return as_data(self.comparison)


async def diff(
    old: str | Path,
    new: str | Path,
    *,
    model: AnyModel | None = None,
    embedding: str | None = None,
    **calls: Unpack[CallOptions],
) -> DocumentDiff:
    """Compare two versions of a document, or of the rules in two run folders with their edits in
    force, rule by rule.

    A `model` judges what changes of words do; `embedding` (`hf:PATH`) also finds rules again by
    their meaning. InputError if a document cannot be read.
    """
    meaning = embedding_of(embedding, "specloop.diff embedding") if embedding else None
    before, after = (DocumentVersion.at(Path(where)) for where in (old, new))
    comparison, remarks = Comparison.of(before, after, meaning), list[str]()
    async with opened({"judge": model}, calls) as models:
        if role_model := models.models.get("judge"):
            comparison = await judge_effects(comparison, role_model, remarks.append)
    return DocumentDiff(comparison, tuple(remarks), models.cost)
