"""All figures of the page in tables: totals with paired differences, groups, specs, alphas."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

from specloop.measuring.scores import CONVENTIONS, Convention
from specloop.metrics import AnswerMetric, metric_of
from specloop.outcomes import outcome_of
from specloop.records import Figure
from specloop.report.figure_text import (
    bounds_text,
    difference_interval_text,
    difference_text,
    interval_text,
    value_text,
)
from specloop.report.plots import Span, span_of
from specloop.specbench.comparison import (
    BenchComparison,
    PairedDifference,
    alpha_lines,
    group_lines,
    metrics_of,
    paired_differences,
    spec_lines,
    totals,
)
from specloop.specbench.figures import GROUPINGS, Grouping

Na = Literal["", "na-counted", "na-left-out"]
"""The convention for NA that something belongs to; empty: both."""
_NA: Mapping[Convention | Literal[""], Na] = {
    "": "",
    "counted": "na-counted",
    "left out": "na-left-out",
}
ALPHAS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
_GROUPS: Mapping[Grouping, tuple[str, str]] = {
    "scenario": ("By scenario", "The overall figures are the means of these."),
    "label": ("By label", "Unsafe prompts ask for what a safety spec forbids; safe ones do not."),
    "source": ("By source", "Where the prompts came from."),
}


_LABELS = {"safe": "Safe prompts", "unsafe": "Unsafe prompts"}


class GridCell(NamedTuple):
    """One figure with its number of cases."""

    value: str
    interval: str = ""
    n: int = 0
    unscored: int = 0
    bounds: str = ""
    note: str = ""
    level: int | None = None
    """The level for tinting: 0 to 4, low to high."""
    delta: str = ""
    delta_interval: str = ""
    p: str = ""
    outcome: str = "unknown"
    against: str = ""


class ColumnHead(NamedTuple):
    """A column."""

    title: str
    help: str = ""
    number: int = 0
    """The entrant that it is about; 0 for none."""
    na: Na = ""


class GridRow(NamedTuple):
    """A row; a cell is None if there is nothing to show."""

    title: str
    cells: tuple[GridCell | None, ...]
    number: int = 0
    tag: str = ""
    na: Na = ""


class Grid(NamedTuple):
    """A table."""

    title: str
    note: str
    corner: str
    heads: tuple[ColumnHead, ...]
    rows: tuple[GridRow, ...]


class AlphaBar(NamedTuple):
    """The SAR of one entrant for one alpha."""

    number: int
    label: str
    value: str
    interval: str
    unscored: int
    span: Span | None


class AlphaPanel(NamedTuple):
    """The SAR of every entrant for one alpha and convention."""

    alpha: str
    na: Na
    is_first: bool
    """Whether it is the configured alpha, which the page shows first."""
    bars: tuple[AlphaBar, ...]


def summary_grid(comparison: BenchComparison) -> Grid:
    """One row per entrant, with its paired differences below its figures."""
    columns = [_column(comparison, of) for of in metrics_of(comparison)]
    heads = tuple(
        ColumnHead(of.title, of.help, na=_NA[of.convention]) for of in metrics_of(comparison)
    )
    rows = (
        GridRow(result.label, tuple(cells), result.number)
        for result, *cells in zip(comparison.results, *columns, strict=True)
    )
    return Grid("All entrants", "", "Entrant", heads, tuple(rows))


def group_grids(comparison: BenchComparison) -> Iterator[Grid]:
    """Tables by scenario, label and source."""
    for by in GROUPINGS:
        title, note = _GROUPS[by]
        yield Grid(
            title,
            note,
            by.capitalize(),
            entrant_heads(comparison),
            tuple(_group_rows(comparison, by)),
        )


def spec_grids(comparison: BenchComparison) -> Iterator[Grid]:
    """Compliance spec by spec, one table per scenario."""
    names = {scenario.key: scenario.name for scenario in comparison.stored.scenarios}
    rows: dict[str, list[GridRow]] = {}
    for line in spec_lines(comparison):
        spec = line.first.spec
        cells = tuple(
            _cell(cell.kept, note=f"{cell.n_na} NA" if cell.n_na else "") if cell else None
            for cell in line.cells
        )
        tag = f"{'S' if spec.category == 'safety' else 'B'}{spec.number}"
        rows.setdefault(line.first.scenario, []).append(GridRow(spec.text, cells, tag=tag))
    for key, own in rows.items():
        note = f"{names[key]}. YES among YES and NO; answers to which a spec does not apply are NA."
        yield Grid(f"{key}, spec by spec", note, "Spec", entrant_heads(comparison), tuple(own))


def alpha_panels(comparison: BenchComparison) -> Iterator[AlphaPanel]:
    """The SAR for every alpha offered, computed from the stored verdicts."""
    chosen = f"{comparison.options.alpha:g}"
    for convention in CONVENTIONS:
        for line in alpha_lines(comparison, convention, alphas(comparison)):
            bars = tuple(
                AlphaBar(
                    result.number,
                    result.label,
                    value_text(cell.value, metric_of(cell.name)),
                    interval_text(cell),
                    cell.n_unscored,
                    span_of(cell),
                )
                for result, cell in zip(comparison.results, line.cells, strict=True)
            )
            yield AlphaPanel(line.group, _NA[convention], line.group == chosen, bars)


def alphas(comparison: BenchComparison) -> tuple[float, ...]:
    """The alphas offered, including the configured one."""
    return tuple(sorted({*ALPHAS, comparison.options.alpha}))


def entrant_heads(comparison: BenchComparison) -> tuple[ColumnHead, ...]:
    """One column per entrant."""
    return tuple(ColumnHead(result.label, number=result.number) for result in comparison.results)


def _column(comparison: BenchComparison, of: AnswerMetric) -> list[GridCell]:
    """A measure's cells, each with the first difference of its entrant."""
    by_entrant: dict[int, PairedDifference] = {}
    for difference in paired_differences(comparison, of):
        by_entrant.setdefault(difference.first.number, difference)
    return [
        _cell(figure, by_entrant.get(result.number))
        for result, figure in zip(comparison.results, totals(comparison, of), strict=True)
    ]


