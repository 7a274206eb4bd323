"""`specloop judge sets`: measure judges on the exact sets of rules that answers break."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from specloop.calibration.sets_table import sets_data, sets_remarks, sets_table
from specloop.cli.common import (
    Changes,
    ChangesOption,
    Command,
    JsonOption,
    SpendingOptions,
    planned_run,
    with_options,
    work,
)
from specloop.config import ConfigDraft, Configured
from specloop.errors import InputError
from specloop.pipeline import Run
from specloop.pipeline.estimate import estimate
from specloop.pipeline.sets import SetsResult, check_sets, stage_sets
from specloop.store import RunFolder
from specloop.terminal import show_json, show_remarks, show_table


@dataclass(frozen=True)
class SetsOptions:
    """Which judges are measured, and on what; the folder remembers it."""

    judge: Annotated[
        list[str] | None, Parameter(help="A judge to measure; again for more.", negative="")
    ] = None
    model: Annotated[str | None, Parameter(help="The judges' model.")] = None
    items: Annotated[
        Path | None, Parameter(help="Items of your own, JSON Lines; without it specloop's 150.")
    ] = None
    labelled: Annotated[
        bool, Parameter(help="The run's own answers with labels on all rules.", negative="")
    ] = False
    n: Annotated[int | None, Parameter(help="Most items; 0: all.")] = None

    def over(self, draft: ConfigDraft) -> Configured:
        """The configuration with the options given."""
        if self.items and self.labelled:
            raise InputError("--items and --labelled: give one of them")
        items = "" if self.labelled else str(self.items.resolve()) if self.items else None
        given = (
            ("--judge", ("sets", "judges"), self.judge),
            ("--model", ("roles", "judge", "model"), self.model),
            ("--items", ("sets", "items"), items),
            ("--labelled", ("sets", "labelled"), None if items is None else self.labelled),
            ("--n", ("sets", "n"), self.n),
        )
        return with_options(draft, "judge sets", given).built()


def sets(
    run: Path,
    *,
    measured: Annotated[SetsOptions | None, Parameter(name="*")] = None,
    json: JsonOption = False,
    changes: ChangesOption = None,
    spending: SpendingOptions = None,
) -> None:
    """Measure how often judges find exactly those rules that an answer breaks, beside guessing that
    it breaks none."""
    draft = (changes or Changes()).draft(RunFolder(run, planned=True), "judge sets")
    configured = (measured or SetsOptions()).over(draft)
    made: list[SetsResult] = []

    async def stage(run: Run) -> None:
        made.append(await stage_sets(run))

    def show(_: Run) -> None:
        scores, differences = made[0]
        if json:
            show_json(sets_data(scores, differences))
            return
        show_table(sets_table(scores))
        show_remarks(sets_remarks(scores, differences))

    bill = partial(estimate, stages=["sets"])
    task = Command(stage, check_sets, show, bill=bill)
    work(planned_run(run, configured), task, spending, json=json)
