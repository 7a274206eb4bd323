"""What an OpenAI-compatible server answers, in our terms."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Annotated, Any, NamedTuple

from pydantic import (
    AliasPath,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from specloop.ended import Finish
from specloop.llm.base import MOST_CHARS, Reply, Usage, alternatives
from specloop.llm.thinking import Begun, ReplyParts, apart, begins_thought, ended

_FINISHES: dict[Finish, tuple[str, ...]] = {
    "stop": ("stop", "eos", "eos_token", "stop_sequence", "end_turn"),
    "length": ("length", "max_tokens", "model_length"),
    "filter": (
        *("content_filter", "content_filtered", "safety", "recitation", "blocklist"),
        *("prohibited_content", "spii", "refusal", "guardrail_intervened"),
    ),
}
_FINISH: dict[str, Finish] = {name: finish for finish, names in _FINISHES.items() for name in names}
"""With the names that older servers (Text Generation Inference) and gateways to Gemini, Claude and
Bedrock have for them, in any case. Anything else, and nothing at all, is `other`: such a reply is
never taken for a whole one."""


class Lenient(BaseModel):
    """What servers add beyond the fields we read is ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class _Top(Lenient):
    token: str
    logprob: float


class _Token(Lenient):
    logprob: float
    top_logprobs: tuple[_Top, ...] | None = None


class _Logprobs(Lenient):
    content: tuple[_Token, ...] | None = None


class _Part(Lenient):
    """A part of an answer; Mistral has the thought in parts of a part."""

    type: str = ""
    text: str | None = None
    refusal: str | None = None
    thinking: str | tuple[_Part, ...] | None = None


class AssistantMessage(Lenient):
    """What the assistant says."""

    content: str | tuple[_Part, ...] | None = None
    refusal: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    error: Any = None


class Choice(Lenient):
    """One answer: a message, or the text of a text completion."""

    message: AssistantMessage | None = None
    text: str | None = None
    finish_reason: str | None = None
    logprobs: _Logprobs | None = None
    error: Any = None

    @property
    def said(self) -> AssistantMessage | None:
        """The message that it stands for, if any."""
        if self.message is None and self.text is not None:
            return AssistantMessage(content=self.text)
        return self.message


MOST_TOKENS = 10**8
"""No call takes more: a server that tells a higher number tells nonsense."""
_Count = Annotated[int, Field(strict=True, ge=0, le=MOST_TOKENS)]


class ServerUsage(Lenient):
    """Tokens as the server counts them."""

    prompt_tokens: _Count | None = None
    completion_tokens: _Count | None = None
    total_tokens: _Count | None = None
    cached_tokens: _Count | None = Field(
        default=None, validation_alias=AliasPath("prompt_tokens_details", "cached_tokens")
    )
    reasoning_tokens: _Count | None = Field(
        default=None, validation_alias=AliasPath("completion_tokens_details", "reasoning_tokens")
    )

    def can_be(self, context: int, n_answers: int) -> bool:
        """Whether a call in a context can have taken so much; 0: the context is not known."""
        count = max(self.prompt_tokens or 0, (self.completion_tokens or 0) / n_answers)
        return self is not NONSENSE and not 0 < context < count


NONSENSE = ServerUsage()
"""In the place of counts that no call can have: negative, fractions, words, far too many."""


def _or_nonsense(value: Any, read: ValidatorFunctionWrapHandler) -> Any:
    """Counts that cannot be true do not make the reply unreadable."""
    try:
        return read(value)
    except ValidationError:
        return NONSENSE


ToldUsage = Annotated[ServerUsage | None, WrapValidator(_or_nonsense)]


class Refusal(NamedTuple):
    """An answer that is no completion."""

    status: int
    body: str
    retry_after: str = ""
    location: str = ""
    inside: bool = False
    """It came as a reply of status 200 that holds the failure."""
    sent: frozenset[str] = frozenset()
    """Names of the parameters that specloop itself sent."""


_ERROR_FINISHES = {
    "error": "the reply ended in an error",
    "insufficient_system_resource": "the server ran out of resources",
}
"""Finishes of a reply that failed before its end, with what they mean."""
_FINAL_CODES = {
    "invalid_request_error": 400,
    "context_length_exceeded": 400,
    "invalid_api_key": 401,
    "insufficient_quota": 402,
    "model_not_found": 404,
}


class Completion(Lenient):
    """A completion, of a chat or of text."""

    choices: tuple[Choice, ...] | None = ()
    usage: ToldUsage = None
    error: Any = None

    @property
    def first(self) -> Choice:
        """The first answer, an empty one if there is none."""
        return self.choices[0] if self.choices else Choice()

    @property
    def failure(self) -> Refusal | None:
        """What went wrong, as if it were an answer of an HTTP status, where the reply reports a
        failure or holds no answer."""
        first = self.first
        said = first.said
        errors = [e for e in (self.error, first.error, said and said.error) if _tells(e)]
        ended = _ERROR_FINISHES.get((first.finish_reason or "").lower(), "")
        if errors:
            return _refusal(errors[0], ended)
        if ended or said is None:
            return _inside(500, ended or "unreadable reply: it holds no choices")
        return None


