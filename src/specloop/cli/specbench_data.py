"""`specloop specbench check|fingerprint|import|export`: a benchmark's data and result files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.table import Table
from rich.text import Text

from specloop.cli.common import Command, tell_losses, work
from specloop.cli.specbench_options import BenchOptions, Options, named, open_bench, there
from specloop.errors import InputError
from specloop.pipeline import Run
from specloop.pipeline.specbench_files import check_import, export_results, import_results
from specloop.sources import load_scenarios
from specloop.specbench.oddities import oddities
from specloop.specbench.reference.checkout import read_checkout
from specloop.specbench.reference.fingerprint import Print, fingerprint
from specloop.terminal import show, show_table

Data = Annotated[str, Parameter(help="Data folder, SpecBench checkout, hf:OWNER/NAME, or run:RUN.")]
Scenarios = Annotated[
    list[str] | None, Parameter(help="A scenario; again for more; all without.", negative="")
]
_SHOWN = 12
"""Most row numbers shown for one finding."""


def check(data: Data, *, scenario: Scenarios = None) -> None:
    """Load the data with all checks, and print what is odd about them."""
    for loaded in load_scenarios(data, scenario or ()):
        n_unsafe = sum(row.label == "unsafe" for row in loaded.rows)
        show(
            f"{loaded.key}: {loaded.name}: {len(loaded.specs.safety)} safety and "
            f"{len(loaded.specs.behavioral)} behavioural specs, {len(loaded.rows)} rows, "
            f"{n_unsafe} of them unsafe"
        )
        for odd in oddities(loaded):
            rows = ", ".join(map(str, odd.rows[:_SHOWN])) + ", ..." * (len(odd.rows) > _SHOWN)
            where = f" (rows {rows})" if odd.rows else ""
            show(f"  {odd.what}{where}")


def print_fingerprint(
    *,
    reference_checkout: Annotated[Path, Parameter(help="A checkout of SpecBench.")],
    data: Data = "",
    scenario: Scenarios = None,
) -> None:
    """Digests of a checkout's texts and of the joint judge's prompts, beside the known ones."""
    checkout = read_checkout(reference_checkout)
    scenarios = load_scenarios(data or str(reference_checkout), scenario or ())
    prints = fingerprint(checkout, scenarios)
    table = Table(title="SHA-256, first 16 digits")
    for title in ("text", "found", "known", ""):
        table.add_column(title)
    for print_ in prints:
        table.add_row(Text(print_.what), print_.found, print_.known or "-", _verdict(print_))
    show_table(table)


def _verdict(print_: Print) -> Text:
    if print_.is_same is None:
        return Text("not known")
    return Text("same", style="green") if print_.is_same else Text("other", style="red")


def import_(
    run: Path,
    files: Annotated[list[Path], Parameter(help="generate.json or <judge>_evaluate.json")],
    *,
    options: Options = None,
) -> None:
    """Import answers and verdicts that the reference code has written.

    A file's path, MODEL/SCENARIO/METHOD/FILE, gives its model, scenario and method; for files that
    `export` has written, the specloop.json beside them does. No model is needed.
    """
    if not files:
        raise InputError("name at least one generate.json or <judge>_evaluate.json")

    def check(run: Run) -> None:
        named(options or BenchOptions())(run)
        check_import(run, files)

    async def stage(run: Run) -> None:
        for line in import_results(run, files):
            show(line)

    work(open_bench(run, options, "specbench import"), Command(stage, check))


def export(run: Path, to: Annotated[Path, Parameter(help="Folder to write into.")]) -> None:
    """Write answers, verdicts and scores as the reference code does, by model, scenario, method."""
    tell_losses(there(run))
    for path in export_results(run, to):
        show(str(path))
