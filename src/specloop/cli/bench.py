"""`specloop bench build SPEC --out RUN`: build a benchmark from your own document."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from rich.table import Table

from specloop.benchmaker import Built, LeakReport, Near
from specloop.cli.common import (
    Changes,
    ChangesOption,
    Command,
    SpendingOptions,
    by,
    planned_run,
    work,
)
from specloop.pipeline import Run
from specloop.pipeline.benchmaker import check_build, scenario_folder, stage_build
from specloop.pipeline.estimate import estimate
from specloop.store import RunFolder
from specloop.terminal import console, show, show_table

bench = App(name="bench", help="Benchmarks from one's own document.")


@bench.command(name="build")
def build_(  # noqa: PLR0913 - one parameter an option
    spec: Path,
    *,
    out: Annotated[Path, Parameter(help="Run folder; one with training data is compared with.")],
    against: Annotated[
        list[Path] | None,
        Parameter(help="Another run folder with training data; again for more.", negative=""),
    ] = None,
    model: Annotated[str | None, Parameter(help="Model that writes, attacks and checks.")] = None,
    changes: ChangesOption = None,
    spending: SpendingOptions = None,
) -> None:
    """Build a benchmark of SpecBench's form from the document SPEC."""
    draft = (changes or Changes()).draft(RunFolder(out, planned=True), "bench build")
    draft.put(("document", "path"), str(spec.resolve()), by("SPEC", "bench build"))
    if against:
        folders = [str(folder.resolve()) for folder in against]
        draft.put(("bench", "against"), folders, by("--against", "bench build"))
    for role in ("planner", "attacker", "judge") if model else ():
        draft.put(("roles", role, "model"), model, by("--model", "bench build"))
    opened = planned_run(out, draft.built())
    results: list[Built] = []

    async def stage(run: Run) -> None:
        results.append(await stage_build(run))

    task = Command(
        stage,
        check_build,
        lambda run: _show(run, results[0]),
        bill=partial(estimate, stages=["rules", "bench"]),
    )
    work(opened, task, spending)


def _show(run: Run, built: Built) -> None:
    table = Table(title=f"{built.scenario.key}: {built.scenario.name}")
    table.add_column("step")
    table.add_column("n", justify="right")
    for name, n in built.counts.model_dump().items():
        table.add_row(name.removeprefix("n_").replace("_", " "), str(n))
    show_table(table)
    for line in built.shortfalls:
        console.print(line, style="yellow", markup=False)
    _show_leaks(built.leaks)
    show(f"benchmark: {scenario_folder(run, built)}")


def _show_leaks(leaks: LeakReport) -> None:
    if not leaks.n_known:
        console.print(
            "training data: none in this folder to compare with; what is made from the document "
            "later is not known here (--against names other run folders)"
        )
        return
    console.print(
        f"training data: {leaks.n_prompts} prompts compared with {leaks.n_known} training texts, "
        f"{leaks.n_dropped} dropped"
    )
    for what, near in (("dropped", leaks.closest_dropped), ("kept", leaks.closest_kept)):
        if near is not None:
            console.print(f"  closest {what}: {_words(near)}", markup=False)


def _words(near: Near) -> str:
    return f"{near.similarity:.2f}: {near.prompt!r} beside {near.known!r} ({near.source})"
