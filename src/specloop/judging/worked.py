"""Worked examples beside a rule: graded answers of the document, a few of them for a judge.

A judge is never shown an example of the request whose answer it judges.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, zip_longest
from typing import NamedTuple, Self

from specloop.checking.apply import assumed
from specloop.judging.guard import marked_lines
from specloop.records import Example, Message, Rule, folded, last_request

_MOST_REQUEST, _MOST_ANSWER, _MOST_COMMENT = 300, 500, 200
"""Characters that are shown."""
_QUOTED, _PHRASE = 8, 4
"""Words in a row that are a quotation, and the least of a whole answer."""
_HEAD = (
    "Worked examples of its section, about other requests, with what the document's authors say of"
    " each answer:"
)
_SAID = {True: "kept", False: "broken"}


class Shot(NamedTuple):
    """A graded answer as judges are shown it, its texts cut."""

    known_by: str
    """What its request is known by (`known_by`)."""
    request: str
    answer: str
    is_kept: bool
    comment: str = ""
    """What the authors said of it."""

    @classmethod
    def of(cls, messages: Sequence[Message], answer: str, is_kept: bool, comment: str = "") -> Self:
        """An answer to a conversation."""
        texts = _cut(last_request(messages), _MOST_REQUEST), _cut(answer, _MOST_ANSWER)
        return cls(known_by(messages), *texts, is_kept, _cut(comment, _MOST_COMMENT))

    def is_of(self, asked: str) -> bool:
        """Whether it is of a request that is known by `asked`, or holds the example's as requests
        do that an attack was made of."""
        return _is_of(self.known_by, asked)

    @property
    def n_chars(self) -> int:
        """Characters that are shown."""
        return len(self.request) + len(self.answer) + len(self.comment)


Shots = Mapping[str, tuple[Shot, ...]]
"""Worked examples by the text of the rule; under the empty text those of no rule."""


def known_by(messages: Iterable[Message]) -> str:
    """What a conversation is known by, however it goes on: its first user turn, on one line and in
    small letters."""
    first = next((turn.content for turn in messages if turn.role == "user"), "")
    return folded(first)


def words_of(text: str) -> list[str]:
    """The words of a text in small letters."""
    return re.findall(r"[^\W_]+", text.casefold())


def quotes(text: str, answer: str) -> bool:
    """Whether a text has so many words of an answer in a row that it is taken from it, or all of a
    shorter answer that is more than a phrase."""
    said, words = f" {' '.join(words_of(text))} ", words_of(answer)
    n = min(_QUOTED, len(words))
    rows = (words[first : first + n] for first in range(len(words) - n + 1))
    return n >= _PHRASE and any(f" {' '.join(row)} " in said for row in rows)


def of_request(examples: Iterable[Example], asked: str) -> list[Example]:
    """The examples of a request that is known by `asked`, which its judge must not be shown."""
    is_example = assumed().is_example(asked)
    if is_example is not None:  # It is still to be written.
        return list(examples) if is_example else []
    return [one for one in examples if _is_of(known_by(one.conversation), asked)]


def _is_of(known: str, asked: str) -> bool:
    return known == asked or bool(known and known in asked)


def shots_of(examples: Iterable[Example], rules: Iterable[Rule]) -> Shots:
    """The graded answers of a document in its order, by the texts of the rules that they are
    about."""
    texts = {rule.id: rule.text for rule in rules}
    by_text: dict[str, dict[Shot, None]] = {}
    for example in sorted(examples, key=lambda example: example.start):
        shots = [
            Shot.of(example.conversation, answer.text, answer.is_kept, answer.comment)
            for answer in example.answers
            if answer.is_kept is not None
        ]
        for text in {texts[id_] for id_ in example.rules if id_ in texts} or {""}:
            by_text.setdefault(text, {}).update(dict.fromkeys(shots))
    return {text: tuple(shots) for text, shots in by_text.items() if shots}


def chosen(shots: Iterable[Shot], asked: str, n: int) -> list[Shot]:
    """At most so many of other requests than the one that is known by `asked`: kept ones and broken
    ones by turns, each in the order given."""
    is_example = assumed().is_example(asked)
    if is_example is False:
        # Which of them stay in place of those that are left out is not known: the longest.
        return sorted(shots, key=lambda shot: -shot.n_chars)[:n]
    others = [] if is_example else [shot for shot in shots if not shot.is_of(asked)]
    each = ([shot for shot in others if shot.is_kept is said] for said in _SAID)
    return [shot for shot in chain.from_iterable(zip_longest(*each)) if shot is not None][:n]


def lines_of(shots: Sequence[Shot]) -> Iterator[str]:
    """What is shown of some, in lines; nothing of none."""
    if shots:
        yield _HEAD
    for number, shot in enumerate(shots, 1):
        yield f"Example {number}, request:"
        yield from marked_lines(shot.request or "(empty)")
        yield f"Example {number}, answer:"
        yield from marked_lines(shot.answer or "(empty)")
        yield f"The authors say of example {number}: {_SAID[shot.is_kept]}."
        yield from marked_lines(shot.comment)


def _cut(text: str, most: int) -> str:
    text = text.strip()
    return text if len(text) <= most else f"{text[:most].rstrip()} ..."
