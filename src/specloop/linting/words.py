"""Words as lints compare them: a rough stem, one name for words that mean the same, opposites.

The lists are short on purpose. A pair that is missing costs a finding; a wrong one costs trust.
"""

from __future__ import annotations

import re
from functools import lru_cache

from specloop.checking.sought import sought
from specloop.checking.text import NUMBER, word_set

_SAME = """
disclose reveal share divulge expose leak release
ask request
answer reply respond response output message
user customer client caller
use add include contain insert put employ utilise utilize incorporate
tone style voice manner register
keep stay remain maintain
give provide offer supply furnish
apologise apologize
verify validate check
show display present
delete erase remove purge
begin start commence
end finish conclude
tell inform notify say
help assist
buy purchase
fix repair
choose select pick
refuse decline deny
mention name
forward transfer hand
log record note
store retain save
casual informal colloquial
short brief concise succinct
long lengthy verbose wordy
polite courteous
rude impolite discourteous
simple plain
complex complicated
confirm affirm
allow permit
forbid prohibit ban
encourage promote
collect gather
send submit
write compose
explain clarify
link url
emoji emojis emoticon
information info
photo photograph picture
phone telephone
mail email e-mail
recommend suggest advise
competitor rival
price cost
quickly fast promptly
below under beneath underneath
close shut
complaint grievance
staff employee
guess speculate
lie deceive
insult offend
interrupt
"""
"""Words that mean the same; the first names them all."""

_OPPOSITES = """
formal casual
short long
simple complex
polite rude
ascending descending
singular plural
uppercase lowercase
active passive
detailed short
technical simple
humorous serious
anonymous named
manual automatic
public confidential
online offline
literal figurative
direct indirect
visible hidden
encrypted unencrypted
paid unpaid
free chargeable
at-start at-end
by-firstname by-lastname
on-left on-right
"""
"""Words of manner that exclude each other."""

_OPPOSITE_VERBS = """
accept reject
accept refuse
approve reject
allow forbid
show hide
disclose withhold
encourage discourage
agree disagree
delete store
lock unlock
enable disable
increase decrease
raise lower
praise criticise
confirm deny
include omit
use omit
obey disobey
attach detach
encrypt decrypt
publish withhold
spell-out abbreviate
spell-out in-numerals
turn-on turn-off
grant refuse
capitalise lowercase
"""
"""Verbs that exclude each other, about the same object."""

LIGHT = word_set("answer use tone keep give write make ensure sure language way user")
"""Words that say little beside others: 'use a formal tone' and 'be formal' say one thing."""

STOP = word_set("""
a an the this that these those each every any all some such its it their they them your you our
we us his her he she one ones there here who whom which what whose
of in on at to for from by with about into within as than then so and or nor but if also
is are was were be been being has have had do does did done will would can could may might must
shall should ought need needs required require requires expected supposed allowed permitted
always ever please strictly only at-all by-default generally usually typically normally
not never no none cannot without avoid refrain forbidden prohibited banned disallowed
ensure sure remember that s per everyone anyone someone somebody anybody
something anything everything thing things case cases time times
""") - {"only", "without"}
"""Words that carry no content of a rule. 'Only' stays: it changes what a rule says."""

_DATA = (
    r"(?:(?:e-?mail|home|postal|private|delivery) )?address(?:es)?|passwords?|"
    r"(?:room|phone|telephone|card|account) numbers?|"
    r"(?:contact|personal|bank|card) (?:details|data|information)"
)
"""What is disclosed when it is given."""

