"""What a server's refusals and failures mean, in words that name the remedy."""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

from specloop.errors import ContextError, ModelError, RefusedError, TransientModelError
from specloop.llm.backends.openai.completion import Lenient, Refusal
from specloop.llm.calls.retry import asked_wait, is_transient
from specloop.llm.context import REMEDY, is_about, numbers
from specloop.scrub import scrub_error

OVERLOADED = {429, 503}
"""The server says that it has too much to do."""


_WHOLE = 20_000
"""Characters of what a server says that are searched for its meaning."""


class CallPlace(NamedTuple):
    """Where a call went, for messages: never with the key."""

    model: str
    url: str
    key_env: str
    key_set: bool

    def __str__(self) -> str:
        return f"{self.model} at {self.url}"


class ServerMessage(NamedTuple):
    """What a server says of a failure."""

    words: str
    whole: str
    """With what a provider behind it said."""
    param: str = ""
    """The parameter that it names as the cause."""


class NotTakenError(RefusedError):
    """A refusal with the server's own words, and what was sent: another form may be taken."""

    def __init__(self, message: str, answer: Refusal, told: ServerMessage) -> None:
        super().__init__(message, answer.status)
        self.words, self.param, self.sent = told.whole, told.param, answer.sent


def failure(place: CallPlace, answer: Refusal) -> ModelError:
    """The exception for an answer that is no completion; it never holds a key."""
    body = scrub_error(answer.body)
    told = _message(body)
    reason = " ".join(told.words.split())[:500] or "no reason given"
    inside = "the reply holds an error, as " if answer.inside else ""
    message = f"{place}: {inside}HTTP {answer.status}: {reason}"
    if answer.status not in (401, 403, 404, 429) and is_about(told.whole):
        counts = numbers(body)
        message += f" ({counts})" if counts else ""
        return ContextError(f"{message}: {REMEDY}", answer.status)
    # Some servers answer 500 where a template or a grammar refuses the request: always the same.
    refuses = answer.status in (500, 501) and _REFUSES.search(told.whole[:300])
    if not refuses and is_transient(answer.status):
        return TransientModelError(message, asked_wait(answer.retry_after))
    return NotTakenError(f"{message}; {_remedy(place, answer)}", answer, told)


_REFUSES = re.compile(
    r"jinja|chat template|roles must alternate|system role|grammar|json.?schema|response_format"
    r"|guided.?decoding|structured.?output|unsupported parameter|required for format"
    r"|expected str instance, list|unmarshal array",
    re.I,
)


def _remedy(place: CallPlace, answer: Refusal) -> str:
    if answer.status in (401, 403):
        what = "check the key in" if place.key_set else "no key is set in"
        return f"{what} the environment variable {place.key_env} (option api_key_env)"
    if answer.status == 404:
        return "check the model's name and base_url"
    if 300 <= answer.status < 400:
        address = scrub_error(answer.location) or "elsewhere"
        return f"it redirects to {address}: give the final address as base_url"
    return "the same request is never tried again"


class _Error(Lenient):
    message: Any = ""
    param: str | None = None
    metadata: dict[str, Any] | None = None


class _ErrorBody(Lenient):
    """The forms that servers give their errors: OpenAI's, Ollama's, older vLLM's, FastAPI's. Some
    give a list of causes where others give a sentence."""

    error: _Error | str | None = None
    message: Any = None
    detail: Any = None
    param: str | None = None

    def told(self) -> ServerMessage:
        """The server's own words."""
        error = self.error if isinstance(self.error, _Error) else _Error(message=self.error or "")
        words = error.message or self.message or self.detail or ""
        words = words if isinstance(words, str) else json.dumps(_without_input(words))
        # A router hands on what the provider behind it said.
        behind = (error.metadata or {}).get("raw", "")
        whole = f"{words} {behind if isinstance(behind, str) else json.dumps(behind)}"
        return ServerMessage(words, whole.strip()[:_WHOLE], error.param or self.param or "")


def _without_input(causes: Any) -> Any:
    """Causes without what they show of the request, which may be the whole prompt."""
    if isinstance(causes, list):
        return [_without_input(cause) for cause in causes]
    if isinstance(causes, dict):
        return {k: _without_input(v) for k, v in causes.items() if k not in ("input", "ctx")}
    return causes


def _message(body: str) -> ServerMessage:
    text = body.strip()
    try:
        content = json.loads(text)
        # Gemini's compatible endpoint puts the object into a list.
        content = content[0] if isinstance(content, list) and content else content
        message = _ErrorBody.model_validate(content).told()
    except (ValueError, RecursionError):
        message = None
    return message if message and message.words else ServerMessage(text, text[:_WHOLE])
