"""A model for rehearsals: it answers nothing and counts what it is asked.

Least: every reply is as short as can be, thoughts are ended and judges are understood at once.
Most: every reply is as long as the settings allow, judges are asked again as often as they may be,
and methods that can stop early do not.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from specloop.llm.base import Capabilities, Reply, Request
from specloop.methods._think import END
from specloop.pipeline.estimate import CHARS_PER_TOKEN
from specloop.records import Message, Sampling

LEAST_REPLY = 5
"""Tokens."""


class Amount(NamedTuple):
    """What one role was asked."""

    calls: float = 0.0
    prompt: float = 0.0
    """Tokens, as are those of the completion."""
    completion: float = 0.0

    def plus(self, other: Amount, share: float = 1.0) -> Amount:
        """With so many times the other."""
        return Amount(*(a + share * b for a, b in zip(self, other, strict=True)))


class Rehearsal:
    """A model that answers every request with a text of the same length, and counts."""

    def __init__(self, *, least: bool, native: bool = True, begun: str = "") -> None:
        self.name = "rehearsal"
        self.capabilities = Capabilities(native, True, True, True, True, True)
        self.asked = Amount()
        self._least, self._begun = least, begun
        self._chars = CHARS_PER_TOKEN[0 if least else 1]

    async def aopen(self) -> None:
        """Nothing to find out."""

    async def generate(self, request: Request) -> Reply:
        """Count, and say something of the length; the least ends a thought that it was begun
        with."""
        sent = sum(len(m.content) for m in request.messages) + len(request.prefill)
        most = request.sampling.max_tokens
        tokens = min(LEAST_REPLY, most) if self._least else most
        self.asked = self.asked.plus(Amount(1, sent / self._chars, tokens))
        ends = self._least and request.prefill and not request.sampling.stop
        text = text_of(tokens * self._chars)
        return Reply(text=f"{END if ends else ''}{self._begun}{text}")

    async def score(self, messages: Sequence[Message], continuation: str) -> tuple[float, ...]:
        """Count."""
        await self.generate(Request(messages=tuple(messages), sampling=Sampling(max_tokens=1)))
        return (-1.0,)

    async def aclose(self) -> None:
        """Nothing to free."""


def text_of(n_chars: int) -> str:
    """A text of that length."""
    return ("word " * (n_chars // 5 + 1))[:n_chars]
