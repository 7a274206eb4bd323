"""Judge answers by a document's rules: make a judge's case of each, and records of the verdicts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from specloop.ended import NOTHING, UNENDED, End
from specloop.judging.base import Judge, JudgeCase, JudgeResult, by_code
from specloop.judging.ends import as_ended
from specloop.llm.base import Model
from specloop.records import (
    CATEGORIES,
    CODE,
    Answer,
    Judgement,
    Message,
    Rule,
    Spec,
    beyond_request,
    last_request,
)


class RuleCase(NamedTuple):
    """An answer to a conversation, and the rules to judge it by."""

    messages: tuple[Message, ...]
    answer: Answer
    rules: tuple[Rule, ...]

    @property
    def sorted_rules(self) -> list[Rule]:
        """The rules with those of safety first, as a judge lists them."""
        return sorted(self.rules, key=lambda rule: CATEGORIES.index(rule.category))

    @property
    def for_judge(self) -> JudgeCase:
        """The judge's case, in which a rule is known by its number within its category."""
        answer, numbers = self.answer, dict.fromkeys(CATEGORIES, 0)
        specs: list[Spec] = []
        for rule in self.sorted_rules:
            numbers[rule.category] += 1
            number, prohibits = numbers[rule.category], rule.type == "prohibition"
            specs.append(Spec(rule.category, number, rule.text, rule.check, prohibits, rule.id))
        return JudgeCase(
            specs=tuple(specs),
            query=last_request(self.messages),
            conversation=beyond_request(self.messages),
            response=answer.text,
            finish=answer.finish,
            silent=answer.silent,
        )


class RuleJudge(NamedTuple):
    """A judge under its name, with the model that it asks, if it asks one."""

    name: str
    judge: Judge
    model: Model | None = None

    async def judgement(self, case: RuleCase) -> Judgement:
        """A verdict on each rule, as far as the answer's end allows one.

        Nothing is asked about an empty answer. ModelError where the model gave no reply at all.
        """
        asked, result = case.for_judge, JudgeResult(())
        if asked.end not in NOTHING:
            result = await self.judge.judge(asked, self.model)
        verdicts = as_ended(result.verdicts, asked.specs, asked.end)
        return self.of(case.answer, result._replace(verdicts=verdicts))

    def of(self, answer: Answer, result: JudgeResult) -> Judgement:
        """What a result comes to for an answer."""
        return Judgement.of(
            **result._asdict(),
            answer=answer.id,
            judge=self.name,
            settings=self.judge.model_dump(mode="json", exclude_defaults=True),
            model=self.model.name if self.model else CODE,
            request_digest=self.judge.digest,
        )


def check_judgement(case: RuleCase) -> Judgement:
    """The verdicts of code on the rules that have a check."""
    verdicts = by_code(case.for_judge)
    return Judgement.of(verdicts, answer=case.answer.id, judge="check", model=CODE)


def unread(end: End, judgement: Judgement) -> Iterator[str]:
    """Why each of a model's verdicts on an answer that ended like this could not be read; empty for
    one that could.

    Yields nothing where the verdicts do not show it: code's verdicts, those that the answer left
    open, and those on an answer that seems to write its own.
    """
    if judgement.suspicions or end in NOTHING or end in UNENDED:
        return
    for verdict in judgement.verdicts:
        if verdict.kind == "model":
            trouble = verdict.rationale or "it gave no verdict"
            yield trouble if verdict.value == "unscored" else ""
