"""Which rule an exception belongs to: by its place, by what it quotes, or by words they share."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from specloop.checking.text import any_case
from specloop.records import Rule
from specloop.spec.statements import DocumentReading, Sentence

MAX_BACK = 50
"""How many rules before an exception may be the one it belongs to."""

_LISTS = any_case(r"(?:the (?:only )?)?exceptions?\b[^.]{0,40}:$")
_QUOTED = re.compile(r"[\"“]([^\"”]{4,80})[\"”]")


def lists_exceptions(text: str) -> bool:
    """Whether a sentence is the lead-in of a list of exceptions."""
    return bool(_LISTS.match(text))


def is_listed(reading: DocumentReading, sentence: Sentence) -> bool:
    """Whether a sentence is an entry of a list of exceptions."""
    lead = reading.blocks[sentence.block].lead
    return sentence.opens_block and lead >= 0 and lists_exceptions(reading.last(lead))


def goes_on(reading: DocumentReading, rules: Sequence[Rule], sentence: Sentence) -> bool:
    """Whether a sentence goes on with the entry that it stands in, as its exception."""
    lead = reading.blocks[sentence.block].lead
    if sentence.stated is not None or not (rules and sentence.opens_block and lead >= 0):
        return False
    entry = reading.blocks[lead]
    open_ended = sentence.text[0].islower() and entry.text.text[-1] not in ".!?"
    return open_ended and entry.kind == "item" and entry.start <= rules[-1].start < entry.end


def base_of(
    reading: DocumentReading, rules: Sequence[Rule], sentence: Sentence
) -> tuple[Rule, bool]:
    """The rule that a sentence is an exception to, and whether its place or a reference in it says
    so, rather than words that they share; there must be a rule before it."""
    text, near = sentence.text, rules[-MAX_BACK:]
    for quoted in _QUOTED.findall(text):
        if named := [rule for rule in near if quoted.lower() in rule.text.lower()]:
            return named[-1], True
    block, last = reading.blocks[sentence.block], rules[-1]
    lead = reading.blocks[block.lead] if block.lead >= 0 else None
    if lead and (over := [r for r in reversed(near) if lead.start <= r.start < lead.end]):
        return over[0], True
    listed = is_listed(reading, sentence) or text.lower().startswith("exception")
    if listed or last.start >= block.start:
        return last, True
    base = _alike(near, text)
    return base, base is last


def _alike(rules: Sequence[Rule], exception: str) -> Rule:
    """The rule before an exception, or an earlier one that shares clearly more words with it."""
    words = _words(exception)
    shared = [len(words & _words(rule.text)) for rule in rules]
    best = max(shared)
    return rules[-1] if best < shared[-1] + 2 else rules[shared.index(best)]


@lru_cache(maxsize=4 * MAX_BACK)
def _words(text: str) -> frozenset[str]:
    words = re.findall(r"\w{3,}", text.lower())
    return frozenset(words) - {"the", "and"}
