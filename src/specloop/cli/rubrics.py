"""`specloop rubrics RUN`: have a model write out for judges what the rules of a run mean."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

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
from specloop.pipeline import Run
from specloop.pipeline.estimate import estimate
from specloop.pipeline.rubrics import check_rubrics, stage_rubrics
from specloop.records import Rubric
from specloop.runrules import RUBRICS_FILE, current_rubrics
from specloop.store import RunFolder
from specloop.terminal import show, show_json


def rubrics(  # noqa: PLR0913 - one parameter an option
    run: Path,
    *,
    n: Annotated[int | None, Parameter(help="Rules that get a rubric; 0: all.")] = None,
    model: Annotated[str | None, Parameter(help="Model that writes them.")] = None,
    json: JsonOption = False,
    changes: ChangesOption = None,
    spending: SpendingOptions = None,
) -> None:
    """Write a rubric for each rule that code cannot decide: what keeps it, what breaks it, when it
    does not apply. Judges show it; rubrics.yaml in RUN is for editing."""
    draft = (changes or Changes()).draft(RunFolder(run, planned=True), "rubrics")
    if n is not None:
        draft.put(("rubrics", "n"), n, by("--n", "rubrics"))
    if model is not None:
        draft.put(("roles", "annotator", "model"), model, by("--model", "rubrics"))
    bill = partial(estimate, stages=["rubrics"])
    task = Command(stage_rubrics, check_rubrics, _data if json else _counts, bill=bill)
    work(planned_run(run, draft.built()), task, spending, json=json)


def _counts(run: Run) -> None:
    every = run.folder.read(Rubric)
    n_edited = sum(bool(rubric.edited_by) for rubric in every)
    n_dropped = sum(rubric.drop for rubric in every)
    show(f"{len(every)} rubrics, {n_edited} edited by hand, {n_dropped} left out")
    show(f"to edit: {run.folder / RUBRICS_FILE}")


def _data(run: Run) -> None:
    every = current_rubrics(run.folder)
    show_json({"rubrics": [rubric.model_dump(mode="json") for rubric in every]})
