from io import StringIO

from rich.console import Console

from specloop.evaluation.table import change, rule_table, summary_table
from specloop.records import Evaluation, Figure, Rule


def printed(table) -> str:
    console = Console(width=160, file=StringIO(), record=True)
    console.print(table)
    return console.export_text()


def an_evaluation(label: str, *metrics: Figure, against: str | None = None, differences=()):
    return Evaluation(
        label=label,
        model="m",
        of=label,
        benchmark="b",
        against=against,
        metrics=metrics,
        differences=differences,
    )


def a_metric(value: float, low: float, high: float, name: str = "rcs", **more) -> Figure:
    return Figure(name=name, value=value, n=40, ci_low=low, ci_high=high, **more)


def test_a_difference_whose_interval_includes_zero_is_within_noise() -> None:
    assert change(a_metric(0.1, -0.02, 0.2, outcome="noise")) == "+0.10, within noise"
    assert change(a_metric(0.1, 0.02, 0.2, outcome="better")) == "+0.10 [+0.02, +0.20], better"
    assert change(Figure(name="rcs", value=0.1, n=1)) == "no interval"


def test_a_difference_that_unscored_cases_could_turn_around_is_called_open() -> None:
    found = a_metric(0.2, 0.1, 0.3, n_unscored=9, bound_low=-0.2, bound_high=0.5, outcome="open")
    assert change(found) == ("+0.20 [+0.10, +0.30]\nopen: unscored cases leave -0.20 to +0.50")


def test_the_table_shows_n_interval_difference_and_what_unscored_leaves_open() -> None:
    base = an_evaluation(
        "base", a_metric(0.5, 0.4, 0.6, n_unscored=2, bound_low=0.48, bound_high=0.52)
    )
    dpo = an_evaluation(
        "dpo",
        a_metric(0.8, 0.7, 0.9),
        against="base",
        differences=(a_metric(0.3, 0.2, 0.4),),
    )
    text = printed(summary_table([base, dpo]))
    for shown in ("0.50 [0.40, 0.60] n=40", "2 unscored: 0.48 to 0.52", "+0.30", "vs base"):
        assert shown in text
    assert "perplexity" not in text


def test_an_unmeasured_judges_figure_is_marked() -> None:
    found = an_evaluation("base", a_metric(0.5, 0.4, 0.6, "rcs_judged", judge="binary:x"))
    assert "unmeasured judge" in printed(summary_table([found]))


def test_rule_text_is_shown_as_it_stands() -> None:
    rule = Rule(section="s", text="Never write [bold]prices[/bold].", quote="", start=0, end=0)
    found = an_evaluation("base", a_metric(0.5, 0.4, 0.6, group=rule.id))
    text = printed(rule_table([found], [rule]))
    assert "[bold]prices[/bold]" in text
    assert "0.50" in text
