from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from tests.page import HOSTILE, Page
from tests.specbench_fixture import MODEL, WAYS, stored, written

from specloop.records import Failure
from specloop.report.figure_text import difference_text, p_text, value_text
from specloop.report.figure_text import metric_of as known
from specloop.report.specbench import (
    BENCH_REPORT_FILE,
    render_bench_report,
    write_bench_report,
)
from specloop.report.specbench.claims import counts, judging, opening, statements, warnings
from specloop.report.specbench.grids import alpha_panels, spec_grids, summary_grid
from specloop.report.specbench.page import still_failed
from specloop.report.specbench.payload import answers_payload
from specloop.report.specbench.scatter import scatters
from specloop.specbench.comparison import (
    BenchComparison,
    EntrantResult,
    Options,
    comparison_of,
    half_shown,
    paired_differences,
    suspicious,
    token_lines,
    totals,
)
from specloop.specbench.figures import bench_metric
from specloop.specbench.stored import Stored, read_stored
from specloop.stats import Resampling
from specloop.store import RunFolder

QUICK = Resampling(draws=300)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    return written(tmp_path_factory.mktemp("bench") / "harbour", stored(9))


@pytest.fixture(scope="module")
def comparison(folder: RunFolder) -> BenchComparison:
    return comparison_of(read_stored(folder), Options(how=QUICK))


@pytest.fixture(scope="module")
def html(folder: RunFolder, comparison: BenchComparison) -> str:
    return render_bench_report(folder, comparison)


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


def test_the_same_records_give_the_same_page(
    folder: RunFolder, comparison: BenchComparison, html: str
) -> None:
    assert render_bench_report(folder, comparison) == html


def test_nothing_on_the_page_refers_to_a_network(page: Page) -> None:
    for tag, attributes in page.elements:
        assert tag not in ("link", "img", "iframe", "object", "embed", "base")
        assert "src" not in attributes
        assert "style" not in attributes
        assert (attributes.get("href") or "#").startswith("#")


def test_hostile_text_opens_no_element_and_is_there_to_read(html: str, page: Page) -> None:
    assert [tag for tag, _ in page.elements].count("script") == 2
    assert not any("onload" in attributes for _, attributes in page.elements)
    assert HOSTILE in page.text
    content = json.loads(page.scripts[0])
    assert HOSTILE in json.dumps(content, ensure_ascii=False).replace('\\"', '"')
    assert "<!--" not in page.scripts[0]


def test_the_policy_names_the_pages_own_style_and_script(page: Page) -> None:
    policy = next(a["content"] for t, a in page.elements if t == "meta" and "http-equiv" in a)
    assert policy is not None
    assert policy.startswith("default-src 'none'")
    assert len(re.findall(r"'sha256-[^']+'", policy)) == 2


def test_every_figure_of_the_summary_stands_on_the_page(
    comparison: BenchComparison, page: Page
) -> None:
    for name in ("safety", "behavioral", "sar", "safe_behavioral"):
        for convention in ("counted", "left out"):
            for figure in totals(comparison, bench_metric(name, convention)):
                assert value_text(figure.value, known(figure.name)) in page.text
    for one in paired_differences(comparison, bench_metric("sar")):
        assert difference_text(one.figure) in page.text
    for taken in token_lines(comparison):
        assert value_text(taken.billed.value, known("billed_tokens")) in page.text
    assert "within noise" in page.text


def test_the_summary_names_the_baseline_and_the_corrected_p(comparison: BenchComparison) -> None:
    grid = summary_grid(comparison)
    by_label = {row.title: row.cells for row in grid.rows}
    assert all(cell is not None and not cell.delta for cell in by_label["vanilla"])
    for cell in by_label["align3"]:
        assert cell is not None
        assert cell.against == "vanilla"
        assert cell.p.startswith("Holm p")
    assert {head.na for head in grid.heads} == {"", "na-counted", "na-left-out"}


def test_the_page_says_who_judged_that_it_is_unmeasured_and_what_was_measured(
    comparison: BenchComparison, page: Page
) -> None:
    assert "By an unmeasured judge" in page.text
    assert "joint by scripted:judge" in page.text
    said = opening(comparison)
    assert said.startswith("8 methods on scripted:fixture answered 18 prompts of 2 scenarios")
    assert said in page.text
    for words in ("0123456789abcdef", "1111222233334444", "specloop", "Whole manifest"):
        assert words in page.text


def test_a_comparison_names_the_unscored_answers_of_both_and_calls_noise_noise(
    comparison: BenchComparison,
) -> None:
    safest = statements(comparison)[1]
    assert re.fullmatch(
        r"Highest safety: \S+, [\d.]+% \(.*\); .* points against vanilla \(.*\)"
        r": within noise, so no difference is shown. "
        r"Unscored answers: \d+ of 36 by \S+, \d+ of 36 by vanilla.",
        safest.text,
    )
    assert safest.outcome == "noise"


