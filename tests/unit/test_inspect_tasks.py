"""SpecBench as a task of Inspect, on Inspect's mock model in this process."""

# pyright: basic
from __future__ import annotations

import gc
import importlib
import importlib.util
import math
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.specbench_data import BEHAVIORAL, SAFETY, rows, write_data

from specloop.measuring.scores import behavioral, safety, sar, values_of
from specloop.records import Answer, Judgement
from specloop.specbench.load import read_scenario

if importlib.util.find_spec("inspect_ai") is None:
    pytest.skip("Inspect AI is not installed", allow_module_level=True)

inspect_ai = importlib.import_module("inspect_ai")
llm = importlib.import_module("inspect_ai.model")
tasks = importlib.import_module("specloop.inspect_tasks")
# Inspect calls its own dependencies in ways they have deprecated, and leaves streams unclosed.
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]

Say = Callable[[str, Any], str | Any]
"""What a mock answers to the text of a request, given its settings too."""
VERDICTS = ("YES", "NA", "YES", "NO", "NA")


def judged(text: str, verdicts: tuple[str, ...] = VERDICTS) -> str:
    """A judge's reply in the form asked for; empty where the text asks for none."""
    key = re.search(r"VERDICTS (\w+)", text)
    ids = [f"S{n}" for n in range(1, len(SAFETY) + 1)]
    ids += [f"B{n}" for n in range(1, len(BEHAVIORAL) + 1)]
    lines = [f"{i} | because | {v}" for i, v in zip(ids, verdicts, strict=False)]
    return "\n".join([f"VERDICTS {key[1]}", *lines]) if key else ""


class Mock:
    """A model of Inspect's that answers by a function and keeps what it was asked."""

    def __init__(self, say: Say, name: str = "m") -> None:
        self.asked: list[tuple[str, Any]] = []
        self.seen: list[list[Any]] = []

        def output(messages: list[Any], tools: Any, choice: Any, config: Any) -> Any:
            text = "\n".join(message.text for message in messages)
            self.asked.append((text, config))
            self.seen.append(messages)
            made = say(text, config)
            if isinstance(made, str):
                made = llm.ModelOutput.from_content(f"mockllm/{name}", made)
            made.usage = llm.ModelUsage(input_tokens=7, output_tokens=2, total_tokens=9)
            return made

        self.model = llm.get_model(f"mockllm/{name}", custom_outputs=output)


def fine(text: str, config: Any) -> str:
    return judged(text) or f"Hello, seed {config.seed}."


@pytest.fixture(scope="module", autouse=True)
def _complaints_stay_here() -> Iterator[None]:
    """What Inspect left unclosed complains in this module, and not in a later test."""
    yield
    gc.collect()


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Any]:
    """Evaluate the task with options on a mock; gives the log."""
    write_data(tmp_path / "Garden")

    def evaluate(mock: Mock, options: dict[str, Any] | None = None, **how: Any) -> Any:
        task = tasks.specbench(data=str(tmp_path), **(options or {}))
        where = {"log_dir": str(tmp_path / "logs"), "display": "none"}
        (log,) = inspect_ai.eval(task, model=mock.model, **where, **how)
        return log

    return evaluate


def stored(sample: Any) -> Answer:
    return Answer.model_validate(sample.store["Specloop:answer"])


def figures(log: Any) -> dict[str, dict[str, float]]:
    return {
        score.name: {name.rpartition("/")[2]: m.value for name, m in score.metrics.items()}
        for score in log.results.scores
    }


def test_rows_are_samples_with_their_ids_answers_and_figures(
    run: Callable[..., Any], tmp_path: Path
) -> None:
    log = run(Mock(fine))
    scenario = read_scenario(tmp_path / "Garden")
    assert log.status == "success"
    assert {sample.id for sample in log.samples} == {row.id for row in scenario.rows}
    for sample in log.samples:
        row = next(row for row in scenario.rows if row.id == sample.id)
        assert (sample.input, sample.metadata["query"]) == (row.request, row.query)
        assert (sample.metadata["label"], sample.target) == (row.label, row.reference)
        answer = stored(sample)
        assert (answer.case, answer.text) == (row.id, sample.output.completion)
        score = sample.scores["spec_judge"]
        judgement = Judgement.model_validate(score.metadata["judgement"])
        assert judgement.answer == answer.id
        assert tuple(v.value for v in judgement.verdicts) == VERDICTS
        values = values_of(judgement.verdicts, scenario.specs)
        assert score.value == {
            "safety": safety(values).value,
            "behavioral": behavioral(values).value,
            "sar": sar(values).value,
            "behavioral_left_out": behavioral(values, "left out").value,
            "sar_left_out": sar(values, convention="left out").value,
        }
        assert score.answer == answer.text
        assert "**S2 NA** Send nobody onto the ice. (because)" in score.explanation


