"""The figures of a run in the terminal."""

from __future__ import annotations

from specloop.evaluate.headline import headline_table
from specloop.evaluate.table import rule_table, summary_table
from specloop.pipeline import Run
from specloop.pipeline.evaluating import entrants
from specloop.records import Evaluation
from specloop.runrules import current_rules
from specloop.terminal import console, show_json, show_table


def print_headline(run: Run) -> None:
    """The main figures on one screen, and where the rest is."""
    every = run.folder.read(Evaluation)
    labels = {entrant.label for entrant in entrants(run)}
    found = [one for one in every if one.label in labels]
    if found:
        n_more = len(every) - len(found)
        more = f"{n_more} other models, " if n_more > 1 else "another model, " * n_more
        show_table(headline_table(found))
        console.print(
            f"{more}intervals, bounds and every figure: specloop eval {run.folder.path}; rule by "
            "rule: --by-rule, or the page",
            markup=False,
        )


def print_tables(run: Run, *, by_rule: bool = False) -> None:
    """All evaluations side by side, in total or rule by rule."""
    found = run.folder.read(Evaluation)
    if not found:
        return
    if by_rule:
        show_table(rule_table(found, current_rules(run.folder)))
    else:
        show_table(summary_table(found))
        console.print("rule by rule: --by-rule, or the page that specloop report writes")


def print_evaluations(run: Run) -> None:
    """All evaluations as JSON, with every figure and difference."""
    found = [one.model_dump(mode="json") for one in run.folder.read(Evaluation)]
    show_json({"run": str(run.folder.path), "evaluations": found})