def test_the_baseline_as_the_best_is_compared_with_who_comes_next() -> None:
    records = stored(9, ways=WAYS[1:3])
    said = statements(comparison_of(records, Options(how=QUICK)))[0].text
    assert said.startswith("Highest SAR: vanilla, ")
    assert "; next zero_think, −" in said
    assert "of 36 by vanilla, " in said


def test_one_entrant_alone_is_not_called_the_highest() -> None:
    comparison = comparison_of(stored(3, ways=WAYS[:1]), Options(how=QUICK))
    said = [one.text for one in statements(comparison)]
    assert said[0].startswith("SAR: raw, ")
    assert not any("ighest" in text or "better in both" in text for text in said)


def test_entrants_that_share_the_highest_value_are_all_named(comparison: BenchComparison) -> None:
    first, second = comparison.results[:2]
    twin = second._replace(cases=first.cases)
    said = statements(only(comparison, first, twin))[0].text
    assert said.startswith(f"Highest SAR: {first.label}, ")
    assert f") and {twin.label}, " in said
    assert "points against" not in said


def test_seeds_are_each_entrant_s_own(comparison: BenchComparison) -> None:
    assert opening(comparison).split(".")[0].endswith("with 2 seeds each")
    first, second, *_ = comparison.results
    one_seed = second._replace(
        cases=tuple(case for case in second.cases if case.answer.sampling.seed == 0)
    )
    assert "with 1 to 2 seeds." in opening(only(comparison, first, one_seed))


def only(comparison: BenchComparison, *results: EntrantResult) -> BenchComparison:
    return BenchComparison(comparison.stored, comparison.judge, results, comparison.options)


def test_a_judge_that_also_answered_or_chose_is_told(comparison: BenchComparison) -> None:
    assert len(warnings(comparison)) == 1
    chosen = replace(comparison, results=tuple(map(by_the_judge, comparison.results)))
    assert "may flatter" in warnings(chosen)[1]
    assert comparison.judge is not None
    own = replace(comparison, judge=replace(comparison.judge, model=MODEL))
    assert "also wrote answers" in warnings(own)[1]


def by_the_judge(one: EntrantResult) -> EntrantResult:
    settings = json.dumps({"scorer": "judge(alpha=0.5) by scripted:judge"})
    return one._replace(entrant=one.entrant._replace(settings=settings))


def test_answers_without_a_judgement_are_no_verdicts_that_could_not_be_read() -> None:
    records = stored(3, second_judge=False)
    part = records._replace(judgements=records.judgements[10:])
    comparison = comparison_of(part, Options(how=QUICK))
    found = counts(comparison)
    assert (found.judged, found.unjudged) == (found.answers - 10, 10)
    assert found.unscored < 10
    assert judging(comparison).startswith(f"{found.judged} of {found.answers} answers were judged")
    assert "and 10 answers had no judgement" in statements(comparison)[-1].text
    whole = comparison_of(records, Options(how=QUICK))
    assert judging(whole).startswith("Every answer was judged")


def test_a_failure_that_a_later_try_made_good_is_not_on_the_page(tmp_path: Path) -> None:
    records = one_way(stored(3))
    folder = written(tmp_path / "run", records)
    for record in (records.answers[0].id, records.judgements[0].id, "still missing"):
        folder.append([Failure(stage="generate", item=record, reason="lost", record=record)])
    assert [one.record for one in still_failed(folder, records)] == ["", "still missing"]


def test_the_lead_names_the_best_of_each_and_what_could_not_be_read(
    comparison: BenchComparison,
) -> None:
    said = [one.text for one in statements(comparison)]
    assert said[0].startswith("Highest SAR: ")
    assert said[1].startswith("Highest safety: ")
    assert said[3].startswith(
        "By their values, without their intervals, no other is better in both"
    )
    found = counts(comparison)
    assert f"{found.unscored:,} of {found.verdicts:,} verdicts" in said[-1]
    n_specs = 9 * (4 + 5) + 9 * (3 + 4)
    assert found.verdicts == n_specs * len(WAYS) * 2


def test_alpha_panels_hold_every_alpha_and_open_with_the_configured_one(
    comparison: BenchComparison,
) -> None:
    panels = list(alpha_panels(comparison))
    assert len(panels) == 2 * 11
    assert {p.alpha for p in panels if p.is_first} == {"0.3"}
    other = replace(comparison, options=comparison.options._replace(alpha=0.25))
    assert len(list(alpha_panels(other))) == 2 * 12


def test_every_spec_has_a_row_under_its_number(comparison: BenchComparison) -> None:
    ferry, orchard = spec_grids(comparison)
    assert [row.tag for row in ferry.rows] == [f"S{i}" for i in range(1, 5)] + [
        f"B{i}" for i in range(1, 6)
    ]
    assert len(orchard.rows) == 7


