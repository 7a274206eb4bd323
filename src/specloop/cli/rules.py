"""`specloop rules DOC --out RUN`: read a document into located, annotated rules; `specloop rules
RUN`: read a run's document again, and see what holds of the edits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from specloop.cli.common import (
    Changes,
    ChangesOption,
    Command,
    JsonOption,
    SpendingOptions,
    by,
    planned_run,
    work,
)
from specloop.config import PLAIN
from specloop.errors import InputError
from specloop.pipeline import Run, run_stage
from specloop.pipeline.estimate import estimate
from specloop.pipeline.preflight import preflight
from specloop.pipeline.reading import forget_older_reading
from specloop.records import Example, Record
from specloop.runrules import RULES_FILE, bound_parties, document_rules, kept_text, read_edits
from specloop.spec.accounts import KINDS, Kind
from specloop.spec.bounds import collected_later
from specloop.spec.edits import in_force
from specloop.spec.party import bound, told
from specloop.spec.rules_yaml import done_by, edits_by_rule, near
from specloop.store import RunFolder
from specloop.terminal import show, show_json


def rules(  # noqa: PLR0913 - one parameter an option
    document: Path,
    *,
    out: Path | None = None,
    model: Annotated[str | None, Parameter(help="Model that refines and annotates.")] = None,
    json: JsonOption = False,
    changes: ChangesOption = None,
    spending: SpendingOptions = None,
) -> None:
    """Read DOCUMENT (Markdown, text, HTML; PDF and DOCX with the extra `docs`) into rules. With a
    run folder instead, its document is read again where it has changed; edits are kept."""
    if out is None and not document.is_dir():
        raise InputError(f"name the run folder too: specloop rules {document} --out RUN")
    folder = out or document
    draft = (changes or Changes()).draft(RunFolder(folder, planned=True), "rules")
    if out is not None:
        draft.put(("document", "path"), str(document.resolve()), by("DOCUMENT", "rules"))
        draft.put(("out",), str(out), by("--out", "rules"))
    for role in ("extractor", "annotator") if model is not None else ():
        draft.put(("roles", role, "model"), model or PLAIN, by("--model", "rules"))
    opened = planned_run(folder, draft.built())
    task = Command(
        _read,
        partial(preflight, stages=["rules"]),
        show_data if json else show_counts,
        bill=partial(estimate, stages=["rules"]),
    )
    roles = opened.config.roles
    with collected_later() if roles.extractor.model == PLAIN else nullcontext():
        work(opened, task, spending, json=json)


async def _read(run: Run) -> None:
    forget_older_reading(run)
    await run_stage(run, name="rules")


def show_counts(run: Run) -> None:
    """Print what was read and what was edited, in a few lines."""
    read = document_rules(run.folder)
    edits = read_edits(run.folder, read)
    every = in_force(read, edits.kept)
    parties = bound_parties(run.folder)
    rules = bound(every, parties)
    n_checks = sum(rule.check is not None for rule in rules)
    n_parts = sum(rule.part is not None for rule in rules)
    parts = f", {n_parts} in part" if n_parts else ""
    show(
        f"{len(read.sections)} sections, {len(rules)} rules ({n_checks} decided by code{parts}), "
        f"{len(run.folder.read(Example))} worked examples"
    )
    if said := told(every, parties):
        show(said)
    if any(edits):
        show(f"edits by hand: {len(edits.kept)} in force, {len(edits.lost)} lost")
    text = kept_text(run.folder) if edits.lost else ""
    for first, *more in edits_by_rule(edits.lost).values():
        done = "; ".join(map(done_by, (first, *more)))
        show(f"  lost: {first.wording!r} in {' > '.join(first.path)!r} ({done})")
        show(f"    {near(first, read.rules, text)}")
    _show_account(run.folder.manifest())
    show(f"records in {run.folder.path}, rules to edit in {run.folder / RULES_FILE}")


MAX_SHOWN = 10
"""Most unread sentences that are shown; --json and the page have more."""


def _show_account(manifest: Mapping[str, Any]) -> None:
    """Print what the document's sentences are, and which may have been overlooked."""
    account: dict[str, Any] = manifest.get("account", {})
    shares: dict[Kind, dict[str, int]] = account.get("shares", {})
    unread: list[dict[str, Any]] = account.get("unread", [])
    n_characters = sum(share["characters"] for share in shares.values())
    if not n_characters:
        return
    parts = (
        f"{share['characters'] / n_characters:.0%} {_TITLES.get(kind, kind)} ({share['sentences']})"
        for kind in KINDS
        if (share := shares[kind])["sentences"] or kind in ("rule", "unread")
    )
    show(f"of the text (sentences): {', '.join(parts)}")
    name = manifest.get("document", {}).get("name", "document")
    for place in unread[:MAX_SHOWN]:
        shown = place["text"] if len(place["text"]) <= 100 else place["text"][:97] + "..."
        show(f"  {name}:{place['line']}:{place['column']}: no rule: {shown}")
    if len(unread) > MAX_SHOWN:
        show(f"  {len(unread) - MAX_SHOWN} more: --json, or the page")


_TITLES: dict[Kind, str] = {"unread": "unread obligation suspected"}


def show_data(run: Run) -> None:
    """Print the rules in force, what else was read, and the edits, as JSON."""
    read = document_rules(run.folder)
    edits, text = read_edits(run.folder, read), kept_text(run.folder)
    lost = _dumped(edits.lost)
    for shown, edit in zip(lost, edits.lost, strict=True):
        shown["now"] = near(edit, read.rules, text)
    reading = {
        "sections": _dumped(read.sections),
        "rules": _dumped(in_force(read, edits.kept)),
        "examples": _dumped(run.folder.read(Example)),
    }
    show_json(
        {
            "run": str(run.folder.path),
            **reading,
            "account": run.folder.manifest().get("account", {}),
            "edits": {"kept": _dumped(edits.kept), "lost": lost},
        }
    )


def _dumped(records: Iterable[Record]) -> list[dict[str, Any]]:
    return [record.model_dump(mode="json") for record in records]
