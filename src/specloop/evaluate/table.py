"""Figures in the terminal: metrics by label with n, interval and paired difference."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.table import Table
from rich.text import Text

from specloop.ended import NOTHING, short_words
from specloop.evaluate.ends import missing_share
from specloop.evaluate.measures import HELD_OUT
from specloop.records import Evaluation, Metric, Rule

_ROWS = (
    ("rcs", "", "rules kept (RCS)"),
    ("rcs", HELD_OUT, "rules kept, held-out rules"),
    ("rcs", "targeted rules", "rules kept, targeted"),
    ("rcs", "instance rules", "rules kept, of the instance"),
    ("rcs_in_scope", "", "conditional rules kept in scope"),
    ("rcs_macro", "", "mean over rules"),
    ("rcs_weighted", "", "weighted by priority"),
    ("rcs_worst", "", "worst rule"),
    ("all_rules_kept", "", "answers keeping all rules"),
    ("over_application", "", "over-application"),
    ("over_refusal", "", "over-refusal, permitted probes"),
    ("general", "", "general questions right"),
    ("perplexity", "", "perplexity, plain text"),
    ("mean_words", "", "mean words"),
    ("cut", "", "cut answers"),
    ("filtered", "", "answers broken off by a filter"),
    ("ended_otherwise", "", "answers broken off otherwise"),
    ("failed", "", "probes without an answer"),
    *(("failed", short_words(end), f"- {short_words(end)}") for end in NOTHING),
    ("rcs_unmeasured", "", "rules kept, UNMEASURED judge"),
)
_PLAIN_NUMBERS = {"perplexity", "mean_words"}


def summary_table(evaluations: Sequence[Evaluation]) -> Table:
    """One row a figure, one column a label; a figure nobody has gets no row."""
    table = Table(title="Held-out probes", caption=not_whole(evaluations), show_lines=True)
    table.add_column("")
    for evaluation in evaluations:
        against = f"\nvs {evaluation.against}" if evaluation.against else ""
        table.add_column(f"{evaluation.label}{against}")
    for name, group, heading in _ROWS:
        cells = [_cell(evaluation, name, group) for evaluation in evaluations]
        if any(cell.plain for cell in cells):
            table.add_row(heading, *cells)
    return table


def not_whole(evaluations: Iterable[Evaluation]) -> Text | None:
    """Whose answers are missing or broken off too often for a rate to be read without that."""
    found = [(one.label, missing_share(one.metrics)) for one in evaluations]
    told = "; ".join(f"{label} {share}" for label, share in found if share)
    return Text(f"Without a whole answer: {told}.", style="bold") if told else None


def rule_table(evaluations: Sequence[Evaluation], rules: Iterable[Rule]) -> Table:
    """Compliance with each rule that a probe put to the test."""
    table = Table(title="By rule", show_lines=True)
    table.add_column("rule", max_width=60)
    for evaluation in evaluations:
        table.add_column(evaluation.label)
    for rule in rules:
        cells = [_cell(evaluation, "rcs", rule.id) for evaluation in evaluations]
        if any(cell.plain for cell in cells):
            table.add_row(Text(rule.text), *cells)
    return table


def find(metrics: Iterable[Metric], name: str, group: str = "") -> Metric | None:
    """The metric of that name and group, if there is one."""
    return next((m for m in metrics if (m.name, m.group) == (name, group)), None)


def change(difference: Metric) -> str:
    """A paired difference in words (see `outcomes`)."""
    value, low, high = difference.value, difference.ci_low, difference.ci_high
    if value is None or low is None or high is None:
        return "no interval"
    form = f"+{_form(difference.name)}"
    if difference.outcome == "noise":
        return f"{value:{form}}, within noise"
    shown = f"{value:{form}} [{low:{form}}, {high:{form}}]"
    if difference.outcome == "open":
        least, most = difference.bound_low, difference.bound_high
        return f"{shown}\nopen: unscored cases leave {least:{form}} to {most:{form}}"
    return f"{shown}, {difference.outcome}" if difference.outcome else shown


def short_change(difference: Metric) -> str:
    """A paired difference in a few characters: with its interval, or why none is claimed."""
    words = change(difference)
    if "within noise" in words:
        return words.replace("within ", "")
    return f"{words.split(' [')[0]}, open" if difference.outcome == "open" else words


def _form(name: str) -> str:
    return ".1f" if name in _PLAIN_NUMBERS else ".2f"


def shown_value(metric: Metric) -> str:
    """A figure's value as it is printed."""
    return "" if metric.value is None else f"{metric.value:{_form(metric.name)}}"


def _cell(evaluation: Evaluation, name: str, group: str) -> Text:
    found = find(evaluation.metrics, name, group)
    if found is None or (found.value is None and not found.n_unscored):
        reason = "" if group else evaluation.left_out.get(name, "")
        return Text(f"left out: {reason}" if reason else "")
    form = _form(name)
    text = Text(shown_value(found) or "–", style="bold")
    if found.ci_low is not None and found.ci_high is not None:
        text.append(f" [{found.ci_low:{form}}, {found.ci_high:{form}}]", style="not bold")
    text.append(f" n={found.n}", style="not bold dim")
    if found.n_unscored and found.bound_low is not None and found.bound_high is not None:
        text.append(
            f"\n{found.n_unscored} unscored: {found.bound_low:{form}} to {found.bound_high:{form}}",
            style="not bold",
        )
    difference = find(
        evaluation.differences, "log_perplexity" if name == "perplexity" else name, group
    )
    if difference is not None and difference.value is not None:
        unit = " log" if name == "perplexity" else ""
        text.append(f"\n{change(difference)}{unit}", style="not bold")
    return text
