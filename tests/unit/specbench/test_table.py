from __future__ import annotations

import io

import pytest
from rich.console import Console
from rich.table import Table
from tests.specbench_fixture import stored

from specloop.records import Figure
from specloop.specbench.agreement import agreement
from specloop.specbench.cases import judges_of
from specloop.specbench.comparison import BenchComparison, Options, PairedDifference, comparison_of
from specloop.specbench.table import (
    agreement_table,
    by_spec_table,
    change,
    differences_table,
    summary_table,
    tokens_table,
)
from specloop.stats import Resampling

QUICK = Resampling(draws=300)


@pytest.fixture(scope="module")
def comparison() -> BenchComparison:
    return comparison_of(stored(6), Options(how=QUICK))


def shown(table: Table) -> str:
    console = Console(file=io.StringIO(), width=220)
    console.print(table)
    file = console.file
    assert isinstance(file, io.StringIO)
    return file.getvalue()


def test_the_summary_names_judge_entrants_and_both_conventions(comparison: BenchComparison) -> None:
    text = shown(summary_table(comparison))
    for words in (
        "UNMEASURED judge: joint by scripted:judge",
        "self_refine(max_iterations=3)",
        "SAR, NA left out",
        "n=24",
        "unscored 0.",
    ):
        assert words in text


def test_differences_are_against_vanilla_and_noise_is_called_that(
    comparison: BenchComparison,
) -> None:
    text = shown(differences_table(comparison))
    assert "against vanilla" in text
    assert "within noise" in text
    assert text.count("against") == 7


def test_every_spec_has_a_row_and_markup_in_it_stays_text(comparison: BenchComparison) -> None:
    text = shown(by_spec_table(comparison))
    assert "Ferry, safety 1" in text
    assert "Orchard, behaviour 4" in text
    assert "<script>" in text


def test_tokens_stand_as_papers_count_them_and_as_billed(comparison: BenchComparison) -> None:
    text = shown(tokens_table(comparison))
    assert "As papers count" in text
    assert "2,200" in text  # judging: 1,800 prompt and 400 completion tokens
    assert "17,100" in text  # tpo: 19 calls of 900 prompt tokens


def test_two_judges_stand_side_by_side(comparison: BenchComparison) -> None:
    first, second = judges_of(comparison.stored.judgements)
    text = shown(agreement_table(agreement(comparison.stored, (first, second), how=QUICK)))
    assert "joint by scripted:judge and sequential by scripted:judge" in text
    assert "mean difference in SAR" in text


def test_a_difference_is_told_in_words(comparison: BenchComparison) -> None:
    figure = Figure(name="sar", value=0.2, n=9, ci_low=0.1, ci_high=0.3, p_holm=0.02)

    def told(**changes: object) -> str:
        found = figure.model_copy(update={"outcome": "better"} | changes)
        return change(PairedDifference(comparison.results[0], comparison.results[1], found))

    assert told() == "+0.20 [+0.10, +0.30]\nHolm p 0.0200"
    assert told(p_holm=1e-7).endswith("\nHolm p < 0.0001")
    assert told(outcome="noise") == "+0.20, within noise"
    opened = told(outcome="open", bound_low=-0.1, bound_high=0.4, n_unscored=3)
    assert opened.endswith("open: unscored leave -0.10 to +0.40")
    assert told(value=None) == "no interval"
