"""Print the figures of a run in the terminal."""

from __future__ import annotations

from specloop.evaluation.table import headline_table, remarks, rule_table, summary_table
from specloop.pipeline import Run
from specloop.pipeline.entrants import entrants
from specloop.records import Evaluation, RevisionFigure, Rule
from specloop.revision.table import revision_tables
from specloop.runrules import current_rules
from specloop.store import RunFolder
from specloop.terminal import console, show_json, show_remarks, show_table


def print_headline(run: Run) -> None:
    """Print the main figures on one screen, and where the rest is."""
    evaluations = run.folder.read(Evaluation)
    labels = {entrant.label for entrant in entrants(run)}
    shown = [evaluation for evaluation in evaluations if evaluation.label in labels]
    for table in revision_tables(run.folder.read(RevisionFigure)):
        show_table(table)
    if shown:
        n_more = len(evaluations) - len(shown)
        more = f"{n_more} other models, " if n_more > 1 else "another model, " * n_more
        show_table(headline_table(shown))
        console.print(
            f"{more}intervals, bounds and every figure: specloop eval {run.folder.path}; rule by "
            "rule: --by-rule, or the page",
            markup=False,
        )
        show_remarks(remarks(shown))


def print_tables(run: Run, *, by_rule: bool = False, of: RunFolder | None = None) -> None:
    """Print all evaluations side by side, in total or rule by rule; `of`: those on another
    benchmark."""
    folder = of or run.folder
    evaluations = folder.read(Evaluation)
    if not evaluations:
        return
    if by_rule:
        rules = of.read(Rule) if of else current_rules(run.folder)
        show_table(rule_table(evaluations, rules))
        for table in revision_tables(folder.read(RevisionFigure), in_full=True):
            show_table(table)
        return
    show_table(summary_table(evaluations))
    show_remarks(remarks(evaluations))
    for table in revision_tables(folder.read(RevisionFigure)):
        show_table(table)
    if of:
        said = f"rule by rule: --by-rule; answers and verdicts: {of.path}"
        console.print(said, markup=False, soft_wrap=True)
    else:
        console.print("rule by rule: --by-rule, or the page that specloop report writes")


def print_evaluations(run: Run, of: RunFolder | None = None) -> None:
    """Print all evaluations as JSON, with every figure and difference; `of`: those on another
    benchmark."""
    evaluations = [one.model_dump(mode="json") for one in (of or run.folder).read(Evaluation)]
    source = {"benchmark": evaluations[0]["source"]} if of and evaluations else {}
    figures = [one.model_dump(mode="json") for one in (of or run.folder).read(RevisionFigure)]
    revision = {"revision": figures} if figures else {}
    show_json({"run": str(run.folder.path), **source, "evaluations": evaluations, **revision})