def test_metrics_are_split_by_label_and_scenario(run: Callable[..., Any], tmp_path: Path) -> None:
    write_data(tmp_path / "Pond")

    def say(text: str, config: Any) -> str:
        verdicts = VERDICTS if "plant bed" in text else ("NO", *VERDICTS[1:])
        return judged(text, verdicts) or "Hello."

    log = run(Mock(say), {"scenario": ["Pond", "Garden"]})
    found = figures(log)["safety"]
    assert (found["mean"], found["by_label_safe"], found["by_label_unsafe"]) == (1 / 3, 1, 0)
    assert found["by_label_unsafe_stderr"] == 0
    assert found["by_scenario_Garden"] == found["by_scenario_Pond"] == 1 / 3
    assert found["by_scenario_Garden_stderr"] > found["stderr"] > 0
    assert log.results.scores[0].name == "sar"


def test_the_settings_are_inspects_and_each_epoch_has_its_seed(run: Callable[..., Any]) -> None:
    mock = Mock(fine)
    log = run(mock, {"subset": 1, "seed": 5}, epochs=2, temperature=0.2, top_p=0.9, max_tokens=99)
    drawn = sorted((s.epoch, stored(s).sampling.seed, stored(s).text) for s in log.samples)
    assert drawn == [(1, 5, "Hello, seed 5."), (2, 6, "Hello, seed 6.")]
    sampling = stored(log.samples[0]).sampling
    assert (sampling.temperature, sampling.top_p, sampling.max_tokens) == (0.2, 0.9, 99)
    answers = [config for text, config in mock.asked if "VERDICTS" not in text]
    judgings = [config for text, config in mock.asked if "VERDICTS" in text]
    assert {(c.temperature, c.max_tokens) for c in answers} == {(0.2, 99)}
    assert {c.temperature for c in judgings} == {0}


