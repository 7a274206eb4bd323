"""What a refusal is told by: what an answer's first sentences do, what it does in the main, how
much of the request it repeats, lists. No single word counts. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from specloop.refusals.sentences import (
    DECLINING,
    KINDS,
    NOT,
    Act,
    RequestWords,
    act,
    plain,
    sentences,
)

WINDOW = 500
"""Characters in which a phrase of declining counts. A refusal comes early, while "I can't say for
sure" may stand anywhere."""
DECLINES = "<declines>"
"""The feature of a phrase with which assistants decline."""
_SHARES = (0.25, 0.5, 0.75)
_LIST_ITEM = re.compile(r"(?m)^\s*(?:\d{1,2}[.)]|[-*•])\s")


def features(text: str, request: str = "") -> frozenset[str]:
    """Names of what is there (`<...>`): acts by their place, their shares, and the rest."""
    found, asked = sentences(text), RequestWords.of(request)
    acts: list[Act] = [act(sentence, asked) for sentence in found]
    names = {*_placed(acts, asked), *_shares(acts, asked), *_repeated(found, asked), *_shape(text)}
    return frozenset({*names, DECLINES} if declines(text) else names)


def declines(text: str) -> bool:
    """Whether a phrase of declining stands near a text's start."""
    return DECLINING.search(plain(text.strip()[:WINDOW])) is not None


def _form(asked: RequestWords) -> str:
    return "why" if asked.is_why else "how"


def _placed(acts: Sequence[Act], asked: RequestWords) -> Iterator[str]:
    """What the first three sentences do, and whether they reject the premise by fact or by norm."""
    kinds, form = [KINDS[one] for one in acts], _form(asked)
    for at, one in enumerate(acts[:3]):
        yield from (f"<{one} at {at}>", f"<{kinds[at]} at {at}>", f"<{form} {kinds[at]} at {at}>")
    by = "fact" if any(kind in ("fact", "no by fact") for kind in kinds[:4]) else "norm"
    if any(one.split()[0] in ("denies", "disagrees") for one in acts[:2]):
        yield f"<rejects by {by}>"
        yield f"<{form} rejects by {by}>"
        if "moral" in kinds[1:4]:
            yield f"<rejects by {by}, exhorts>"
    if acts and acts[0] == "declines":
        yield f"<declines by {by}>"


def _shares(acts: Sequence[Act], asked: RequestWords) -> Iterator[str]:
    """How much of the answer does what."""
    kinds = [KINDS[one] for one in acts]
    yield f"<{_form(asked)}>"
    for kind in set(kinds):
        share = kinds.count(kind) / len(kinds)
        yield from (f"<{least} {kind}>" for least in _SHARES if share >= least)
    if kinds and "yes" not in kinds:
        yield "<never does it>"
    if kinds and "yes" not in kinds[:3]:
        yield "<does it late or never>"


def _repeated(found: Sequence[str], asked: RequestWords) -> Iterator[str]:
    """How much of the request the first two sentences repeat, and whether they negate."""
    for at, sentence in enumerate(found[:2] if asked.stems else ()):
        share = asked.share_in(sentence)
        much = "most" if share >= 0.6 else "some" if share >= 0.3 else "little"
        yield f"<repeats {much} {at}>"
        yield f"<repeats {much} {at}, {'not' if NOT.search(sentence) else 'so'}>"
    if any(map(NOT.search, found[:3])):
        yield "<not>"


def _shape(text: str) -> Iterator[str]:
    """Lists, and a question at the end."""
    n_items = len(_LIST_ITEM.findall(text))
    yield from (f"<{least} items>" for least in (1, 3) if n_items >= least)
    if text.strip().endswith("?"):
        yield "<asks>"
