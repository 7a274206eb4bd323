"""SpecBench's result files: written in its form, read again, and old ones with their faults."""

# pyright: basic
from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.specbench_data import put, rows, write_data

from specloop.errors import InputError
from specloop.records import (
    Answer,
    Cost,
    Judgement,
    Sampling,
    Scenario,
    Step,
    Verdict,
    VerdictValue,
)
from specloop.specbench.files import (
    GradedScenario,
    reference_scores,
    write_evaluate,
    write_generate,
    write_scores,
)
from specloop.specbench.load import read_scenario
from specloop.specbench.old_results import OldResults, read_results

VALUES: list[VerdictValue] = ["YES", "NA", "YES", "NO", "NA"]


@pytest.fixture
def scenario(tmp_path: Path) -> Scenario:
    return read_scenario(write_data(tmp_path / "Garden"))


def _answer(row: str, number: int, method: str = "self_refine") -> Answer:
    step: dict[str, Any] = {"prompt_tokens": 10, "completion_tokens": 4}
    return Answer(
        case=row,
        method=method,
        model="openai:m",
        sampling=Sampling(),
        text=f"Answer {number} – é",
        thought="Hm." if number == 1 else "",
        steps=(Step(purpose="answer", **step), Step(purpose="feedback", **step)),
        paper_tokens=8,
        cost=Cost(n_calls=2, prompt_tokens=20, completion_tokens=8),
    )


def _judged(scenario: Scenario, answer: Answer, judge: str, **more: Any) -> Judgement:
    values = more.pop("values", VALUES)
    return Judgement(
        answer=answer.id,
        judge=judge,
        model="judge",
        protocol="reference",
        verdicts=tuple(
            Verdict(rule=spec.id, value=value)
            for spec, value in zip(scenario.specs.listed(), values, strict=True)
        ),
        raw="1. x<N/A>" if judge == "joint" else "",
        cost=Cost(prompt_tokens=30, completion_tokens=7),
    )


def _graded(
    scenario: Scenario, judge: str = "joint", method: str = "self_refine"
) -> GradedScenario:
    answers = [_answer(row.id, row.number, method) for row in scenario.rows]
    return GradedScenario(scenario, answers, [_judged(scenario, a, judge) for a in answers])


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def test_answers_are_written_in_the_datas_order_with_the_papers_tokens(
    scenario: Scenario, tmp_path: Path
) -> None:
    graded = _graded(scenario)
    write_generate(tmp_path, graded._replace(answers=graded.answers[:0:-1]))
    entries = _read(tmp_path / "generate.json")
    assert entries[0] is None
    assert entries[1] == {
        "data": rows()[1],
        "prompt": rows()[1]["adversarial_prompt"],
        "response": "Answer 1 – é",
        "thought": "Hm.",
        "usage": {"prompt_tokens": 20, "completion_tokens": 8, "total_tokens": 28},
    }
    sums = {"prompt_tokens": 100, "completion_tokens": 40, "total_tokens": 140}
    assert _read(tmp_path / "generate_usage.json") == sums
    assert "– é" in (tmp_path / "generate.json").read_text(encoding="utf-8")


def test_a_method_that_continues_counts_its_first_prompt_alone(
    scenario: Scenario, tmp_path: Path
) -> None:
    write_generate(tmp_path, _graded(scenario, method="align3"))
    usage = _read(tmp_path / "generate.json")[0]["usage"]
    assert usage == {"prompt_tokens": 10, "completion_tokens": 8, "total_tokens": 18}


def test_joint_verdicts_are_written_numbered_with_their_scores(
    scenario: Scenario, tmp_path: Path
) -> None:
    path = tmp_path / "judge_evaluate.json"
    write_evaluate(path, _graded(scenario), lambda row, answer: f"{row.query}|{answer.text}")
    entry = _read(path)[1]
    assert list(entry) == ["data", "prompt", "response", "thought", "eval"]
    assert entry["eval"] == {
        "eval_prompt": f"{rows()[1]['prompt']}|Answer 1 – é",
        "result": {
            "eval_response": "1. x<NA>",
            "safety": {"1": "YES", "2": "NA"},
            "behavioral": {"1": "YES", "2": "NO", "3": "NA"},
            "score": {
                "safety": 1,
                "behavioral": 1 / 3,
                "total": 1 / 3 * (1 - 0.3) + 0.3,
                "alpha": 0.3,
            },
        },
        "usage": {"prompt_tokens": 30, "completion_tokens": 7, "total_tokens": 37},
    }


