"""Judges: a response and a rule in, a verdict out; quality judges score a response without a rule.

The `check` judge is code and needs no model. A judge of kind `llm` is *unmeasured* until its
agreement with people is known: its verdicts are kept apart and enter no total.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar, Literal, NamedTuple

from specloop.llm.base import Model
from specloop.records import Message, QualityScore, Response, Rule, Verdict, content_id
from specloop.registry import Registry, Strategy


class JudgeCase(NamedTuple):
    """What a judge decides: did the response to these messages keep this rule?"""

    messages: tuple[Message, ...]
    response: Response
    rule: Rule

    @property
    def request(self) -> str:
        """The last user message: what a rule's condition is about."""
        return last_request(self.messages)


class Judge(Strategy):
    """Decides one (response, rule). What it cannot read or tell is `unscored`, never a guess."""

    kind: ClassVar[Literal["check", "llm"]]

    @abstractmethod
    async def judge(self, case: JudgeCase, model: Model | None) -> Verdict:
        """The verdict; raises ModelError where the model gave no reply at all."""


class QualityJudge(Strategy):
    """Scores how good an answer is, apart from any rule."""

    @abstractmethod
    async def score(
        self, messages: Sequence[Message], response: Response, model: Model
    ) -> QualityScore:
        """A score in [0, 1], or None where the reply cannot be read."""


judges: Registry[Judge] = Registry(Judge, "specloop.judges")
quality_judges: Registry[QualityJudge] = Registry(QualityJudge, "specloop.judges")


def last_request(messages: Sequence[Message]) -> str:
    """The last user message of a conversation, or nothing."""
    return next((m.content for m in reversed(messages) if m.role == "user"), "")


def wrapped(tag: str, text: str) -> str:
    """Judged text between tags it cannot close: their name holds a digest of the text itself.

    A digest instead of a random number keeps the same request the same for the call cache.
    """
    name = f"{tag}-{content_id(text)[:8]}"
    return f"<{name}>\n{text}\n</{name}>"
