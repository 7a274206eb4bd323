"""Figures in the terminal: metrics by label with n, interval and paired difference."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rich.table import Table
from rich.text import Text

from specloop.ended import MUCH
from specloop.evaluation.belief_text import (
    belief_lines,
    corrected_text,
    judged_notes,
    never_corrected,
)
from specloop.judging.second_look import Looked
from specloop.measuring.compliance import COMPLIANCE, JUDGED
from specloop.metrics import in_order, metric_of
from specloop.records import Evaluation, Figure, Rule, SecondLooks
from specloop.responding.entrant import is_bare


def summary_table(evaluations: Sequence[Evaluation]) -> Table:
    """One row a figure, one column a label; a figure nobody has gets no row."""
    title, caption = table_title(evaluations), _not_whole(evaluations)
    table = Table(title=title, caption=caption, show_lines=True)
    table.add_column("")
    for evaluation in evaluations:
        against = f"\nvs {evaluation.against}" if evaluation.against else ""
        table.add_column(f"{evaluation.label}{against}")
    for name in _names(evaluations):
        for group in ("", *metric_of(name).groups):
            cells = [_cell(evaluation, name, group) for evaluation in evaluations]
            is_named_below = all(one.source and name in one.left_out for one in evaluations)
            if any(cell.plain for cell in cells) and not is_named_below:
                table.add_row(_heading(name, group), *cells)
    return table


def headline_table(evaluations: Sequence[Evaluation]) -> Table:
    """One line a figure on one screen: each entrant's value, and the difference of the last model
    alone to its base."""
    last = next((one for one in reversed(evaluations) if is_bare(one)), evaluations[-1])
    failed = find(last.metrics, "failed")
    n = f", {failed.n} answers each" if failed else ""
    table = Table(title=f"Held-out probes{n}", caption=_not_whole(evaluations))
    table.add_column("")
    for evaluation in evaluations:
        table.add_column(evaluation.label, justify="right")
    if last.against:
        table.add_column(f"{last.label} against {last.against}")
    for name in _names(evaluations):
        for group in metric_of(name).headline:
            figures = [find(evaluation.metrics, name, group) for evaluation in evaluations]
            if any(figure and figure.value is not None for figure in figures):
                change = _short_difference(last, name, group)
                table.add_row(_heading(name, group), *map(_shown_value, figures), *change)
    if unscored := _unscored(evaluations):
        table.add_row("unscored cases", *unscored, *[""] * bool(last.against))
    return table


def rule_table(evaluations: Sequence[Evaluation], rules: Iterable[Rule]) -> Table:
    """Compliance with each rule that a probe put to the test, by code or else by a judge."""
    table = Table(title="By rule", show_lines=True)
    table.add_column("rule", max_width=60)
    for evaluation in evaluations:
        table.add_column(evaluation.label)
    for rule in rules:
        for name in (COMPLIANCE, JUDGED):
            cells = [_cell(evaluation, name, rule.id) for evaluation in evaluations]
            if any(cell.plain for cell in cells):
                table.add_row(Text(rule.text), *cells)
    return table


def table_title(evaluations: Sequence[Evaluation]) -> str:
    """What entrants were measured on, with the number of answers to a benchmark."""
    source = evaluations[0].source
    failed = find(evaluations[0].metrics, "failed")
    if not source or failed is None:
        return "Held-out probes"
    return f"Benchmark {source}, {failed.n} answers each"


def remarks(evaluations: Sequence[Evaluation]) -> Iterator[str]:
    """How far judges are believed; of a benchmark also what was measured of no entrant, a line a
    reason."""
    yield from belief_lines(evaluations)
    yield from never_corrected(figure for one in evaluations for figure in one.metrics)
    for one in evaluations:
        if one.second_look:
            yield f"{one.label}: {looks_text(one.second_look)}"
    if not all(one.source for one in evaluations):
        return
    beliefs = filter(None, (one.belief for one in evaluations))
    if unknown := {one.judge: None for one in beliefs if not one.certificate}:
        yield f"what code cannot decide is judged by {', '.join(unknown)}, which nobody has checked"
    titles: dict[str, list[str]] = {}
    for name in in_order(set.intersection(*(set(one.left_out) for one in evaluations))):
        titles.setdefault(evaluations[-1].left_out[name], []).append(metric_of(name).title)
    yield from (f"not measured, {reason}: {'; '.join(each)}" for reason, each in titles.items())


def looks_text(looks: SecondLooks) -> str:
    """What second looks came to, and what false alarms would change."""
    counts = Looked(looks.confirmed, looks.false_alarms, looks.open)
    failed = f", {looks.not_looked_at} more could not be asked about" * bool(looks.not_looked_at)
    return (
        f"second look of {looks.judge}: {counts.words}{failed}; the judge says kept of"
        f" {looks.kept:.1%}, {looks.kept_without_alarms:.1%} if false alarms count as kept"
    )


def missing_share(figures: Iterable[Figure]) -> str:
    """The share of answers that are not whole: `12.5% of 84 (blank 10.7%, cut 1.8%)`; empty where
    it is small."""
    kinds = ((_ending(figure), figure) for figure in figures)
    shares = [(kind, figure.value, figure.n) for kind, figure in kinds if kind and figure.value]
    total = sum(value for _, value, _ in shares)
    if total <= MUCH:
        return ""
    by_kind = ", ".join(f"{kind} {value:.1%}" for kind, value, _ in shares)
    return f"{total:.1%} of {shares[0][2]:,} ({by_kind})"


def find(figures: Iterable[Figure], name: str, group: str = "") -> Figure | None:
    """The figure of that name and group, if there is one."""
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


def _names(evaluations: Iterable[Evaluation]) -> list[str]:
    """The metrics that were measured or left out, in the order of tables."""
    every = ({*one.left_out, *(m.name for m in one.metrics)} for one in evaluations)
    return in_order(set[str]().union(*every))


def _heading(name: str, group: str) -> str:
    """What stands before a row; that of a group stands below the total's."""
    return f"- {group}" if group else metric_of(name).title


