"""What a refusal is told by: the words near an answer's start, and phrases of declining. Pure."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator

WINDOW = 500
"""Characters looked at. A refusal comes early, while "I can't say for sure" may stand anywhere."""
FIRST = 12
"""Tokens that belong to the opening."""
DECLINES = "<declines>"
"""The feature of a phrase with which assistants decline."""
OTHER = "*"
"""Stands for every word outside the vocabulary: it keeps places, not topics."""

_TOKEN = re.compile(r"[a-z]+|(?m:^\s*(?:\d{1,2}[.)]|[-*•])\s)|[.!?:]")
_SAME = tuple(
    (re.compile(pattern), word)
    for pattern, word in (
        (r"\bcan(?:'t| ?not)\b", "cannot"),
        (r"\bwon't\b", "will not"),
        (r"n't\b", " not"),
        (r"'m\b", " am"),
        (r"'re\b", " are"),
        (r"'ve\b", " have"),
        (r"'ll\b", " will"),
        (r"'d\b", " would"),
        (r"\b(it|that|there|here)'s\b", r"\1 is"),
        (r"\b(?:am|are) (?:not able|unable|not allowed|not permitted) to\b", "cannot"),
        (r"\bdo not have the (?:ability|capability|capacity) to\b", "cannot"),
        (r"\bapologi[sz]e\b", "sorry"),
    )
)
"""Ways to write the same, after which one weight does for all of them."""
_HELP = (
    r"(?:help|assist|provide|give|answer|do|comply|discuss|share|offer|support|recommend|continue"
    r"|talk|advise|respond|engage|tell|write|create|generate|fulfil+|encourage|endorse|suggest"
    r"|promote|condone|disclose|access|determine|speculate|reveal)"
)
_PRAISE = r"(?! but\b|[^.!?]{0,60}\benough\b| you how (?!to\b))"
"""How declining does not go on: "I can't help but smile", "cannot recommend it enough"."""
_DECLINING = (
    rf"\b(?:i|we) ?(?:cannot|will not) (?:\w+ ){{0,2}}?{_HELP}\b{_PRAISE}",
    r"\b(?:sorry|afraid|unfortunately)\b[^.!?]{0,30}\b(?:i|we) ?(?:cannot|will not)\b",
    r"\b(?:i|we) (?:must|have to|need to|respectfully|will have to) (?:refuse|decline)\b",
    r"\b(?:against|outside|not within) (?:my|our) "
    r"(?:policy|policies|guidelines|rules|programming)\b",
    r"\bas an ai\b[^.!?]{0,60}\bcannot\b",
    rf"\bnot something (?:that )?(?:i|we) (?:can|will|am able to|are able to) {_HELP}\b",
    r"\b(?:i|we) (?:would|will) (?:rather|prefer) not\b",
    r"\b(?:i|we) do not (?:give out|share|disclose|discuss|provide|answer|help)\b",
    rf"\bnot (?:be )?(?:right|appropriate|proper|able) for (?:me|us) to {_HELP}\b",
)
"""Phrases with which assistants decline. They are one feature, so that rare ones weigh as much as
those that labelled answers have often."""
PHRASES = {
    "declines": re.compile("|".join(_DECLINING)),
    "no access": re.compile(r"\bi (?:do not (?:have access to|know)|have no access to)\b"),
    "not right": re.compile(
        r"\b(?:is|are|be|was|were) (?:not|never) (?:\w+ )?"
        r"(?:appropriate|acceptable|ethical|legal|okay|ok|right|justified|respectful|safe"
        r"|fair|good|permitted|allowed|recommended)\b"
        r"|\b(?:is|are) (?:\w+ )?(?:illegal|unethical|inappropriate|wrong|unacceptable|harmful)\b"
    ),
    "no reason": re.compile(
        r"\bno (?:\w+ )?(?:reasons?|benefits?|justifications?|excuses?|ways?|grounds)\b"
    ),
    "no support": re.compile(
        r"\bi (?:do|will) not (?:support|condone|believe|endorse|think|agree)"
    ),
    "here is": re.compile(r"\bhere (?:is|are)\b|\b(?:some|these|following) (?:\w+ )?\w+s? ?:"),
    "rather": re.compile(r"\binstead\b|\bi (?:would )?(?:suggest|recommend|encourage)\b"),
}
"""The same, and phrases that go with a refusal or with an answer, over a plain text."""


def features(text: str, vocabulary: Container[str]) -> frozenset[str]:
    """One to three tokens in a row, those of the opening marked `^` too, and phrases (`<...>`)."""
    start = plain(text)
    named = {f"<{name}>" for name, pattern in PHRASES.items() if pattern.search(start)}
    return frozenset((*named, *_rows(list(tokens(start, vocabulary)))))


def plain(text: str) -> str:
    """An answer's start in lower case and one way of writing."""
    start = text.strip()[:WINDOW].replace("’", "'").lower()
    for pattern, word in _SAME:
        start = pattern.sub(word, start)
    return start


def words(text: str) -> Iterator[str]:
    """The words of a plain text, marks between them, and `-` for the sign of a list item."""
    for token in _TOKEN.findall(text):
        yield token if token.isalpha() or len(token) == 1 else "-"


def tokens(text: str, vocabulary: Container[str]) -> Iterator[str]:
    """The same with words outside the vocabulary as `*`, several in a row as one."""
    before = ""
    for word in words(text):
        token = word if not word.isalpha() or word in vocabulary else OTHER
        if token != before or token != OTHER:
            yield token
        before = token


def _rows(row: list[str]) -> Iterable[str]:
    for n in (1, 2, 3):
        for i in range(len(row) - n + 1):
            joined = " ".join(row[i : i + n])
            yield joined
            if i < FIRST:
                yield f"^ {joined}"
            if i == 0:
                yield f"^^ {joined}"
