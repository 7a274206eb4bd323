"""The Answers tab's data: every held-out answer with every verdict, nothing left out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.report_fixture import ANSWERS, LABELS, compared, report_data, rules_only

from specloop.records import Failure, Sampling
from specloop.report import ReportData, render_report
from specloop.report.answers import answers_payload
from specloop.report.comparison import contrast_of
from specloop.report.rules import rule_views
from specloop.report.shell import script_json
from specloop.report.stages import size_text


def payload(data: ReportData) -> dict[str, Any]:
    contrast = contrast_of(data)
    return answers_payload(data, contrast, rule_views(data, contrast))


def test_every_evaluation_s_answer_stands_beside_the_others() -> None:
    data = report_data(n_answered=6)
    found = payload(data)
    assert [label for _, label, _, _ in found["entrants"]] == list(LABELS)
    assert [is_base for *_, is_base in found["entrants"]] == [True, False, False, False]
    assert found["n_answers"] == 24
    assert len(found["probes"]) == 6
    for number, probe in enumerate(found["probes"]):
        said = [answer[2] for answer in probe["answers"]]
        assert len(said) == 4
        for text, beginning in zip(said, ANSWERS.values(), strict=True):
            assert text.startswith(f"{beginning} ({number})")
        prompt = [found["texts"][index] for _, index in probe["prompt"]]
        assert f"(case {number})" in prompt[-1]


def test_every_verdict_is_there_with_its_reason_and_kind_of_judge() -> None:
    data = report_data(n_answered=2)
    found = payload(data)
    views = {view.number: view for view in rule_views(data, contrast_of(data))}
    assert {column[0] for column in found["columns"]} == set(views)
    base, prompt, _, dpo = found["probes"][0]["answers"]
    conditional = {n for n, v in views.items() if v.rule.check and v.rule.check.when}
    for at, (rule, *by) in enumerate(found["columns"]):
        is_checked = views[rule].rule.check is not None
        judged = ["model", "scripted:judge", "unmeasured"]
        assert by == (["check", "", ""] if is_checked else judged)
        assert base[4][at] == "N"
        assert dpo[4][at] == "Y"
        assert prompt[4][at] == ("O" if rule in conditional else "N")
        reason = found["texts"][base[5][at]]
        assert reason.startswith("looks for") if is_checked else reason == "it seems so"
    second = found["probes"][1]["answers"][0]
    letters = {rule: second[4][at] for at, (rule, *_) in enumerate(found["columns"])}
    assert {rule for rule, letter in letters.items() if letter == "A"} == conditional


def test_answers_of_another_model_or_exam_are_not_shown_as_the_evaluation_s() -> None:
    data = compared(n_probes=4)
    old = data.answers[0].model_copy(update={"id": "old", "text": "from before"})
    other = old.model_copy(update={"id": "o", "model": "hf:other"})
    sampling = Sampling(temperature=0.9)
    elsewhere = old.model_copy(update={"id": "e", "sampling": sampling, "text": "drawn otherwise"})
    found = payload(replace(data, answers=(*data.answers, other, elsewhere)))
    said = [answer[2] for probe in found["probes"] for answer in probe["answers"]]
    assert len(said) == 12
    assert set(said) == {"base", "sft", "dpo"}


def test_a_call_that_was_given_up_is_shown_with_its_reason() -> None:
    data = compared(n_probes=4)
    gone = next(r for r in data.answers if r.entrant == "sft")
    failure = Failure(stage="evaluate", item=f"sft:{gone.case}:0", reason="HTTP 503, given up")
    none = data.probes[3].id
    all_gone = Failure(stage="evaluate", item=f"dpo:{none}:0", reason="HTTP 400")
    answers = tuple(r for r in data.answers if r.id != gone.id and r.case != none)
    found = payload(replace(data, answers=answers, failures=(failure, all_gone)))
    probe = next(probe for probe in found["probes"] if probe["id"] == gone.case)
    assert probe["failed"] == [[1, 0, "HTTP 503, given up"]]
    assert [answer[0] for answer in probe["answers"]] == [0, 2]
    assert found["probes"][3]["failed"] == [[2, 0, "HTTP 400"]]
    assert found["probes"][3]["answers"] == []


def test_the_page_states_how_many_answers_it_holds_and_their_size() -> None:
    html = render_report(report_data(n_answered=6))
    assert "All 24 answers of 4 evaluations to 6 held-out probes" in html
    assert "There are no answers to held-out probes yet." in render_report(rules_only())
    assert [size_text(n) for n in (10, 52_800, 3_140_000)] == ["1 KB", "53 KB", "3.1 MB"]


def test_many_answers_stay_small_because_repeated_texts_are_stored_once() -> None:
    data = report_data(n_pairs=150, n_answered=150)
    found = payload(data)
    assert found["n_answers"] == 600
    assert len(found["texts"]) < 180
    assert len(script_json(found)) < 250_000