def _tells(error: Any) -> bool:
    """Whether an error tells anything: some gateways write an empty one beside an answer."""
    return bool(error) and (not isinstance(error, dict) or any(error.values()))


def _refusal(error: Any, ended: str) -> Refusal:
    if not isinstance(error, dict):
        return _inside(500, error if isinstance(error, str) else json.dumps(error))
    code = str(error.get("code") or "")
    status = int(code) if re.fullmatch(r"\d{3}", code) else _FINAL_CODES.get(code, 500)
    whole = {"message": error.get("message") or ended, "metadata": error.get("metadata")}
    return _inside(status if 300 <= status < 600 else 500, json.dumps({"error": whole}))


def _inside(status: int, words: str) -> Refusal:
    return Refusal(status, words, inside=True)


def to_reply(completion: Completion, begun: Begun) -> Reply:
    """The reply; a prefill that the server repeats is taken off, thinking is set apart."""
    choice = completion.first
    message = choice.said or AssistantMessage()
    answer, finish = _before(begun.stop, _text(message)), _finish(choice)
    if len(answer) > MOST_CHARS:
        # Longer than could be asked for.
        answer, finish = answer[:MOST_CHARS], "length"
    if begun.may_repeat and not begun.in_words:
        answer = answer.removeprefix(begun.prefill)
    field = _thought(message)
    parts = _apart(answer, field, begun if finish == "stop" else begun._replace(cut=True))
    text = parts.text
    if begun.in_words and text.lstrip().startswith(begun.prefill):
        text = text.lstrip().removeprefix(begun.prefill)
    tokens = choice.logprobs.content if choice.logprobs else None
    return Reply(
        text=text,
        reasoning=field or parts.thought,
        finish=ended(parts, begun, finish),
        usage=_usage(completion.usage),
        logprobs=None if tokens is None else tuple(token.logprob for token in tokens),
        first_token=None if begun.in_words or not tokens else alternatives(tokens[0].top_logprobs),
    )


def as_written(completion: Completion, begun: Begun) -> Reply:
    """The reply with the server's text to the letter: a thought that stands in it is left there."""
    message = completion.first.said or AssistantMessage()
    answer = _before(begun.stop, _text(message))
    if begun.may_repeat and re.sub(r"</?think>", "", begun.prefill).strip():
        # One of tags alone may as well be the model's own words.
        answer = answer.removeprefix(begun.prefill)
    as_is = {"text": answer, "reasoning": _thought(message), "finish": _finish(completion.first)}
    return Reply.model_validate({**dict(to_reply(completion, begun)), **as_is})


def _before(stop: Sequence[str], text: str) -> str:
    """The text up to the first of the sequences."""
    ends = (at for sequence in stop if (at := text.find(sequence)) >= 0)
    return text[: min(ends, default=len(text))]


def _text(message: AssistantMessage) -> str:
    """The text of an answer; hosted models put a refusal into a field of its own, some the text
    into parts."""
    if isinstance(message.content, tuple):
        return "".join(_text_in(part) for part in message.content) or message.refusal or ""
    return message.content or message.refusal or ""


def _text_in(part: _Part) -> str:
    if part.type == "refusal":
        return part.refusal or ""
    return part.text or "" if part.type in ("text", "output_text") else ""


def _thought(message: AssistantMessage) -> str:
    """What was thought, where the server tells it apart: in a field or in parts of its own."""
    field = message.reasoning_content or message.reasoning
    if field or not isinstance(message.content, tuple):
        return field or ""
    return "".join(_thought_in(part) for part in message.content)


def _thought_in(part: _Part) -> str:
    if part.type in ("reasoning", "thought"):
        return part.text or ""
    if isinstance(part.thinking, str):
        return part.thinking
    return "".join(inner.text or "" for inner in part.thinking or ())


def _finish(choice: Choice) -> Finish:
    return _FINISH.get((choice.finish_reason or "").lower(), "other")


def _apart(answer: str, field: str, begun: Begun) -> ReplyParts:
    """A server that gives the thought in a field leaves the text to the answer; some routers give
    the thought twice."""
    if not (field and answer):
        return apart(answer, begun)
    if begins_thought(answer):
        return apart(answer, begun._replace(prefill="", mark=""))
    return ReplyParts("", answer)


def _usage(usage: ServerUsage | None) -> Usage:
    if usage is None or usage is NONSENSE:
        return Usage()
    n_prompt, n_written = usage.prompt_tokens or 0, usage.completion_tokens or 0
    n_thought = usage.reasoning_tokens or 0
    # Some servers count what was thought beside the answer's tokens; the total has it.
    n_written = max(n_written, (usage.total_tokens or 0) - n_prompt, n_thought)
    return Usage(
        prompt_tokens=n_prompt,
        completion_tokens=n_written,
        cached_tokens=min(n_prompt, usage.cached_tokens or 0),
        reasoning_tokens=n_thought,
    )
