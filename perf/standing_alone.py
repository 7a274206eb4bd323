"""Whether a rule's text says what a label's text says: a proxy, by words.

Both texts are reduced to the words that carry meaning; forms of one word count as the same. The
rule says the same if it has

- nearly all of the label's own words, and each *only*, *unless* and *before*;
- most of those that the label had to resolve: a subject, a lead-in, a condition (words that are
  not in its quote);
- few words from elsewhere: neither its sentence's, nor the label's, nor the headings'; but the
  sentence that it points to may stand before it, if that has all that the label resolved;
- no *it* or *they* for something that it lacks, and none replaced by a word the label lacks.

Whether it binds or forbids is not looked at here: the caller compares directions.

docs/reading.md says how often the proxy and a judgement by hand agree. It does not see the order
of words, nor one wrong word among many right ones.
"""

# pyright: basic
from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import takewhile
from typing import NamedTuple

MOST_MISSING = 0.2
MOST_UNRESOLVED = 0.34
MOST_FOREIGN = 0.25

# Words without which a rule says the same: articles, auxiliaries, words of duty and of negation
# (directions are compared apart), the smaller prepositions and the words that begin a condition.
_EMPTY_WORDS = """
    a an the and or but to of in on at by for with from as into about that which who whose is are
    was were be been being am do does did done has have had having must should shall may can could
    will would might need needs ought not no nor never cannot i we us our you your he his him its it
    they them their this these those such one ones if when where once then than so also too any all
    each every there some let s t re ve ll d m please always following anti pattern forbidden
    allowed permitted prohibited required expected want like avoid refrain don't under circumstances
    restricted unacceptable tolerated violation violations
    der die das den dem des ein eine einen einem einer und oder zu zur zum im in am an auf mit von
    bei für ist sind wird werden muss müssen soll sollen darf dürfen kann können nicht kein keine
    nie niemals es sie er wer dass
"""
_EMPTY = frozenset(_EMPTY_WORDS.split())
_POINTING_WORDS = "it they them their its this these those such one ones otherwise"
_POINTING = frozenset(_POINTING_WORDS.split())
# Without one of these a rule says something else; the second ones a label may have put in itself
# ("before the booking" for "When booking").
_DECISIVE = frozenset({"only", "unless", "except", "until", "nur", "außer", "ausschließlich"})
_DECISIVE_OWN = _DECISIVE | {"without", "before", "after"}
_USUAL_ENDINGS = "e s es ed d ing ings ly y ies ied n en er ers r em te ten"
_ENDINGS = frozenset(_USUAL_ENDINGS.split()) | {""}
_WORD = re.compile(r"[^\W_]+(?:[.,:][^\W_]+)*")


class Wording(NamedTuple):
    """A text with the document's words it was made of: a rule's, or a label's."""

    text: str
    quote: str
    context: str = ""
    """The headings above a rule; the condition of a label."""
    binds_assistant: bool = False

    def and_(self, other: Wording) -> Wording:
        texts = [f"{mine}\n{its}" for mine, its in zip(self[:3], other[:3], strict=True)]
        return Wording(*texts, self.binds_assistant and other.binds_assistant)


def says_the_same(rule: Wording, label: Wording) -> bool:
    said, quote = _words(rule.text), _words(rule.quote)
    wanted, condition = _words(label.text) - _EMPTY, _words(label.context) - _EMPTY
    missing = _missing(wanted, said)
    resolved = _strange(wanted, _words(label.quote))
    own = wanted - resolved
    assistant = {"assistant"} if label.binds_assistant else set[str]()
    pointing = said & _POINTING - _words(label.text)
    unresolved = missing & resolved
    # An imperative is the assistant's; and the reader may say *the assistant* for its name.
    if label.binds_assistant and not pointing and len(unresolved - condition) == 1:
        unresolved &= condition
    # What the reader put in: not its document's words in that place, nor the label's.
    added = _strange(said - _EMPTY, {*_words(label.text), *quote, *assistant})
    foreign = _strange(added, _words(rule.context))
    replaced = quote & _POINTING - said
    context = bool(resolved) and not missing & resolved
    return (
        not missing & _DECISIVE
        and not missing & own & _DECISIVE_OWN
        and len(missing & own) <= MOST_MISSING * len(own)
        and len(unresolved) <= MOST_UNRESOLVED * len(resolved)
        and len(_missing(condition, said)) <= len(condition) / 2
        and (context or len(foreign) <= MOST_FOREIGN * len(said - _EMPTY))
        and not (pointing and missing)
        and not (replaced and added)
    )


def _words(text: str) -> set[str]:
    found = _WORD.findall(text.replace("n't", " not").replace("n’t", " not"))
    return {"IT" if word == "IT" else word.lower() for word in found}


def _strange(words: set[str], known: set[str]) -> set[str]:
    return {word for word in words if not any(_same(word, other) for other in known)}


def _missing(wanted: Iterable[str], said: Iterable[str]) -> set[str]:
    """The wanted words that are not said; a word that is said stands for one that is wanted."""
    missing, free = set(wanted) - set(said), set(said) - set(wanted)
    for word in sorted(missing):
        stands = next((other for other in sorted(free) if _same(word, other)), None)
        if stands:
            missing.discard(word)
            free.discard(stands)
    return missing


def _same(one: str, other: str) -> bool:
    """Whether two words are equal but for usual endings: *share*, *sharing*; *stop*, *stopping*."""
    if one == other:
        return True
    equal = takewhile(lambda letters: letters[0] == letters[1], zip(one, other, strict=False))
    stem = "".join(letter for letter, _ in equal)
    rests = [word.removeprefix(stem) for word in (one, other)]
    doubled = [rest[1:] if len(stem) > 2 and rest[:1] == stem[-1] else rest for rest in rests]
    return len(stem) >= 2 and all(rest in _ENDINGS for rest in doubled)
