# pyright: basic
"""What Inspect's providers answer and how they fail, in our terms."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from specloop.ended import Finish
from specloop.errors import ContextError, ModelError, RefusedError, TransientModelError
from specloop.llm.base import Alternative, Reply, Request, Usage
from specloop.llm.calls.retry import asked_wait
from specloop.llm.context import is_about
from specloop.llm.thinking import Begun, ReplyParts, apart, ended
from specloop.scrub import scrub_error

_FINISH: dict[str, Finish] = {
    "stop": "stop",
    "max_tokens": "length",
    "model_length": "length",
    "content_filter": "filter",
}
_TRANSIENT = {408, 409, 425, 429}
_PASSING = ("ConnectionError", "ConnectError", "ProtocolError", "Timeout", "TimeoutError")
"""Ends of the names of exceptions that client libraries raise for what may pass."""


def to_reply(name: str, output: Any, request: Request) -> Reply:
    """The reply; RefusedError where a provider's refusal was put into the form of one."""
    if not output.choices:
        raise TransientModelError(f"{name}: the reply holds no choice")
    choice = output.choices[0]
    finish = finish_of(choice.stop_reason)
    if output.error or (finish in ("length", "filter") and _never_ran(output)):
        raise RefusedError(f"{name}: {scrub_error(output.error or output.completion)[:500]}", 400)
    said, reasoning = parts_of(choice.message.content)
    said = said.removeprefix(request.prefill)
    begun = Begun(cut=finish != "stop")
    # A provider that gives thoughts in a field leaves the text to the answer.
    parts = ReplyParts(reasoning, said) if reasoning or request.prefill else apart(said, begun)
    tokens = choice.logprobs.content if choice.logprobs else None
    return Reply(
        text=parts.text,
        reasoning=parts.thought,
        finish=ended(parts, begun, finish),
        usage=_usage(output.usage),
        logprobs=tuple(t.logprob for t in tokens) if tokens and request.logprobs else None,
        first_token=_alternatives(tokens[0], request) if tokens else None,
    )


def finish_of(stop_reason: str) -> Finish:
    """Inspect's reason for the end of a reply in our terms."""
    return _FINISH.get(stop_reason, "other")


def _never_ran(output: Any) -> bool:
    """A refusal of the request itself comes as an output whose text is the error's."""
    return output.usage is None and output.response_id is None


def parts_of(content: Any) -> tuple[str, str]:
    """Text and reasoning of a message."""
    if isinstance(content, str):
        return content, ""
    text = "".join(part.text for part in content if part.type == "text")
    thoughts = [part for part in content if part.type == "reasoning"]
    told = [(p.summary if p.redacted else p.reasoning or p.summary) or "" for p in thoughts]
    return text, "\n".join(filter(None, told))


def _usage(usage: Any) -> Usage:
    """Inspect counts cached tokens apart from the prompt's others."""
    if usage is None:
        return Usage()
    cached = usage.input_tokens_cache_read or 0
    return Usage(
        prompt_tokens=usage.input_tokens + cached + (usage.input_tokens_cache_write or 0),
        completion_tokens=usage.output_tokens,
        cached_tokens=cached,
        reasoning_tokens=usage.reasoning_tokens or 0,
    )


def _alternatives(token: Any, request: Request) -> tuple[Alternative, ...] | None:
    if not request.first_token or not token.top_logprobs:
        return None
    ranked = sorted(token.top_logprobs, key=lambda top: -top.logprob)
    return tuple(Alternative(token=top.token, logprob=top.logprob) for top in ranked)


def failure(name: str, error: Exception) -> ModelError:
    """An exception of Inspect or of a provider's library, by kind."""
    chain = list(_causes(error))
    # With its retries off, what Inspect would have tried again comes wrapped in one of these.
    told = next((e for e in chain if type(e).__name__ != "RetryError"), error)
    words = getattr(told, "provider_message", None) or str(told) or type(told).__name__
    message = f"{name}: {' '.join(scrub_error(str(words)).split())[:500]}"
    status = next(filter(None, map(_status, chain)), None)
    if status is None:
        return TransientModelError(message) if _may_pass(chain) else ModelError(message)
    if status in _TRANSIENT or status >= 500:
        return TransientModelError(message, _retry_after(chain))
    kind = ContextError if is_about(message) else RefusedError
    return kind(message, status)


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    at: BaseException | None = error
    while at is not None and id(at) not in seen:
        seen.add(id(at))
        yield at
        at = at.__cause__ or at.__context__


def _status(error: BaseException) -> int | None:
    """The HTTP status, under the names that client libraries give it."""
    for attribute in ("status_code", "status", "code"):
        value = getattr(error, attribute, None)
        if isinstance(value, int) and 400 <= value < 600:
            return value
    return None


def _may_pass(chain: list[BaseException]) -> bool:
    passing = (ConnectionError, TimeoutError, json.JSONDecodeError, ValidationError)
    names = {type(error).__name__ for error in chain}
    return (
        any(isinstance(error, passing) for error in chain)
        or "RetryError" in names
        or any(name.endswith(_PASSING) for name in names)
    )


def _retry_after(chain: list[BaseException]) -> float | None:
    for error in chain:
        headers = getattr(getattr(error, "response", None), "headers", None)
        if headers is not None and headers.get("retry-after"):
            return asked_wait(headers["retry-after"])
    return None
