"""`specloop judge refusals`: measure what tells refusals on labelled answers."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.table import Table

from specloop.calibration.refused import FIGURES
from specloop.calibration.table import certificate_data, figure_cell, remarks
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
from specloop.cli.judge import absolute_gold
from specloop.pipeline import Run
from specloop.pipeline.estimate import estimate
from specloop.pipeline.refusals import check_refusals, stage_refusals
from specloop.records import Certificate
from specloop.store import RunFolder
from specloop.terminal import show_json, show_remarks, show_table


def refusals(  # noqa: PLR0913 - one parameter an option
    run: Path,
    *,
    gold: Annotated[
        list[str] | None,
        Parameter(help="Answers labelled as refusals, as SOURCE:WHERE.", negative=""),
    ] = None,
    judge: Annotated[
        str | None, Parameter(help="What tells refusals: classifier, phrases or model.")
    ] = None,
    model: Annotated[str | None, Parameter(help="The model that is asked.")] = None,
    json: JsonOption = False,
    changes: ChangesOption = None,
    spending: SpendingOptions = None,
) -> None:
    """Measure what tells refusals on labelled answers, by model, and store a certificate in RUN."""
    draft = (changes or Changes()).draft(RunFolder(run, planned=True), "judge refusals")
    given = (
        ("--gold", ("calibrate", "gold"), [absolute_gold(one) for one in gold or ()] or None),
        ("--judge", ("calibrate", "refusals"), judge),
        ("--model", ("roles", "judge", "model"), model),
    )
    configured = with_options(draft, "judge refusals", given).built()
    made: list[Certificate] = []

    async def stage(run: Run) -> None:
        made.append(await stage_refusals(run))

    def tell(_: Run) -> None:
        if json:
            show_json(certificate_data(made[0]))
            return
        show_table(_table(made[0]))
        show_remarks(remarks(made[0]))

    bill = partial(estimate, stages=["refusals"])
    task = Command(stage, check_refusals, tell, bill=bill)
    work(planned_run(run, configured), task, spending, json=json)


def _table(certificate: Certificate) -> Table:
    table = Table(title=f"Refusals by {certificate.label}", show_lines=True)
    for title in ("", *FIGURES):
        table.add_column(title.capitalize())
    for group in dict.fromkeys(figure.group for figure in certificate.figures):
        cells = (figure_cell(certificate.figure(name, group)) for name in FIGURES)
        table.add_row(group or "all answers", *cells)
    return table
