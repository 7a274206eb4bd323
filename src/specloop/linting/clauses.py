"""The clauses of a rule that demand something each: "Log it, and never delete the log.\""""

from __future__ import annotations

import re
from collections.abc import Iterator

from specloop.checking.text import any_case
from specloop.spec.verbs import can_be_verb
from specloop.spec.wording import is_conditional

_MODAL = r"(?:must|should|shall|may|can|cannot|will)"
_CUT = any_case(
    rf"(?:,? (?:and|but)|;) (?=(?:{_MODAL}|do not|don['’]t|never|always|avoid)\b|"
    rf"(?:you|it|they|we|the \w+) (?:{_MODAL}|is|are)\b|(?:if|when) [^,]{{3,80}}, )"
)
_SUBJECT = any_case(rf"(?P<who>[\w’'-]+(?: [\w’'-]+){{0,4}}?) {_MODAL}\b")
_GOES_ON = any_case(rf"{_MODAL}\b")
LEAST = 3
"""Fewest words of a clause."""


_NOT_OR = any_case(
    rf"^(?P<who>(?:[\w’'-]+ ){{0,4}}?(?:{_MODAL}|do|does) (?:not|never)|cannot|never|don['’]t) "
    r"(?P<first>[^;:]{3,160}), ?(?:(?P<last>\w+) )?or (?P<verb>[a-z]+) (?P<rest>[^,;]+)"
)
_OR_ONE = any_case(r" or \w+\.?$")


def clauses(text: str) -> list[str]:
    """What a sentence demands, one by one: its clauses with their subject, and the acts that it
    forbids ("do not copy, sell or lend it")."""
    return [*_cut(text), *dict.fromkeys(_acts(text))]


def _acts(text: str) -> Iterator[str]:
    """The bans of acts joined by "or"; of acts with objects of their own only the last."""
    match = _NOT_OR.match(text)
    if match is None or not can_be_verb(match["verb"]):
        return
    before = [*match["first"].split(", "), *filter(None, [match["last"]])]
    alone = before if all(" " not in act for act in before) else []
    for act in (*alone, match["verb"]):
        said = f"{match['who']} {act} {match['rest']}"
        yield said
        if _OR_ONE.search(said):
            yield _OR_ONE.sub("", said)


def _cut(text: str) -> list[str]:
    """The clauses; the sentence where it is one, begins with a condition, or a part of it is too
    short."""
    parts = [part.strip() for part in _CUT.split(text)]
    if len(parts) < 2 or is_conditional(text) or min(len(part.split()) for part in parts) < LEAST:
        return [text]
    named = _SUBJECT.match(re.sub(r"\([^()]*\)", "", parts[0]))
    if named is None and any(_GOES_ON.match(part) for part in parts):
        return [text]
    who = f"{named['who']} " if named else ""
    return [f"{who}{part}" if _GOES_ON.match(part) else part for part in parts]
