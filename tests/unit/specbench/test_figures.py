from __future__ import annotations

import random
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from tests.specbench_fixture import WAYS, scenarios, stored, verdicts, written

from specloop.errors import InputError
from specloop.outcomes import settled
from specloop.records import Answer, Case, Figure, Judgement, Sampling, ScenarioRow, VerdictValue
from specloop.specbench.agreement import agreement, cohen_kappa
from specloop.specbench.cases import JudgedCase, cases_of, judges_of
from specloop.specbench.comparison import (
    BenchComparison,
    Options,
    alpha_lines,
    comparison_of,
    gaps,
    group_lines,
    metrics_of,
    paired_differences,
    spec_lines,
    token_lines,
    totals,
)
from specloop.specbench.figures import bench_metric, difference, figure
from specloop.specbench.frontier import Point, frontier
from specloop.specbench.stored import SCENARIOS_FILE, Stored, read_stored
from specloop.stats import Resampling, wilson
from specloop.store import RunFolder

FERRY, ORCHARD = scenarios(3)
QUICK = Resampling(draws=400)


@pytest.fixture(scope="module")
def comparison() -> BenchComparison:
    return comparison_of(stored(6), Options(how=QUICK))


def case(
    row: Case, safe: bool = True, share: float = 1.0, seed: int = 0, judged: bool = True
) -> JudgedCase:
    """An answer to a Ferry or Orchard row; `share` of the behavioural specs are kept."""
    scenario = FERRY if row.scenario == "Ferry" else ORCHARD
    specs = scenario.specs
    n = len(specs.behavioral)
    kept = round(share * n)
    safety: list[VerdictValue] = ["YES" if safe else "NO", *["NA"] * (len(specs.safety) - 1)]
    behavioral: list[VerdictValue] = [*["YES"] * kept, *["NO"] * (n - kept)]
    answer = Answer(
        case=row.id, method="vanilla", model="m", sampling=Sampling(seed=seed), text="made up"
    )
    judgement = Judgement(
        answer=answer.id,
        judge="joint",
        model="j",
        verdicts=verdicts(specs, safety, behavioral),
    )
    return JudgedCase(row, specs, answer, judgement if judged else None)


def rows(n: int, scenario: str = "Ferry") -> list[Case]:
    return [
        ScenarioRow(
            adversarial_prompt=f"a{i}", prompt=f"p{i}", label="safe" if i % 3 == 0 else "unsafe"
        ).as_case(scenario, i)
        for i in range(n)
    ]


def test_safety_of_one_answer_a_prompt_has_wilsons_interval() -> None:
    found = figure([case(row, safe=row.number > 1) for row in rows(10)], bench_metric("safety"))
    expected = wilson(8, 10)
    assert (found.value, found.n) == (0.8, 10)
    assert (found.ci_low, found.ci_high) == (expected.ci_low, expected.ci_high)


def test_overall_is_the_mean_of_scenario_means_however_many_rows_each_has() -> None:
    many = [case(row, safe=False) for row in rows(9)]
    few = [case(row) for row in rows(3, "Orchard")]
    assert figure([*many, *few], bench_metric("safety"), QUICK).value == pytest.approx(0.5)


def test_seeds_of_a_prompt_do_not_pass_for_so_many_prompts() -> None:
    draw = random.Random(0)
    outcomes = {row.id: draw.random() < 0.6 for row in rows(20)}
    once = [case(row, outcomes[row.id]) for row in rows(20)]
    five = [case(row, outcomes[row.id], seed=s) for row in rows(20) for s in range(5)]
    one, all_ = figure(once, bench_metric("safety")), figure(five, bench_metric("safety"))
    assert one.value == all_.value
    assert all_.n == 100
    assert width(all_) == pytest.approx(width(one), rel=0.12)


def test_an_answer_without_a_judgement_is_unscored_and_opens_the_bounds() -> None:
    found = figure([case(row, judged=row.number > 0) for row in rows(4)], bench_metric("sar"))
    assert (found.value, found.n, found.n_unscored) == (1.0, 3, 1)
    assert (found.bound_low, found.bound_high) == (0.75, 1.0)


def test_behaviour_on_safe_prompts_counts_safe_rows_alone() -> None:
    cases = [case(row, share=1.0 if row.label == "unsafe" else 0.4) for row in rows(9)]
    assert figure(cases, bench_metric("safe_behavioral")).value == pytest.approx(0.4)
    assert figure(cases, bench_metric("safe_behavioral")).n == 3


def test_a_difference_is_paired_on_the_prompts_both_were_scored_on() -> None:
    first = [case(row, safe=True) for row in rows(12)]
    second = [case(row, safe=row.number % 2 == 0) for row in rows(10)]
    found = difference(first, second, bench_metric("safety"))
    assert (found.value, found.n) == (pytest.approx(0.5), 10)


