"""One conversation to an answer, by a model through a test-time method."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from typing_extensions import Unpack

from specloop.aio.calls import AnyModel, CallOptions, no_other, opened
from specloop.aio.given import AnyMessages, AnyRules, as_messages, as_rules, as_sampling
from specloop.config import RoleName
from specloop.ended import Finish, Silence, silence
from specloop.errors import InputError
from specloop.methods import methods
from specloop.records import (
    Cost,
    Message,
    Rule,
    Sampling,
    Specs,
    Step,
    beyond_request,
    last_request,
)
from specloop.responding.base import Log, MethodContext, Task
from specloop.responding.wording import OURS
from specloop.scorers import scorers

_USUAL = Sampling(max_tokens=1024)
_DRAWN = ("max_tokens", "temperature", "top_p", "top_k", "seed")


class AnswerOptions(CallOptions, total=False):
    """How an answer is drawn and chosen, and how the calls for it are made."""

    max_tokens: int
    """Of each reply; 1024 by default."""
    temperature: float
    """0 by default."""
    top_p: float
    top_k: int
    seed: int
    scorer: str | Mapping[str, Any]
    """What best_of_n, tpo and self_refine choose by: a scorer's name, or a table."""
    scorer_model: AnyModel
    """The model that the scorer asks."""


@dataclass(frozen=True)
class ModelAnswer:
    """What a method made of a conversation. Printed, it is its text."""

    text: str
    messages: tuple[Message, ...]
    """What was asked."""
    rules: tuple[Rule, ...]
    model: str
    method: str
    cost: Cost
    thought: str = ""
    finish: Finish = "stop"
    silent: Silence = ""
    """Why there is no text, where there is none."""
    candidates: tuple[str, ...] = ()
    """Answers that were weighed, where a method weighs several."""
    scores: tuple[float | None, ...] = ()
    """The scorer's, one a candidate; None where it could not tell."""
    steps: tuple[Step, ...] = ()
    """Every call, with what it was for and its tokens."""

    def __str__(self) -> str:
        return self.text


async def answer(
    model: AnyModel,
    messages: AnyMessages,
    rules: AnyRules = (),
    method: str | Mapping[str, Any] = "",
    **options: Unpack[AnswerOptions],
) -> ModelAnswer:
    """Have a model answer under rules, through a test-time method.

    `method` is a name, such as `align3`, or a table with its options; by default `vanilla`, and
    `raw` without rules. InputError where the method needs what is not given, ModelError where a
    call failed.
    """
    no_other(options, AnswerOptions.__annotations__)
    turns, given = as_messages(messages), as_rules(rules)
    chosen = methods.build(method or ("vanilla" if given else "raw"))
    drawn = {name: value for name, value in options.items() if name in _DRAWN}
    sampling = as_sampling(drawn, _USUAL)
    scorer = scorers.build(options["scorer"]) if "scorer" in options else None
    task = Task(last_request(turns), _specs(given), beyond_request(turns))
    log = Log()
    roles: dict[RoleName, AnyModel | None] = {
        "target": model,
        "scorer": options.get("scorer_model"),
    }
    async with opened(roles, _of_calls(options)) as models:
        target, scoring = models.models.get("target"), models.models.get("scorer")
        if target is None:
            raise InputError("answer: name a model, such as 'embedded:smollm2-135m'")
        context = MethodContext(
            target.model,
            sampling,
            OURS,
            scorer,
            scoring_model=scoring.model if scoring else None,
            log=log,
        )
        found = await chosen.answer(task, context)
    return ModelAnswer(
        messages=turns,
        rules=tuple(given),
        model=target.model.name,
        method=methods.name_of(chosen),
        silent=silence(found.text, found.finish, found.thought),
        steps=log.steps,
        cost=models.cost,
        text=found.text,
        thought=found.thought,
        finish=found.finish,
        candidates=found.candidates,
        scores=found.scores,
    )


def _specs(rules: list[Rule]) -> Specs:
    def of(category: str) -> tuple[str, ...]:
        return tuple(rule.text for rule in rules if rule.category == category)

    return Specs(safety=of("safety"), behavioral=of("behavioral"))


def _of_calls(options: AnswerOptions) -> CallOptions:
    known = CallOptions.__annotations__
    return cast(CallOptions, {name: one for name, one in options.items() if name in known})
