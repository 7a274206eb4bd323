"""`specloop rules DOC --out RUN`: read a document into located, annotated rules."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from specloop.cli.bill import print_bill
from specloop.cli.common import (
    Changes,
    ChangesOption,
    Command,
    JsonOption,
    SpendingOptions,
    by,
    only_bill,
    planned_run,
    work,
)
from specloop.config import PLAIN
from specloop.pipeline import Run, run_stage
from specloop.pipeline.preflight import preflight
from specloop.records import Example, Record, Rule, Section
from specloop.store import RunFolder
from specloop.terminal import show, show_json


def rules(  # noqa: PLR0913 - one parameter an option
    document: Path,
    *,
    out: Path,
    model: Annotated[str | None, Parameter(help="Model that refines and annotates.")] = None,
    json: JsonOption = False,
    changes: ChangesOption = None,
    spending: SpendingOptions = None,
) -> None:
    """Read DOCUMENT (Markdown, text, HTML; PDF and DOCX with the extra `docs`) into rules."""
    draft = (changes or Changes()).draft(RunFolder(out, planned=True), "rules")
    draft.put(("document", "path"), str(document.resolve()), by("DOCUMENT", "rules"))
    draft.put(("out",), str(out), by("--out", "rules"))
    for role in ("extractor", "annotator") if model is not None else ():
        draft.put(("roles", role, "model"), model or PLAIN, by("--model", "rules"))
    opened = planned_run(out, draft.built())

    def check(run: Run) -> None:
        preflight(run, ["rules"])

    if only_bill(spending):
        print_bill(opened, ["rules"], check, json=json)
        return
    show = show_data if json else show_counts
    work(opened, Command(lambda r: run_stage(r, "rules"), check, show), spending)


def show_counts(run: Run) -> None:
    """What was read, in four lines."""
    found = run.folder.read(Rule)
    sections, examples = run.folder.read(Section), run.folder.read(Example)
    n_checks = sum(rule.check is not None for rule in found)
    n_parts = sum(rule.part is not None for rule in found)
    parts = f", {n_parts} in part" if n_parts else ""
    show(
        f"{len(sections)} sections, {len(found)} rules ({n_checks} decided by code{parts}), "
        f"{len(examples)} worked examples"
    )
    show(f"records in {run.folder.path}, rules to edit in {run.folder / 'rules.yaml'}")


def show_data(run: Run) -> None:
    """Everything that was read, as JSON."""
    kinds: tuple[type[Record], ...] = (Section, Rule, Example)
    read = {
        kind.FILE.removesuffix(".jsonl"): [
            one.model_dump(mode="json") for one in run.folder.read(kind)
        ]
        for kind in kinds
    }
    show_json({"run": str(run.folder.path), **read})


def register(app: App) -> None:
    """Add the command."""
    app.command(rules)
