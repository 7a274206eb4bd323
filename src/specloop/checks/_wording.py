"""From a rule's wording to a check: the condition is read off first, the rest is offered to every
kind.

Conditions code can decide speak of what the request mentions: "When the customer mentions a dog or
a cat, ...", "If a message mentions ...", "Only when ...", "... unless the customer mentions ...".
"Asks about" is read the same way. A wording with any other condition compiles to nothing: a check
that ignored it would decide the wrong thing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from specloop.checks import Check, checks
from specloop.records import CheckCall, Condition, Rule

_WHO = r"(?:the |a |an )?(?:\w+'s |\w+ )?(?:\w+)"
_MENTIONS = r"(?:mentions?|names?|asks? about|uses? the words?|contains? the words?)"
_IF = r"(?:when(?:ever)?|if|where|in an? answers? to an? \w+ (?:that|who))"
_LEAD = re.compile(
    rf"^(?:exception:\s*)?(?P<only>only\s+)?{_IF}\s+(?:{_WHO}\s+)?{_MENTIONS}\s+", re.I
)
_TAIL = re.compile(
    rf"[,;]?\s+(only\s+)?(when|if|unless|except when|except if)\s+{_WHO}\s+{_MENTIONS}\s+(.+?)\.?$",
    re.I,
)
_ONLY = re.compile(
    r"\b(?:only then|in no other answer|leave it out otherwise|not otherwise)\b",
    re.I,
)
_OTHER_CONDITION = re.compile(
    r"\b(?:if|when|whenever|unless|except|where|while|until|before|after|in case)\b"
    r"|\bfor (?:questions|requests|users)\b",
    re.I,
)
_HEDGE = re.compile(
    r"\b(?:judicious\w*|sparing\w*|excessive\w*|unnecessar\w*|overly|too (?:many|much)|just"
    r"|generally|usually|by default|typically|often|possible|mixing|rely|relying|appropriate"
    r"|needed|prefer\w*|tends?)\b",
    re.I,
)
"""A wording with one of these leaves to judgement what a check would decide without it."""
_SPLIT = re.compile(r",\s*(?:or\s+|and\s+)?|\s+or\s+|\s+and\s+|;\s*")
_ARTICLE = re.compile(r"^(?:a|an|the|any|some|their|his|her|its)\s+", re.I)


def compile_check(text: str) -> CheckCall | None:
    """The check a rule's wording stands for, or None where code cannot decide it."""
    wording, when, unless, only = _conditions(text)
    only = only or _ONLY.search(wording) is not None
    wording = _strip_only(wording)
    plain = _unquoted(wording)
    if _OTHER_CONDITION.search(plain) or _HEDGE.search(plain):
        return None
    for name in checks.names():
        found = checks.get(name).compile(wording)
        if found is not None:
            return CheckCall(
                name=name, options=_options(found), when=when, unless=unless, only=only
            )
    return None


def link_exceptions(rules: Sequence[Rule]) -> list[Rule]:
    """Give each rule the exceptions that other rules make to it: their condition becomes its
    `unless`."""
    exempt: dict[str, list[str]] = {}
    for rule in rules:
        if rule.exception_to and rule.check and rule.check.when:
            exempt.setdefault(rule.exception_to, []).extend(rule.check.when.mentions)
    return [_with_unless(rule, exempt[rule.id]) if rule.id in exempt else rule for rule in rules]


def _with_unless(rule: Rule, phrases: list[str]) -> Rule:
    if rule.check is None:
        return rule
    own = rule.check.unless.mentions if rule.check.unless else ()
    every = tuple(dict.fromkeys((*own, *phrases)))
    check = rule.check.model_copy(update={"unless": Condition(mentions=every)})
    return rule.model_copy(update={"check": check})


def _conditions(text: str) -> tuple[str, Condition | None, Condition | None, bool]:
    """Split a wording into (rest, when, unless, only)."""
    wording, when, unless, only = text.strip(), None, None, False
    lead = _LEAD.match(wording)
    listed = _listed(wording[lead.end() :]) if lead else None
    if lead and listed:
        when, only = _phrases(listed), bool(lead["only"])
        wording = wording[lead.end() + len(listed) :].lstrip(", ")
    tail = _TAIL.search(wording)
    if tail and not QUOTE_OPEN.search(tail[3]):
        wording = wording[: tail.start()]
        found = _phrases(tail[3])
        if tail[2].lower() in ("when", "if"):
            when, only = found, bool(tail[1])
        else:
            unless = found
    return wording, when, unless, only


QUOTE_OPEN = re.compile(r"[\"“`]")


def _listed(rest: str) -> str | None:
    """The list at the beginning of `rest`, up to the comma after it: "a dog, a cat or a child,
    begin ..."."""
    parts = rest.split(",")
    for n, part in enumerate(parts[:-1]):
        if QUOTE_OPEN.search(part) or len(part.split()) > 8:
            break
        if re.search(r"(?:^|\s)or\s", part):
            return ",".join(parts[: n + 1])
    return parts[0] if len(parts) > 1 and not QUOTE_OPEN.search(parts[0]) else None


def _phrases(listed: str) -> Condition:
    parts = (_ARTICLE.sub("", part.strip(" \"“”'`.")) for part in _SPLIT.split(listed))
    return Condition(mentions=tuple(dict.fromkeys(part.lower() for part in parts if part)))


def _strip_only(wording: str) -> str:
    return re.split(
        r"[,;.]?\s*(?:and |but )?"
        r"(?:only then|in no other answer|not otherwise|leave it out otherwise)",
        wording,
    )[0]


def _unquoted(wording: str) -> str:
    return re.sub(r"[\"“`][^\"”`]*[\"”`]", "", wording)


def _options(check: Check) -> dict[str, object]:
    return check.model_dump(mode="json", exclude_defaults=True)