def test_the_judge_shows_rubrics_of_a_file(run: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "rubrics.yaml"
    path.write_text(f"- rule: {SAFETY[0]}\n  keeps: It is safe.\n  breaks: It is not.\n")
    mock = Mock(fine)
    log = run(mock, {"subset": 1, "rubrics": str(path)})
    assert any("  Kept: It is safe." in text for text, _ in mock.asked)
    plain = run(Mock(fine), {"subset": 1})
    digests = {
        one.samples[0].scores["spec_judge"].metadata["judgement"]["request_digest"]
        for one in (log, plain)
    }
    assert len(digests) == 2


def test_a_judge_by_role_judges_and_a_model_that_judges_itself_is_said(
    run: Callable[..., Any],
) -> None:
    target, judge = Mock(lambda text, _: "Hello."), Mock(fine, "judge")
    log = run(target, {"subset": 1}, model_roles={"grader": judge.model})
    assert (len(target.asked), len(judge.asked)) == (1, 1)
    score = log.samples[0].scores["spec_judge"]
    assert score.metadata["judgement"]["model"] == "inspect:mockllm/judge"
    assert not score.metadata["judged_by_itself"]
    assert log.stats.role_usage["grader"].total_tokens == 9
    alone = run(Mock(fine), {"subset": 1}).samples[0].scores["spec_judge"]
    assert alone.metadata["judged_by_itself"]
    assert alone.explanation.startswith("Judged by the evaluated model itself.")


def test_what_a_method_calls_is_counted_by_inspect(run: Callable[..., Any]) -> None:
    mock = Mock(fine)
    log = run(mock, {"subset": 1, "method": {"name": "align3", "steps": ["safety", "both"]}})
    (sample,) = log.samples
    answer = stored(sample)
    assert answer.form == "conversational"
    assert [step.purpose for step in answer.steps] == ["think", "think", "answer"]
    assert answer.cost.prompt_tokens == 3 * 7
    assert len(mock.asked) == 4
    assert sample.model_usage["mockllm/m"].input_tokens == 4 * 7
    assert sample.output.choices[0].message.content[0].reasoning == answer.thought


def test_the_turn_is_continued_where_the_user_says_it_can_be(run: Callable[..., Any]) -> None:
    mock = Mock(lambda text, _: judged(text) or "so be it.</think>\n\nHello.")
    log = run(mock, {"subset": 1, "method": "align3", "prefill": True})
    answer = stored(log.samples[0])
    assert (answer.form, answer.text, len(answer.steps)) == ("native", "Hello.", 3)
    assert "<think>" in mock.asked[0][0]


def test_best_of_n_chooses_by_a_judge(run: Callable[..., Any]) -> None:
    method = {"name": "best_of_n", "n": 3}
    log = run(Mock(fine), {"subset": 1, "method": method, "scorer": "judge"})
    answer = stored(log.samples[0])
    assert len(answer.candidates) == len(answer.scores) == 3


@pytest.mark.parametrize(("own", "asked"), [(False, 3), (True, 0)])
def test_what_chooses_is_the_role_scorer_else_the_named_judge(
    run: Callable[..., Any], own: bool, asked: int
) -> None:
    second, scorer = Mock(fine, "second"), Mock(fine, "scorer")
    options = {
        "subset": 1,
        "method": {"name": "best_of_n", "n": 3},
        "scorer": "judge",
        "judge_model": "second",
    }
    roles = {"second": second.model, **({"scorer": scorer.model} if own else {})}
    assert run(Mock(fine), options, model_roles=roles).status == "success"
    assert (len(second.asked), len(scorer.asked)) == (asked + 1, 3 - asked)


def test_a_role_that_is_not_there_is_told_before_anything_is_asked(
    run: Callable[..., Any], tmp_path: Path
) -> None:
    error = importlib.import_module("inspect_ai._util.error").PrerequisiteError
    mock = Mock(fine)

    @inspect_ai.task
    def misspelt() -> Any:
        return tasks.specbench(data=str(tmp_path), judge_model="gpt-4.1")

    where = {"log_dir": str(tmp_path / "logs"), "display": "none"}
    with pytest.raises(error) as caught:
        inspect_ai.eval(misspelt, model=mock.model, model_roles={"jury": mock.model}, **where)
    assert "no model has the role 'gpt-4.1'. Roles: jury." in str(caught.value.message)
    assert not mock.asked


def test_a_role_that_is_not_there_is_never_another_judge(run: Callable[..., Any]) -> None:
    mock = Mock(fine)
    log = run(mock, {"judge_model": "jugde"}, model_roles={"judge": mock.model})
    assert log.status == "error"
    assert "no model has the role 'jugde'. Roles: judge." in log.error.message


def test_unreadable_verdicts_are_unscored_and_counted(run: Callable[..., Any]) -> None:
    def say(text: str, config: Any) -> str:
        if "plant bed" in text:
            return judged(text, ("NO",)) or "Hello."
        return "I had rather not say."

    log = run(Mock(say))
    by_name = {score.name: score for score in log.results.scores}
    assert (by_name["safety"].scored_samples, by_name["safety"].unscored_samples) == (2, 4)
    assert by_name["behavioral"].scored_samples == 0
    assert figures(log)["sar"]["mean"] == 0
    for sample in log.samples:
        score = sample.scores["spec_judge"]
        if sample.metadata["label"] == "safe":
            assert score.value["safety"] == 0
            assert math.isnan(score.value["behavioral"])
            assert score.metadata["bounds"]["behavioral"] == [0, 1]
        else:
            assert score.reason == "grader_failed"
            assert math.isnan(score.value)


def test_a_refused_request_is_unscored_and_the_rest_goes_on(run: Callable[..., Any]) -> None:
    def say(text: str, config: Any) -> Any:
        if "plant bed number 0" in text:
            return llm.ModelOutput.from_content("mockllm/m", "", "content_filter", error="not this")
        return fine(text, config)

    log = run(Mock(say))
    assert log.status == "success"
    failed = [s for s in log.samples if s.store["Specloop:failure"]]
    assert [s.metadata["query"] for s in failed] == ["When do I plant bed number 0?"]
    score = failed[0].scores["spec_judge"]
    assert (score.reason, math.isnan(score.value)) == ("no_response", True)
    assert "not this" in score.explanation


def test_limits_of_a_sample_end_it_and_not_the_run(run: Callable[..., Any]) -> None:
    method = {"name": "more_think", "rounds": 3}
    log = run(Mock(fine), {"subset": 1, "method": method}, token_limit=15)
    assert log.status == "success"
    assert log.samples[0].limit.type == "token"


def test_answers_of_another_solver_are_judged_too(run: Callable[..., Any]) -> None:
    generate = importlib.import_module("inspect_ai.solver").generate
    log = run(Mock(fine), {"subset": 1}, solver=generate())
    judgement = log.samples[0].scores["spec_judge"].metadata["judgement"]
    assert tuple(v["value"] for v in judgement["verdicts"]) == VERDICTS


@pytest.mark.parametrize(
    ("ours", "text", "stop", "why"),
    [
        (True, "\u200b\n", "stop", "nothing was said"),
        (False, "", "content_filter", "content filter withheld"),
    ],
)
def test_nothing_is_never_an_answer(
    run: Callable[..., Any], ours: bool, text: str, stop: Any, why: str
) -> None:
    def say(asked: str, config: Any) -> Any:
        if judged(asked):
            return judged(asked, ("YES",) * 5)
        return llm.ModelOutput.from_content("mockllm/m", text, stop)

    solver = {} if ours else {"solver": importlib.import_module("inspect_ai.solver").generate()}
    mock = Mock(say)
    log = run(mock, {"subset": 1}, **solver)
    score = log.samples[0].scores["spec_judge"]
    assert (score.reason, math.isnan(score.value)) == ("no_response", True)
    assert why in score.explanation
    assert not any(judged(asked) for asked, _ in mock.asked)


def test_of_a_cut_answer_only_a_broken_prohibition_counts(run: Callable[..., Any]) -> None:
    def say(asked: str, config: Any) -> Any:
        if judged(asked):
            return judged(asked, ("YES",) * 5)
        return llm.ModelOutput.from_content("mockllm/m", "Plant it in", "max_tokens")

    log = run(Mock(say), {"subset": 1})
    score = log.samples[0].scores["spec_judge"]
    assert score.metadata["bounds"]["safety"] == [0, 1]
    assert "cut at the token limit; the judge said YES" in score.explanation


def test_a_log_is_judged_again_from_itself(run: Callable[..., Any]) -> None:
    log = run(Mock(fine), {"subset": 2})
    other = Mock(lambda text, _: judged(text, ("YES",) * 5), "other")
    scorer = tasks.spec_judge(role="second")
    again = inspect_ai.score(
        log, scorer, model_roles={"second": other.model}, action="overwrite", display="none"
    )
    assert figures(again)["sar"]["mean"] == 1
    assert len(other.asked) == 2


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"scenario": "Gardn"}, "Did you mean 'Garden'"),
        ({"method": "align"}, "Did you mean 'align3'"),
        ({"method": {"name": "align3", "step": 1}}, "align3: option 'step'"),
        ({"judge": "joined"}, "Did you mean 'joint'"),
        ({"scenarios": "Garden"}, "-T: scenarios: Extra inputs"),
        ({"alpha": 2}, "-T: alpha"),
        ({"method": "best_of_n"}, "best_of_n chooses by a scorer"),
    ],
)
def test_a_mistake_is_named_without_a_traceback(
    run: Callable[..., Any], options: dict[str, Any], words: str
) -> None:
    error = importlib.import_module("inspect_ai._util.error").PrerequisiteError
    with pytest.raises(error) as caught:
        run(Mock(fine), options)
    assert words in str(caught.value.message)


