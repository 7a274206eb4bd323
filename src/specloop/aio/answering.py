"""Answer one conversation by a model, through a test-time method."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from typing_extensions import Unpack

from specloop.aio.calls import AnyModel, CallOptions, no_other, of_calls, opened
from specloop.aio.given import AnyMessages, AnyRules, as_messages, as_rules, as_sampling
from specloop.config import RoleName
from specloop.errors import InputError
from specloop.methods import methods
from specloop.records import (
    Answer,
    Cost,
    Message,
    Rule,
    Sampling,
    Spec,
    Specs,
    beyond_request,
    last_request,
)
from specloop.responding.answers import CaseToAnswer, answer_case
from specloop.responding.base import MethodContext, Task
from specloop.responding.entrant import Entrant
from specloop.responding.wording import OURS
from specloop.scorers import scorers

_USUAL = Sampling(max_tokens=1024)
_DRAWN = ("max_tokens", "temperature", "top_p", "top_k", "seed")


class AnswerOptions(CallOptions, total=False):
    """How an answer is drawn and chosen, and how the calls for it are made."""

    max_tokens: int
    """Tokens of each reply; 1024 by default."""
    temperature: float
    """0 by default."""
    top_p: float
    top_k: int
    seed: int
    scorer: str | Mapping[str, Any]
    """The scorer by which best_of_n, tpo and self_refine choose: a name, or a table."""
    scorer_model: AnyModel
    """The model that the scorer asks."""


@dataclass(frozen=True)
class ModelAnswer:
    """An answer with its conversation and rules. It prints as its text."""

    record: Answer
    """The text, the thought before it, each call with its tokens, candidates and their scores."""
    messages: tuple[Message, ...]
    rules: tuple[Rule, ...]
    cost: Cost

    @property
    def text(self) -> str:
        """The answer's text."""
        return self.record.text

    def __str__(self) -> str:
        return self.text


async def answer(
    model: AnyModel,
    messages: AnyMessages,
    rules: AnyRules = (),
    method: str | Mapping[str, Any] = "vanilla",
    **options: Unpack[AnswerOptions],
) -> ModelAnswer:
    """Let a model answer, under rules if there are any, through a test-time method.

    `method` is a name, such as `align3`, or a table with its options. InputError if something that
    the method needs is missing, ModelError if a call failed.
    """
    no_other(options, AnswerOptions.__annotations__)
    turns, given = as_messages(messages), as_rules(rules)
    drawn = {name: value for name, value in options.items() if name in _DRAWN}
    sampling = as_sampling(drawn, _USUAL)
    built = methods.build(method)
    if not given and built.usually_told != "nothing":
        raise InputError(f"answer: {methods.name_of(built)} works on rules; give some")
    scorer = scorers.build(options["scorer"]) if "scorer" in options else None
    scored_by = options.get("scorer_model")
    roles: dict[RoleName, AnyModel | None] = {"target": model, "scorer": scored_by}
    async with opened(roles, of_calls(options)) as models:
        target, scoring = models.models.get("target"), models.models.get("scorer")
        if target is None:
            raise InputError("answer: name a model, such as 'embedded:smollm2-135m'")
        name = target.model.name
        entrant = Entrant.make(name, method, "rules" if given else None)
        context = MethodContext(target.model, OURS, scorer, scoring.model if scoring else None)
        specs = Specs.of(Spec(rule.category, 0, rule.text) for rule in given)
        task = Task(last_request(turns), specs, beyond_request(turns))
        blank = Answer(case="", method=entrant.name, model=name, sampling=sampling, text="")
        record = await answer_case(CaseToAnswer(task, blank), entrant, context)
    return ModelAnswer(record, turns, tuple(given), models.cost)
