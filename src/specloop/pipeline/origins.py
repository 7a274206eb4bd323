"""The records of a run folder as a web of what was made from what."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from specloop.records import Edit, Record, Rubric, Rule, SetAside
from specloop.revision.datums import MAKERS
from specloop.revision.why import Web
from specloop.runrules import current_rubrics, document_rules, kept_text, read_edits
from specloop.spec.edits import in_force, with_added
from specloop.store import BENCHMARKS, GOLD, RunFolder

_EDITED = {Rule, Edit, Rubric}
"""What is read with what people changed."""


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
    own = MAKERS.keys() - _EDITED
    yield from _all(folder, own | {SetAside})
    yield from _all(folder.part(GOLD), own)
    for path in sorted((folder / BENCHMARKS).glob("*")):
        if path.is_dir():
            yield from _all(folder.part(f"{BENCHMARKS}/{path.name}"), own | {Rule})


def _all(folder: RunFolder, kinds: Collection[type[Record]]) -> Iterator[Record]:
    for kind in (*MAKERS, SetAside):
        if kind in kinds:
            yield from folder.read(kind)
