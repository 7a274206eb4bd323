# pyright: basic
"""Translate the replies and failures of Inspect's providers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from specloop.ended import Finish
from specloop.errors import ContextError, ModelError, RefusedError, TransientModelError
from specloop.llm.base import Reply, Request, Usage, alternatives
from specloop.llm.calls.retry import asked_wait, is_transient
from specloop.llm.context import is_about
from specloop.llm.thinking import Begun, apart, ended
from specloop.scrub import scrub_error

_FINISH: dict[str, Finish] = {
    "stop": "stop",
    "max_tokens": "length",
    "model_length": "length",
    "content_filter": "filter",
}
_PASSING = (
    *("ConnectionError", "ConnectError", "ProtocolError"),
    *("RetryError", "Timeout", "TimeoutError"),
)
"""Name endings of exceptions that client libraries raise for transient failures."""


def to_reply(name: str, output: Any, request: Request) -> Reply:
    """The reply; RefusedError if it is a provider's refusal in the form of a reply."""
    if not output.choices:
        raise TransientModelError(f"{name}: the reply holds no choice")
    choice = output.choices[0]
    finish = finish_of(choice.stop_reason)
    if output.error or (finish in ("length", "filter") and _never_ran(output)):
        raise RefusedError(f"{name}: {scrub_error(output.error or output.completion)[:500]}", 400)
    text, reasoning = parts_of(choice.message.content)
    text = text.removeprefix(request.prefill)
    # If a provider gives thoughts in a field, the text holds only the answer.
    if not reasoning and not request.prefill:
        text, reasoning, finish = without_thought(text, finish)
    tokens = choice.logprobs.content if choice.logprobs else None
    first = tokens[0] if tokens else None
    return Reply(
        text=text,
        reasoning=reasoning,
        finish=finish,
        usage=_usage(output.usage),
        logprobs=tuple(t.logprob for t in tokens) if tokens and request.logprobs else None,
        first_token=alternatives(first.top_logprobs) if first and request.first_token else None,
    )


def without_thought(text: str, finish: Finish) -> tuple[str, str, Finish]:
    """The answer, the thought before it and how the reply ended."""
    begun = Begun(cut=finish != "stop")
    parts = apart(text, begun)
    return parts.text, parts.thought, ended(parts, begun, finish)


def finish_of(stop_reason: str) -> Finish:
    """Our finish reason for Inspect's."""
    return _FINISH.get(stop_reason, "other")


def _never_ran(output: Any) -> bool:
    """Whether it is a refusal of the request, which comes as an output with the error's text."""
    return output.usage is None and output.response_id is None


def parts_of(content: Any) -> tuple[str, str]:
    """The text and the reasoning of a message."""
    if isinstance(content, str):
        return content, ""
    text = "".join(part.text for part in content if part.type == "text")
    thoughts = [part for part in content if part.type == "reasoning"]
    reasoning = [(p.summary if p.redacted else p.reasoning or p.summary) or "" for p in thoughts]
    return text, "\n".join(filter(None, reasoning))


def _usage(usage: Any) -> Usage:
    """The usage. Inspect counts cached tokens separately from the rest of the prompt."""
    if usage is None:
        return Usage()
    cached = usage.input_tokens_cache_read or 0
    return Usage(
        prompt_tokens=usage.input_tokens + cached + (usage.input_tokens_cache_write or 0),
        completion_tokens=usage.output_tokens,
        cached_tokens=cached,
        reasoning_tokens=usage.reasoning_tokens or 0,
    )


def failure(name: str, error: Exception) -> ModelError:
    """Our exception for one of Inspect or of a provider's library."""
    chain = list(_causes(error))
    # With its retries off, Inspect wraps transient errors in one of these.
    cause = next((e for e in chain if type(e).__name__ != "RetryError"), error)
    words = getattr(cause, "provider_message", None) or str(cause) or type(cause).__name__
    message = f"{name}: {' '.join(scrub_error(str(words)).split())[:500]}"
    status = next(filter(None, map(_status, chain)), None)
    if status is None:
        return TransientModelError(message) if _may_pass(chain) else ModelError(message)
    if is_transient(status):
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
    """The HTTP status of an error, which client libraries name differently."""
    for attribute in ("status_code", "status", "code"):
        value = getattr(error, attribute, None)
        if isinstance(value, int) and 400 <= value < 600:
            return value
    return None


def _may_pass(chain: list[BaseException]) -> bool:
    passing = (ConnectionError, TimeoutError, json.JSONDecodeError, ValidationError)
    return any(isinstance(e, passing) or type(e).__name__.endswith(_PASSING) for e in chain)


def _retry_after(chain: list[BaseException]) -> float | None:
    for error in chain:
        headers = getattr(getattr(error, "response", None), "headers", None)
        if headers is not None and headers.get("retry-after"):
            return asked_wait(headers["retry-after"])
    return None