def test_a_difference_weighs_each_prompt_once_however_many_seeds_it_has() -> None:
    one, two = rows(2)
    first = [case(one, True), case(one, True, seed=1), case(one, False, seed=2), case(two, False)]
    second = [case(one, False), case(two, False)]
    assert difference(first, second, bench_metric("safety")).value == pytest.approx((2 / 3 + 0) / 2)


def test_who_did_not_answer_every_prompt_is_named() -> None:
    found = stored(3, ways=WAYS[:2])
    assert gaps(comparison_of(found)) == ""
    few = {row.id for row in found.rows[:2]}
    answers = tuple(d for d in found.answers if d.method == "raw" or d.case in few)
    assert "answered: vanilla 2 of 6. Figures" in gaps(
        comparison_of(found._replace(answers=answers))
    )


def test_the_p_value_is_that_of_all_exchanges_of_prompts() -> None:
    draw = random.Random(5)
    first = [case(row, share=draw.choice((0.6, 0.8, 1.0))) for row in rows(12)]
    second = [case(row, share=draw.choice((0.4, 0.6, 1.0))) for row in rows(12)]
    shares = [
        [c.values.behavioral.count("YES") / len(c.values.behavioral) for c in side]
        for side in (first, second)
    ]
    gaps_ = [a - b for a, b in zip(*shares, strict=True)]
    sums = [
        abs(sum(s * d for s, d in zip(signs, gaps_, strict=True)))
        for signs in product((1, -1), repeat=12)
    ]
    ours = difference(first, second, bench_metric("behavioral"))
    assert ours.value == pytest.approx(sum(gaps_) / 12)
    expected = sum(one >= abs(sum(gaps_)) - 1e-9 for one in sums) / len(sums)
    assert ours.p_value == pytest.approx(expected)


def test_one_full_difference_among_250_comparisons_is_more_than_noise() -> None:
    """Of 250 models beside a baseline that breaks everything one keeps everything."""
    kept = [case(row) for row in rows(30)]
    broken = [case(row, safe=False) for row in rows(30)]
    alike = [difference(broken, broken, bench_metric("sar"), QUICK)] * 249
    found = settled([difference(kept, broken, bench_metric("sar"), QUICK), *alike])
    assert found[0].value == 1.0
    assert [one.outcome for one in found] == ["better", *["noise"] * 249]
    assert found[0].p_holm == pytest.approx(250 * 2.0**-29)


def test_kappa_equals_published_examples() -> None:
    # Fleiss, Cohen and Everitt (1969), in Fleiss (1981), table 13.1: kappa 0.429.
    diagnoses = np.array([[53, 5, 2], [11, 14, 5], [1, 6, 3]], dtype=np.float64)
    assert float(cohen_kappa(diagnoses)) == pytest.approx(0.429, abs=5e-4)
    two_readers = np.array([[20.0, 5.0], [10.0, 15.0]])
    assert float(cohen_kappa(two_readers)) == pytest.approx(0.4)
    assert np.isnan(cohen_kappa(np.array([[7.0, 0.0], [0.0, 0.0]])))


def test_two_judges_are_compared_spec_by_spec_and_where_they_differ_is_listed() -> None:
    found = stored(6)
    joint, sequential = judges_of(found.judgements)
    compared = agreement(found, (joint, sequential), how=QUICK)
    assert compared.n_answers == len(found.answers) // 3 + (len(found.answers) % 3 > 0)
    safety, behaviour, both = compared.kappas
    assert safety.same.n + behaviour.same.n == both.same.n
    assert both.kappa.value is not None
    assert both.kappa.ci_low is not None
    assert both.kappa.ci_low < both.kappa.value < 1
    for pair in compared.differences:
        assert pair.first.value != pair.second.value
    scored = [pair for pair in compared.differences if pair.is_scored]
    assert both.same.value == pytest.approx(1 - len(scored) / both.same.n)
    assert compared.sar_gap.value is not None
    assert 0 < compared.sar_gap.value < 0.5


def test_a_judge_agrees_with_itself_without_an_interval_made_up() -> None:
    found = stored(3)
    joint = judges_of(found.judgements)[0]
    kappa = agreement(found, (joint, joint), how=QUICK).kappas[-1].kappa
    assert (kappa.value, kappa.ci_low) == (pytest.approx(1), None)


def test_the_frontier_holds_who_is_beaten_by_none() -> None:
    def point(name: str, x: float | None, y: float) -> Point:
        return Point(name, Figure(name="x", value=x, n=1), Figure(name="y", value=y, n=1))

    some = [point("a", 1, 5), point("b", 2, 4), point("c", 1, 4), point("d", 2, 4)]
    both_up = {p.name for p in frontier(some, "up") if p.on_frontier}
    assert both_up == {"a", "b", "d"}
    cheap = {p.name for p in frontier([*some, point("e", None, 9)], "down") if p.on_frontier}
    assert cheap == {"a"}


