"""Deciding one (request, answer) by one check: conditions first, then the check itself."""

from __future__ import annotations

import re
from functools import lru_cache

from specloop.checks import Answer, Decision, build
from specloop.records import CheckCall, Condition

_IRREGULAR = {
    "child": "children",
    "person": "people",
    "man": "men",
    "woman": "women",
    "mouse": "mice",
    "knife": "knives",
    "leaf": "leaves",
    "foot": "feet",
    "tooth": "teeth",
}


@lru_cache(maxsize=4096)
def mention_pattern(phrase: str) -> re.Pattern[str]:
    """A phrase at word borders, any case, with the plural and verb endings English usually adds."""
    *head, last = phrase.lower().split()
    forms = [re.escape(last) + r"(?:s|es|'s|’s|ed|d|ing)?"]
    if last.endswith("y"):
        forms.append(re.escape(last[:-1]) + r"ie[sd]")
    if last.endswith("e"):
        forms.append(re.escape(last[:-1]) + r"ing")
    if last in _IRREGULAR:
        forms.append(_IRREGULAR[last] + r"(?:'s|’s)?")
    words = [re.escape(word) for word in head] + [f"(?:{'|'.join(forms)})"]
    return re.compile(r"(?<!\w)" + r"[\s-]+".join(words) + r"(?!\w)", re.I)


def meets(condition: Condition, request: str) -> bool:
    """Whether the request mentions any of the condition's phrases."""
    return any(mention_pattern(phrase).search(request) for phrase in condition.mentions)


def applies(call: CheckCall, request: str) -> bool:
    """Whether the rule applies to the request at all."""
    if call.unless is not None and meets(call.unless, request):
        return False
    return call.when is None or meets(call.when, request)


def decide(call: CheckCall, request: str, answer: Answer) -> Decision:
    """The verdict of one check on one answer.

    NA where the rule does not apply. Where its wording says "only", showing the behaviour outside
    its condition is a NO marked `over_applied`.
    """
    check = build(call)
    if not applies(call, request):
        exempt = call.unless is not None and meets(call.unless, request)
        if call.only and not exempt and check.shows(answer):
            return Decision("NO", f"applied where it must not be: {check.describe()}", True)
        return Decision("NA", "its condition does not hold")
    held = check.holds(answer)
    if held is None:
        return Decision("unscored", "the answer was cut at the token limit")
    return Decision("YES" if held else "NO", check.describe())
