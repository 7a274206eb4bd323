"""`specloop rejudge RUN`: stored answers by another judge, and where the two differ."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from rich.table import Table
from rich.text import Text

from specloop.bench.agreement import Agreement, Pair, agreement
from specloop.bench.cases import JudgeKey, judges_of
from specloop.bench.stored import read_stored
from specloop.bench.table import agreement_table
from specloop.cli.common import SpendingOptions, only_bill, work
from specloop.cli.specbench import print_bill
from specloop.cli.specbench_options import Options, configured, open_bench
from specloop.errors import InputError
from specloop.pipeline import Run
from specloop.pipeline.bench_protocol import judging_of
from specloop.pipeline.rehearsal import estimate_judge
from specloop.pipeline.specbench import stage_judge
from specloop.progress import console

_SHOWN = 20


def rejudge(
    run: Path,
    *,
    against: Annotated[
        str, Parameter(help="Label of the judge to compare with; the first one without.")
    ] = "",
    options: Options = None,
    spending: SpendingOptions = None,
) -> None:
    """Judge the stored answers with another judge or protocol, and print where the two differ."""
    if only_bill(spending):
        print_bill(run, configured(run, options), [estimate_judge])
        return
    opened = open_bench(run, options)
    work(opened, stage_judge, spending, lambda done: _compare(done, against))


def _compare(run: Run, against: str) -> None:
    stored = read_stored(run.folder)
    grader = judging_of(run.config).grader
    mine = next(
        JudgeKey.of(one)
        for one in stored.judgements
        if (one.judge, one.model, one.protocol) == (grader.name, grader.model, grader.protocol)
        and one.settings == grader.settings
    )
    others = [key for key in judges_of(stored.judgements) if key != mine]
    fit = [key for key in others if against in ("", key.label)]
    if not fit:
        known = "; ".join(key.label for key in others) or "none"
        raise InputError(f"no other judge {against!r} has judged these answers. Others: {known}")
    found = agreement(stored, (fit[0], mine))
    console.print(agreement_table(found))
    console.print(_differences(found))


def _differences(found: Agreement) -> Table:
    n = len(found.differences)
    shown = f", the first {_SHOWN}" if n > _SHOWN else ""
    table = Table(title=f"{n} verdicts differ{shown}")
    for title in ("row", "method", "spec", found.first.label, found.second.label, "reasons"):
        table.add_column(title)
    for pair in found.differences[:_SHOWN]:
        table.add_row(*_row(pair))
    return table


def _row(pair: Pair) -> tuple[Text, ...]:
    row, answer = pair.case.row, pair.case.answer
    spec = f"{pair.spec.category} {pair.spec.number}"
    reasons = " / ".join(part for part in (pair.first.rationale, pair.second.rationale) if part)
    told = (f"{row.scenario}[{row.number}]", answer.method, spec, *pair.values, reasons[:160])
    return tuple(map(Text, told))


def register(app: App) -> None:
    """Add the command."""
    app.command(rejudge)
