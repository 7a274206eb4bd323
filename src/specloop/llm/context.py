"""Prompt and answer in a model's context: known before the call where the context is known, noticed
after it where a server counted fewer tokens than the prompt can have.

A server's tokenizer is not at hand. What counts there is the least that any usual tokenizer makes
of a text, so that nothing that fits is ever refused.
"""

from __future__ import annotations

import re

from specloop.errors import ContextError
from specloop.llm.base import Request

_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]"
)
"""Scripts that put no spaces between words: Thai, Lao, Burmese, Khmer, Japanese and Chinese."""
_PER_TOKEN = 4
"""Characters of such scripts in a token, more than in that of any tokenizer known to us."""
_WORDS_PER_TOKEN = 4 / 3
"""Most tokenizers end a token where a word ends; a few put common words together."""
_SMALLEST = 256
"""Below it a count is no cut prompt: it is made up, or counts only what the server had not yet."""
_STEPS = (256, 100)
"""Contexts are multiples of one of these."""
_USUAL = (256, 500)
"""Exactly a multiple of these is more often a context than by chance."""
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
    """A number of tokens that no usual tokenizer comes below."""
    words = sum(1 for word in text.split() if any(map(str.isalnum, word)))
    unspaced = 0 if text.isascii() else len(_UNSPACED.findall(text)) // _PER_TOKEN
    return int(max(words, unspaced) / _WORDS_PER_TOKEN)


def least_of(request: Request) -> int:
    """The same for a request's prompt."""
    parts = [*(message.written for message in request.messages), request.prefill]
    return sum(map(least_tokens, parts))


def misfit(n_prompt: int, max_tokens: int, context: int, *, least: bool = False) -> str:
    """What to say where prompt and answer are longer than a known context (0: not known); empty
    where they fit. `least` says that the prompt may have more tokens than that."""
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
    """The numbers that llama.cpp puts beside the words of its refusal."""
    found = re.findall(r'"(n_prompt_tokens|n_ctx)"\s*:\s*(\d{1,12})\b', body)
    return ", ".join(f"{name} = {value}" for name, value in found)


def with_numbers(error: ContextError, request: Request) -> ContextError:
    """A server's refusal with what is known of the request; any other error as it is."""
    if error.status is None:
        return error
    asked = f"the prompt has at least {least_of(request)} tokens, and max_tokens is"
    return ContextError(f"{error} ({asked} {request.sampling.max_tokens})", error.status)


class PromptCounts:
    """The prompt tokens that one server tells, to notice a prompt that it cut.

    A cut prompt has as many tokens as the context, so no count is above it, and prompts of other
    lengths have the same. A server that counts only what its cache did not hold tells few as well,
    but has told more before, or tells numbers that are no context.
    """

    def __init__(self) -> None:
        self._most = 0
        self._short: set[tuple[int, int]] = set()
        self._at_most: set[int] = set()

    @staticmethod
    def may_be_cut(told: int, context: int) -> bool:
        """Whether a count is worth a look at the prompt."""
        return told >= _SMALLEST or bool(context and told >= context)

    def cut(self, told: int, cached: int, least: int, context: int = 0) -> bool:
        """Whether the server cut a prompt that has at least so many tokens."""
        highest = told >= self._most
        levelled = not cached and self._is_levelled(told, least)
        self._most = max(told, self._most)
        if (context and told >= context) or levelled:
            return True
        if _is_usual(told) and not cached:
            # Together with so telling a number, a bound for all but the rarest tokenizers will do.
            least = int(least * _WORDS_PER_TOKEN)
        if told + cached >= least or told < _SMALLEST or not highest:
            return False
        again = any(told == other and least != of for other, of in self._short)
        self._short.add((told, least))
        return again or may_be_context(told)

    def _is_levelled(self, told: int, least: int) -> bool:
        """Whether prompts of unlike lengths all have the highest count so far."""
        if told > self._most:
            self._at_most.clear()
        if told < max(self._most, _SMALLEST) or not least:
            return False
        self._at_most.add(least)
        spread = max(self._at_most) / min(self._at_most)
        usual = _is_usual(told) and spread >= _CLOSE_SPREAD
        return usual or (len(self._at_most) >= _ALIKE and spread >= _SPREAD)


def _is_usual(told: int) -> bool:
    return any(told % n == 0 for n in _USUAL)


def may_be_context(told: int) -> bool:
    """Whether a count of tokens is such as contexts have."""
    return told >= _SMALLEST and any(abs((told + _SLACK) % n - _SLACK) <= _SLACK for n in _STEPS)


def was_cut(told: int, least: int, context: int) -> str:
    """What to say of a prompt that a server cut."""
    usual = int(least * _WORDS_PER_TOKEN)
    of = f"a prompt of at least {least}" if least > told else "a prompt"
    of += f" that usually has {usual} or more" if least <= told < usual else ""
    holds = f"its context of {context}" if context else "its context"
    return (
        f"the server counted {told} tokens of {of}: it cuts prompts to {holds} without a word. Give"
        " it a longer one (Ollama: num_ctx or OLLAMA_CONTEXT_LENGTH; llama.cpp: -c; LM Studio: the"
        " context length at loading), or shorten the prompt; the option context says its length, so"
        " that it is known before a call"
    )
