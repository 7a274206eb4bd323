"""Which words of two texts differ: their edits, and both texts in runs to be marked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from rapidfuzz.distance import Indel

_SIGNS = r"\u3000-\u30ff\u3400-\u9fff\uff00-\uffef"
"""Of scripts without spaces between words, which are taken sign by sign."""
_WORD = re.compile(rf"[{_SIGNS}]|[^\s{_SIGNS}]+")
LEAST_SHARED = 0.4
"""Texts that share fewer words are marked as wholes, as on pages: marks on two texts that share
small words only would show a change where there is another text."""


class WordEdit(NamedTuple):
    """Words that stand in place of others; one of the two may be empty."""

    old: tuple[str, ...]
    new: tuple[str, ...]


class WordRun(NamedTuple):
    """A part of a text."""

    text: str
    changed: bool


def edits(old: Sequence[str], new: Sequence[str]) -> list[WordEdit]:
    """What has to be replaced to turn the first words into the others."""
    found: list[WordEdit] = []
    steps = Indel.opcodes(old, new)
    for is_same, group in groupby(steps, key=lambda step: step.tag == "equal"):
        if not is_same:
            spans = list(group)
            left = [word for one in spans for word in old[one.src_start : one.src_end]]
            right = [word for one in spans for word in new[one.dest_start : one.dest_end]]
            found.append(WordEdit(tuple(left), tuple(right)))
    return found


def marked(old: str, new: str) -> tuple[list[WordRun], list[WordRun]]:
    """Both texts in runs, which joined give the texts again."""
    sides = [list(_WORD.finditer(text)) for text in (old, new)]
    words = [[match[0] for match in side] for side in sides]
    if Indel.normalized_similarity(*words) < LEAST_SHARED:
        return [WordRun(old, True)], [WordRun(new, True)]
    steps = [step for step in Indel.opcodes(*words) if step.tag == "equal"]
    same = [
        {n for step in steps for n in range(step.src_start, step.src_end)},
        {n for step in steps for n in range(step.dest_start, step.dest_end)},
    ]
    texts = zip((old, new), sides, same, strict=True)
    left, right = (list(_runs(text, found, kept)) for text, found, kept in texts)
    return left, right


def _runs(text: str, found: Sequence[re.Match[str]], kept: set[int]) -> Iterator[WordRun]:
    """The text in runs; the space between two words that changed is part of the change."""
    at = 0
    for changed, group in groupby(range(len(found)), key=lambda n: n not in kept):
        numbers = list(group)
        start, end = found[numbers[0]].start(), found[numbers[-1]].end()
        if changed and start > at:
            yield WordRun(text[at:start], False)
            at = start
        last = numbers[-1] == len(found) - 1
        end = len(text) if last else end if changed else found[numbers[-1] + 1].start()
        yield WordRun(text[at:end], changed)
        at = end
    if at < len(text):
        yield WordRun(text[at:], False)
