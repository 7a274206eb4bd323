"""Estimate the most tokens that a call may take, from what is sent and from earlier calls.

Before the first call every byte of the prompt counts as a token, which no tokenizer exceeds. Then
letters and spaces count at the worst rate seen plus half; every other byte still counts as a token.
If an answer is longer than allowed, the server ignores the limit: from then on the longest answer
seen plus half counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, TypeGuard, runtime_checkable

from pydantic_core import to_json

from specloop.llm.base import Request, Usage

_PER_TURN = 16
"""Tokens that a chat template puts around a turn, and before all turns."""
_MARGIN = 1.5
_WORDS = bytes(range(65, 91)) + bytes(range(97, 123)) + b" "
_LENGTH = re.compile(r"max_\w*tokens|\w*_predict|budget_tokens|max_length")
_DRAWN = ("n", "best_of", "num_return_sequences")


class Sent(NamedTuple):
    """What a request sends to a server."""

    words: int
    """Bytes of the prompt that are letters and spaces."""
    others: int
    """The other bytes, and what the template adds."""
    completion: int | None
    """The most tokens of the answer; None: no limit is sent."""

    @property
    def bytes(self) -> int:
        """The prompt's tokens at one token a byte."""
        return self.words + self.others


@runtime_checkable
class Asks(Protocol):
    """A model that knows what it actually sends for a request."""

    def sent(self, request: Request) -> Sent:
        """The prompt and the most that its answer may take."""
        ...


def sent_by(model: object, request: Request) -> Sent:
    """What a model sends for a request; by default the request as it is."""
    while not isinstance(model, Asks) and hasattr(model, "inner"):
        model = getattr(model, "inner")  # noqa: B009  (a wrapper's)
    if isinstance(model, Asks):
        return model.sent(request)
    turns = [message.written for message in request.messages]
    more = [request.prefill, request.json_schema, request.regex]
    return _sent([*turns, *filter(None, more)], request.sampling.max_tokens)


def sent_in(payload: Mapping[str, Any], length: str, context: int = 0) -> Sent:
    """What the final body of a request sends to a server.

    `length` is the name of the parameter for the longest answer; the context is 0 if unknown.
    """
    texts = [
        to_json(value).decode() for value in payload.values() if isinstance(value, list | dict)
    ]
    texts += [value for value in payload.values() if isinstance(value, str)]
    turns = payload.get("messages")
    n_turns = len(turns) if isinstance(turns, list) else 1
    most = _completion(payload, length)
    return _sent(texts, context or None if most is None else most, n_turns)


def _sent(texts: Sequence[str], completion: int | None, n_turns: int = 0) -> Sent:
    whole = "".join(texts).encode(errors="replace")
    others = len(whole.translate(None, _WORDS))
    added = _PER_TURN * (1 + (n_turns or len(texts)))
    return Sent(len(whole) - others, others + added, completion)


def _completion(payload: Mapping[str, Any], length: str) -> int | None:
    """The longest length that any parameter allows, times the answers drawn; None: no bound."""
    lengths = [v for name, v in payload.items() if name == length or _LENGTH.fullmatch(name)]
    counts = [value for value in lengths if _is_count(value)]
    # Others are values such as -1, which some servers read as no limit.
    if not counts or len(counts) < len(lengths):
        return None
    return max([*counts, *_inside(payload)]) * n_answers(payload)


def n_answers(payload: Mapping[str, Any]) -> int:
    """How many answers are drawn."""
    return max([n for name in _DRAWN if _is_count(n := payload.get(name))], default=1)


def _inside(payload: Mapping[str, Any]) -> Iterator[int]:
    """Lengths in tables, such as the limit on reasoning."""
    for table in (value for value in payload.values() if isinstance(value, dict)):
        yield from (v for name, v in table.items() if _LENGTH.fullmatch(name) and _is_count(v))
        yield from _inside(table)


def _is_count(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


class Seen:
    """What calls of one role to one model have taken."""

    def __init__(self) -> None:
        self.any = False
        self._rate, self._surplus, self._longest = 0.0, 0.0, 0.0
        self._binds = True

    def learn(self, sent: Sent, usage: Usage) -> bool:
        """Note what a call took; returns whether that changes what others may take."""
        before = (self.any, self._rate, self._surplus, self._longest if not self._binds else 0)
        self.any = True
        self._rate = max(self._rate, min(1.0, usage.prompt_tokens / sent.bytes))
        self._surplus = max(self._surplus, usage.prompt_tokens - sent.bytes)
        self._longest = max(self._longest, usage.completion_tokens)
        if sent.completion is None or usage.completion_tokens > sent.completion:
            self._binds = False
        return before != (
            (self.any, self._rate, self._surplus, self._longest if not self._binds else 0)
        )

    def most(self, sent: Sent) -> Usage:
        """The most that a call may take, judging by earlier calls."""
        rate = min(1.0, _MARGIN * self._rate) if self.any else 1.0
        prompt = sent.others + rate * sent.words + _MARGIN * self._surplus
        longest = 0.0 if self._binds and sent.completion is not None else _MARGIN * self._longest
        return Usage(
            prompt_tokens=int(prompt) + 1, completion_tokens=int(max(sent.completion or 0, longest))
        )
