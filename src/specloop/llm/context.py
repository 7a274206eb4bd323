"""Check that prompt and answer fit a model's context.

A misfit is noticed before the call if the context is known, or after it if a server counted fewer
tokens than the prompt can have. A server's tokenizer is not available, so the least tokens of any
usual tokenizer count: nothing that fits is ever refused.
"""

from __future__ import annotations

import re

from specloop.errors import ContextError
from specloop.llm.base import Request

_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]"
)
"""Scripts without spaces between words: Thai, Lao, Burmese, Khmer, Japanese and Chinese."""
_PER_TOKEN = 4
"""Characters of such scripts per token, more than in any tokenizer known to us."""
_WORDS_PER_TOKEN = 4 / 3
"""Most tokenizers end a token where a word ends; a few join common words."""
_SMALLEST = 256
"""A lower count does not mean a cut prompt: it is made up, or leaves out what was cached."""
_STEPS = (256, 100)
"""Contexts are multiples of one of these."""
_USUAL = (256, 500)
"""An exact multiple of these is more often a context than chance would make it."""
_SPREAD, _CLOSE_SPREAD = 1.1, 1.05
_ALIKE = 3
_SLACK = 2

_ABOUT = re.compile(
    r"context[ _-]?(?:length|window|size)|maximum context|max_model_len|n_ctx|num_ctx"
    r"|exceeds? (?:the )?(?:available |model'?s? )?context|prompt is too long|input is too long"
    r"|maximum (?:input|prompt|sequence) length|`?max_new_tokens`? must be|input token count"
    r"|(?:input|prompt|message|conversation|request|payload|body|entity|text|sequence)s?"
    r"(?: (?:is|are|was|were|has|have|it|you|sent|tokens?)){0,3} too (?:long|large|many tokens)"
    r"|too many (?:input |prompt )?tokens|reduce the (?:length|size) of (?:the|your) (?:message"
    r"|prompt|input|conversation)|range of (?:input|prompt) length|`?inputs`? must have less"
    r"|(?:input|prompt|sequence) length\b[^.]{0,30}(?:exceed|more|larger|longer|greater|above|over)"
    r"|tokens?\b[^.]{0,40}\b(?:exceeds?|more than|above|over|beyond)\b[^.]{0,30}"
    r"(?:limit|maximum|allowed|supported?s?|can hold)|token limit exceeded\W+\d",
    re.I,
)
REMEDY = "lower max_tokens (of the role, the judge or the stage), or shorten the prompt"


def least_tokens(text: str) -> int:
    """The least tokens that any usual tokenizer makes of a text."""
    words = sum(1 for word in text.split() if any(map(str.isalnum, word)))
    unspaced = 0 if text.isascii() else len(_UNSPACED.findall(text)) // _PER_TOKEN
    return int(max(words, unspaced) / _WORDS_PER_TOKEN)


def least_of(request: Request) -> int:
    """The same for a request's prompt."""
    parts = [*(message.written for message in request.messages), request.prefill]
    return sum(map(least_tokens, parts))


def misfit(n_prompt: int, max_tokens: int, context: int, *, least: bool = False) -> str:
    """The error for a prompt and answer longer than a known context (0: not known); empty if they
    fit. `least` says that the prompt may have more tokens than that."""
    if not context or n_prompt + max_tokens <= context:
        return ""
    most = "at least " if least else ""
    return (
        f"the prompt has {most}{n_prompt} tokens and max_tokens is {max_tokens}; the model's"
        f" context holds {context} in all: {REMEDY}, or set the option context if it holds more"
    )


_RATE = re.compile(r"per (?:second|minute|min|hour|day|month)\b|\b(?:TPM|TPD|RPM)\b|quota", re.I)


def is_about(words: str) -> bool:
    """Whether a server's refusal says that the request does not fit."""
    return bool(_ABOUT.search(words)) and not _RATE.search(words)


def numbers(body: str) -> str:
    """The numbers that llama.cpp adds to its refusal."""
    pairs = re.findall(r'"(n_prompt_tokens|n_ctx)"\s*:\s*(\d{1,12})\b', body)
    return ", ".join(f"{name} = {value}" for name, value in pairs)


def with_numbers(error: ContextError, request: Request) -> ContextError:
    """A server's refusal with what is known about the request; any other error as it is."""
    if error.status is None:
        return error
    asked = f"the prompt has at least {least_of(request)} tokens, and max_tokens is"
    return ContextError(f"{error} ({asked} {request.sampling.max_tokens})", error.status)


class PromptCounts:
    """The prompt token counts of one server, to notice prompts that it cut.

    A cut prompt has as many tokens as the context, so no count is higher, and prompts of other
    lengths have the same count. A server that counts only what its cache did not hold has low
    counts too, but it had higher ones before, or its counts are not like contexts.
    """

    def __init__(self) -> None:
        self._most = 0
        self._short: set[tuple[int, int]] = set()
        self._at_most: set[int] = set()

    def fault(self, count: int, request: Request, cached: int = 0, context: int = 0) -> str:
        """The error for a prompt of so many tokens that the server cut; empty if it did not."""
        if count < _SMALLEST and not (context and count >= context):
            return ""
        least = least_of(request)
        return _was_cut(count, least, context) if self.cut(count, cached, least, context) else ""

    def cut(self, count: int, cached: int, least: int, context: int = 0) -> bool:
        """Whether the server cut a prompt that has at least `least` tokens."""
        highest = count >= self._most
        levelled = not cached and self._is_levelled(count, least)
        self._most = max(count, self._most)
        if (context and count >= context) or levelled:
            return True
        if _is_usual(count) and not cached:
            # With so clear a number, a bound for all but the rarest tokenizers is enough.
            least = int(least * _WORDS_PER_TOKEN)
        if count + cached >= least or count < _SMALLEST or not highest:
            return False
        again = any(count == other and least != of for other, of in self._short)
        self._short.add((count, least))
        return again or may_be_context(count)

    def _is_levelled(self, count: int, least: int) -> bool:
        """Whether prompts of different lengths all have the highest count so far."""
        if count > self._most:
            self._at_most.clear()
        if count < max(self._most, _SMALLEST) or not least:
            return False
        self._at_most.add(least)
        spread = max(self._at_most) / min(self._at_most)
        usual = _is_usual(count) and spread >= _CLOSE_SPREAD
        return usual or (len(self._at_most) >= _ALIKE and spread >= _SPREAD)


def _is_usual(count: int) -> bool:
    return any(count % n == 0 for n in _USUAL)


def may_be_context(count: int) -> bool:
    """Whether a count of tokens is one that contexts usually have."""
    return count >= _SMALLEST and any(abs((count + _SLACK) % n - _SLACK) <= _SLACK for n in _STEPS)


def _was_cut(count: int, least: int, context: int) -> str:
    usual = int(least * _WORDS_PER_TOKEN)
    of = f"a prompt of at least {least}" if least > count else "a prompt"
    of += f" that usually has {usual} or more" if least <= count < usual else ""
    holds = f"its context of {context}" if context else "its context"
    return (
        f"the server counted {count} tokens of {of}: it silently cuts prompts to {holds}. Give"
        " it a longer one (Ollama: num_ctx or OLLAMA_CONTEXT_LENGTH; llama.cpp: -c; LM Studio: the"
        " context length at loading), or shorten the prompt; the option context says its length, so"
        " that it is known before a call"
    )
