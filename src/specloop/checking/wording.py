"""Turn a rule's wording into a check.

A wording becomes a check only if the grammar accounts for all of it: the condition
(`conditions`), the demand (`grammar` and one kind of check) and the text around the sentence
(`scope`). Where code can decide only some of the demands of a rule, the check is a part: it says
what it leaves undecided, and it never decides the whole rule.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from specloop.checking.base import AnswerText, Check, build, checks
from specloop.checking.conditions import WordingReading, readings
from specloop.checking.grammar import (
    LISTED,
    VERBS,
    Clause,
    full,
    numbered_quotes,
    read_clause,
    spelt_out,
)
from specloop.checking.scope import VALUES, VALUES_OF_FORM, holds_everywhere
from specloop.checking.text import any_case
from specloop.records import CheckCall, Condition, Rule


class _Demand(NamedTuple):
    """The checks for a wording's demands, and the demands that have none."""

    checks: tuple[Check, ...]
    leaves: tuple[str, ...]
    content: str
    """What the wording is about, without its quotations."""
    forbids: bool


MAX_CHARS = 5_000
"""Most characters of a wording, or of the text around it, that code turns into a check."""


def compile_check(text: str, scope: Sequence[str] = ()) -> CheckCall | None:
    """The check for a rule's wording, or None where code cannot decide all of it.

    `scope` is the text around the sentence that may narrow it: headings, the head of a
    column, the lead-in of a list.
    """
    call = compile_wording(text, scope)
    return None if call is None or call.leaves else call


def compile_wording(text: str, scope: Sequence[str] = ()) -> CheckCall | None:
    """The check for a wording or for a part of it, then with what it leaves undecided."""
    part = None
    for call in _calls(text, scope):
        if not call.leaves:
            return call
        part = part or call
    return part


def _calls(text: str, scope: Sequence[str]) -> Iterator[CheckCall]:
    if max(map(len, (text, *scope))) > MAX_CHARS:
        return
    for label, demand, reading in _demands(text):
        mentions = [m for c in (reading.when, *reading.unless) if c for m in c.mentions]
        content = " ".join([demand.content, *mentions])
        free = _values_free(demand, reading)
        if holds_everywhere((*scope, *label), content, free=free):
            yield _call(demand, reading)


@lru_cache(maxsize=65_536)
def _demands(text: str) -> tuple[tuple[tuple[str, ...], _Demand, WordingReading], ...]:
    """What a wording demands, with its label and conditions, in each way to read it. A rule is
    asked about several times."""
    marked, quotes = numbered_quotes(text)
    if any(_PLACEHOLDER.search(quote) for quote in quotes):
        return ()  # In use, "Dear [name]" has a name in it.
    read = (
        (label, _demand(reading.rest, quotes), _quoted(reading, quotes))
        for label, wording in _labelled(spelt_out(marked))
        for reading in readings(wording)
    )
    return tuple((label, demand, reading) for label, demand, reading in read if demand)


_PLACEHOLDER = re.compile(
    r"\[[^\]]*\w[^\]]*\]|\{[^}]*\w[^}]*\}|<[^>]*\w[^>]*>|\w ?(?:\.\.\.|…)|(?:\.\.\.|…) ?\w"
    r"|_{2,}|##|\bX{2,}\b|\w\([a-z]{1,2}\)"
)
"""A placeholder in a quotation."""


def _values_free(demand: _Demand, reading: WordingReading) -> frozenset[str]:
    """The words of value that do not narrow: a ban on saying something holds under "Privacy" as
    anywhere, but one on form may be meant for private matters."""
    if reading.when is not None:
        return VALUES
    if not demand.forbids:
        return frozenset()
    return VALUES_OF_FORM if any(check.of_form for check in demand.checks) else VALUES


