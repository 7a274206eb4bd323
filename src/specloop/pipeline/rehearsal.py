"""What rehearsals of the loop and of benchmarks share: amounts, texts, a stand-in for a scorer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from pydantic import SkipValidation

from specloop.judging.base import JudgeCase
from specloop.llm.base import Model, Reply, Request
from specloop.llm.calls.cache import StoredCalls
from specloop.llm.structured import told_in_words
from specloop.scorers import Scorer, ScorerResult


class Amount(NamedTuple):
    """What one role was asked."""

    calls: float = 0.0
    prompt: float = 0.0
    """Tokens, as are those of the completion."""
    completion: float = 0.0

    def plus(self, other: Amount, share: float = 1.0) -> Amount:
        """With so many times the other."""
        return Amount(*(a + share * b for a, b in zip(self, other, strict=True)))


def reply_before(
    request: Request, who: str, replies: Mapping[str, Reply], stored: StoredCalls
) -> Reply | None:
    """The reply to the same call of a model earlier in a rehearsal, or the one that is stored."""
    key = request.key(who)
    found = replies.get(key) or stored.get(key)
    if found is None and request.json_schema:
        # Only a server that has been spoken to is known to take a schema as such.
        found = stored.get(told_in_words(request).key(who))
    return found


class ScorerStandIn(Scorer):
    """Asks as another scorer does, if that asks the scorer role's model, and gives another value.
    What it would ask of a model of its own is nobody's to pay."""

    inner: SkipValidation[Scorer]
    value: SkipValidation[Callable[[JudgeCase], float | None]]

    async def score(self, case: JudgeCase, model: Model | None) -> ScorerResult:
        """The value that is given."""
        if self.inner.asks:
            await self.inner.score(case, model)
        return ScorerResult(self.value(case))


def text_of(n_chars: int) -> str:
    """A text of that length."""
    return ("word " * (n_chars // 5 + 1))[:n_chars]
