"""Signs in a change of wording that it demands more or less, the contrary, or nothing else.

Each sign is about one thing: how strongly something is demanded, whether it is forbidden, an
amount, a condition, an exception, a word of scope, an entry more or less.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import inf
from typing import Literal, NamedTuple

from rapidfuzz import fuzz

from specloop.checking.text import word_set
from specloop.linting.quantities import Quantity
from specloop.linting.words import OPPOSITE_VERBS, OPPOSITES, stem
from specloop.records.revision import Effect
from specloop.revision.clauses import NOT, Clause, Parts, parts_of
from specloop.revision.likeness import stems_of
from specloop.revision.marks import WordEdit, edits

_SPELLING = 85
"""How alike, of 100, two words are that are spellings or forms of one."""
_LONG = 10
"""So many words more or less are a matter of their own."""
_STRENGTH = {
    **dict.fromkeys(word_set("must shall required requires mandatory always forbidden banned"), 3),
    **dict.fromkeys(word_set("prohibited never cannot disallowed"), 3),
    **dict.fromkeys(word_set("should ought expected recommended encouraged try aim prefer"), 2),
}
_ALLOWS = word_set("may can might allowed permitted free welcome optional acceptable")
_WHOLLY = word_set("all any every each always only strictly ever entirely completely solely fully")
_HEDGES = word_set("""
usually generally normally typically mostly often sometimes possible possibly reasonable reasonably
appropriate default ideally preferably
""")
_SMALL = word_set(
    "a an the that which to of in on at by be is are was were it its this so as do does"
)
_ADDS = frozenset((",", "and", "or", "nor"))


class Sign(NamedTuple):
    """One thing that changed, and which way."""

    effect: Effect
    reason: str


Duty = Literal["ban", "allow", "demand"]


def signs_of(old: str, new: str) -> list[Sign]:
    """The signs of a change from one wording to another, at least one."""
    before, after = parts_of(old), parts_of(new)
    if _same(before, after):
        return [Sign("editorial", "only spelling, punctuation, markup or small words")]
    signs = [*_of_duty(before, after), *_of_amounts(before, after)]
    for what, one, other in (
        ("condition", before.conditions, after.conditions),
        ("exception", before.exceptions, after.exceptions),
    ):
        signs += _of_clauses(what, one, other, is_freedom=_duty(after) == "allow")
    signs += _of_words(before, after, is_told=bool(signs))
    return signs or [Sign("other", "it is worded otherwise")]


def turned(effect: Effect) -> Effect:
    """The contrary of stricter and looser."""
    return {"stricter": "looser", "looser": "stricter"}.get(effect, effect)  # pyright: ignore[reportReturnType]


# --- the same in other words ---------------------------------------------------------------------


def _same(one: Parts, other: Parts) -> bool:
    if (
        one.amounts != other.amounts
        or _strength(one) != _strength(other)
        or _duty(one) != _duty(other)
    ):
        return False
    pairs = [(one.main, other.main)]
    for left, right in ((one.conditions, other.conditions), (one.exceptions, other.exceptions)):
        if len(left) != len(right):
            return False
        pairs += zip(left, right, strict=True)
    return all(_same_words(left, right) for left, right in pairs)


def _same_words(one: Sequence[str], other: Sequence[str]) -> bool:
    left, right = (_content(words) for words in (one, other))
    return len(left) == len(right) and all(map(_is_form, left, right))


def _content(words: Sequence[str]) -> list[str]:
    return [word for word in words if word not in _SMALL and word not in (",", ";")]


def _is_form(one: str, other: str) -> bool:
    """Whether two words are forms, spellings or names of one; 'possible' is none of
    'impossible'."""
    if stem(one) == stem(other):
        return True
    if one.endswith(other) or other.endswith(one) or {one, other} & (NOT | _STRENGTH.keys()):
        return False
    return min(len(one), len(other)) >= 5 and fuzz.ratio(one, other) >= _SPELLING


# --- how strongly, and whether at all ------------------------------------------------------------


def _duty(parts: Parts) -> Duty:
    if parts.n_not % 2:
        return "ban"
    allows = any(word in _ALLOWS for word in parts.main)
    strong = any(word in _STRENGTH for word in parts.main)
    return "allow" if allows and not strong else "demand"


def _strength(parts: Parts) -> int:
    """3 must, 2 should, 1 may; a sentence without such a word demands as 'must' does."""
    if _duty(parts) == "allow":
        return 1
    return max((_STRENGTH[word] for word in parts.main if word in _STRENGTH), default=3)


def _of_duty(one: Parts, other: Parts) -> Iterator[Sign]:
    old, new = _duty(one), _duty(other)
    left, right = (_matter(parts) for parts in (one, other))
    pair = _opposites(left - right, right - left)
    if "ban" in (old, new) and old != new:
        if pair:
            yield Sign("editorial", f"not '{pair[0]}' is '{pair[1]}'")
        elif 2 * len(left & right) >= len(left | right):
            allowed = "forbidden" if new == "ban" else "allowed or demanded"
            yield Sign("reversed", f"what it says is now {allowed}")
        else:
            yield Sign("other", "one forbids, the other does not")
    elif pair:
        yield Sign("reversed", f"'{pair[1]}' in place of '{pair[0]}'")
    elif (weaker := _strength(one) - _strength(other)) != 0:
        words = {3: "must", 2: "should", 1: "may"}
        reason = f"'{words[_strength(other)]}' in place of '{words[_strength(one)]}'"
        yield Sign("looser" if weaker > 0 else "stricter", reason)


def _matter(parts: Parts) -> frozenset[str]:
    """The stems of what it is about."""
    about = _content(parts.main)
    return stems_of(word for word in about if word not in _STRENGTH and word not in _ALLOWS | NOT)


def _opposites(gone: frozenset[str], come: frozenset[str]) -> tuple[str, str] | None:
    for word in sorted(gone):
        for pair in (*OPPOSITES.get(word, ()), *OPPOSITE_VERBS.get(word, ())):
            other = pair[1] if pair[0] == word else pair[0]
            if other in come:
                return word, other
    return None


# --- amounts -------------------------------------------------------------------------------------


def _of_amounts(one: Parts, other: Parts) -> Iterator[Sign]:
    for unit in dict.fromkeys(amount.unit for amount in (*one.amounts, *other.amounts)):
        old, new = ([a for a in parts.amounts if a.unit == unit] for parts in (one, other))
        if any(amount.exact for amount in (*old, *new)):
            if old != new:
                yield Sign("other", "another amount")
            continue
        yield from _of_bounds(old, new)


def _of_bounds(old: Sequence[Quantity], new: Sequence[Quantity]) -> Iterator[Sign]:
    """Of amounts of one unit: a narrower range is stricter."""
    uppers = [min((amount.most for amount in side), default=inf) for side in (old, new)]
    lowers = [max((amount.least for amount in side), default=-inf) for side in (old, new)]
    for which, (before, after) in (("upper", uppers), ("lower", [-one for one in lowers])):
        if after == before:
            continue
        if inf in (before, after):
            reason = f"there is {'no' if after == inf else 'an'} {which} limit now"
        else:
            is_lower = (after < before) == (which == "upper")
            reason = f"its {which} limit is {'lower' if is_lower else 'higher'}"
        yield Sign("stricter" if after < before else "looser", reason)


# --- conditions and exceptions -------------------------------------------------------------------


def _of_clauses(
    what: str, old: Sequence[Clause], new: Sequence[Clause], *, is_freedom: bool
) -> Iterator[Sign]:
    """Of conditions or of exceptions. A duty with one more of either demands less; what is allowed
    under one more is allowed less."""
    way = _clauses_way(
        [clause for clause in old if clause not in new], [c for c in new if c not in old], what
    )
    if way is None:
        return
    effect, how = way
    yield Sign(turned(effect) if is_freedom else effect, f"{how} {what}")


def _clauses_way(
    gone: Sequence[Clause], come: Sequence[Clause], what: str
) -> tuple[Effect, str] | None:
    if len(gone) == len(come) and all(map(_same_words, gone, come)):
        return None
    if not gone:
        return "looser", "there is a new"
    if not come:
        return "stricter", "it has no longer the"
    wider = _wider(gone, come)
    if wider is None:
        return "other", "there is another"
    # A wider exception frees more, a wider condition binds in more cases.
    effect: Effect = "looser" if wider is (what == "exception") else "stricter"
    return effect, "a wider" if wider else "a narrower"


def _wider(gone: Sequence[Clause], come: Sequence[Clause]) -> bool | None:
    """Whether clauses cover more than before, by words that were only added or only left out."""
    left, right = ([word for clause in side for word in clause] for side in (gone, come))
    changes = [change for change in edits(left, right) if not _is_small(change)]
    ways: set[bool] = set()
    for change in changes:
        if _content(change.old) and _content(change.new):
            return None
        words = change.old or change.new
        ways.add(bool(change.new) == bool({"or", ","} & set(words)))
    return ways.pop() if len(ways) == 1 else None


# --- other words ---------------------------------------------------------------------------------


def _of_words(one: Parts, other: Parts, *, is_told: bool) -> Iterator[Sign]:
    duty = _duty(other)
    left, right = (_without_force(parts.main) for parts in (one, other))
    for change in edits(left, right):
        gone, come = _content(change.old), _content(change.new)
        if _is_small(change):
            continue
        if gone and come:
            # A sign that says more is not blurred by a few words beside it.
            if not is_told or 4 * max(len(gone), len(come)) > len(_content(right)):
                yield Sign("other", f"'{' '.join(come)}' in place of '{' '.join(gone)}'")
        elif len(gone) + len(come) > _LONG:
            yield Sign("other", "much is added" if come else "much is left out")
        else:
            effect = _of_added(change.new or change.old, duty)
            said = " ".join(come or gone)
            yield Sign(
                effect if come else turned(effect), f"'{said}' is {'new' if come else 'gone'}"
            )


def _is_small(change: WordEdit) -> bool:
    gone, come = _content(change.old), _content(change.new)
    return len(gone) == len(come) and all(map(_is_form, gone, come))


def _without_force(words: Sequence[str]) -> list[str]:
    return [word for word in words if word not in _STRENGTH and word not in _ALLOWS | NOT]


def _of_added(added: Sequence[str], duty: Duty) -> Effect:
    """What words do that are added to a duty, a ban or an allowance."""
    words = set(added)
    if words & _WHOLLY:
        return "looser" if duty == "allow" else "stricter"
    if words & _HEDGES:
        return "looser"
    if words & _ADDS:
        if duty == "demand":
            return "looser" if "or" in words else "stricter"
        return "stricter" if duty == "ban" else "looser"
    return "looser" if duty == "ban" else "stricter"
