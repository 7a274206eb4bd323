"""Verdicts on a document's rules: an answer with its rules as a judge's case, and what comes back
as records."""

from __future__ import annotations

from typing import NamedTuple

from specloop.conversation import beyond_request
from specloop.ended import NOTHING, UNENDED, End
from specloop.judging.base import Judge, JudgeCase, JudgeResult, by_code
from specloop.judging.ends import as_ended
from specloop.llm.base import Model
from specloop.records import (
    Answer,
    Category,
    MadeBy,
    Message,
    Rule,
    Spec,
    SpecVerdict,
    Verdict,
    content_id,
    last_request,
)

_CATEGORIES: tuple[Category, ...] = ("safety", "behavioral")


class RuleCase(NamedTuple):
    """An answer to a conversation, and the rules that it is judged by."""

    messages: tuple[Message, ...]
    answer: Answer
    rules: tuple[Rule, ...]

    @property
    def sorted_rules(self) -> list[Rule]:
        """Those of safety first, as a judge lists them."""
        return sorted(self.rules, key=lambda rule: _CATEGORIES.index(rule.category))

    @property
    def for_judge(self) -> JudgeCase:
        """What a judge is given; a rule is known by its number within its category."""
        answer, numbers = self.answer, dict.fromkeys(_CATEGORIES, 0)
        specs: list[Spec] = []
        for rule in self.sorted_rules:
            numbers[rule.category] += 1
            number, prohibits = numbers[rule.category], rule.type == "prohibition"
            specs.append(Spec(rule.category, number, rule.text, rule.check, prohibits))
        return JudgeCase(
            specs=tuple(specs),
            query=last_request(self.messages),
            conversation=beyond_request(self.messages),
            response=answer.text,
            finish=answer.finish,
            silent=answer.silent,
        )


class RuleJudge(NamedTuple):
    """A judge under its name, on a model where it asks one."""

    name: str
    judge: Judge
    model: Model | None = None

    @property
    def label(self) -> str:
        """What its verdicts are told by in records and tables."""
        return f"{self.name}:{self.model.name}" if self.model else self.name

    @property
    def made_by(self) -> MadeBy:
        """With a digest of its wording and its options."""
        options = self.judge.model_dump(mode="json", exclude_defaults=True)
        return MadeBy(
            model=self.model.name if self.model else "code",
            prompt=content_id([self.judge.digest, options]),
        )

    async def verdicts(self, case: RuleCase) -> list[Verdict]:
        """A verdict on each rule, as far as the answer's end allows one; ModelError where the model
        gave no reply at all. Nothing is asked about an answer that holds nothing."""
        asked, result = case.for_judge, JudgeResult(())
        if asked.end not in NOTHING:
            result = await self.judge.judge(asked, self.model)
        verdicts = as_ended(result.verdicts, asked.specs, asked.end)
        return [
            _record(case.answer, rule, verdict, (self, result.suspicions))
            for rule, verdict in zip(case.sorted_rules, verdicts, strict=True)
        ]


def check_verdicts(case: RuleCase) -> list[Verdict]:
    """The verdicts of code on the rules that have a check."""
    rules = [rule for rule in case.sorted_rules if rule.check is not None]
    verdicts = by_code(case.for_judge)
    return [_record(case.answer, *pair) for pair in zip(rules, verdicts, strict=True)]


def _record(
    answer: Answer,
    rule: Rule,
    verdict: SpecVerdict,
    asked: tuple[RuleJudge, tuple[str, ...]] | None = None,
) -> Verdict:
    judge, suspicions = asked if asked and verdict.kind == "llm" else (None, ())
    return Verdict(
        answer=answer.id,
        rule=rule.id,
        value=verdict.value,
        judge=judge.label if judge else "check",
        kind=verdict.kind,
        rationale=verdict.rationale,
        probability=verdict.probability,
        over_applied=verdict.over_applied,
        suspicions=suspicions,
        made_by=judge.made_by if judge else None,
    )


def unread(end: End, verdict: Verdict) -> str | None:
    """Why a model's reply on an answer that ended so could not be read; empty where it could. None
    where that cannot be told: by code's verdicts, and by those that the answer left open."""
    if verdict.suspicions or verdict.kind != "llm" or end in NOTHING or end in UNENDED:
        return None
    return (verdict.rationale or "it gave no verdict") if verdict.value == "unscored" else ""
