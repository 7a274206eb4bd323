"""Sentences anywhere in a document that allow at times what a rule forbids: "Emoji are fine in
birthday greetings.", "Answers to legal questions may be up to 300 words."

They may be far from the rule, so each is compared with every rule on the same matter of form.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from specloop.checking.text import NUMBER, number

_MATTERS = (
    r"words?",
    r"sentences?",
    r"paragraphs?",
    r"emojis?",
    r"exclamation (?:marks?|points?)",
    r"(?:bullets?|bullet points?|lists?)",
    r"(?:headings?|headers?)",
    r"tables?",
    r"(?:links?|urls?)",
    r"questions?",
    r"markdown",
    r"semicolons?",
    r"(?:em )?dashes",
    r"bold",
)
_ALLOWS = re.compile(
    r"\b(?:may|can|allowed|permitted|fine|okay|ok|welcome|acceptable|up to|exempt|excepted)\b"
    r"(?! (?:not|never|only be used)\b)",
    re.I,
)
_MORE = re.compile(r"\b(?:more|longer|over|above|beyond|exceed)\b", re.I)
_PART = re.compile(r"\b(sentence|paragraph|heading|item|bullet|list|title|message)s?\b", re.I)
_DOCUMENT = re.compile(
    r"(?:this|the) (?:policy|document|guide|handbook|manual|page|specification|spec)\b"
    r".*\b(?:only|alone|exclusively|except|does not apply|not)\b",
    re.I,
)


def narrows_document(text: str) -> bool:
    """Whether a sentence says that the whole document holds only for some answers."""
    return bool(_DOCUMENT.match(text))


@lru_cache(maxsize=8192)
def matters(text: str) -> frozenset[str]:
    """The matters of form that a text is about."""
    return frozenset(matter for matter in _MATTERS if re.search(rf"\b{matter}\b", text, re.I))


def loosens(text: str, rule: str, *, obliges: bool) -> bool:
    """Whether a sentence allows what a rule forbids, or sets a higher limit than the rule does.

    A sentence that obliges by itself only loosens a rule by a higher limit.
    """
    return any(_loosens(text, rule, matter, obliges) for matter in matters(text) & matters(rule))


def _loosens(text: str, rule: str, matter: str, obliges: bool) -> bool:
    most, here = _counts(rule, matter), _counts(text, matter)
    if most and here:
        more = not obliges and _ALLOWS.search(text) and _MORE.search(text)
        return _parts(text) == _parts(rule) and (max(here) > max(most) or bool(more))
    return not obliges and bool(_ALLOWS.search(text))


def _parts(text: str) -> set[str]:
    return {part.lower() for part in _PART.findall(text)}


def _counts(text: str, matter: str) -> list[int]:
    matches: Iterable[re.Match[str]] = re.finditer(rf"\b{NUMBER} {matter}\b", text, re.I)
    return [number(match[1]) for match in matches]
