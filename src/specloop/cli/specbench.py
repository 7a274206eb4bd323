"""`specloop specbench generate|judge|score|run RUN`: run a benchmark in SpecBench's form."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from rich.table import Table

from specloop.cli import specbench_data, specbench_files
from specloop.cli.bill import show_bill, tell_missing
from specloop.cli.common import Command, JsonOption, SpendingOptions, only_bill, work
from specloop.cli.specbench_options import Options, judging, named, open_bench, reopen_bench
from specloop.pipeline import Run
from specloop.pipeline.amounts import Estimate
from specloop.pipeline.specbench import stage_generate, stage_judge
from specloop.pipeline.specbench_estimate import estimate_generate, estimate_judge, estimate_run
from specloop.pipeline.specbench_preflight import (
    check_answering,
    check_bench,
    check_nothing,
)
from specloop.pipeline.specbench_scoring import ScoringView, stage_score
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
        scored = await stage_score(run, ScoringView(self.by, self.against))
        if self.json:
            show_json({"report": str(scored.page), **comparison_data(scored.comparison)})
            return
        for table in _tables(scored.comparison, by_spec=self.by_spec):
            show_table(table)
        comparison = scored.comparison
        remarks = plain_asked, gaps, broken_off, half_shown, suspicious
        for remark in filter(None, (remark_on(comparison) for remark_on in remarks)):
            show(remark)
        show(f"report: {scored.page}")


def _tables(comparison: BenchComparison, *, by_spec: bool) -> Iterator[Table]:
    yield summary_table(comparison)
    if len(comparison.results) > 1:
        yield differences_table(comparison)
    if by_spec:
        yield by_spec_table(comparison)
    yield tokens_table(comparison)


ShowingOptions = Annotated[Showing | None, Parameter(name="*")]
Estimator = Callable[[Run], Coroutine[None, None, list[Estimate]]]


def generate(run: Path, *, options: Options = None, spending: SpendingOptions = None) -> None:
    """Let every method answer every prompt; existing answers are kept."""
    opened = open_bench(run, options, "specbench generate")
    if only_bill(spending):
        print_bill(opened, estimate_generate, check_answering)
        return
    work(opened, Command(_answers, check_answering), spending)


def judge(run: Path, *, options: Options = None, spending: SpendingOptions = None) -> None:
    """Judge every answer under every spec; existing verdicts are kept."""
    opened = reopen_bench(run, options, "specbench judge")
    check = judging(options)
    if only_bill(spending):
        print_bill(opened, estimate_judge, check)
        return
    work(opened, Command(stage_judge, check), spending)


def score(run: Path, *, options: Options = None, showing: ShowingOptions = None) -> None:
    """Print the figures and write the page; nothing is judged again."""
    opened = reopen_bench(run, options, "specbench score")
    # Nothing that is noted needs the data any more.
    check = named(options) if options else check_nothing
    work(opened, Command((showing or Showing()).score, check))


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
        check_bench(run, ScoringView(shown.by, shown.against))

    if only_bill(spending):
        print_bill(opened, estimate_run, check, json=shown.json)
        return
    work(opened, Command(lambda run: _all(run, shown), check), spending)


async def _answers(run: Run) -> None:
    async with run.pool.keeping():
        await stage_generate(run)


async def _all(run: Run, showing: Showing) -> None:
    async with run.pool.keeping():
        await stage_generate(run)
        await stage_judge(run)
    await showing.score(run)


def print_bill(
    run: Run, estimator: Estimator, check: Callable[[Run], None], *, json: bool = False
) -> None:
    """Print calls and tokens by stage and role; nothing is written or asked."""
    show_bill(asyncio.run(estimator(run)), run.config.prices, json=json)
    tell_missing(run, check)


def register(app: App) -> None:
    """Add the commands."""
    bench = App(name="specbench", help="Measure models and test-time methods in SpecBench's form.")
    for name, command in (("generate", generate), ("judge", judge), ("score", score)):
        bench.command(command, name=name)
    bench.command(run_, name="run")
    specbench_data.register(bench)
    specbench_files.register(bench)
    app.command(bench)
