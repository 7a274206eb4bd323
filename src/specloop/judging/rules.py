"""An answer with a document's rules as a judge's case, and what code says of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from specloop.ended import NOTHING, UNENDED, End
from specloop.judging.base import JudgeCase, by_code
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


def rule_case(messages: Sequence[Message], answer: Answer, rules: Iterable[Rule]) -> JudgeCase:
    """What a judge is given of an answer to a conversation; a rule is known by its number within
    its category, those of safety first."""
    numbers = dict.fromkeys(CATEGORIES, 0)
    specs: list[Spec] = []
    for rule in sorted(rules, key=lambda rule: CATEGORIES.index(rule.category)):
        numbers[rule.category] += 1
        number, prohibits = numbers[rule.category], rule.type == "prohibition"
        specs.append(Spec(rule.category, number, rule.text, rule.check, prohibits, rule.id))
    return JudgeCase(
        specs=tuple(specs),
        query=last_request(messages),
        conversation=beyond_request(messages),
        answer=answer.id,
        response=answer.text,
        finish=answer.finish,
        silent=answer.silent,
    )


def check_judgement(case: JudgeCase) -> Judgement:
    """The verdicts of code on the rules that have a check."""
    return Judgement.of(by_code(case), answer=case.answer, judge="check", model=CODE)


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
