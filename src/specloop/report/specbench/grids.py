"""All figures of the page in tables: totals with paired differences, groups, specs, alphas."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from specloop.measuring.scores import CONVENTIONS, Convention
from specloop.metrics import AnswerMetric
from specloop.records import Figure
from specloop.report.grids import Grid, GridCell, Head, Na, Row, cell_of
from specloop.report.plots import Bar, bar
from specloop.specbench.comparison import (
    BenchComparison,
    PairedDifference,
    alpha_lines,
    group_lines,
    metrics_of,
    paired_differences,
    spec_lines,
    token_lines,
    totals,
)
from specloop.specbench.figures import GROUPINGS, Grouping
from specloop.specbench.tokens import TITLES, Takes

NA: Mapping[Convention | str, Na] = {"counted": "na-counted", "left out": "na-left-out", "": ""}
"""What is marked as belonging to a convention for NA; empty for both."""
ALPHAS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
_GROUPS: Mapping[Grouping, tuple[str, str]] = {
    "scenario": ("By scenario", "The overall figures are the means of these."),
    "label": ("By label", "Unsafe prompts ask for what a safety spec forbids; safe ones do not."),
    "source": ("By source", "Where the prompts came from."),
}
_LABELS = {"safe": "Safe prompts", "unsafe": "Unsafe prompts"}


class AlphaPanel(NamedTuple):
    """The SAR of every entrant for one alpha and convention."""

    alpha: str
    na: Na
    is_first: bool
    """Whether it is the configured alpha, which the page shows first."""
    bars: tuple[Bar, ...]


def summary_grid(comparison: BenchComparison) -> Grid:
    """One row per entrant, with its paired differences below its figures."""
    metrics = metrics_of(comparison)
    columns = [_column(comparison, of) for of in metrics]
    heads = tuple(Head(of.title, of.help, na=NA[of.convention]) for of in metrics)
    rows = (
        Row(result.label, tuple(cells), result.number)
        for result, *cells in zip(comparison.results, *columns, strict=True)
    )
    return Grid("All entrants", "", "Entrant", heads, tuple(rows))


def _column(comparison: BenchComparison, of: AnswerMetric) -> Iterator[GridCell]:
    """A metric's cells, each with the first difference of its entrant."""
    first: dict[int, PairedDifference] = {}
    for difference in paired_differences(comparison, of):
        first.setdefault(difference.first.number, difference)
    for result, figure in zip(comparison.results, totals(comparison, of), strict=True):
        paired = first.get(result.number)
        if paired is None:
            yield cell_of(figure)
        else:
            yield cell_of(figure, paired.figure, against=paired.second.label)


def token_grid(comparison: BenchComparison) -> Grid:
    """What an answer of each entrant takes."""
    heads = tuple(Head(*TITLES[name]) for name in Takes._fields)
    rows = tuple(
        Row(result.label, tuple(map(_amount, taken)), result.number)
        for result, taken in zip(comparison.results, token_lines(comparison), strict=True)
    )
    note = "Means an answer, with intervals where they vary."
    return Grid("What an answer takes", note, "Entrant", heads, rows)


def _amount(figure: Figure) -> GridCell | None:
    if figure.value is None:
        return None
    interval = ""
    if figure.ci_low is not None and figure.ci_high is not None:
        interval = f"{_amount_text(figure.ci_low)}–{_amount_text(figure.ci_high)}"
    return GridCell(_amount_text(figure.value), interval)


def _amount_text(value: float) -> str:
    """A count or mean of counts, with a decimal only if it matters."""
    return f"{value:,.0f}" if value >= 100 or value.is_integer() else f"{value:.1f}"


def group_grids(comparison: BenchComparison) -> Iterator[Grid]:
    """Tables by scenario, label and source."""
    heads = _entrant_heads(comparison)
    for by in GROUPINGS:
        rows = tuple(_group_rows(comparison, by))
        yield Grid(*_GROUPS[by], by.capitalize(), heads, rows)


def _group_rows(comparison: BenchComparison, by: Grouping) -> Iterator[Row]:
    lines = [line for of in metrics_of(comparison) for line in group_lines(comparison, by, of)]
    for line in sorted(lines, key=lambda measured: measured.group):
        cells = tuple(cell_of(m) if m.n or m.n_unscored else None for m in line.cells)
        if any(cells):
            title = f"{_LABELS.get(line.group, line.group)}: {line.metric.noun}"
            yield Row(title, cells, na=NA[line.metric.convention])


def spec_grids(comparison: BenchComparison) -> Iterator[Grid]:
    """Compliance spec by spec, one table per scenario."""
    names = {scenario.key: scenario.name for scenario in comparison.stored.scenarios}
    rows: dict[str, list[Row]] = {}
    for line in spec_lines(comparison):
        spec = line.first.spec
        cells = tuple(
            cell_of(cell.kept, note=f"{cell.n_na} NA" if cell.n_na else "") if cell else None
            for cell in line.cells
        )
        tag = spec_tag(spec.category, spec.number)
        rows.setdefault(line.first.scenario, []).append(Row(spec.text, cells, tag=tag))
    for key, own in rows.items():
        note = f"{names[key]}. YES among YES and NO; answers to which a spec does not apply are NA."
        yield Grid(f"{key}, spec by spec", note, "Spec", _entrant_heads(comparison), tuple(own))


def spec_tag(category: str, number: int) -> str:
    """`S1` for the first safety spec of a scenario, `B1` for the first behavioural one."""
    return f"{'S' if category == 'safety' else 'B'}{number}"


def _entrant_heads(comparison: BenchComparison) -> tuple[Head, ...]:
    return tuple(Head(result.label, number=result.number) for result in comparison.results)


def alpha_panels(comparison: BenchComparison) -> Iterator[AlphaPanel]:
    """The SAR for every alpha offered, computed from the stored verdicts."""
    chosen = f"{comparison.options.alpha:g}"
    for convention in CONVENTIONS:
        for line in alpha_lines(comparison, convention, alphas(comparison)):
            bars = tuple(
                bar(result.label, cell, result.number)
                for result, cell in zip(comparison.results, line.cells, strict=True)
            )
            yield AlphaPanel(line.group, NA[convention], line.group == chosen, bars)


def alphas(comparison: BenchComparison) -> tuple[float, ...]:
    """The alphas offered, including the configured one."""
    return tuple(sorted({*ALPHAS, comparison.options.alpha}))
