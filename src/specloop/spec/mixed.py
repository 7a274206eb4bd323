"""Sentences that demand one thing and forbid another: each clause is a statement of its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from specloop.checking.text import any_case
from specloop.spec.bans import FREED
from specloop.spec.composing import HANGS
from specloop.spec.context import with_condition
from specloop.spec.polarity import bearing
from specloop.spec.wording import Obligation, is_conditional, main_clause, obligation, plain


class SentencePart(NamedTuple):
    """`sentence[begin:end]` states `text` alone: with the subject and condition before it."""

    begin: int
    end: int
    text: str


_CUT = any_case(
    r"(?P<strong>(?:\s*[;:—–]|\s--?)\s+(?:(?:and|but|or|instead,?|rather,?)\s+)?|"
    r"(?:,\s+|\s+)(?:but|yet|instead,?|rather,?)\s+(?:instead,? |rather |then |also )?)(?=\w)|"
    r",\s+(?:and\s+)?(?:then |also )?(?=\w)|"
    r"\s+and\s+(?=(?:also |then )?(?:must|should|shall|may not|cannot|never|do not|don['’]t|"
    r"avoid|refrain|always|(?:is|are) (?:not|never|barred|forbidden|prohibited)|"
    r"\w+ (?:nothing|nobody|no one)|(?:stay|keep) (?:out|away|off|clear)|"
    r"the|an?|it|they|you|no|nobody|nothing|each|every)\b)"
)
_MODAL = (
    r"(?:must|should|shall|may|can|will|ought to|needs? to|ha(?:s|ve) to|cannot|can['’]t|"
    r"(?:is|are) to)"
)
_SUBJECT = any_case(rf"(?P<who>[^;:]{{1,100}}?)\s+(?P<modal>{_MODAL})\b")
_GOES_ON = any_case(
    rf"(?:also |then |therefore )?(?:{_MODAL}|"
    r"(?:is|are) (?:not|never|barred|forbidden|prohibited))\b"
)
_EVEN = any_case(r"even (?:if|though|when|where)\b")
_NEGATES = any_case(r"(?:never|avoid|refrain)\b")
_LEFT_OPEN = any_case(r"(?:or|nor|not|never (?:the other way|vice versa))\b")
_OWN = any_case(r"(?:always|never|do not|don['’]t|avoid|refrain|please)\b")


_GOES_ON_LISTING = any_case(r"^[^,;:]{1,40}, (?:or|nor|and) ")
"""The middle of a list, not a clause ("never sell tickets, house keys, or permits")."""


DutyOf = Callable[[str], Obligation | None]


def clauses(sentence: str, duty_of: DutyOf = obligation) -> list[SentencePart]:
    """The clauses of a sentence, if they differ in what they forbid; otherwise all of it."""
    if _lists(sentence):
        return [SentencePart(0, len(sentence), sentence)]
    return list(_cut(sentence, 0, sentence, duty_of))


_ENUMERATED = any_case(r"(?:[a-z\d]{1,3}\)|\d+(?:\.\d+)+\.?)\s")
"""How a further entry of a list within a sentence begins."""
_LEAD_IN = any_case(r"[^:;.!?]{2,120}(?=:\s+\S)")
_ANNOUNCES = any_case(r"\b(?:following|any of these)$")


def _lists(sentence: str) -> bool:
    """Whether a sentence forbids what it lists ("must never: share keys; lend money")."""
    match = _LEAD_IN.match(sentence)
    lead_in = match[0] if match else ""
    hangs = HANGS.search(lead_in) or _ANNOUNCES.search(lead_in)
    return bool(hangs) and bearing(f"{lead_in}:") == "forbid"


def _cut(sentence: str, begin: int, told: str, duty_of: DutyOf) -> Iterator[SentencePart]:
    """Cut `sentence[begin:]`, which states `told`."""
    for match in _CUT.finditer(sentence, begin):
        left, right = sentence[begin : match.start()], sentence[match.end() :]
        if " " not in left or _is_inside(sentence[: match.start()]) or _only_condition(left):
            continue
        full = _completed(told, left, right, duty_of, strong=bool(match["strong"]))
        second = duty_of(full) if full else None
        first = duty_of(left) if second else None
        if second and first is None and match["strong"]:
            first = _denied(left)
        if first and first.negative and _ENUMERATED.match(right) and not (second or first).explicit:
            continue
        if first and second and first.negative != second.negative:
            n_told = len(told) - (len(sentence) - begin)
            yield SentencePart(begin, match.start(), told[: n_told + match.start() - begin])
            yield from _cut(sentence, match.end(), full, duty_of)
            return
    yield SentencePart(begin, len(sentence), told)


_DENIES = any_case(r"[^,;:]{2,80}? (?:is|are)(?: not|n['’]t| never) \w+(?:ed|en|wn|ld|t)\b")


def _denied(left: str) -> Obligation | None:
    """What a clause forbids that tells what is not done, before one that says what is."""
    told = _DENIES.match(left) and plain(left) and not FREED.search(left)
    return Obligation("indicative", True) if told else None


def _is_inside(before: str) -> bool:
    return before.count("(") > before.count(")") or before.count('"') % 2 == 1


def _only_condition(left: str) -> bool:
    return is_conditional(left) and main_clause(left) == left


def _completed(told: str, left: str, right: str, duty_of: DutyOf, *, strong: bool) -> str:
    """The right clause as a sentence; empty if it may go on with what the left one says."""
    if _EVEN.match(right):
        return ""
    if _LEFT_OPEN.match(right):
        return "" if strong else _contrast(told, left, right)
    goes_on, negates = _GOES_ON.match(right), _NEGATES.match(right)
    named = _SUBJECT.match(main_clause(told)) if goes_on or negates else None
    if named and goes_on:
        return with_condition(left, f"{named['who']} {right}", lower=False)
    if named and negates and (duty := obligation(left)) and duty.explicit:
        full = f"{named['who']} {named['modal']} {right}"
        return with_condition(left, full, lower=False)
    own = duty_of(right) or duty_of(with_condition(left, right))
    if own is None:
        return ""
    begins = own.explicit or own.negative or _OWN.match(right) or is_conditional(right)
    if not (strong or begins or (own.force == "indicative" and not _GOES_ON_LISTING.search(right))):
        return ""
    return with_condition(left, right) if _may_stand(own, right) else ""


_CONTRAST = any_case(
    r"not (?!(?:only|just|merely|simply|necessarily|least|even|because|so|all|every|always|yet|"
    r"later|earlier|before|after|until|during|more|less|to (?:mention|be))\b)"
    r"(?P<what>(?:[\w’'-]+ ){0,7}[\w’'-]+)[.!]?$"
)
_ASKED = any_case(r"(?P<label>[\w ]{1,40}: )?(?:please |always )?(?P<verb>[\w-]+) \w")
_MUST_DO = any_case(rf"(?P<who>[^;:]{{1,100}}?\s{_MODAL}) (?P<verb>(?!not\b|never\b)[\w-]+) \w")


def _contrast(told: str, left: str, right: str) -> str:
    """What "Give hints, not solutions" forbids, as a sentence; empty if it contrasts nothing."""
    what, duty = _CONTRAST.match(right), obligation(left)
    # "Treat this as a promise, not advice" does not say not to treat advice.
    if what is None or duty is None or duty.negative or " as " in left:
        return ""
    main = main_clause(told)
    if duty.explicit and (found := _MUST_DO.match(main)):
        who = re.sub(r"(?<= (?:is|re)) to$|$", lambda to: f" not{to[0]}", found["who"], count=1)
        return with_condition(left, f"{who} {found['verb']} {what['what']}.", lower=False)
    if duty.force == "imperative" and (found := _ASKED.match(main)):
        full = f"do not {found['verb'].lower()} {what['what']}."
        return with_condition(left, f"{found['label'] or ''}{full}")
    return ""


def _may_stand(own: Obligation, right: str) -> bool:
    """Whether the clause binds somebody itself: an imperative, or a subject with a duty."""
    named = _SUBJECT.match(main_clause(right))
    return not own.explicit or bool(named and "," not in named["who"])
