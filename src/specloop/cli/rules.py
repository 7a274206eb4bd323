"""`specloop rules DOC --out RUN`: read a document into located, annotated rules."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from specloop.cli.bill import print_bill
from specloop.cli.common import (
    ConfigOption,
    JsonOption,
    SetOption,
    SpendingOptions,
    only_bill,
    work,
)
from specloop.config import PLAIN, Config, build, load_config, override
from specloop.pipeline import Run, run_stage
from specloop.records import Example, Record, Rule, Section
from specloop.store import RunFolder
from specloop.terminal import show, show_json


def rules(  # noqa: PLR0913 - one parameter an option
    document: Path,
    *,
    out: Path,
    model: Annotated[str | None, Parameter(help="Model that refines and annotates.")] = None,
    config: ConfigOption = None,
    json: JsonOption = False,
    set_: SetOption = None,
    spending: SpendingOptions = None,
) -> None:
    """Read DOCUMENT (Markdown, text, HTML; PDF and DOCX with the extra `docs`) into rules."""
    base = load_config(config) if config else Config()
    raw = override(base.model_dump(mode="json"), set_ or ())
    raw["document"] |= {"path": str(document)}
    raw["out"] = str(out)
    if model is not None:
        for role in ("extractor", "annotator"):
            raw["roles"][role]["model"] = model or PLAIN
    built = build(Config, raw, "rules")
    if only_bill(spending):
        print_bill(built, out, ["rules"])
        return
    run = Run.start(RunFolder(out, create=True), built)
    work(run, lambda r: run_stage(r, "rules"), spending, show_data if json else show_counts)


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
