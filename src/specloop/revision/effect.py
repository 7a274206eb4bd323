"""What a change of a rule does: stricter, looser, reversed, editorial or other.

Signs are gathered one by one, from the wording and from what differs beside it. Only where all of
them point one way is that the effect: a rule with a lower limit and a new exception is `other`, and
so is one that demands something else.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, get_args

from specloop.records import Rule, RuleChange
from specloop.records.document import Authority, RuleType
from specloop.records.revision import Effect
from specloop.revision.signs import Sign, signs_of

_AUTHORITIES = get_args(Authority)
"""From the highest to the lowest."""
_BINDING: dict[RuleType, int] = {"guideline": 1, "requirement": 2, "prohibition": 2}


class Judged(NamedTuple):
    """The effect with its reasons."""

    effect: Effect
    reason: str


def effect_of(
    change: RuleChange, old: Sequence[Rule], new: Sequence[Rule],
    exceptions: tuple[frozenset[str], frozenset[str]],
) -> Judged | None:  # fmt: skip
    """The effect of a change, by wording; None for a rule that is new, gone or the same.
    `exceptions` are the wordings of the exceptions to it, before and after."""
    if not old or not new or change.is_same:
        return None
    before, after = (" ".join(rule.text for rule in rules) for rules in (old, new))
    signs = signs_of(before, after) if before != after else []
    return _judged([*signs, *_of_facets(change, old[0], new[0], exceptions)])


def _judged(signs: Sequence[Sign]) -> Judged:
    """What the signs come to."""
    told = [sign for sign in signs if sign.effect != "editorial"] or signs
    effects: set[Effect] = {sign.effect for sign in told}
    reason = "; ".join(dict.fromkeys(sign.reason for sign in told))
    if "reversed" in effects and "other" not in effects:
        return Judged("reversed", reason)
    effect: Effect = effects.pop() if len(effects) == 1 else "other"
    return Judged(effect, reason)


def _of_facets(
    change: RuleChange, old: Rule, new: Rule, exceptions: tuple[frozenset[str], frozenset[str]]
) -> Iterator[Sign]:
    same_words = old.text == new.text
    if "authority" in change.differs:
        yield Sign(
            _raised(old.authority, new.authority),
            f"authority {new.authority or 'none'} in place of {old.authority or 'none'}",
        )
    if "type" in change.differs and same_words:
        up = _BINDING.get(new.type, 0) - _BINDING.get(old.type, 0)
        effect: Effect = "stricter" if up > 0 else "looser" if up else "other"
        yield Sign(effect, f"{new.type} in place of {old.type}")
    if "exception" in change.differs:
        before, after = exceptions
        effect = "looser" if before < after else "stricter" if after < before else "other"
        yield Sign(effect, "other exceptions")
    if "condition" in change.differs and same_words:
        yield Sign("other", "its lead-in or heading is another")
    if "check" in change.differs:
        yield Sign("other", "another check decides it")


def _raised(old: Authority | None, new: Authority | None) -> Effect:
    """A rule of higher authority can be overridden by fewer."""
    if old is None or new is None:
        return "other"
    return "stricter" if _AUTHORITIES.index(new) < _AUTHORITIES.index(old) else "looser"
