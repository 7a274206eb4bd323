"""Print the figures of a run in the terminal."""

from __future__ import annotations

from specloop.evaluation.headline import headline_table
from specloop.evaluation.table import rule_table, summary_table
from specloop.pipeline import Run
from specloop.pipeline.entrants import entrants
from specloop.records import Evaluation
from specloop.runrules import current_rules
from specloop.terminal import console, show_json, show_table


def print_headline(run: Run) -> None:
    """Print the main figures on one screen, and where the rest is."""
    every = run.folder.read(Evaluation)
    labels = {entrant.label for entrant in entrants(run)}
    shown = [evaluation for evaluation in every if evaluation.label in labels]
    if shown:
        n_more = len(every) - len(shown)
        more = f"{n_more} other models, " if n_more > 1 else "another model, " * n_more
        show_table(headline_table(shown))
        console.print(
            f"{more}intervals, bounds and every figure: specloop eval {run.folder.path}; rule by "
            "rule: --by-rule, or the page",
            markup=False,
        )


def print_tables(run: Run, *, by_rule: bool = False) -> None:
    """Print all evaluations side by side, in total or rule by rule."""
    evaluations = run.folder.read(Evaluation)
    if not evaluations:
        return
    if by_rule:
        show_table(rule_table(evaluations, current_rules(run.folder)))
    else:
        show_table(summary_table(evaluations))
        console.print("rule by rule: --by-rule, or the page that specloop report writes")


def print_evaluations(run: Run) -> None:
    """Print all evaluations as JSON, with every figure and difference."""
    evaluations = [evaluation.model_dump(mode="json") for evaluation in run.folder.read(Evaluation)]
    show_json({"run": str(run.folder.path), "evaluations": evaluations})
