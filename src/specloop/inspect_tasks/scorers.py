# pyright: basic, reportMissingImports=false
"""Use a judge of whole specifications as a scorer of Inspect."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cache
from logging import getLogger
from typing import Any

from inspect_ai.model import Model, get_model
from inspect_ai.scorer import (
    Metric,
    SampleScore,
    Score,
    Scorer,
    Target,
    Value,
    grouped,
    mean,
    metric,
    scorer,
    stderr,
)
from inspect_ai.solver import TaskState

from specloop.config import StrategyName
from specloop.ended import NOTHING, silence, with_remedy
from specloop.errors import ModelError
from specloop.inspect_tasks.model import Hosted, judging_model
from specloop.inspect_tasks.rows import CLUSTER, asked_of, scenario_of
from specloop.inspect_tasks.solvers import Specloop
from specloop.judges import one_answer_judge
from specloop.judging.grader import Grader
from specloop.judging.guides import NO_GUIDES
from specloop.judging.view import spec_id
from specloop.llm.backends.inspect_ai.replies import finish_of, parts_of, without_thought
from specloop.measuring.scores import ALPHA
from specloop.measuring.scores import Score as AnswerScore
from specloop.metrics import answer_metrics
from specloop.records import CODE, Answer, Judgement, Sampling, Specs
from specloop.runrules import rubrics_at
from specloop.specbench.cases import JudgedCase, verdicts_on
from specloop.specbench.figures import bench_metrics
from specloop.specbench.judging import case_of

_LOG = getLogger(__name__)
FIGURES = tuple(one.name for one in answer_metrics(["verdicts", "safety"]))
"""The metrics; Inspect's displays show the first as the headline."""


def _split(key: str) -> Metric:
    means = grouped(mean(), key, all=False)
    errors = grouped(stderr(cluster=CLUSTER), key, all=False, name_template="{group_name}_stderr")

    def split(scores: list[SampleScore]) -> Value:
        figures: Any = {**means(scores), **errors(scores)}  # type: ignore[arg-type]
        return figures

    return split


@metric
def by_label() -> Metric:
    """The mean and standard error for safe and for unsafe prompts."""
    return _split("label")


@metric
def by_scenario() -> Metric:
    """The mean and standard error for each scenario, if there are several."""
    split = _split("scenario")

    def several(scores: list[SampleScore]) -> Value:
        scenarios = {(score.sample_metadata or {}).get("scenario") for score in scores}
        return split(scores) if len(scenarios) > 1 else {}  # type: ignore[call-arg]

    return several


_METRICS = [mean(), stderr(cluster=CLUSTER), by_label(), by_scenario()]


@scorer(metrics=dict.fromkeys(FIGURES, _METRICS))
def spec_judge(
    judge: StrategyName = "joint", role: str = "", alpha: float = ALPHA, rubrics: str = ""
) -> Scorer:
    """Verdicts on every spec, and the figures from them; the judge shows the `rubrics` of a run or
    file.

    The model is that of `role`; without a role that of `judge` or `grader`, or else the evaluated
    one, which the log says. A figure that unread verdicts leave open is NaN, which Inspect leaves
    out of its metrics and counts.
    """
    strategy = one_answer_judge(judge)
    guides = rubrics_at(rubrics) if rubrics else NO_GUIDES
    name = judge if isinstance(judge, str) else str(judge["name"])

    async def score(state: TaskState, target: Target) -> Score:
        stored, scenario = state.store_as(Specloop), scenario_of(state)
        (row,), specs = scenario.rows, scenario.specs
        if stored.failure:
            return Score.unscored(reason="no_response", explanation=stored.failure)
        if stored.turns:
            row = asked_of(row, stored.turns)
        answer = stored.answer or _foreign(state, row.id)
        if answer.end in NOTHING:
            return Score.unscored(reason="no_response", explanation=with_remedy(answer.end))
        host = judging_model(role) if strategy.asks else None
        model = Hosted(host) if host else None
        grader = Grader(name, strategy, model.name if model else CODE, guides=guides)
        try:
            judgement = await grader.judgement(case_of(scenario, row, answer), model)
        except ModelError as error:
            return Score.unscored(reason="grader_failed", explanation=str(error))
        # For an answer that did not end by itself only what it has already broken counts.
        verdicts = verdicts_on(answer, judgement, specs)
        judged = judgement.model_copy(update={"verdicts": verdicts})
        case = JudgedCase(row, specs, answer, judged)
        made = _score(case, judged, alpha, host is not None and _by_itself(host))
        return made.model_copy(update={"answer": answer.text})

    return score


def _foreign(state: TaskState, row: str) -> Answer:
    """The answer of a solver that is not ours."""
    name = f"inspect:{state.model}"
    text, thought, finish = state.output.completion, "", finish_of("unknown")
    if state.output.choices:
        _, thought = parts_of(state.output.message.content)
        finish = finish_of(state.output.stop_reason)
    if not thought:
        text, thought, finish = without_thought(text, finish)
    return Answer(
        case=row,
        method="solver",
        model=name,
        sampling=Sampling(),
        text=text,
        thought=thought,
        finish=finish,
        silent=silence(text, finish, thought),
    )


def _by_itself(judge: Model) -> bool:
    same = str(judge) == str(get_model())
    if same:
        _warn_once()
    return same


@cache
def _warn_once() -> None:
    _LOG.warning(
        "The evaluated model judges its own answers: name another by --model-role judge=..."
    )


def _score(case: JudgedCase, judgement: Judgement, alpha: float, by_itself: bool) -> Score:
    specs = case.specs
    scored = (figure for figure in bench_metrics(alpha) if figure.name in FIGURES)
    figures = {figure.name: figure.score(case.measured) for figure in scored}
    fields: dict[str, Any] = {
        "explanation": "\n".join(_lines(judgement, specs, by_itself)),
        "metadata": {
            "judgement": judgement.model_dump(mode="json"),
            "bounds": {name: [figure.low, figure.high] for name, figure in figures.items()},
            "n_unscored": case.values.n_unscored,
            "judged_by_itself": by_itself,
        },
    }
    if case.values.n_unscored == len(specs.listed()):
        return Score.unscored(reason="grader_failed", **fields)
    return Score(value={name: _number(figure) for name, figure in figures.items()}, **fields)


def _number(figure: AnswerScore) -> float:
    return math.nan if figure.value is None else figure.value


def _lines(judgement: Judgement, specs: Specs, by_itself: bool) -> Iterator[str]:
    """The verdicts as a list in Markdown."""
    if by_itself:
        yield "Judged by the evaluated model itself.\n"
    for sign in judgement.suspicions:
        yield f"- suspicion: {sign}"
    for spec, verdict in zip(specs.listed(), judgement.verdicts, strict=True):
        reason = f" ({verdict.rationale})" if verdict.rationale else ""
        yield f"- **{spec_id(spec)} {verdict.value}** {spec.text}{reason}"
