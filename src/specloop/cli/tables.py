"""The figures of a run in the terminal."""

from __future__ import annotations

from specloop.evaluate.table import rule_table, summary_table
from specloop.pipeline import Run
from specloop.pipeline.reading import current_rules
from specloop.progress import console
from specloop.records import Evaluation


def print_tables(run: Run) -> None:
    """All evaluations side by side, in total and by rule."""
    found = run.folder.read(Evaluation)
    if found:
        console.print(summary_table(found))
        console.print(rule_table(found, current_rules(run)))
