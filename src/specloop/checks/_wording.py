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

from specloop.checks import Answer, Check, build, checks
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
    excepting = [rule for rule in rules if rule.check and rule.check.when]
    return [_with_unless(rule, [e for e in excepting if _excepts(e, rule)]) for rule in rules]


def _excepts(exception: Rule, rule: Rule) -> bool:
    """Whether a conditional rule takes another back where its condition holds.

    A rule that fixes the whole answer takes back every rule its wording breaks.
    """
    if exception.check is None or rule.check is None or exception.id == rule.id:
        return False
    if exception.check.name == "exact_answer":
        fixed = Answer(str(exception.check.options["phrase"]))
        return build(rule.check).holds(fixed) is False
    return exception.exception_to == rule.id


def _with_unless(rule: Rule, exceptions: Sequence[Rule]) -> Rule:
    conditions = [e.check.when for e in exceptions if e.check and e.check.when]
    if rule.check is None or not conditions:
        return rule
    every = tuple(dict.fromkeys((*rule.check.unless, *conditions)))
    return rule.model_copy(update={"check": rule.check.model_copy(update={"unless": every})})


def _conditions(text: str) -> tuple[str, Condition | None, tuple[Condition, ...], bool]:
    """Split a wording into (rest, when, unless, only)."""
    wording, when, only = text.strip(), None, False
    unless: tuple[Condition, ...] = ()
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
            unless = (found,)
    return wording, when, unless, only


_TOGETHER = " together with "
QUOTE_OPEN = re.compile(r"[\"“`]")


def _listed(rest: str) -> str | None:
    """The list at the beginning of `rest`, up to the comma after it: "a dog, a cat or a child,
    begin ..."."""
    parts = rest.split(",")
    joined = _TOGETHER not in rest.partition('"')[0]
    for n, part in enumerate(parts[:-1]):
        if QUOTE_OPEN.search(part) or len(part.split()) > 12:
            break
        if _TOGETHER in part:
            joined, part = True, part.partition(_TOGETHER)[2]
        if joined and re.search(r"(?:^|\s)or\s", part):
            return ",".join(parts[: n + 1])
    return parts[0] if len(parts) > 1 and not QUOTE_OPEN.search(parts[0]) else None


def _phrases(listed: str) -> Condition:
    first, _, second = listed.partition(_TOGETHER)
    return Condition(mentions=_split(first), together_with=_split(second))


def _split(listed: str) -> tuple[str, ...]:
    parts = (_ARTICLE.sub("", part.strip(" \"“”'`.")) for part in _SPLIT.split(listed))
    return tuple(dict.fromkeys(part.lower() for part in parts if part))


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
