"""Sentences that allow at times what a rule forbids, wherever they are in the document.

"Emoji are fine in birthday greetings." and "Answers to legal questions may be up to 300 words." may
be far from the rule that they loosen, so each counts for every rule on the same matter of form.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice, takewhile
from typing import NamedTuple

from specloop.checking.sought import sought
from specloop.checking.text import NUMBER, any_case, number
from specloop.records import Rule
from specloop.spec.statements import Sentence

MOST = 10
"""Most sentences of one kind that are noted with a rule: one is enough for it to be loosened."""

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
_ANY_MATTER = sought(rf"\b(?:{'|'.join(_MATTERS)})\b")
_ALLOWS = sought(
    r"\b(?:may|can|allowed|permitted|fine|okay|ok|welcome|acceptable|up to|exempt|excepted)\b"
    r"(?! (?:not|never|only be used)\b)"
)
_HIGHER = sought(r"\b(?:more|longer|over|above|beyond|exceed)\b")
_PART = any_case(r"\b(sentence|paragraph|heading|item|bullet|list|title|message)s?\b")
_DOCUMENT = sought(
    r"(?:this|the) (?:policy|document|guide|handbook|manual|page|specification|spec)\b"
    r".*\b(?:only|alone|exclusively|except|does not apply|not)\b"
)


class _Saying(NamedTuple):
    """A sentence on a matter of form."""

    place: int
    text: str
    most: int
    """The highest number that it gives for the matter; -1 if none."""


class Loosening:
    """The sentences of a document that loosen rules or narrow all of it."""

    def __init__(self, said: Sequence[Sentence]) -> None:
        narrow = (_Saying(s.span[0], s.text, -1) for s in said if _DOCUMENT.match(s.text))
        self._whole = list(islice(narrow, MOST))
        self._allowing: dict[str, list[_Saying]] = defaultdict(list)
        self._uncounted: dict[str, list[_Saying]] = defaultdict(list)
        self._higher: dict[tuple[str, frozenset[str]], list[_Saying]] = defaultdict(list)
        self._counted: dict[tuple[str, frozenset[str]], list[_Saying]] = defaultdict(list)
        for sentence in said:
            for matter in matters(sentence.text):
                self._add(sentence, matter)
        for sayings in self._counted.values():
            sayings.sort(key=lambda saying: -saying.most)

    def _add(self, sentence: Sentence, matter: str) -> None:
        """Keep a sentence; one that obliges by itself only loosens a rule by a higher limit."""
        text = sentence.text
        saying = _Saying(sentence.span[0], text, _most(text, matter))
        obliges = sentence.stated is not None and sentence.stated.duty.force != "permission"
        allows = not obliges and bool(_ALLOWS.search(text))
        if allows:
            self._allowing[matter].append(saying)
        if saying.most >= 0:
            self._counted[matter, _parts(text)].append(saying)
            if allows and _HIGHER.search(text):
                self._higher[matter, _parts(text)].append(saying)
        elif allows:
            self._uncounted[matter].append(saying)

    def about(self, rule: Rule) -> list[str]:
        """The sentences outside a rule that loosen it, or narrow the whole document."""
        sayings = {saying for matter in matters(rule.text) for saying in self._on(rule, matter)}
        ordered = sorted(sayings)
        return list(dict.fromkeys(saying.text for saying in (*self._whole, *ordered)))

    def _on(self, rule: Rule, matter: str) -> Iterator[_Saying]:
        limit = _most(rule.text, matter)
        if limit < 0:
            yield from _beside(rule, self._allowing.get(matter, ()))
            return
        key = (matter, _parts(rule.text))
        more = takewhile(lambda saying: saying.most > limit, self._counted.get(key, ()))
        yield from _beside(rule, self._uncounted.get(matter, ()))
        yield from _beside(rule, more)
        yield from _beside(rule, self._higher.get(key, ()))


def _beside(rule: Rule, sayings: Iterable[_Saying]) -> Iterator[_Saying]:
    """The first of the sentences that are not the rule's own."""
    return islice((s for s in sayings if not rule.start <= s.place < rule.end), MOST)


@lru_cache(maxsize=8192)
def matters(text: str) -> frozenset[str]:
    """The matters of form that a text is about."""
    if not _ANY_MATTER.search(text):
        return frozenset()
    return frozenset(matter for matter in _MATTERS if sought(rf"\b{matter}\b").search(text))


def _parts(text: str) -> frozenset[str]:
    return frozenset(part.lower() for part in _PART.findall(text))


def _most(text: str, matter: str) -> int:
    """The highest number of something in a text; -1 if there is none."""
    matches = sought(rf"\b{NUMBER} {matter}\b").finditer(text)
    return max((number(match[1]) for match in matches), default=-1)
