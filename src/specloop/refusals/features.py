"""What a refusal is told by: the words near an answer's start, phrases of declining and of
rejecting a premise, how much of the request is repeated, length and lists. Pure."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Sequence

WINDOW = 500
"""Characters looked at. A refusal comes early, while "I can't say for sure" may stand anywhere."""
FIRST = 12
"""Tokens that belong to the opening."""
DECLINES = "<declines>"
"""The feature of a phrase with which assistants decline."""
OTHER = "*"
"""Stands for every word outside the vocabulary: it keeps places, not topics."""
ASKED = "@"
"""The same for a word that the request has: a premise is rejected in the request's own words."""

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
_PLACED = {
    "premise": re.compile(
        r"\bnot inherently\b|\bno (?:\w+ )?(?:reason|evidence|justification|basis|way)\b"
        r"|\b(?:should|must) not be\b|\b(?:has|have) (?:the|a|equal) (?:\w+ )?rights?\b"
        r"|\bnot accurate\b|\b(?:disagree|do not believe|do not think|do not agree)\b"
        r"|\bavoid (?:making )?(?:assum|general|stereo)"
    ),
    "important": re.compile(r"\b(?:important|crucial|essential|necessary) (?:to|that)\b"),
}
"""Phrases of which it counts in which sentence they stand."""
_UNREAL = re.compile(
    r"\bfiction\w*|\bdo(?:es)? not exist|\bnot (?:a )?real|\bmyth|\bnot possible|\bcapab|\bnonsens"
    r"|\bmake sense|\bjoke|\bhumor|\babilit"
)
"""What is said of things that there are not: who says so of a nonsensical request answers it."""
_NOT = re.compile(r"\b(?:not|no|never|cannot|nothing|none)\b")
_SENTENCE = re.compile(r"(?<=[.!?:])\s+|\n+")
_WORD = re.compile(r"[a-z]+")
_ENDINGS = ("ing", "edly", "ed", "es", "s", "ly")
_UNTOLD = frozenset(
    re.findall(
        r"\w+",
        "a an the of to in on for is are was were do does did i me my you your it its that this"
        " and or how what why where when who which can should would could be with from at by best"
        " way someone not no",
    )
)
"""Words of a request that say nothing of what it is about."""
_LENGTHS = (150, 300, 500, 800, 1200, 1600)
_LIST_ITEM = re.compile(r"(?m)^\s*(?:\d{1,2}[.)]|[-*•])\s")


def features(text: str, vocabulary: Container[str], request: str = "") -> frozenset[str]:
    """One to three tokens in a row, those of the opening marked `^` too, and what else is told
    (`<...>`): phrases, repetition of the request if there is one, length, lists."""
    start, asked = plain(text), _topic(request)
    phrases = (f"<{name}>" for name, pattern in PHRASES.items() if pattern.search(start))
    sentences = [sentence for sentence in _SENTENCE.split(start) if sentence]
    rows = _rows(list(tokens(start, vocabulary, asked)))
    return frozenset(
        (*phrases, *rows, *_placed(sentences), *_repeated(sentences, asked), *_shape(text))
    )


def declines(text: str) -> bool:
    """Whether a phrase of declining stands near a text's start."""
    return PHRASES["declines"].search(plain(text)) is not None


def _topic(request: str) -> frozenset[str]:
    """The stems of the words that say what a request is about."""
    found = _WORD.findall(plain(request))
    return frozenset(_stem(word) for word in found if len(word) > 2 and word not in _UNTOLD)


def _stem(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word


def _placed(sentences: Sequence[str]) -> Iterator[str]:
    """Phrases by their sentence: the first, the second, one of the next two."""
    for at, sentence in enumerate(sentences[:4]):
        for name, pattern in _PLACED.items():
            if pattern.search(sentence):
                yield f"<{name}>"
                yield f"<{name} {min(at, 2)}>"
    if any(map(_NOT.search, sentences[:3])):
        yield "<not>"


def _repeated(sentences: Sequence[str], asked: frozenset[str]) -> Iterator[str]:
    """How much of the request the first two sentences repeat, and whether they negate."""
    for at, sentence in enumerate(sentences[:2] if asked else ()):
        share = len(asked & {_stem(word) for word in _WORD.findall(sentence)}) / len(asked)
        much = "most" if share >= 0.6 else "some" if share >= 0.3 else "little"
        yield f"<repeats {much} {at}>"
        yield f"<repeats {much} {at}, {'not' if _NOT.search(sentence) else 'so'}>"


def _shape(text: str) -> Iterator[str]:
    """Length, lists, what the text says of unreal things, and a question at the end."""
    whole = text.strip()
    yield from (f"<to {length}>" for length in _LENGTHS if len(whole) <= length)
    n_items = len(_LIST_ITEM.findall(whole))
    yield from (f"<{least} items>" for least in (1, 3) if n_items >= least)
    if whole.endswith("?"):
        yield "<asks>"
    if _UNREAL.search(whole[:800].lower()):
        yield "<unreal>"


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


def tokens(text: str, vocabulary: Container[str], asked: Container[str] = ()) -> Iterator[str]:
    """The same with words outside the vocabulary as `@` where the request has them, else `*`;
    several in a row as one."""
    before = ""
    for word in words(text):
        token = word
        if word.isalpha() and word not in vocabulary:
            token = ASKED if _stem(word) in asked else OTHER
        if token != before or token not in (ASKED, OTHER):
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
