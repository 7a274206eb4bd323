"""What a server's refusals and failures mean, in words that name the remedy."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from pydantic import ValidationError

from specloop.errors import ContextError, ModelError, RefusedError, TransientModelError
from specloop.llm._completion import Lenient
from specloop.llm._context import REMEDY, is_about, numbers

_TRANSIENT = {408, 409, 425, 429}
OVERLOADED = {429, 503}
"""The server says that it has too much to do."""


class Place(NamedTuple):
    """Where a call went, for messages: never with the key."""

    model: str
    url: str
    key_env: str
    key_set: bool

    def __str__(self) -> str:
        return f"{self.model} at {self.url}"


class Refusal(NamedTuple):
    """An answer that is no completion."""

    status: int
    body: str
    retry_after: str = ""
    location: str = ""


def failure(place: Place, answer: Refusal) -> ModelError:
    """The exception for an answer that is no completion."""
    reason = _reason(answer.body)
    message = f"{place}: HTTP {answer.status}: {reason}"
    if answer.status not in (401, 403, 404, 429) and is_about(reason):
        told = numbers(answer.body)
        message += f" ({told})" if told else ""
        return ContextError(f"{message}: {REMEDY}", answer.status)
    if answer.status in _TRANSIENT or answer.status >= 500:
        return TransientModelError(message, _seconds(answer.retry_after))
    return RefusedError(f"{message}; {_remedy(place, answer)}", answer.status)


def _remedy(place: Place, answer: Refusal) -> str:
    if answer.status in (401, 403):
        what = "check the key in" if place.key_set else "no key is set in"
        return f"{what} the environment variable {place.key_env} (option api_key_env)"
    if answer.status == 404:
        return "check the model's name and base_url"
    if 300 <= answer.status < 400:
        return (
            f"it redirects to {answer.location or 'elsewhere'}: give the final address as base_url"
        )
    return "the same request is never tried again"


class _Error(Lenient):
    message: str


class _ErrorBody(Lenient):
    """The forms that servers give their errors: OpenAI's, Ollama's, older vLLM's, FastAPI's."""

    error: _Error | str | None = None
    message: str | None = None
    detail: str | None = None

    def words(self) -> str | None:
        """The server's own words."""
        error = self.error.message if isinstance(self.error, _Error) else self.error
        return error or self.message or self.detail


def _reason(body: str) -> str:
    try:
        found = _ErrorBody.model_validate_json(body).words()
    except ValidationError:
        found = None
    return " ".join((found or body).split())[:500] or "no reason given"


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
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return max(0.0, (when - datetime.now(UTC)).total_seconds())