def _labelled(text: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """The wording as it is, and without a label before its first colon ("Length: ...")."""
    joined = re.sub(r"\b(must|should|shall|not|never|always):(?= )", r"\1", text, count=1)
    yield (), joined
    label = re.match(r"([^:\".]{1,80}): ", joined)
    if label and not re.match(r"exceptions?\b", joined, re.I):
        yield (label[1],), joined[label.end() :]


def _call(demand: _Demand, reading: WordingReading) -> CheckCall:
    tables = [
        {
            "name": checks.name_of(check),
            "options": check.model_dump(mode="json", exclude_defaults=True),
        }
        for check in demand.checks
    ]
    call = tables[0] if len(tables) == 1 else {"name": "all_of", "options": {"checks": tables}}
    return CheckCall.model_validate(
        {
            **call,
            "when": reading.when,
            "unless": reading.unless,
            "only": reading.only,
            "leaves": "; ".join(demand.leaves),
        }
    )


def _quoted(reading: WordingReading, quotes: Sequence[str]) -> WordingReading:
    """The reading with the quotations in its conditions."""

    def filled(condition: Condition) -> Condition:
        first, second = (
            tuple(
                re.sub(r'"(\d+)"', lambda match: quotes[int(match[1])], phrase).lower()
                for phrase in phrases
            )
            for phrases in (condition.mentions, condition.together_with)
        )
        return Condition(mentions=first, together_with=second)

    when = filled(reading.when) if reading.when else None
    return reading._replace(when=when, unless=tuple(map(filled, reading.unless)))


def _demand(text: str, quotes: tuple[str, ...]) -> _Demand | None:
    clause = read_clause(text, quotes)
    if clause is not None:
        check = _kind(clause)
        if check is not None:
            return _Demand((check,), (), _plain(clause), clause.negative and not check.addition())
        demand = _item_wise(clause)
        if demand is not None:
            return demand
    return _clause_wise(text, quotes)


def _plain(clause: Clause) -> str:
    """What a clause is about, without its quotations."""
    return re.sub(r'"\d+"', "", f"{clause.part} {clause.verb} {clause.rest}")


def _kind(clause: Clause) -> Check | None:
    compiled = (checks.get(name).compile(clause) for name in checks.names())
    return next((check for check in compiled if check is not None), None)


_QUANTITY = any_case(r"\b(?:more|less|fewer|longer|shorter|over|under)\b")
_NARROWS = any_case(
    r"\b(?:if|since|because|when|whenever|unless|except|only|for|in|on|at|during|within|with|without|to|about|from"
    r"|by|of|before|after|while|until|where|who|whose|which|that|than|as|such|like|so|together|both"
    r"|either|each|alone|just|more|less|fewer|too|instead|otherwise|then|first|last|next)\b|[():\"]"
)
"""A word in the undecided part that could govern the decided part too."""


def _item_wise(clause: Clause) -> _Demand | None:
    """Read what is forbidden item by item: of "irony, slang or emoji", emoji is decided."""
    items = LISTED.split(clause.rest)
    if not clause.negative or clause.part != "answer" or len(items) < 2:
        return None
    known = {item: check for item in items if (check := _kind(clause._replace(rest=item)))}
    rest = [item for item in items if item not in known]
    if not known or any(_doubtful(item, clause) for item in rest):
        return None
    if rest and items[0] in rest and " " in items[0]:
        return None  # An adjective before the first item may belong to all of them.
    if any(_QUANTITY.search(item) for item in items[:-1]) or _QUANTITY.search(items[-1], 1):
        return None  # "More than one emoji or exclamation mark" may mean one of each.
    groups: dict[str, list[str]] = {}
    for item, check in known.items():
        groups.setdefault(checks.name_of(check), []).append(item)
    merged = [_kind(clause._replace(rest=" or ".join(group))) for group in groups.values()]
    decided = tuple(check for check in merged if check is not None)
    if len(decided) < len(merged):
        return None
    return _Demand(decided, tuple(rest), _plain(clause), True)


_FINITE = any_case(r"\b(?:is|are|was|were|has|have|may|can|does|do|will|should|must)\b")


def _doubtful(item: str, clause: Clause) -> bool:
    """Whether an item of a list may qualify the others."""
    words = item.split()
    if _NARROWS.search(item) or _FINITE.search(item) or len(words) > 3:
        return True
    return any(_kind(clause._replace(rest=" ".join(words[n:]))) for n in range(1, len(words)))


MAX_JOINTS = 5
"""Most places where a wording may be split into two demands; each doubles the readings."""
_AND = any_case(r",? and (?:also )?|; (?:and )?|, (?=(?:never|do not|always|no)\b)")
_STARTS = any_case(r"(?:be|must|should|shall|never|do not|always|no|please)\b")


def _clause_wise(text: str, quotes: tuple[str, ...]) -> _Demand | None:
    """Two demands joined by "and"."""
    joints = list(_AND.finditer(text))
    if len(joints) > MAX_JOINTS:
        return None
    for joint in joints:
        left, right = text[: joint.start()], text[joint.end() :]
        first = right.partition(" ")[0].lower()
        if not _STARTS.match(right) and VERBS.get(first) != first:
            continue
        apart = joint[0].startswith(";")
        both = _both(left, _with_modal(left, right), quotes, apart=apart)
        if both is not None:
            return both
    return None


def _with_modal(left: str, right: str) -> str:
    """The second demand with the first one's subject: "(Answers) must end with ...\""""
    modal = full(r"(.+? )(?:must|should|shall)\b.+", left)
    return f"{modal[1]}{right}" if modal and re.match(r"(?:must|should|shall)\b", right) else right


def _both(left: str, right: str, quotes: tuple[str, ...], *, apart: bool) -> _Demand | None:
    clause = read_clause(left, quotes)
    own = apart or _STARTS.match(right) or " must" in right
    if clause is not None and clause.negative and not own:
        return None  # "never use emojis and end with a question" may forbid both or one.
    first, second = _demand(left, quotes), _demand(right, quotes)
    if first and second:
        return _Demand(
            (*first.checks, *second.checks),
            (*first.leaves, *second.leaves),
            f"{first.content} {second.content}",
            first.forbids and second.forbids,
        )
    whole, rest = (first, right) if first else (second, left)
    if whole is None or _NARROWS.search(rest):
        return None
    return whole._replace(leaves=(*whole.leaves, rest), forbids=False)


def link_exceptions(rules: Sequence[Rule]) -> list[Rule]:
    """Give each rule the exceptions that other rules make to it, as its `unless`.

    A rule with an exception that code cannot decide loses its check, which would decide the
    exception as well.
    """
    undecided = {rule.exception_to for rule in rules if not (rule.check and rule.check.when)}
    no_check = {"check": None, "part": None}
    decidable = [rule.model_copy(update=no_check if rule.id in undecided else {}) for rule in rules]
    fixing: list[Rule] = []
    excepting: dict[str | None, list[Rule]] = defaultdict(list)
    for rule in decidable:
        if rule.check and rule.check.when:
            whole = rule.check.name == "exact_answer"
            (fixing if whole else excepting[rule.exception_to]).append(rule)
    return [
        _with_unless(rule, [*excepting.get(rule.id, ()), *(e for e in fixing if _fixes(e, rule))])
        for rule in decidable
    ]


def _fixes(exception: Rule, rule: Rule) -> bool:
    """Whether a rule that fixes the whole answer breaks another one with its wording, and so
    overrides it."""
    if exception.check is None or rule.check is None or exception.id == rule.id:
        return False
    fixed = AnswerText(str(exception.check.options["phrase"]))
    return build(rule.check).holds(fixed) is False


def _with_unless(rule: Rule, exceptions: Sequence[Rule]) -> Rule:
    conditions = [e.check.when for e in exceptions if e.check and e.check.when]
    if rule.check is None or not conditions:
        return rule
    unless = tuple(dict.fromkeys((*rule.check.unless, *conditions)))
    return rule.model_copy(update={"check": rule.check.model_copy(update={"unless": unless})})
