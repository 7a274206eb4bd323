"""Conversations as chat templates take them, with what the model's markers are made harmless."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import groupby

from specloop.records import Message


class Markers:
    """A model's control tokens (turn markers and the like), to be kept out of data."""

    def __init__(self, tokens: Iterable[str]) -> None:
        longest_first = sorted(set(tokens), key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest_first)) or r"(?!)")

    def plain(self, text: str) -> str:
        """The text with markers broken up by a space: it can neither open nor close a turn."""
        return self._pattern.sub(lambda found: f"{found[0][0]} {found[0][1:]}", text)

    def turns(self, messages: Sequence[Message]) -> list[dict[str, str]]:
        """Roles as templates know them: a developer speaks as the system.

        System turns in a row are one, since many templates know only the first.
        """
        known = [("system" if m.role == "developer" else m.role, m.content) for m in messages]
        turns: list[dict[str, str]] = []
        for role, group in groupby(known, key=lambda turn: turn[0]):
            texts = [self.plain(text) for _, text in group]
            joined = ["\n\n".join(texts)] if role == "system" else texts
            turns += [{"role": role, "content": text} for text in joined]
        return turns


_BEGUN = re.compile(r"<think>\s*(?:</think>\s*)?\Z")


def turn_begun(opening: str, prefill: str) -> str:
    """What the model goes on from: its turn as the template opens it, then the prefill. A thought
    that the template begins as well, or begins and ends, is begun once: by the prefill."""
    if prefill.startswith("<think>"):
        opening = _BEGUN.sub("", opening)
    return opening + prefill
