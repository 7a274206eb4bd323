"""Verdicts on one answer, rule by rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from typing_extensions import Unpack

from specloop.aio.answering import ModelAnswer
from specloop.aio.calls import AnyModel, CallOptions, opened
from specloop.aio.given import (
    AnyMessages,
    AnyRubrics,
    AnyRules,
    as_messages,
    as_rubrics,
    need_rules,
)
from specloop.aio.tables import Tabular
from specloop.errors import InputError
from specloop.judges import grader_of
from specloop.judging.base import rule_case
from specloop.judging.guides import guides_of
from specloop.records import Answer, Cost, Judgement, Message, Rule, Verdict


@dataclass(frozen=True, repr=False)
class Verdicts(Tabular):
    """A verdict on each rule, in the order of the rules."""

    judgement: Judgement
    """The judgement, with the judge's reply, signs that the answer writes its own verdict, and
    repairs."""
    rules: tuple[Rule, ...]
    cost: Cost

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """One verdict per rule."""
        by_rule = {verdict.rule: verdict for verdict in self.judgement.verdicts}
        return tuple(by_rule[rule.id] for rule in self.rules)

    def __iter__(self) -> Iterator[Verdict]:
        return iter(self.verdicts)

    def __len__(self) -> int:
        return len(self.verdicts)

    @property
    def compliance(self) -> float | None:
        """The share of the rules with a YES among those with a YES or a NO; None if there is
        neither."""
        values = Counter(verdict.value for verdict in self.verdicts)
        n = values["YES"] + values["NO"]
        return values["YES"] / n if n else None

    def rows(self) -> list[dict[str, Any]]:
        """One row per rule: YES, NO, NA or unscored, by which judge and why."""
        return [
            {
                "rule": rule.text,
                "verdict": verdict.value,
                "judge": verdict.judge,
                "why": verdict.rationale,
                "probability": verdict.probability,
            }
            for rule, verdict in zip(self.rules, self.verdicts, strict=True)
        ]

    @property
    def note(self) -> str:
        """The number of each verdict, and the cost."""
        values = Counter(verdict.value for verdict in self.verdicts)
        counts = ", ".join(f"{n} {value}" for value, n in sorted(values.items()))
        return f"{counts}; {self.cost.n_calls} calls"


async def judge(  # noqa: PLR0913 - one parameter an option
    answer: str | ModelAnswer,
    rules: AnyRules = (),
    *,
    messages: AnyMessages = "",
    judge: str | Mapping[str, Any] = "",
    model: AnyModel | None = None,
    rubrics: AnyRubrics = (),
    **calls: Unpack[CallOptions],
) -> Verdicts:
    """Judge an answer by each rule: by code if a check decides it, otherwise by the judge.

    An answer of `specloop.answer` has its conversation and rules. `judge` is a name, or
    a table with its options; by default `sequential` on the `model`, and `check`, which asks
    nothing, without one. It is shown with each rule what that depends on among the `rules`, and its
    rubric, if `rubrics` has one: `{RULE: {"keeps": ..., "breaks": ...}}`, or records. Verdicts of a
    model are unmeasured until you have compared them with people's. InputError if a judge lacks its
    model, ModelError if it gave no reply.
    """
    given = need_rules(rules or (answer.rules if isinstance(answer, ModelAnswer) else ()))
    case = rule_case(*_judged(answer, messages), given)
    guides = guides_of(as_rubrics(rubrics), given)
    async with opened({"judge": model}, calls) as models:
        role_model = models.models.get("judge")
        asked = role_model.model if role_model else None
        grader = grader_of(judge or ("sequential" if asked else "check"), asked, guides)
        judgement = await grader.ended_judgement(case, asked)
    return Verdicts(judgement, tuple(given), models.cost)


def _judged(answer: object, messages: AnyMessages) -> tuple[tuple[Message, ...], Answer]:
    """The conversation and the answer to it."""
    if isinstance(answer, ModelAnswer):
        return as_messages(messages) if messages else answer.messages, answer.record
    if not isinstance(answer, str):
        raise InputError("answer: give a text, or what specloop.answer() has returned")
    turns = as_messages(messages) if messages else (Message(role="user", content=""),)
    return turns, Answer(case="", model="", text=answer)