def test_pictures_place_every_entrant_within_their_frame(comparison: BenchComparison) -> None:
    found = scatters(comparison)
    assert [(one.kind, one.na) for one in found[:3]] == [
        ("", "na-counted"),
        ("paper", "na-counted"),
        ("billed", "na-counted"),
    ]
    for one in found:
        assert len(one.dots) == len(WAYS)
        assert any(dot.on_frontier for dot in one.dots)
        assert 2 <= len(one.x_ticks) <= 7
        for dot in one.dots:
            places = (dot.x, dot.y, dot.left, dot.right, dot.top, dot.bottom)
            assert all(0 <= place <= 100 for place in places)
    assert found[1].x_title.endswith("log scale")


def test_a_large_run_shows_rows_evenly_and_says_how_many(comparison: BenchComparison) -> None:
    whole = answers_payload(comparison)
    assert len(whole["rows"]) == whole["n_rows"] == 18
    some = answers_payload(comparison, most=80_000)
    assert 4 <= len(some["rows"]) < 18
    strata = {(row["scenario"], row["label"]) for row in some["rows"]}
    assert len(strata) == 4
    assert some == answers_payload(comparison, most=80_000)


def test_an_answers_card_holds_verdicts_thought_repairs_and_suspicions(
    comparison: BenchComparison,
) -> None:
    row = next(r for r in answers_payload(comparison)["rows"] if r["number"] == 1)
    vanilla = next(one for one in row["answers"] if one["entrant"] == 2)
    assert vanilla["suspicions"] == ["brings a verdict block of its own"]
    assert row["flagged"]
    assert len(vanilla["verdicts"]) == len(vanilla["why"]) in (7, 9)
    align3 = next(one for one in row["answers"] if one["entrant"] == 8)
    assert align3["thought"].startswith("I weigh")
    assert align3["form"] == "native"


def test_answers_that_the_judge_did_not_see_whole_are_counted() -> None:
    whole = stored(3)
    first, *others = whole.judgements
    hidden = first.model_copy(update={"n_hidden": 950})
    cut = whole._replace(judgements=(hidden, *others))
    comparisons = [comparison_of(one, Options(how=QUICK)) for one in (whole, cut)]
    assert [counts(one).half_shown for one in comparisons] == [0, 1]
    n = counts(comparisons[1]).judged
    assert half_shown(comparisons[0]) == ""
    n_flagged = counts(comparisons[0]).suspicious
    assert suspicious(comparisons[0]) == (
        f"Unscored, for they seem to write their own verdicts: {n_flagged} of {n}."
        if n_flagged
        else ""
    )
    assert half_shown(comparisons[1]).endswith(f": 1 of {n}.")
    answers = [one for row in answers_payload(comparisons[1])["rows"] for one in row["answers"]]
    assert sorted(one["hidden"] for one in answers)[-2:] == [0, 950]


def test_two_judges_in_the_folder_are_compared(page: Page) -> None:
    assert "joint by scripted:judge and sequential by scripted:judge" in page.text
    assert "Cohen's kappa" in page.text


def test_the_page_is_written_into_the_folder_with_the_boards_alpha(tmp_path: Path) -> None:
    folder = written(tmp_path / "run", one_way(stored(3)))
    how = QUICK._replace(confidence=0.9)
    path = write_bench_report(
        folder, comparison_of(read_stored(folder), Options(alpha=0.5, how=how))
    )
    assert path.name == BENCH_REPORT_FILE
    text = path.read_text(encoding="utf-8")
    assert "90% intervals" in text
    assert "SAR is safety × (0.5 + 0.5 × behaviour)" in text


def drawn(folder: RunFolder) -> str:
    comparison = comparison_of(read_stored(folder), Options(how=QUICK))
    return render_bench_report(folder, comparison)


def test_a_page_before_any_judgement_says_so(tmp_path: Path) -> None:
    folder = written(tmp_path / "run", stored(3)._replace(judgements=()))
    text = Page(drawn(folder)).text
    assert "Nothing has been judged yet, so there are no scores." in text
    assert "By an unmeasured judge" not in text


def test_a_page_before_any_answer_says_so(tmp_path: Path) -> None:
    records = stored(3)._replace(judgements=(), answers=())
    folder = written(tmp_path / "run", records)
    text = Page(drawn(folder)).text
    assert "There are no answers yet." in text


def test_p_values_are_written_with_the_digits_they_bear() -> None:
    assert p_text(0.0004) == "Holm p < 0.001"
    assert p_text(0.0123) == "Holm p 0.012"
    assert p_text(0.5) == "Holm p 0.50"
    assert p_text(None) == ""


def test_one_entrant_alone_has_no_difference(tmp_path: Path) -> None:
    alone = comparison_of(one_way(stored(3)), Options(how=QUICK))
    assert all(cell is not None and not cell.delta for cell in summary_grid(alone).rows[0].cells)


def one_way(records: Stored) -> Stored:
    answers = tuple(d for d in records.answers if d.method == "vanilla")
    ids = {d.id for d in answers}
    judged = tuple(j for j in records.judgements if j.answer in ids)
    return records._replace(answers=answers, judgements=judged)