def talk_of(said: list[Any]) -> list[tuple[str, str]]:
    return [(turn.role, turn.text) for turn in said]


def test_a_method_answers_the_whole_message_list_and_the_judge_is_shown_it(tmp_path: Path) -> None:
    content: list[Any] = rows(1, 0)
    asked = content[0]["adversarial_prompt"]
    call = {"id": "1", "name": "look_up", "arguments": '{ "plant":"rose"}'}
    content[0]["conversation"] = [
        {"role": "developer", "content": "You help gardeners."},
        {"role": "user", "content": asked},
        {"role": "assistant", "content": "", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "1", "content": "Roses need water."},
    ]
    folder = write_data(tmp_path / "Garden", content)
    task = tasks.specbench(data=str(tmp_path))
    named = importlib.import_module("inspect_ai.solver").system_message("Be kind.")
    where = {"log_dir": str(tmp_path / "logs"), "display": "none"}
    mock = Mock(fine)
    (log,) = inspect_ai.eval(
        task, model=mock.model, solver=[named, tasks.SOLVERS["vanilla"]()], **where
    )
    assert log.status == "success", log.error
    (sample,), (row,) = log.samples, read_scenario(folder).rows
    assert (sample.id, stored(sample).case) == (row.id, row.id)
    answered, judging = mock.seen
    assert talk_of(answered)[1:] == [
        *(("system", "You help gardeners."), ("system", "Be kind."), ("user", asked)),
        *(("assistant", ""), ("tool", "Roses need water.")),
    ]
    assert answered[-2].tool_calls[0].arguments == {"plant": "rose"}
    shown = judging[-1].text
    assert f"> > {row.query}\n" in shown
    assert asked not in shown
    for text in ("> developer:\n> > You help gardeners.", "> system:\n> > Be kind.", "> tool:"):
        assert text in shown


def test_a_turn_that_is_no_text_is_an_error_of_its_sample(tmp_path: Path) -> None:
    write_data(tmp_path / "Garden", rows(1, 0))
    task = tasks.specbench(data=str(tmp_path))
    picture = llm.ContentImage(image="data:image/png;base64,AAAA")
    task.dataset[0].input = [llm.ChatMessageUser(content=[picture])]
    where = {"log_dir": str(tmp_path / "logs"), "display": "none"}
    (log,) = inspect_ai.eval(task, model=Mock(fine).model, **where)
    assert log.status == "error"
    assert "only text can be taken" in log.error.message
