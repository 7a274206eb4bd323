# pyright: basic, reportMissingImports=false
"""A solver of Inspect for every method, with the method's name and options."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from inspect_ai.model import ContentReasoning, ContentText, ModelOutput, StopReason, get_model
from inspect_ai.solver import Generate, Solver, TaskState, solver
from inspect_ai.util import StoreModel

from specloop.config import SpecBench, StrategyName
from specloop.ended import Finish
from specloop.errors import ModelError
from specloop.inspect_tasks.model import Hosted, prerequisites, scoring_model, settings_of
from specloop.inspect_tasks.rows import asked_of, scenario_of
from specloop.llm.backends.inspect_ai.messages import of_inspect
from specloop.llm.backends.scripted import ScriptedModel
from specloop.methods import MethodContext, methods
from specloop.records import Answer, Message, Sampling
from specloop.responding.answers import answer_case
from specloop.responding.entrant import Entrant
from specloop.responding.wording import OURS
from specloop.scorers import scorers
from specloop.specbench.answering import ask_of

USUAL = SpecBench()
_USUALLY = Sampling(temperature=USUAL.temperature)
_STOPS: dict[Finish, StopReason] = {
    "stop": "stop",
    "length": "max_tokens",
    "filter": "content_filter",
    "other": "unknown",
}


class Specloop(StoreModel):
    """What a solver stores in the sample."""

    answer: Answer | None = None
    failure: str = ""
    """Why there is no answer."""
    turns: tuple[Message, ...] = ()
    """The turns asked, if they are more than a request."""


def _solver(name: str) -> Callable[..., Solver]:
    def make(
        scorer: StrategyName = "", judge_role: str = "", prefill: bool | None = None, **options: Any
    ) -> Solver:
        with prerequisites():
            method = methods.build({"name": name, **options})
            by = scorers.build(scorer) if scorer else None
            # Inspect's model and settings are not known yet: check what does not need them.
            method.check(MethodContext(ScriptedModel([""]), OURS, by, sampling=_USUALLY))

        async def solve(state: TaskState, generate: Generate) -> TaskState:
            model, scenario = Hosted(get_model(), prefill), scenario_of(state)
            scoring = Hosted(scoring_model(judge_role)) if by and by.asks else None
            entrant = Entrant(name, model.name, method, "document")
            row = asked_of(scenario.rows[0], of_inspect(state.messages))
            state.store_as(Specloop).turns = row.conversation
            ask = ask_of(entrant, row, scenario.specs, _sampling(state.epoch))
            try:
                context = MethodContext(model, OURS, by, scoring)
                answer = await answer_case(ask, entrant, context)
            except ModelError as error:
                return _without_answer(state, str(error))
            return _answered(state, answer)

        return solve

    make.__doc__ = methods.get(name).__doc__
    return solver(name=name)(make)


def _sampling(epoch: int) -> Sampling:
    """Inspect's settings, with a seed of its own for each epoch."""
    settings = settings_of(get_model())
    return Sampling(
        temperature=USUAL.temperature if settings.temperature is None else settings.temperature,
        top_p=settings.top_p or 1.0,
        top_k=settings.top_k or 0,
        max_tokens=settings.max_tokens or USUAL.max_tokens,
        seed=(settings.seed or 0) + epoch - 1,
    )


def _answered(state: TaskState, answer: Answer) -> TaskState:
    state.store_as(Specloop).answer = answer
    thought = [ContentReasoning(reasoning=answer.thought)] if answer.thought else []
    content = [*thought, ContentText(text=answer.text)]
    state.output = ModelOutput.from_content(str(state.model), content, _STOPS[answer.finish])
    state.messages.append(state.output.message)
    return state


def _without_answer(state: TaskState, reason: str) -> TaskState:
    state.store_as(Specloop).failure = reason
    state.output = ModelOutput.from_content(str(state.model), "", "unknown", error=reason)
    return state


SOLVERS = {name: _solver(name) for name in methods.names()}
"""The solvers by the method's name."""
