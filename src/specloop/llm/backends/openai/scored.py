"""Log-probabilities of given text, from what vLLM tells about the tokens of a prompt.

The chat endpoint tells them for the whole conversation as the template wrote it; those of the
continuation are the last ones whose text is the continuation. Token texts are decoded one by one:
some tokenizers lose a token's leading space that way, and a part of a character shows as U+FFFD,
so what does not match exactly is compared by its ASCII characters without spaces.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any

from pydantic import (
    AliasPath,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from specloop.llm.backends.openai.completion import Lenient, ToldUsage


class _Logprob(Lenient):
    logprob: float
    decoded_token: str | None = None


_Entry = dict[str, _Logprob] | None


def _known_form(entries: Any, read: ValidatorFunctionWrapHandler) -> tuple[_Entry, ...]:
    """The entries; none where they have another form than vLLM's, whose first one alone is empty.
    A part of the tokens gives neither a perplexity nor the end of a text."""
    try:
        known = read(entries)
    except ValidationError:
        return ()
    return known if all(known[1:]) else ()


_Entries = Annotated[tuple[_Entry, ...], WrapValidator(_known_form)]


class ScoredCompletion(Lenient):
    """A completion with `prompt_logprobs`: an entry a token of the prompt, None for the first. The
    chat endpoint gives them beside the choices, the text endpoint inside."""

    beside: _Entries = Field(default=(), validation_alias="prompt_logprobs")
    inside: _Entries = Field(
        default=(), validation_alias=AliasPath("choices", 0, "prompt_logprobs")
    )
    usage: ToldUsage = None

    @property
    def entries(self) -> tuple[_Entry, ...]:
        """The entries; servers that only look like vLLM leave them out."""
        return self.beside or self.inside

    @property
    def tokens(self) -> list[_Logprob]:
        """The prompt's tokens that have a log-probability."""
        return [next(iter(entry.values())) for entry in self.entries if entry]


def last_tokens(scored: ScoredCompletion, continuation: str) -> tuple[float, ...] | None:
    """The log-probabilities of the continuation's tokens; None if they cannot be separated."""
    tokens = scored.tokens
    pieces = [token.decoded_token or "" for token in tokens]
    n = _count(pieces, continuation, str)
    if n is None:
        n = _count(pieces, continuation, _letters)
        n = n and _with_unreadable_start(pieces, continuation, n)
    return tuple(token.logprob for token in tokens[-n:]) if n else None


def _count(pieces: Sequence[str], wanted: str, view: Callable[[str], str]) -> int | None:
    """How many of the last pieces make up the wanted text, seen through `view`."""
    seen, text = view(wanted), ""
    for n, piece in enumerate(reversed(pieces), 1):
        text = view(piece) + text
        if text == seen:
            return n
        if not seen.endswith(text):
            return None
    return None


def _with_unreadable_start(pieces: Sequence[str], wanted: str, n: int) -> int:
    """Count the pieces before that are parts of a beginning in another script."""
    while n < len(pieces) and _unreadable(pieces[-n - 1]) and _unreadable(wanted[:1]):
        n += 1
    return n


def _unreadable(piece: str) -> bool:
    return not _letters(piece) and not piece.isspace()


def _letters(text: str) -> str:
    return "".join(c for c in text if c.isascii() and not c.isspace())
