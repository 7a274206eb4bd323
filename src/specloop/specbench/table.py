"""A benchmark's figures in the terminal: entrants, differences, specs, tokens, judges."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import groupby

from rich.table import Table
from rich.text import Text

from specloop.metrics import AnswerMetric, metric_of
from specloop.records import Category, Figure
from specloop.specbench.agreement import Agreement, JudgeDifference
from specloop.specbench.cases import JudgeKey
from specloop.specbench.comparison import (
    BenchComparison,
    PairedDifference,
    metrics_of,
    paired_differences,
    spec_lines,
    token_lines,
    totals,
)
from specloop.specbench.tokens import TITLES, Takes
from specloop.stats import Rate

_CATEGORIES = {"safety": "safety", "behavioral": "behaviour", None: "all specs"}


def summary_table(comparison: BenchComparison) -> Table:
    """One row an entrant: its figures in both conventions for NA."""
    shown = _shown(comparison)
    table = _table(_title("Benchmark", comparison.judge), *map(_heading, shown))
    columns = [totals(comparison, of) for of in shown]
    for result, *cells in zip(comparison.results, *columns, strict=True):
        n = f"{len(result.ends):,} answer" + ("" if len(result.ends) == 1 else "s")
        ends = f"{n}: {result.not_whole}" if result.not_whole else n
        name = Text(result.label).append(f"\n{ends}", style="dim")
        table.add_row(name, *(_cell(cell) for cell in cells))
    return table


def differences_table(comparison: BenchComparison) -> Table:
    """Paired differences on the same prompts; a difference within noise is called that."""
    shown = _shown(comparison)
    table = _table(_title("Paired differences", comparison.judge), *map(_heading, shown))
    columns = [paired_differences(comparison, of) for of in shown]
    for row in zip(*columns, strict=True):
        name = f"{row[0].first.label}\nagainst {row[0].second.label}"
        table.add_row(Text(name), *(Text(change(one)) for one in row))
    return table


def by_spec_table(comparison: BenchComparison) -> Table:
    """Share of YES among YES and NO, spec by spec."""
    table = Table(title=_title("By spec", comparison.judge), show_lines=True)
    table.add_column("spec", max_width=60)
    for result in comparison.results:
        table.add_column(Text(result.label))
    for line in spec_lines(comparison):
        spec = line.first.spec
        name = f"{line.first.scenario}, {_CATEGORIES[spec.category]} {spec.number}: {spec.text}"
        cells = (_cell(cell.kept, cell.n_na) if cell else Text("") for cell in line.cells)
        table.add_row(Text(name), *cells)
    return table


def tokens_table(comparison: BenchComparison) -> Table:
    """What one answer takes, as the papers count it and as billed; judging apart."""
    table = _table("Tokens an answer", *(TITLES[name][0] for name in Takes._fields))
    for result, takes in zip(comparison.results, token_lines(comparison), strict=True):
        table.add_row(Text(result.label), *(_amount(figure) for figure in takes))
    return table


def agreement_table(agreed: Agreement) -> Table:
    """How far two judges agree on the same answers."""
    title = f"{agreed.first.label} and {agreed.second.label} on {agreed.n_answers} answers"
    table = _table(title, "kappa", "same verdict", "unscored by either")
    for one in agreed.kappas:
        name = _CATEGORIES[one.category]
        table.add_row(name, _rate(one.kappa), _rate(one.same), str(one.n_unscored))
    table.add_row("mean difference in SAR", _rate(agreed.sar_gap), "", "")
    table.add_row("same safety score", "", _rate(agreed.same_safety), "")
    return table


def differences_by_spec_table(listed: Sequence[JudgeDifference]) -> Table:
    """How often two judges differ on each spec, and which verdicts stand against each other."""
    table = Table(title=f"{len(listed)} verdicts differ", show_lines=True)
    table.add_column("spec", max_width=60)
    for heading in ("differ", "first and second verdict"):
        table.add_column(heading)
    for (scenario, category, number, text), group in groupby(listed, _spec_of):
        turns = Counter((one.first, one.second) for one in group)
        counts = (f"{a}, {b}: {n}" for (a, b), n in sorted(turns.items(), key=lambda t: (-t[1], t)))
        name = f"{scenario}, {_CATEGORIES[category]} {number}: {text}"
        table.add_row(Text(name), str(turns.total()), "\n".join(counts))
    return table


def _table(title: str, *headings: str) -> Table:
    table = Table(title=title, show_lines=True)
    for heading in ("", *headings):
        table.add_column(heading, overflow="fold")
    return table


def _spec_of(one: JudgeDifference) -> tuple[str, Category, int, str]:
    return one.scenario, one.category, one.number, one.spec


def change(paired: PairedDifference) -> str:
    """A paired difference in words, with its corrected p-value where it is more than noise."""
    figure = paired.figure
    if figure.value is None or figure.ci_low is None or figure.ci_high is None:
        return "no interval"
    form = metric_of(figure.name).change_form
    if figure.outcome == "noise":
        return f"{figure.value:{form}}, within noise"
    shown = f"{figure.value:{form}} [{figure.ci_low:{form}}, {figure.ci_high:{form}}]"
    if figure.p_holm is not None:
        p = figure.p_holm
        shown += "\nHolm p < 0.0001" if p < 0.0001 else f"\nHolm p {p:.4f}"
    if figure.outcome == "open":
        shown += f"\nopen: unscored leave {figure.bound_low:{form}} to {figure.bound_high:{form}}"
    return shown


def _shown(comparison: BenchComparison) -> list[AnswerMetric]:
    """The metrics of short tables, those that leave NA out last."""
    shown = (of for of in metrics_of(comparison) if of.headline)
    return sorted(shown, key=lambda of: of.convention == "left out")


def _heading(of: AnswerMetric) -> str:
    """A metric's title, with its options that are not the defaults."""
    options = of.model_dump(mode="json", exclude_defaults=True)
    return "\n".join([of.title, *(f"{name} {value}" for name, value in options.items())])


def _title(what: str, judge: JudgeKey | None) -> str:
    return f"{what}, by an UNMEASURED judge: {judge.label}" if judge else f"{what}, not judged yet"


def _cell(figure: Figure, n_na: int = 0) -> Text:
    if figure.value is None and not figure.n_unscored:
        return Text(f"n=0, {n_na} NA" if n_na else "", style="dim")
    form = metric_of(figure.name).form
    text = Text("" if figure.value is None else f"{figure.value:{form}}", style="bold")
    text.append(_interval(figure, lambda value: f"{value:{form}}"), style="not bold")
    text.append(f" n={figure.n}" + (f", {n_na} NA" if n_na else ""), style="not bold dim")
    if figure.bound_low is not None and figure.bound_high is not None:
        bounds = f"{figure.bound_low:{form}} to {figure.bound_high:{form}}"
        text.append(f"\nwith {figure.n_unscored} unscored {bounds}", style="not bold")
    return text


def _amount(figure: Figure) -> Text:
    if figure.value is None:
        return Text("–", style="dim")
    text = Text(_plain(figure.value), style="bold")
    return text.append(_interval(figure, _plain), style="not bold dim")


def _plain(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def _rate(rate: Rate) -> str:
    if rate.value is None:
        return f"– n={rate.n}"
    return f"{rate.value:.2f}{_interval(rate, '{:.2f}'.format)} n={rate.n}"


def _interval(figure: Figure | Rate, form: Callable[[float], str]) -> str:
    if figure.ci_low is None or figure.ci_high is None:
        return ""
    return f" [{form(figure.ci_low)}, {form(figure.ci_high)}]"