_PHRASES = [(sought(pattern), word) for pattern, word in (
    (r"\bby (?:their|his|her|the|your)? ?(?:first|given) names?\b", " by-firstname "),
    (r"\bby (?:their|his|her|the|your)? ?(?:last|family) names?\b|\bby (?:\w+ )?surnames?\b",
     " by-lastname "),
    (r"\bat the (?:very )?(?:top|start|beginning)\b", " at-start "),
    (r"\bat the (?:very )?(?:bottom|end|close)\b", " at-end "),
    (r"\bon the left(?:[- ]hand side)?\b", " on-left "),
    (r"\bon the right(?:[- ]hand side)?\b", " on-right "),
    (r"\b(?:upper|capital)[- ](?:case|letters)\b", " uppercase "),
    (r"\blower[- ]?case(?: letters)?\b|\bsmall letters\b", " lowercase "),
    (r"\b(?:pass|passes|passed) on\b", " disclose "),
    (r"\b(?:get|be) in touch with\b", " contact "),
    (r"\bma[kd]e up\b", " invent "),
    (r"\bg(?:i|a)ve(?:s|n)? (?:out|away)\b|\bgiving (?:out|away)\b", " disclose "),
    (rf"\b(?:giv(?:e|es|ing)|provid(?:e|es|ing)|tell(?:s|ing)?|read(?:s|ing)? out) "
     rf"(?=(?:[\w'-]+ ){{1,6}}?(?:{_DATA})\b)", " disclose "),
    (r"\blet (?=(?:[\w'-]+ ){1,3}know\b)(.+?) know\b", r" tell \1 "),
    (r"\buse (?:numerals|digits|figures) for\b", " in-numerals "),
    (r"\b(?:shut|switch|turn)(s|ed|ting|ning|ing)? ((?:[\w'-]+ ){1,3}?)(off|out|on|down)\b",
     r" turn-\3 \2 "),
    (r"\b(?:shut|switch|turn)(?:s|ed|ting|ning|ing)? (off|on|out|down)\b", r" turn-\1 "),
    (r"\b(?:in|to|into|within) (?:each|every|all|any|your|our) messages?\b", " "),
    (r"\bsign(?:s|ed)? off\b", " end "),
    (r"\b(?:spell|write)(?:s|ed|ing)? out\b", " spell-out "),
    # What is said for illustration or as a reason narrows nothing.
    (r"\bus(?:ing|ed)\b", " use "),
    (r"\b(at (?:most|least)|within|up to|no more than|(?:more|less) than) an? "
     r"(?=(?:second|minute|hour|day|week|month|year)\b)", r"\1 one "),
    (r"\b(?:before|by|until|no later than) (?=\d{1,2}(?:[:.]\d\d| ?[ap]\.?m\b))", " deadline "),
    (r",? (?:such as|for example|for instance|e\.g\.|including|particularly|especially) "
     r"[^;:]*?(?=[.;]?$)", ""),
    (r",? (?:because|so that|in order to|since (?:it|they|this)) [^;]*?(?=[.;]?$)", ""),
    (r"\b(?:a |one |the )?single (?=\w)", " one "),
    (r"\b(at (?:most|least)|no more than|up to) ((?:make|use|write|give|ask|take|do|send) )",
     r"\2\1 "),
    (rf"\bonly ((?:[a-z]+ )?)(?={NUMBER} )", r"\1at most "),
    (r"^(?:nobody|no one) (may|must|shall|should|can|will) ", r"you \1 not "),
    (r"^(?:nobody|no one) (?:ever )?(?=\w+s )", "you must not "),
)]  # fmt: skip


def _names(listed: str) -> dict[str, str]:
    groups = (line.split() for line in listed.split("\n") if line)
    return {_root(word): _root(group[0]) for group in groups for word in group}


@lru_cache(maxsize=65_536)
def _root(word: str) -> str:
    """The word without common endings, so that forms of one word mostly agree."""
    bare = word.removesuffix("'s").removesuffix("'")
    if len(bare) < 4 or "-" in bare or bare.isdigit():
        return bare
    bare = re.sub(r"(?<=[a-z]{3})iz(e|es|ed|ing)$", r"is\1", bare)
    for ending, least in (("ies", 3), ("ied", 3)):
        if bare.endswith(ending) and len(bare) > least + 1:
            return bare[:-3] + "y"
    if bare.endswith(("ss", "us", "is")):
        return bare
    for ending in ("ing", "ed"):
        stem = bare[: -len(ending)]
        if bare.endswith(ending) and len(stem) >= 3 and re.search("[aeiouy]", stem):
            return _single(stem).removesuffix("e")
    return re.sub(r"(?:(?<=[sxz])es|(?<=ch)es|(?<=sh)es|s)$", "", bare).removesuffix("e")


def _single(stem: str) -> str:
    """'stopp' as 'stop'."""
    return stem[:-1] if re.search(r"([bdgmnprt])\1$", stem) else stem


_CANONICAL = _names(_SAME)
_STOP_ROOTS = frozenset(STOP)
LIGHT_STEMS = frozenset(_CANONICAL.get(_root(word), _root(word)) for word in LIGHT)


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """The name that all forms of a word and its synonyms share."""
    root = _root(word)
    return _CANONICAL.get(root, root)


def _pairs(listed: str) -> dict[str, tuple[tuple[str, str], ...]]:
    table: dict[str, list[tuple[str, str]]] = {}
    for line in listed.split("\n"):
        if line:
            left, right = sorted(map(stem, line.split()))
            table.setdefault(left, []).append((left, right))
            table.setdefault(right, []).append((left, right))
    return {word: tuple(pairs) for word, pairs in table.items()}


OPPOSITES = _pairs(_OPPOSITES)
"""The pairs of opposites of manner that a stem is in."""
OPPOSITE_VERBS = _pairs(_OPPOSITE_VERBS)
"""The same for verbs."""

_TOKEN = re.compile(r"[^\W_]+(?:['-][^\W_]+)*|\"\d+\"|\{\w+\}")


def in_phrases(text: str) -> str:
    """The lower-case text with fixed phrases replaced by one word each."""
    for pattern, word in _PHRASES:
        text = pattern.sub(word, text)
    return text


def content(text: str) -> list[str]:
    """The stems of a lower-case text's words of content, in order."""
    return [stem(word) for word in _TOKEN.findall(text) if word not in _STOP_ROOTS]
