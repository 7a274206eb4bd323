"""Figures in the terminal: metrics by label with n, interval and paired difference."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rich.table import Table
from rich.text import Text

from specloop.evaluation.ends import missing_share
from specloop.measuring.compliance import COMPLIANCE, UNMEASURED
from specloop.metrics import in_order, metric_of
from specloop.records import Evaluation, Figure, Rule


def summary_table(evaluations: Sequence[Evaluation]) -> Table:
    """One row a figure, one column a label; a figure nobody has gets no row."""
    title, caption = _title(evaluations), not_whole(evaluations)
    table = Table(title=title, caption=caption, show_lines=True)
    table.add_column("")
    for evaluation in evaluations:
        against = f"\nvs {evaluation.against}" if evaluation.against else ""
        table.add_column(f"{evaluation.label}{against}")
    for name, group in _totals(evaluations):
        cells = [_cell(evaluation, name, group) for evaluation in evaluations]
        is_named_below = all(one.source and name in one.left_out for one in evaluations)
        if any(cell.plain for cell in cells) and not is_named_below:
            table.add_row(heading(name, group), *cells)
    return table


def _title(evaluations: Sequence[Evaluation]) -> str:
    """What entrants were measured on, with the number of answers to a benchmark."""
    source = evaluations[0].source
    failed = find(evaluations[0].metrics, "failed")
    if not source or failed is None:
        return "Held-out probes"
    return f"Benchmark {source}, {failed.n} answers each"


def remarks(evaluations: Sequence[Evaluation]) -> Iterator[str]:
    """Of a benchmark: which model judged, and what was measured of no entrant, a line a reason."""
    if not all(one.source for one in evaluations):
        return
    every = (figure for one in evaluations for figure in one.metrics)
    judges = {one.judge: None for one in every if not metric_of(one.name).is_measured}
    if judges:
        yield f"what code cannot decide is judged by {', '.join(judges)}, which nobody has checked"
    titles: dict[str, list[str]] = {}
    for name in in_order(set.intersection(*(set(one.left_out) for one in evaluations))):
        titles.setdefault(evaluations[-1].left_out[name], []).append(metric_of(name).title)
    yield from (f"not measured, {reason}: {'; '.join(each)}" for reason, each in titles.items())


def _totals(evaluations: Iterable[Evaluation]) -> Iterator[tuple[str, str]]:
    """Names and groups of the figures that are of no single rule."""
    names = {m.name for evaluation in evaluations for m in evaluation.metrics}
    for name in in_order(names.union(*(evaluation.left_out for evaluation in evaluations))):
        yield from ((name, group) for group in ("", *metric_of(name).groups))


def heading(name: str, group: str) -> str:
    """What stands before a row; that of a group stands below the total's."""
    return f"- {group}" if group else metric_of(name).title


def not_whole(evaluations: Iterable[Evaluation]) -> Text | None:
    """Whose answers are missing or broken off too often for a rate to be read without that."""
    found = [(evaluation.label, missing_share(evaluation.metrics)) for evaluation in evaluations]
    told = "; ".join(f"{label} {share}" for label, share in found if share)
    return Text(f"Without a whole answer: {told}.", style="bold") if told else None


def rule_table(evaluations: Sequence[Evaluation], rules: Iterable[Rule]) -> Table:
    """Compliance with each rule that a probe put to the test, by code or else by a judge."""
    table = Table(title="By rule", show_lines=True)
    table.add_column("rule", max_width=60)
    for evaluation in evaluations:
        table.add_column(evaluation.label)
    for rule in rules:
        for name in (COMPLIANCE, UNMEASURED):
            cells = [_cell(evaluation, name, rule.id) for evaluation in evaluations]
            if any(cell.plain for cell in cells):
                table.add_row(Text(rule.text), *cells)
    return table


def find(figures: Iterable[Figure], name: str, group: str = "") -> Figure | None:
    """The metric of that name and group, if there is one."""
    return next((m for m in figures if (m.name, m.group) == (name, group)), None)


def change(difference: Figure) -> str:
    """A paired difference in words (see `outcomes`)."""
    value, low, high = difference.value, difference.ci_low, difference.ci_high
    if value is None or low is None or high is None:
        return "no interval"
    form = metric_of(difference.name).change_form
    if difference.outcome == "noise":
        return f"{value:{form}}, within noise"
    shown = f"{value:{form}} [{low:{form}}, {high:{form}}]"
    if difference.outcome == "open":
        least, most = difference.bound_low, difference.bound_high
        return f"{shown}\nopen: unscored cases leave {least:{form}} to {most:{form}}"
    return f"{shown}, {difference.outcome}" if difference.outcome else shown


def short_change(difference: Figure) -> str:
    """A paired difference in a few characters: with its interval, or why none is claimed."""
    words, outcome = change(difference), difference.outcome
    if outcome == "noise":
        return words.replace("within ", "")
    if outcome == "open":
        return f"{words.partition(' [')[0]}, open"
    return words.removesuffix(f", {outcome}")


def shown_value(figure: Figure) -> str:
    """A figure's value as it is printed."""
    return "" if figure.value is None else f"{figure.value:{metric_of(figure.name).form}}"


def _cell(evaluation: Evaluation, name: str, group: str) -> Text:
    found = find(evaluation.metrics, name, group)
    if found is None or (found.value is None and not found.n_unscored):
        reason = "" if group else evaluation.left_out.get(name, "")
        return Text(f"left out: {reason}" if reason else "")
    form = metric_of(name).form
    text = Text(shown_value(found) or "–", style="bold")
    if found.ci_low is not None and found.ci_high is not None:
        text.append(f" [{found.ci_low:{form}}, {found.ci_high:{form}}]", style="not bold")
    text.append(f" n={found.n}", style="not bold dim")
    if found.n_unscored and found.bound_low is not None and found.bound_high is not None:
        text.append(
            f"\n{found.n_unscored} unscored: {found.bound_low:{form}} to {found.bound_high:{form}}",
            style="not bold",
        )
    difference = find(evaluation.differences, name, group)
    if difference is not None and difference.value is not None:
        text.append(f"\n{change(difference)}{unit_of(difference)}", style="not bold")
    return text


def unit_of(difference: Figure) -> str:
    """What must follow a difference in words."""
    return " log" if metric_of(difference.name).format == "ratio" else ""
