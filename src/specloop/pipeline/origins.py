"""The records of a run folder as a web of what was made from what."""

from __future__ import annotations

from collections.abc import Iterator

from specloop.records import (
    Answer,
    Case,
    Certificate,
    Decision,
    Evaluation,
    Exchange,
    Failure,
    GoldCase,
    GoldLabel,
    Instance,
    Judgement,
    PairTriage,
    PreferencePair,
    QualityScore,
    Record,
    RefusalVerdict,
    ReviewedItem,
    Rule,
    Section,
    SeedPrompt,
    SetAside,
    TrainingRun,
)
from specloop.revision.why import Web
from specloop.runrules import current_rubrics, document_rules, kept_text, read_edits
from specloop.spec.edits import in_force, with_added
from specloop.store import BENCHMARKS, GOLD, RunFolder

_OWN: tuple[type[Record], ...] = (
    Section,
    Instance,
    SeedPrompt,
    Case,
    Exchange,
    Answer,
    Judgement,
    QualityScore,
    RefusalVerdict,
    PreferencePair,
    PairTriage,
    TrainingRun,
    Evaluation,
    Certificate,
    Failure,
    SetAside,
)
_OF_BENCHMARKS: tuple[type[Record], ...] = (Rule, Case, Answer, Judgement, Evaluation)
_OF_PEOPLE: tuple[type[Record], ...] = (GoldCase, GoldLabel, ReviewedItem, Decision)


def web_of(folder: RunFolder) -> Web:
    """All that a run holds; InputError where it has no rules."""
    folder.need(Rule, "rules DOC --out")
    name = str(folder.manifest().get("document", {}).get("name", "")) or "document"
    return Web(_records(folder), kept_text(folder), name)


def _records(folder: RunFolder) -> Iterator[Record]:
    read = document_rules(folder)
    edits = read_edits(folder, read)
    # Rules as they are in force; those that people dropped as the document has them.
    yield from in_force(read, edits.kept)
    yield from with_added(read, edits.kept)
    yield from (*edits.kept, *edits.lost)
    yield from current_rubrics(folder)
    yield from _all(folder, _OWN)
    yield from _all(folder.part(GOLD), _OF_PEOPLE)
    for path in sorted((folder / BENCHMARKS).glob("*")):
        if path.is_dir():
            yield from _all(folder.part(f"{BENCHMARKS}/{path.name}"), _OF_BENCHMARKS)


def _all(folder: RunFolder, kinds: tuple[type[Record], ...]) -> Iterator[Record]:
    for kind in kinds:
        yield from folder.read(kind)