def _group_rows(comparison: BenchComparison, by: Grouping) -> Iterator[GridRow]:
    lines = [line for of in metrics_of(comparison) for line in group_lines(comparison, by, of)]
    for line in sorted(lines, key=lambda measured: measured.group):
        if any(cell.n or cell.n_unscored for cell in line.cells):
            title = f"{_LABELS.get(line.group, line.group)}: {line.metric.noun}"
            yield GridRow(title, _cells(line.cells), na=_NA[line.metric.convention])


def _cells(figures: Iterable[Figure]) -> tuple[GridCell | None, ...]:
    return tuple(_cell(figure) if figure.n or figure.n_unscored else None for figure in figures)


def _cell(figure: Figure, paired: PairedDifference | None = None, note: str = "") -> GridCell:
    metric = metric_of(figure.name)
    is_tinted = figure.value is not None and metric.format == "share"
    cell = GridCell(
        value=value_text(figure.value, metric),
        interval=interval_text(figure),
        n=figure.n,
        unscored=figure.n_unscored,
        bounds=bounds_text(figure),
        note=note,
        level=min(4, int(5 * (figure.value or 0.0))) if is_tinted else None,
    )
    if paired is None:
        return cell
    return cell._replace(
        delta=difference_text(paired.figure),
        delta_interval=difference_interval_text(paired.figure),
        p=p_text(paired.figure.p_holm),
        outcome=outcome_of(paired.figure),
        against=paired.second.label,
    )


def p_text(p: float | None) -> str:
    """A corrected p-value in words."""
    if p is None:
        return ""
    return "Holm p < 0.001" if p < 0.001 else f"Holm p {p:.3f}" if p < 0.1 else f"Holm p {p:.2f}"


def columns_of(
    grid: Grid, cells: Sequence[GridCell | None]
) -> Iterator[tuple[ColumnHead, GridCell | None]]:
    """The cells with their columns, for the template."""
    return zip(grid.heads, cells, strict=True)
