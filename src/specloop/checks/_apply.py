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
    """Whether the request mentions any of the condition's phrases, and one of each list."""
    lists = [condition.mentions, *([condition.together_with] if condition.together_with else [])]
    return all(any(mention_pattern(p).search(request) for p in phrases) for phrases in lists)


def applies(call: CheckCall, request: str) -> bool:
    """Whether the rule applies to the request at all."""
    if exempt(call, request):
        return False
    return call.when is None or meets(call.when, request)


def exempt(call: CheckCall, request: str) -> bool:
    """Whether one of the rule's exceptions holds."""
    return any(meets(condition, request) for condition in call.unless)


def decide(call: CheckCall, request: str, answer: Answer) -> Decision:
    """The verdict of one check on one answer.

    NA where the rule does not apply. Where its wording says "only", showing the behaviour outside
    its condition is a NO marked `over_applied`.
    """
    check = build(call)
    if not applies(call, request):
        if call.only and not exempt(call, request) and check.shows(answer):
            return Decision("NO", f"applied where it must not be: {check.describe()}", True)
        return Decision("NA", "its condition does not hold")
    held = check.holds(answer)
    if held is None:
        return Decision("unscored", "the answer was cut at the token limit")
    return Decision("YES" if held else "NO", check.describe())
