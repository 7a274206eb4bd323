"""Conditions that code can decide: what the request mentions.

"When the customer mentions a dog or a cat, ...", "If a message mentions ...", "Only when ...",
"... unless the customer mentions ...". "Asks about" is read the same way. The person who
mentions it must be the one who asks, and each thing mentioned must be a plain noun: "mentions a
late delivery" and "mentions a discount that has ended" are not conditions on words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from specloop.checking.text import any_case, word_set
from specloop.records import Condition


class WordingReading(NamedTuple):
    """What a wording demands, and the conditions under which it does."""

    rest: str
    when: Condition | None = None
    unless: tuple[Condition, ...] = ()
    only: bool = False


_ASKERS = (
    r"user|customer|client|person|caller|visitor|guest|travell?er|patient|reader|passenger|shopper"
    r"|buyer|patron|rider|player|student|learner|request|question|message|query|prompt"
)
_WHO = rf"(?:(?:the|an?|any) (?:{_ASKERS})|someone|somebody|anyone|users|customers|they)"
_MENTIONS = (
    r"(?:mentions?|names?(?! an? )|asks? about|talks? about|writes? about|brings? up"
    r"|uses? the words?|contains? the words?)"
)
_LEAD = any_case(
    rf"(?:exception: )?(?P<only>only )?(?:(?:when(?:ever)?|if|where) {_WHO}"
    rf"|in (?:an answer|answers) to (?:a|the) (?:{_ASKERS}) (?:that|who)) {_MENTIONS} "
)
_TAIL = any_case(
    rf"(?P<rest>.+?)(?P<comma>[,;])? (?P<only>only )?"
    rf"(?P<word>when(?:ever)?|if|unless|except when|except if) {_WHO} {_MENTIONS} (?P<listed>.+)"
)
_ONLY_THEN = any_case(
    r"[,;.]? (?:and |but )?(?:only then|in no other answer|not otherwise|leave it out otherwise)$"
)
_TOGETHER = " together with "
_ARTICLE = any_case(r"(?:a|an|the|some|their|his|her) ")
_OTHER = word_set("""
that which who whom whose than more most less least fewer not no never without with in on for at
from by to about if when while of other else such like similar related own it its this these those
them once twice again something anything first last next previous all every each both either
neither and but only just also even any is are was were has have being getting us you me him
someone somebody anyone there here
""")
_NOUN = re.compile(r"[^\W_][\w'-]*|\"\d+\"")
_CLASSES_WORDS = """
competitor date name product person people place location animal brand company companies number
language country countries city cities town region nationality time day month year age amount
quantity figure sum measurement statistic currency topic subject thing word emotion feeling url
email medicine medication drug symptom disease diagnosis diagnoses celebrity
celebrities politician party parties religion colour color fruit ingredient dish food sport team
artist author book film movie song law statute vendor supplier manufacturer vehicle device substance
weapon hobby occupation profession relative friend holiday website restaurant
"""
_CLASSES = any_case(
    rf"(?:.* )?(?:{'|'.join(_CLASSES_WORDS.split())})s?|(?:e-?mail|web) address(?:es)?"
)
"""Requests name an example of these instead of using the word: "ibuprofen" for a medicine."""
_VERBS = any_case(
    r"(?:complain|seem|want|ask|say|need|write|sound|look|feel|appear|threaten|swear|insult|refuse"
    r"|insist|argue|cancel|pay|get|lose|buy|sell|send|receive|arrive|speak|become|cry|live|shout|behave|request|use|mention|name)s"
)
_ADJECTIVE = any_case(
    r"\w+(?:ed|ous|ful|less|able|ible|ish|ical)|big|small|late|early|lost|broken|stolen|frozen"
    r"|forgotten|hidden|serious|minor|major"
    r"|new|old|bad|good|angry|sick|ill|young|large|high|low|free|personal|private|different"
    r"|certain|specific|urgent|severe|real|several|many|few|two|three"
)
"""Requests say these in other words than the rule: a late parcel "has not come"."""


def readings(text: str) -> Iterator[WordingReading]:
    """Every way to read a wording as conditions and a rest, the one without conditions first."""
    body = _ONLY_THEN.sub("", text)
    only_then = body != text
    for rest, when, only in _leads(body):
        only = only or only_then
        if when is not None or not only:
            yield WordingReading(rest, when, (), only)
        match = _TAIL.fullmatch(rest)
        condition = read_condition(match["listed"]) if match else None
        if match is None or condition is None:
            continue
        negative = match["word"].lower() not in ("when", "whenever", "if")
        if negative and (when is not None or not only):
            yield WordingReading(match["rest"], when, (condition,), only)
        elif not negative and when is None:
            yield WordingReading(match["rest"], condition, (), only or bool(match["only"]))


def _leads(text: str) -> Iterator[tuple[str, Condition | None, bool]]:
    yield text, None, False
    lead = _LEAD.match(text)
    if lead is None:
        return
    for mark in re.finditer(r"[,:] (?:then )?", text[lead.end() :]):
        listed, rest = text[lead.end() :][: mark.start()], text[lead.end() :][mark.end() :]
        condition = read_condition(listed)
        if condition is not None:
            yield rest, condition, bool(lead["only"])


def read_condition(listed: str) -> Condition | None:
    """The things a request must mention; None where they are not a plain list of nouns."""
    if listed.count(_TOGETHER) > 1:
        return None
    first, _, second = listed.partition(_TOGETHER)
    if second:
        mentions, together = _any_of(first), _any_of(second)
        whole = mentions and together
        return Condition(mentions=mentions, together_with=together) if whole else None
    both = re.fullmatch(r"(?:both )?([^,]+?) and ((?:an?|the) [^,]+|\S+)", listed)
    if both and " or " not in listed:
        return read_condition(f"{both[1]}{_TOGETHER}{both[2]}")
    mentions = _any_of(listed)
    return Condition(mentions=mentions) if mentions else None


def _any_of(listed: str) -> tuple[str, ...]:
    """The nouns of "a dog, a cat or a child"; empty where one is not a plain noun."""
    parts = re.split(r",? or |, ", listed.removeprefix("either ").strip())
    if len(parts) > 2 and not re.search(r"\bor\b", listed):
        return ()
    if len(parts) == 2 and " or " not in listed:
        return ()
    articles = [_ARTICLE.match(part) for part in parts]
    nouns = [p[a.end() if a else 0 :].lower() for p, a in zip(parts, articles, strict=True)]
    bare = [noun for noun, article in zip(nouns, articles, strict=True) if not article]
    # "A dog or complains": next to nouns with an article, a bare word ending in "s" may be a verb.
    if any(articles) and any(noun.split(" ")[0].endswith("s") for noun in bare):
        return ()
    return tuple(dict.fromkeys(nouns)) if all(_is_noun(noun) for noun in nouns) else ()


def _is_noun(phrase: str) -> bool:
    words = phrase.split()
    if not 1 <= len(words) <= 3 or not all(_NOUN.fullmatch(word) for word in words):
        return False
    if _OTHER & set(words) or _CLASSES.fullmatch(phrase) or _VERBS.fullmatch(words[0]):
        return False
    return len(words) == 1 or not _ADJECTIVE.fullmatch(words[0])
