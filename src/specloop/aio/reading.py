"""Read a document's rules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typing_extensions import Unpack

from specloop.aio.calls import AnyModel, CallOptions, opened
from specloop.aio.tables import Tabular
from specloop.config import Document, build
from specloop.pipeline.reading import document_of, read_rules
from specloop.records import Cost, Example, Failure, Rule, Section
from specloop.spec import read_spec, unread


@dataclass(frozen=True, repr=False)
class SpecDocument(Tabular):
    """What was read from a document. Every function that takes rules accepts it."""

    name: str
    text: str
    sections: tuple[Section, ...]
    rules: tuple[Rule, ...]
    examples: tuple[Example, ...]
    warnings: tuple[str, ...]
    """What is odd about the document, in words."""
    failures: tuple[Failure, ...]
    """Passages for which the model gave no answer."""
    cost: Cost

    def __iter__(self) -> Iterator[Rule]:
        return iter(self.rules)

    def __len__(self) -> int:
        return len(self.rules)

    def rows(self) -> list[dict[str, Any]]:
        """One row per rule; `check` is empty if code cannot decide it."""
        paths = {section.id: " > ".join(section.path[-1:]) for section in self.sections}
        return [
            {
                "id": rule.id,
                "rule": rule.text,
                "section": paths.get(rule.section, ""),
                "category": rule.category,
                "type": rule.type,
                "check": rule.check.name if rule.check else "",
            }
            for rule in self.rules
        ]

    @property
    def note(self) -> str:
        """The number of rules, and how many of them code decides."""
        n_checks = sum(rule.check is not None for rule in self.rules)
        return f"{self.name}: {len(self.rules)} rules, {n_checks} decided by code"


async def read(
    document: str | Path,
    *,
    format: str = "auto",
    extractor: AnyModel | None = None,
    annotator: AnyModel | None = None,
    **calls: Unpack[CallOptions],
) -> SpecDocument:
    """Read a document's rules, each with its place and, if code can decide it, its check.

    Without models only structure and wording are read. An `extractor` reads freer wording, an
    `annotator` sets stage, domain and family of rules. `format` is told from the name, or one of
    markdown, text, html, pdf, docx. InputError if the document cannot be read.
    """
    settings = build(Document, {"path": str(document), "format": format}, "specloop.read")
    spec = read_spec(document_of(settings))
    unread_parts = () if extractor is not None else unread(spec)
    failures: list[Failure] = []

    def record(found: Sequence[Failure]) -> None:
        failures.extend(found)

    async with opened({"extractor": extractor, "annotator": annotator}, calls) as models:
        rules = await read_rules(spec, models.models, record)
    return SpecDocument(
        spec.document.name,
        spec.document.text,
        spec.sections,
        tuple(rules),
        spec.examples,
        (*spec.warnings, *unread_parts),
        tuple(failures),
        models.cost,
    )
