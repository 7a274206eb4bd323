"""`specloop specbench import|export RUN`: read and write result files of the reference code."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from specloop.cli.common import tell_losses
from specloop.cli.specbench_options import BenchOptions, Options, named, open_bench, there
from specloop.errors import InputError
from specloop.pipeline.specbench_files import export_results, import_results
from specloop.terminal import show


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
    opened = open_bench(run, options, "specbench import")
    named(options or BenchOptions())(opened)
    opened.folder.make()
    with opened.folder.locked():
        opened.begin()
        for path in files:
            counts = import_results(opened, path)
            show(f"{path}: {counts}")


def export(run: Path, to: Annotated[Path, Parameter(help="Folder to write into.")]) -> None:
    """Write answers, verdicts and scores as the reference code does, by model, scenario, method."""
    tell_losses(there(run))
    for path in export_results(run, to):
        show(str(path))
