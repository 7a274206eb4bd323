"""A model for rehearsals: it answers nothing and counts what it is asked.

Least: thoughts are ended and judges are understood at once. Most: judges are asked again as often
as they may be, and methods that can stop early do not. Both tell how many calls there are. With
`usual` replies it tells what is likely, tokens too: they are as long as replies usually are, and
understood at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from specloop.judging.base import JudgeCase
from specloop.llm.base import Capabilities, Model, Reply, Request
from specloop.records import Message, Sampling
from specloop.responding.thinking import END
from specloop.responding.wording import NOTHING_TO_CHANGE
from specloop.scorers import Scorer, ScorerResult

CHARS_PER_TOKEN = 5
"""Of English, as is usual."""
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


class Usual(NamedTuple):
    """How replies usually are."""

    tokens: Callable[[], float]
    """Of the reply to the call that was begun last."""
    chars: float
    """Characters a token."""
    seen: set[str] | None = None
    """Keys of the requests that were asked before: those are paid once."""


class Rehearsal:
    """A model that answers every request with a text of the same length, and counts."""

    def __init__(
        self, *, least: bool, native: bool = True, begun: str = "", usual: Usual | None = None
    ) -> None:
        self.name = "rehearsal"
        self.capabilities = Capabilities(native, True, True, True, True, True)
        self.asked = Amount()
        self.paid = Amount()
        """Without requests that were seen before."""
        self._least, self._begun, self._usual = least, begun, usual
        self._chars = usual.chars if usual else CHARS_PER_TOKEN

    async def aopen(self) -> None:
        """Nothing to find out."""

    async def generate(self, request: Request) -> Reply:
        """Count, and say something of its length; the least ends a thought that it was begun
        with."""
        sent = sum(len(m.written) for m in request.messages) + len(request.prefill)
        usual = self._usual.tokens() if self._usual else LEAST_REPLY
        tokens = min(usual, request.sampling.max_tokens)
        took, mark = Amount(1, sent / self._chars, tokens), ""
        self.asked = self.asked.plus(took)
        if self._usual and self._usual.seen is not None:
            # Another reply to every request, as models give.
            mark = request.key(str(self.capabilities.prefill))
            took = Amount() if mark in self._usual.seen else took
            self._usual.seen.add(mark)
        self.paid = self.paid.plus(took)
        ends = self._least and request.prefill and not request.sampling.stop
        text = text_of(round(tokens * self._chars))
        if self._usual is None:  # As methods end soonest, or latest: no two answers are the same.
            text += f"\n{NOTHING_TO_CHANGE}" if self._least else f" {self.asked.calls:g}"
        return Reply(text=f"{END if ends else ''}{self._begun}{mark}{text}")

    async def score(self, messages: Sequence[Message], continuation: str) -> tuple[float, ...]:
        """Count."""
        await self.generate(Request(messages=tuple(messages), sampling=Sampling(max_tokens=1)))
        return (-1.0,)

    async def aclose(self) -> None:
        """Nothing to free."""


class Silent(Scorer):
    """In the place of a scorer that asks nobody."""

    asks = False

    async def score(self, case: JudgeCase, model: Model | None) -> ScorerResult:
        """Nothing."""
        return ScorerResult(None)


def text_of(n_chars: int) -> str:
    """A text of that length."""
    return ("word " * (n_chars // 5 + 1))[:n_chars]