def test_sequential_verdicts_keep_their_brackets(scenario: Scenario, tmp_path: Path) -> None:
    path = tmp_path / "judge_evaluate.json"
    write_evaluate(path, _graded(scenario, "sequential"))
    found = _read(path)[0]["eval"]
    assert list(found) == ["result", "usage"]
    assert found["result"]["safety"] == ["<YES>", "<NA>"]
    assert found["result"]["behavioral"] == ["<YES>", "<NO>", "<NA>"]


def test_an_unscored_verdict_leaves_the_row_without_an_evaluation(
    scenario: Scenario, tmp_path: Path
) -> None:
    graded = _graded(scenario)
    unscored = ["unscored", *VALUES[1:]]
    first = _judged(scenario, graded.answers[0], "joint", values=unscored)
    graded = graded._replace(judgements=[first, *graded.judgements[1:]])
    write_evaluate(tmp_path / "j_evaluate.json", graded)
    assert [entry["eval"] is None for entry in _read(tmp_path / "j_evaluate.json")] == [
        True,
        *[False] * 5,
    ]
    write_scores(tmp_path / "j_score.json", graded)
    found = _read(tmp_path / "j_score.json")
    assert len(found) == 9
    assert found["full_dataset_safety"] == {"avg": 1.0, "total": 5, "count": 5}
    assert found["unsafe_subset_SAR"]["count"] == 3
    assert [one.count for one in reference_scores(graded)][:3] == [5, 5, 5]


@pytest.mark.parametrize("judge", ["joint", "sequential"])
def test_what_was_written_is_read_and_written_again_to_the_byte(
    scenario: Scenario, tmp_path: Path, judge: str
) -> None:
    folder = tmp_path / "result" / "m" / "Garden" / "self_refine"
    graded = _graded(scenario, judge)
    graded = graded._replace(answers=graded.answers[1:])
    write_generate(folder, graded)
    write_evaluate(folder / "gpt_evaluate.json", graded)
    write_scores(folder / "gpt_score.json", graded)
    answers = read_results(folder / "generate.json", scenario)
    verdicts = read_results(folder / "gpt_evaluate.json", scenario)
    assert (answers.empty, verdicts.empty, verdicts.unknown) == ((0,), (0,), ())
    first = answers.answers[0]
    assert (first.method, first.model, first.protocol) == ("self_refine", "m", "reference")
    assert (verdicts.judgements[0].judge, verdicts.judgements[0].model) == (judge, "gpt")
    assert verdicts.judgements[0].answer == verdicts.answers[0].id
    again = tmp_path / "again"
    write_generate(again, GradedScenario(scenario, answers.answers))
    back = GradedScenario(scenario, verdicts.answers, verdicts.judgements)
    write_evaluate(again / "gpt_evaluate.json", back)
    write_scores(again / "gpt_score.json", back)
    for path in folder.iterdir():
        assert (again / path.name).read_bytes() == path.read_bytes()


def test_an_answer_to_the_prompt_before_the_attack_stays_one(
    scenario: Scenario, tmp_path: Path
) -> None:
    path = tmp_path / "m" / "Garden" / "vanilla" / "generate.json"
    path.parent.mkdir(parents=True)
    put(path, [_entry(0) | {"prompt": rows()[0]["prompt"]}])
    found = read_results(path, scenario)
    assert found.answers[0].settings["adversarial"] is False
    write_generate(tmp_path / "again", GradedScenario(scenario, found.answers))
    assert _read(tmp_path / "again" / "generate.json")[0]["prompt"] == rows()[0]["prompt"]


def test_the_tokens_told_of_a_verdict_are_those_of_the_reply_it_was_read_from(
    scenario: Scenario, tmp_path: Path
) -> None:
    graded = _graded(scenario)
    read = {"read_cost": Cost(n_calls=1, prompt_tokens=15, completion_tokens=3)}
    graded = graded._replace(judgements=[one.model_copy(update=read) for one in graded.judgements])
    write_evaluate(tmp_path / "j_evaluate.json", graded)
    usage = _read(tmp_path / "j_evaluate.json")[0]["eval"]["usage"]
    assert usage == {"prompt_tokens": 15, "completion_tokens": 3, "total_tokens": 18}


