"""`specloop specbench generate|judge|score|run RUN`: run a benchmark in SpecBench's form."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from rich.table import Table

from specloop.cli import specbench_data
from specloop.cli.common import Command, JsonOption, SpendingOptions, work
from specloop.cli.specbench_options import Options, judging, named, open_bench, reopen_bench
from specloop.pipeline import Run
from specloop.pipeline.specbench import stage_generate, stage_judge, stage_score
from specloop.pipeline.specbench_estimate import estimate_generate, estimate_judge, estimate_run
from specloop.pipeline.specbench_preflight import (
    check_answering,
    check_bench,
    check_nothing,
)
from specloop.report.specbench import BENCH_REPORT_FILE
from specloop.specbench.comparison import (
    BenchComparison,
    broken_off,
    gaps,
    half_shown,
    plain_asked,
    suspicious,
)
from specloop.specbench.comparison_data import comparison_data
from specloop.specbench.table import by_spec_table, differences_table, summary_table, tokens_table
from specloop.terminal import show, show_json, show_table

specbench = App(name="specbench", help="Measure models and test-time methods in SpecBench's form.")
specbench.command(specbench_data.check)
specbench.command(specbench_data.print_fingerprint, name="fingerprint")
specbench.command(specbench_data.import_, name="import")
specbench.command(specbench_data.export)


@dataclass(frozen=True)
class Showing:
    """Which figures of the folder to show."""

    by: Annotated[
        str, Parameter(help="Judge whose verdicts count, by its label; the configured one without.")
    ] = ""
    against: Annotated[
        str, Parameter(help="Entrant that others are compared with, by its label.")
    ] = ""
    by_spec: Annotated[bool, Parameter(help="Print figures spec by spec too.", negative="")] = False
    json: JsonOption = False

    async def score(self, run: Run) -> None:
        """Write the page and print the figures."""
        comparison = await stage_score(run, self.by, self.against)
        page = run.folder / BENCH_REPORT_FILE
        if self.json:
            show_json({"report": str(page), **comparison_data(comparison)})
            return
        for table in _tables(comparison, by_spec=self.by_spec):
            show_table(table)
        remarks = plain_asked, gaps, broken_off, half_shown, suspicious
        for remark in filter(None, (remark_on(comparison) for remark_on in remarks)):
            show(remark)
        show(f"report: {page}")


def _tables(comparison: BenchComparison, *, by_spec: bool) -> Iterator[Table]:
    yield summary_table(comparison)
    if len(comparison.results) > 1:
        yield differences_table(comparison)
    if by_spec:
        yield by_spec_table(comparison)
    yield tokens_table(comparison)


ShowingOptions = Annotated[Showing | None, Parameter(name="*")]


@specbench.command
def generate(run: Path, *, options: Options = None, spending: SpendingOptions = None) -> None:
    """Let every method answer every prompt; existing answers are kept."""
    opened = open_bench(run, options, "specbench generate")
    work(opened, Command(_answers, check_answering, bill=estimate_generate), spending)


@specbench.command
def judge(run: Path, *, options: Options = None, spending: SpendingOptions = None) -> None:
    """Judge every answer under every spec; existing verdicts are kept."""
    opened = reopen_bench(run, options, "specbench judge")
    work(opened, Command(stage_judge, judging(options), bill=estimate_judge), spending)


@specbench.command
def score(run: Path, *, options: Options = None, showing: ShowingOptions = None) -> None:
    """Print the figures and write the page; nothing is judged again."""
    opened = reopen_bench(run, options, "specbench score")
    # Nothing that is noted needs the data any more.
    check = named(options) if options else check_nothing
    work(opened, Command((showing or Showing()).score, check))


@specbench.command(name="run")
def run_(
    run: Path,
    *,
    options: Options = None,
    showing: ShowingOptions = None,
    spending: SpendingOptions = None,
) -> None:
    """Generate, judge and score; run it again to go on after a stop."""
    shown = showing or Showing()
    opened = open_bench(run, options, "specbench run")

    def check(run: Run) -> None:
        check_bench(run, shown.by, shown.against)

    task = Command(lambda run: _all(run, shown), check, bill=estimate_run)
    work(opened, task, spending, json=shown.json)


async def _answers(run: Run) -> None:
    async with run.pool.keeping():
        await stage_generate(run)


async def _all(run: Run, showing: Showing) -> None:
    async with run.pool.keeping():
        await stage_generate(run)
        await stage_judge(run)
    await showing.score(run)
