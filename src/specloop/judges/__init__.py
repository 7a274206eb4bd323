"""Judges: a response and a rule in, a verdict out; quality judges score a response without a rule.

The `check` judge is code and needs no model. A judge of kind `llm` is *unmeasured* until its
agreement with people is known: its verdicts are kept apart and enter no total.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar, Literal, NamedTuple

from specloop.ended import NOTHING, UNENDED, End, in_words
from specloop.judging.base import Judge
from specloop.judging.guard import FULL, call_key
from specloop.llm.base import Model
from specloop.records import MadeBy, Message, QualityScore, Response, Rule, Verdict
from specloop.registry import Registry, Strategy
from specloop.turntokens import broken_up


class RuleCase(NamedTuple):
    """What a judge decides: did the response to these messages keep this rule?"""

    messages: tuple[Message, ...]
    response: Response
    rule: Rule

    @property
    def request(self) -> str:
        """The last user message: what a rule's condition is about."""
        return last_request(self.messages)


class RuleJudge(Strategy):
    """Decides one (response, rule). What it cannot read or tell is `unscored`, never a guess."""

    kind: ClassVar[Literal["check", "llm"]]

    @abstractmethod
    async def judge(self, case: RuleCase, model: Model | None) -> Verdict:
        """The verdict; raises ModelError where the model gave no reply at all."""


class QualityJudge(Strategy):
    """Scores how good an answer is, apart from any rule."""

    @abstractmethod
    async def score(
        self, messages: Sequence[Message], response: Response, model: Model
    ) -> QualityScore:
        """A score in [0, 1], or None where the reply cannot be read."""


judges: Registry[Judge] = Registry(Judge, "specloop.judges")
rule_judges: Registry[RuleJudge] = Registry(RuleJudge, "specloop.judges")
quality_judges: Registry[QualityJudge] = Registry(QualityJudge, "specloop.judges")


async def ask_about(case: RuleCase, judge: RuleJudge, model: Model) -> Verdict:
    """A model's verdict, as far as the answer's end allows one.

    Nothing is asked about an answer that holds nothing. Of one that did not end by itself only the
    break of a prohibition counts: it stands in the text, whatever the end might have brought.
    """
    end = case.response.end
    if end in NOTHING:
        return Verdict(
            response=case.response.id,
            rule=case.rule.id,
            value="unscored",
            judge=f"{rule_judges.name_of(judge)}:{model.name}",
            kind=judge.kind,
            rationale=in_words(end),
            made_by=MadeBy(model=model.name),
        )
    found = await judge.judge(case, model)
    if end not in UNENDED or found.value == "unscored":
        return found
    if found.value == "NO" and case.rule.type == "prohibition":
        return found
    told = f"{in_words(end)}; the judge said {found.value}: {found.rationale}"
    return Verdict.model_validate(
        found.model_dump() | {"id": "", "value": "unscored", "rationale": told}
    )


def unread(end: End, verdict: Verdict) -> str | None:
    """Why a model's reply on an answer that ended so could not be read; empty where it could. None
    where that cannot be told: by code's verdicts, and by those that the answer left open."""
    if verdict.suspicions or verdict.kind != "llm" or end in NOTHING or end in UNENDED:
        return None
    return (verdict.rationale or "it gave no verdict") if verdict.value == "unscored" else ""


def last_request(messages: Sequence[Message]) -> str:
    """The last user message of a conversation, or nothing."""
    return next((m.content for m in reversed(messages) if m.role == "user"), "")


def wrapped(tag: str, text: str) -> str:
    """A text that is data, its turn tokens broken up, between tags it can't close: their name holds
    a digest of the whole text that does not occur in it.

    A digest instead of a random word keeps the same request the same for the call cache.
    """
    text = broken_up(text)
    name = f"{tag}-{call_key(text, syllables=FULL)}"
    return f"<{name}>\n{text}\n</{name}>"