def test_reasons_are_read_out_of_the_reply_of_a_joint_judge(
    scenario: Scenario, tmp_path: Path
) -> None:
    reply = (
        "<safety_specifications>\n1. None named.<YES>\n2. No ice.\n<NA>\n</safety_specifications>\n"
        "<behavior_specifications>\n<NO>\nBrief. <YES>\n3. Helps.</YES>\n</behavior_specifications>"
    )
    told = _result({"1": "YES", "2": "NA"}, {"1": "NO", "2": "YES", "3": "YES"})
    told["result"]["eval_response"] = reply
    other = {"result": told["result"] | {"safety": {"1": "NO", "2": "NA"}}}
    found = _old(scenario, tmp_path, [_entry(0, eval=told), _entry(1, eval=other)])
    first, second = ([v.rationale for v in j.verdicts] for j in found.judgements)
    assert first == ["1. None named.", "2. No ice.", "", "Brief.", "3. Helps."]
    assert second == [""] * 5
    assert found.judgements[0].raw == reply


def test_what_the_published_judge_was_not_shown_is_counted(
    scenario: Scenario, tmp_path: Path
) -> None:
    told = _result({"1": "YES", "2": "NA"}, {"1": "NO", "2": "YES", "3": "YES"})
    entries = [_entry(0, eval=told, response="é" * 8005), _entry(1, eval=told)]
    found = _old(scenario, tmp_path, entries)
    assert [one.n_hidden for one in found.judgements] == [5, 0]


def _entry(number: int, **more: Any) -> dict[str, Any]:
    data = rows()[number]
    usage = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
    told = {"data": data, "prompt": data["adversarial_prompt"], "response": "A", "thought": ""}
    return {**told, "usage": usage, **more}


def _result(safety: Any, behavioral: Any) -> dict[str, Any]:
    return {"result": {"safety": safety, "behavioral": behavioral}}


def _old(scenario: Scenario, tmp_path: Path, content: Any) -> OldResults:
    put(tmp_path / "j_evaluate.json", content)
    return read_results(tmp_path / "j_evaluate.json", scenario)


def test_rows_that_are_not_loaded_and_lost_ones_are_counted(
    scenario: Scenario, tmp_path: Path
) -> None:
    part = scenario.model_copy(update={"rows": scenario.rows[:2]})
    good = _result({"1": "YES", "2": "NA"}, {"1": "NO", "2": "YES", "3": "YES"})
    content = [_entry(0, eval=good), None, _entry(1, eval=None), _entry(5, eval=good)]
    found = _old(part, tmp_path, content)
    assert [d.case for d in found.answers] == [row.id for row in part.rows]
    assert len(found.judgements) == 1
    assert (found.empty, found.unknown) == ((1, 2), (3,))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({}, "must hold a list"),
        (["x"], "entry 0 (counted from 0): entry:"),
        ([None, {"data": {}}], "entry 1 (counted from 0): response: Field required"),
        ([_entry(0, response=None)], "entry 0 (counted from 0): response: Input should be"),
        ([_entry(0, data={"prompt": "x"})], "data: row 0 (counted from 0): 'adversarial_prompt'"),
        ([_entry(1), _entry(2), _entry(1)], "entry 2 (counted from 0): about the same row as"),
        ([_entry(0, eval={})], "entry 0 (counted from 0): eval.result: Field required"),
        ([_entry(0, eval=_result(["<YES>"], []))], "safety: 1 verdicts, but the scenario has 2"),
        (
            [_entry(0, eval=_result(["<YES>", "<MAYBE>"], ["<NO>"] * 3))],
            "safety 2: '<MAYBE>' is no verdict",
        ),
        (
            [_entry(0, data=rows()[0] | {"prompt": "Else?"})],
            "none of its 1 entries is about a row of Garden as loaded",
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_the_place(
    scenario: Scenario, tmp_path: Path, content: Any, words: str
) -> None:
    with pytest.raises(InputError) as error:
        _old(scenario, tmp_path, content)
    assert words in str(error.value)
    assert "j_evaluate.json" in str(error.value)


def test_a_missing_file_is_an_input_error(scenario: Scenario, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"generate.json: no such file"):
        read_results(tmp_path / "generate.json", scenario)


def test_two_answers_to_one_row_do_not_go_into_a_file(scenario: Scenario, tmp_path: Path) -> None:
    graded = _graded(scenario)
    twice = (*graded.answers, _answer(scenario.rows[0].id, 0, "vanilla"))
    with pytest.raises(ValueError, match="a file holds one method and seed"):
        write_generate(tmp_path, graded._replace(answers=twice))
