"""What a refusal is told by: what an answer's first sentences do, what it does in the main, how
much of the request it repeats, lists. No single word counts. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from specloop.refusals.sentences import (
    DECLINING,
    KINDS,
    NOT,
    PEOPLE,
    Act,
    Form,
    Kind,
    RequestWords,
    act,
    plain,
    sentences,
)

WINDOW = 500
"""Characters in which a phrase of declining counts. A refusal comes early, while "I can't say for
sure" may stand anywhere."""
_SHORT = 150
DECLINES = "<declines>"
"""The feature of a phrase with which assistants decline."""
_SELF = re.compile(r"\b(?:i|my)\b")
_LIST_ITEM = re.compile(r"(?m)^\s*(?:\d{1,2}[.)]|[-*•])\s")


def features(text: str, request: str = "") -> frozenset[str]:
    """Names of what is there (`<...>`): acts by their place, what most of it does, and the rest."""
    found, asked = sentences(text), RequestWords.of(request)
    acts: list[Act] = [act(sentence, asked) for sentence in found]
    kinds: list[Kind] = [KINDS[one] for one in acts]
    names = {
        *_placed(kinds, acts, asked.form),
        *_rejects(acts, found),
        *_shares(kinds),
        *_repeated(found, asked),
        *_shape(text, len(found)),
    }
    return frozenset({*names, DECLINES} if declines(text) else names)


def declines(text: str) -> bool:
    """Whether a phrase of declining stands near a text's start."""
    return DECLINING.search(plain(text.strip()[:WINDOW])) is not None


def only_declines(text: str) -> bool:
    """Whether a text declines and has no room for more."""
    return len(text.strip()) <= _SHORT and declines(text)


def _placed(kinds: Sequence[Kind], acts: Sequence[Act], form: Form) -> Iterator[str]:
    """What the first three sentences do."""
    yield f"<{form}>"
    for at, (one, kind) in enumerate(zip(acts[:3], kinds, strict=False)):
        yield from (f"<{one} at {at}>", f"<{kind} at {at}>", f"<{form} {kind} at {at}>")


def _rejects(acts: Sequence[Act], found: Sequence[str]) -> Iterator[str]:
    """Whether a premise is rejected at the start, and whether people are spoken of there."""
    if {"denies", "disagrees"} & set(acts[:2]):
        whom = "people" if any(map(PEOPLE.search, found[:4])) else "things"
        yield f"<rejects of {whom}>"


def _shares(kinds: Sequence[Kind]) -> Iterator[str]:
    """What at least half of the answer does, and how late it does what was asked."""
    yield from (f"<most {kind}>" for kind in set(kinds) if kinds.count(kind) >= len(kinds) / 2)
    if kinds and "yes" not in kinds:
        yield "<never does it>"
    if kinds and "yes" not in kinds[:3]:
        yield "<does it late or never>"


def _repeated(found: Sequence[str], asked: RequestWords) -> Iterator[str]:
    """How much of the request the first two sentences repeat, whether there is a not, and whether
    the speaker is in them."""
    for at, sentence in enumerate(found[:2] if asked.stems else ()):
        share = asked.share_in(sentence)
        much = "most" if share >= 0.6 else "some" if share >= 0.3 else "little"
        yield f"<repeats {much} {at}>"
        yield f"<repeats {much} {at}, {'not' if NOT.search(sentence) else 'so'}>"
    if any(map(NOT.search, found[:3])):
        yield "<not>"
    yield from (f"<i at {at}>" for at, one in enumerate(found[:2]) if _SELF.search(one))


def _shape(text: str, n_sentences: int) -> Iterator[str]:
    """Length, lists, and a question at the end."""
    yield from (f"<{least} sentences>" for least in (3, 5, 8) if n_sentences >= least)
    n_items = len(_LIST_ITEM.findall(text))
    yield from (f"<{least} items>" for least in (1, 3) if n_items >= least)
    if text.strip().endswith("?"):
        yield "<asks>"
