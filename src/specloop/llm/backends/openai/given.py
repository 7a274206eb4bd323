"""Log-probabilities of given text, from what vLLM tells about the tokens of a prompt.

The chat endpoint tells them for the whole conversation as the template wrote it; those of the
continuation are the last ones whose text is the continuation. Token texts are decoded one by one:
some tokenizers lose a token's leading space that way, and a part of a character shows as U+FFFD,
so what does not match exactly is compared by its ASCII characters without spaces.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any

from pydantic import BeforeValidator, TypeAdapter, ValidationError

from specloop.llm.backends.openai.completion import Lenient, ToldUsage


class _Logprob(Lenient):
    logprob: float
    decoded_token: str | None = None


_Entry = dict[str, _Logprob] | None


def _known_form(entries: Any) -> tuple[_Entry, ...]:
    """The entries; none where they have another form than vLLM's, whose first one alone is empty.
    Of a part of the tokens no perplexity could be told, and no end be found."""
    try:
        known = _ENTRIES.validate_python(entries)
    except ValidationError:
        return ()
    return known if all(known[1:]) else ()


_ENTRIES: TypeAdapter[tuple[_Entry, ...]] = TypeAdapter(tuple[_Entry, ...])
_Entries = Annotated[tuple[_Entry, ...], BeforeValidator(_known_form)]


class _Choice(Lenient):
    prompt_logprobs: _Entries = ()


class ScoredCompletion(Lenient):
    """A completion with `prompt_logprobs`: an entry a token of the prompt, None for the first. The
    chat endpoint gives them beside the choices, the text endpoint inside."""

    choices: tuple[_Choice, ...] | None = ()
    prompt_logprobs: _Entries = ()
    usage: ToldUsage = None

    @property
    def tells(self) -> bool:
        """Whether it has entries at all: servers that only look like vLLM leave them out."""
        return bool(self._entries)

    @property
    def _entries(self) -> tuple[_Entry, ...]:
        inside = self.choices[0].prompt_logprobs if self.choices else ()
        return self.prompt_logprobs or inside

    def tokens(self) -> list[_Logprob]:
        """The prompt's tokens that have a log-probability."""
        return [next(iter(entry.values())) for entry in self._entries if entry]


def last_tokens(scored: ScoredCompletion, continuation: str) -> tuple[float, ...] | None:
    """The log-probabilities of the continuation's tokens; None if they cannot be separated."""
    tokens = scored.tokens()
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