def _not_whole(evaluations: Iterable[Evaluation]) -> Text | None:
    """Whose answers are missing or broken off too often for a rate to be read without that."""
    shares = [(evaluation.label, missing_share(evaluation.metrics)) for evaluation in evaluations]
    every = "; ".join(f"{label} {share}" for label, share in shares if share)
    return Text(f"Without a whole answer: {every}.", style="bold") if every else None


def _ending(figure: Figure) -> str:
    """What answers are called that the figure is the share of; empty if it is no such share."""
    ending = metric_of(figure.name).ending
    return "" if ending is None else ending or figure.group


def _shown_value(figure: Figure | None) -> str:
    if figure is None or figure.value is None:
        return ""
    return f"{figure.value:{metric_of(figure.name).form}}"


def _unit(difference: Figure) -> str:
    """What must follow a difference in words."""
    return " log" if metric_of(difference.name).format == "ratio" else ""


def _short_difference(last: Evaluation, name: str, group: str) -> list[Text]:
    """The difference in a few characters; nothing where there is no base."""
    if not last.against:
        return []
    difference = find(last.differences, name, group)
    if difference is None or difference.value is None:
        return [Text("")]
    return [Text(_short_change(difference) + _unit(difference))]


def _short_change(difference: Figure) -> str:
    """With its interval, or why none is claimed."""
    words, outcome = change(difference), difference.outcome
    if outcome == "noise":
        return words.replace("within ", "")
    if outcome == "open":
        return f"{words.partition(' [')[0]}, open"
    return words.removesuffix(f", {outcome}")


def _unscored(evaluations: Sequence[Evaluation]) -> list[str]:
    """Share of each entrant's cases of compliance that are unscored; empty where none is."""
    figures = [find(evaluation.metrics, COMPLIANCE) for evaluation in evaluations]
    if not any(figure and figure.n_unscored for figure in figures):
        return []
    return [f"{m.n_unscored / (m.n + m.n_unscored):.0%}" if m else "" for m in figures]


def _cell(evaluation: Evaluation, name: str, group: str) -> Text:
    figure = find(evaluation.metrics, name, group)
    if figure is None or (figure.value is None and not figure.n_unscored):
        reason = "" if group else evaluation.left_out.get(name, "")
        return Text(f"left out: {reason}" if reason else "")
    metric, form = metric_of(name), metric_of(name).form
    text = Text(_shown_value(figure) or "–", style="bold")
    if figure.ci_low is not None and figure.ci_high is not None:
        text.append(f" [{figure.ci_low:{form}}, {figure.ci_high:{form}}]", style="not bold")
    text.append(f" n={figure.n}", style="not bold dim")
    notes = [*judged_notes(figure, find(evaluation.metrics, name))]
    for line in filter(None, [*notes, corrected_text(figure.corrected, form)]):
        text.append(f"\n{line}", style="not bold")
    if figure.n_unscored and figure.bound_low is not None and figure.bound_high is not None:
        bounds = f"{figure.bound_low:{form}} to {figure.bound_high:{form}}"
        text.append(f"\n{figure.n_unscored} unscored: {bounds}", style="not bold")
    difference = find(evaluation.differences, name, group)
    if difference is not None and difference.value is not None:
        text.append(f"\n{change(difference)}{_unit(difference)}", style="not bold")
        if shown := corrected_text(difference.corrected, metric.change_form):
            text.append(f"\n{shown}", style="not bold")
    return text