def test_shuffled_records_give_the_same_board(comparison: BenchComparison) -> None:
    shuffled = [list(part) for part in stored(6)]
    for seed, part in enumerate(shuffled):
        random.Random(seed).shuffle(part)
    other = comparison_of(Stored(*map(tuple, shuffled)), Options(how=QUICK))
    assert [s.label for s in other.results] == [s.label for s in comparison.results]
    for of in metrics_of(comparison):
        assert totals(other, of) == totals(comparison, of)
        assert [c.figure for c in paired_differences(other, of)] == [
            c.figure for c in paired_differences(comparison, of)
        ]
    assert token_lines(other) == token_lines(comparison)
    lines = (group_lines(one, "source", bench_metric("sar")) for one in (comparison, other))
    assert all(a.cells == b.cells for a, b in zip(*lines, strict=True))


def test_entrants_are_numbered_from_the_plainest_method_and_named_with_their_options(
    comparison: BenchComparison,
) -> None:
    labels = [s.label for s in comparison.results]
    assert labels[:2] == ["raw", "vanilla"]
    assert "self_refine(max_iterations=3)" in labels
    assert [s.number for s in comparison.results] == list(range(1, len(WAYS) + 1))


def test_groups_add_up_to_the_whole(comparison: BenchComparison) -> None:
    of = bench_metric("safety")
    whole = totals(comparison, of)
    by_scenario = list(group_lines(comparison, "scenario", of))
    assert [line.group for line in by_scenario] == ["Ferry", "Orchard"]
    for at, total in enumerate(whole):
        values = [line.cells[at].value or 0 for line in by_scenario]
        assert total.value == pytest.approx(sum(values) / 2)
        assert total.n == sum(line.cells[at].n for line in by_scenario)
    sources = [line.group for line in group_lines(comparison, "source", of)]
    assert sources[0] == "Ferry: by hand"


def test_every_spec_has_its_compliance_and_the_answers_it_did_not_apply_to(
    comparison: BenchComparison,
) -> None:
    lines = list(spec_lines(comparison))
    assert len(lines) == 4 + 5 + 3 + 4
    for line in lines:
        for cell, result in zip(line.cells, comparison.results, strict=True):
            assert cell is not None
            n_rows = sum(c.row.scenario == cell.scenario for c in result.cases)
            assert cell.kept.n + cell.n_na + cell.kept.n_unscored == n_rows


def test_sar_for_any_alpha_lies_between_behaviour_times_safety_and_safety(
    comparison: BenchComparison,
) -> None:
    none, some, all_ = alpha_lines(comparison, "counted", (0.0, 0.3, 1.0))
    for at, safety in enumerate(totals(comparison, bench_metric("safety"))):
        assert all_.cells[at].value == pytest.approx(safety.value)
        assert (none.cells[at].value or 0) < (some.cells[at].value or 0) < (safety.value or 0)


def test_a_folder_is_read_as_it_was_written(tmp_path: Path) -> None:
    records = stored(3)
    again = read_stored(written(tmp_path, records))
    assert again == records


def test_folders_that_do_not_fit_are_told_with_their_remedy(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"scenarios\.json: nothing there yet; run"):
        read_stored(RunFolder(tmp_path))
    folder = written(tmp_path, stored(3))
    folder.write_text(SCENARIOS_FILE, '[{"key": "Ferry"}]')
    with pytest.raises(InputError, match=r"scenarios\.json: 0\.name: Field required"):
        read_stored(folder)
    folder.write_text(SCENARIOS_FILE, "[]")
    with pytest.raises(InputError, match=r"cases\.jsonl: row \w+: scenario 'Ferry' is not in"):
        read_stored(folder)


def test_an_unknown_judge_or_baseline_is_told_with_those_there_are() -> None:
    found = stored(3)
    with pytest.raises(InputError, match=r"no judgements by 'me'.*joint by scripted:judge"):
        comparison_of(found, Options(judge="me"))
    with pytest.raises(InputError, match=r"no entrant called 'best'.*vanilla"):
        comparison_of(found, Options(against="best"))


def test_nothing_judged_yet_is_unscored_throughout() -> None:
    found = comparison_of(stored(3)._replace(judgements=()), Options(how=QUICK))
    assert found.judge is None
    total = totals(found, bench_metric("sar"))[0]
    assert (total.value, total.n, total.n_unscored) == (None, 0, 12)
    assert (total.bound_low, total.bound_high) == (0, 1)
    assert cases_of(found.stored, None)[0].judgement is None


def width(figure: Figure) -> float:
    assert figure.ci_low is not None
    assert figure.ci_high is not None
    return figure.ci_high - figure.ci_low
