"""What an OpenAI-compatible server answers, and what its failures mean."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from pydantic import BaseModel, ConfigDict, ValidationError

from specloop.errors import ModelError, TransientModelError
from specloop.llm.base import Reply, Usage
from specloop.records import Finish

_FINISH: dict[str | None, Finish] = {
    "stop": "stop",
    "eos": "stop",
    "length": "length",
    "content_filter": "filter",
}
_TRANSIENT = {408, 409, 425, 429}


class _Lenient(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Token(_Lenient):
    logprob: float


class _Logprobs(_Lenient):
    content: tuple[_Token, ...] | None = None


class _Message(_Lenient):
    content: str | None = None


class _Choice(_Lenient):
    message: _Message
    finish_reason: str | None = None
    logprobs: _Logprobs | None = None


class _PromptDetails(_Lenient):
    cached_tokens: int | None = None


class _Usage(_Lenient):
    prompt_tokens: int = 0
    completion_tokens: int = 0
    prompt_tokens_details: _PromptDetails | None = None


class Completion(_Lenient):
    """A chat completion; what servers add beyond this is ignored."""

    choices: tuple[_Choice, ...]
    usage: _Usage | None = None


def to_reply(completion: Completion, prefill: str) -> Reply:
    """The reply in our terms; a prefill that the server repeats is taken off."""
    choice = completion.choices[0]
    usage = completion.usage or _Usage()
    details = usage.prompt_tokens_details or _PromptDetails()
    tokens = choice.logprobs.content if choice.logprobs else None
    return Reply(
        text=(choice.message.content or "").removeprefix(prefill),
        finish=_FINISH.get(choice.finish_reason, "other"),
        usage=Usage(
            prompt_tokens=usage.prompt_tokens,
            completion_tokens=usage.completion_tokens,
            cached_tokens=details.cached_tokens or 0,
        ),
        logprobs=None if tokens is None else tuple(token.logprob for token in tokens),
    )


def failure(name: str, status: int, body: str, retry_after: str) -> ModelError:
    """The exception for an HTTP status of 400 or above."""
    message = f"{name}: HTTP {status}: {_reason(body)}"
    if status in _TRANSIENT or status >= 500:
        return TransientModelError(message, _seconds(retry_after))
    return ModelError(message)


class _Error(_Lenient):
    message: str


class _ErrorBody(_Lenient):
    error: _Error | str


def _reason(body: str) -> str:
    """The server's own words, from the forms that servers use."""
    try:
        error = _ErrorBody.model_validate_json(body).error
    except ValidationError:
        return " ".join(body.split())[:500] or "no reason given"
    return error if isinstance(error, str) else error.message


def _seconds(retry_after: str) -> float | None:
    """A Retry-After header: seconds or a date."""
    try:
        return max(0.0, float(retry_after))
    except ValueError:
        pass
    try:
        when = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    return max(0.0, (when - datetime.now(UTC)).total_seconds())
