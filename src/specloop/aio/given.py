"""What the library is given in plain Python, as records: rules, conversations, sampling."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from pydantic import ValidationError

from specloop.ended import is_blank
from specloop.errors import InputError, not_this
from specloop.jsontext import first_fault
from specloop.records import Message, Rubric, RubricText, Rule, Sampling, must_ask
from specloop.spec.edits import stated_rule
from specloop.synth.annotate import annotate_plainly

AnyRules = str | Rule | Iterable[str | Rule]
"""A specification that was read, rules, or sentences; one alone is a rule as well."""
AnyRubrics = Mapping[str, Mapping[str, str]] | Iterable[Rubric]
"""What keeps and what breaks each rule, by the rule's text; or rubrics that were read."""
AnyMessages = str | Message | Mapping[str, Any] | Sequence[str | Message | Mapping[str, Any]]
"""A request, or the turns of a conversation: `{"role": "user", "content": "..."}`."""


def as_rules(rules: AnyRules) -> list[Rule]:
    """The rules in their order, each once; a sentence has the check that it stands for."""
    each = several(rules, str | Rule, "rules: sentences, rules, or a specification that was read")
    return list({rule.id: rule for rule in map(_rule, each)}.values())


def need_rules(rules: AnyRules) -> list[Rule]:
    """The same; InputError where there is none."""
    known = as_rules(rules)
    if not known:
        raise InputError("no rules: give sentences, rules, or what specloop.read() has read")
    return known


def _rule(rule: object) -> Rule:
    if isinstance(rule, Rule):
        return rule
    if not isinstance(rule, str) or is_blank(rule):
        raise InputError(f"a rule is a sentence or a specloop.Rule, not {rule!r:.60}")
    return annotate_plainly(stated_rule(" ".join(rule.split())))


def as_rubrics(rubrics: AnyRubrics) -> list[Rubric]:
    """The rubrics; InputError names the rule whose rubric is none."""
    if not isinstance(rubrics, Mapping):
        return several(rubrics, Rubric, "rubrics: texts by rule, or records")
    by_rule = cast(Mapping[str, Mapping[str, str]], rubrics)
    return [_rubric(rule, text) for rule, text in by_rule.items()]


def _rubric(rule: str, text: Mapping[str, str]) -> Rubric:
    try:
        return Rubric(rule_text=rule, text=RubricText.model_validate(text))
    except ValidationError as error:
        raise InputError(
            f"rubric of {rule[:60]!r}: {first_fault(error)}; it has keeps and breaks, and may have"
            " does_not_apply"
        ) from None


def as_messages(messages: AnyMessages) -> tuple[Message, ...]:
    """The turns of a conversation that ends with what is to be answered; a text alone is the
    user's. InputError names the turn that is none."""
    each = several(messages, str | Message | Mapping, "messages: a text, or a list of turns")
    turns = tuple(_message(number, one) for number, one in enumerate(each))
    must_ask(turns)
    if not turns[-1].written.strip():
        raise InputError("messages: the last turn is blank, so nothing is asked")
    return turns


def several(given: Any, single: Any, what: str) -> list[Any]:
    """Several things, or one alone; InputError where it is neither."""
    if isinstance(given, single):
        return [given]
    if not isinstance(given, Iterable):
        raise InputError(f"{what}; not {given!r:.60}")
    return list(cast(Iterable[Any], given))


def _message(number: int, given: str | Message | Mapping[str, Any]) -> Message:
    if isinstance(given, Message):
        return given
    content = {"role": "user", "content": given} if isinstance(given, str) else given
    try:
        return Message.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, ("messages", number, *first["loc"])))
        said = first["msg"].removeprefix("Value error, ")
        raise InputError(
            f'{where}: {said}; a turn is {{"role": "user", "content": "..."}}, or a text'
        ) from None


def as_sampling(given: Mapping[str, Any], usual: Sampling) -> Sampling:
    """How a reply is drawn, where not as usual; InputError on a bad value."""
    try:
        return Sampling.model_validate(usual.model_dump() | dict(given))
    except ValidationError as error:
        first = error.errors()[0]
        raise InputError(f"{first['loc'][0]}: {first['msg']}{not_this(first['input'])}") from None
