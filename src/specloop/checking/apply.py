"""Deciding one (request, answer) by one check: conditions first, then the check itself."""

from __future__ import annotations

import re
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache

from specloop.checking.base import AnswerText, Check, CheckResult, build
from specloop.ended import NOTHING, in_words, is_blank
from specloop.records import CheckCall, Condition


class Assumption:
    """Assumes nothing: code checks every text. A rehearsal overrides what it assumes."""

    def applies(self, request: str) -> bool | None:
        """Whether rules apply to a request; None if code has to check."""

    def is_example(self, request: str) -> bool | None:
        """Whether a request is that of a document's worked examples; None if code has to look."""

    def kept(self, answer: str) -> bool | None:
        """Whether an answer keeps rules; None if code has to check."""

    def repaired(self, answer: str) -> str | None:
        """The answer repaired to keep the rules; None if code has to repair it."""


_ASSUMED: ContextVar[Assumption] = ContextVar("_ASSUMED", default=Assumption())  # noqa: B039


def assumed() -> Assumption:
    """The current assumption."""
    return _ASSUMED.get()


@contextmanager
def assuming(assumption: Assumption) -> Generator[None]:
    """Use an assumption while the body runs."""
    token = _ASSUMED.set(assumption)
    try:
        yield
    finally:
        _ASSUMED.reset(token)


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


_ONE = {plural: singular for singular, plural in _IRREGULAR.items()}
_SINGULARS = """
news gas lens means series species christmas goods clothes customs savings
"""


def _singulars(word: str) -> list[str]:
    """Possible singular forms of a word that looks like a plural ("houses" and "boxes" differ)."""
    if word in _ONE:
        return [_ONE[word]]
    if not word.endswith("s") or re.search(r"(?:[sui]s|ics)$", word) or word in _SINGULARS.split():
        return []
    singulars = [word[:-1]]
    if word.endswith("ies") and len(word) > 4:
        singulars.append(f"{word[:-3]}y")
    if re.search(r"(?:[sxz]|ch|sh)es$", word):
        singulars.append(word[:-2])
    return singulars


@lru_cache(maxsize=4096)
def mention_pattern(phrase: str) -> re.Pattern[str]:
    """A pattern for a phrase at word borders, in any case, with usual plural and verb endings."""
    *head, last = phrase.lower().split()
    forms = [re.escape(last) + r"(?:s|es|'s|’s|ed|d|ing)?"]
    if last.endswith("y"):
        forms.append(re.escape(last[:-1]) + r"ie[sd]")
    if last.endswith("e"):
        forms.append(re.escape(last[:-1]) + r"ing")
    if re.search(r"[^aeiou][aeiou][^aeiouwxy]$", last):
        forms.append(re.escape(last + last[-1]) + r"(?:ed|ing)")
    forms += [re.escape(singular) + r"(?:'s|’s)?" for singular in _singulars(last)]
    if last in _IRREGULAR:
        forms.append(_IRREGULAR[last] + r"(?:'s|’s)?")
    words = [re.escape(word) for word in head] + [f"(?:{'|'.join(forms)})"]
    return re.compile(r"(?<!\w)" + r"[\s-]+".join(words) + r"(?!\w)", re.I)


def meets(condition: Condition, request: str) -> bool:
    """Whether the request mentions one of the phrases of each of the condition's lists."""
    lists = [condition.mentions, *([condition.together_with] if condition.together_with else [])]
    return all(any(mention_pattern(p).search(request) for p in phrases) for phrases in lists)


def applies(call: CheckCall, request: str) -> bool:
    """Whether the rule applies to the request at all."""
    assumption = assumed().applies(request)
    if assumption is not None:
        return assumption
    if exempt(call, request):
        return False
    return call.when is None or meets(call.when, request)


def exempt(call: CheckCall, request: str) -> bool:
    """Whether one of the rule's exceptions holds."""
    return any(meets(condition, request) for condition in call.unless)


def decide(call: CheckCall, request: str, answer: AnswerText) -> CheckResult:
    """The verdict of one check on one answer.

    NA where the rule does not apply. If its wording says "only", showing the behaviour outside
    its condition is a NO marked `over_applied`. Unscored where there is no answer, and where an
    answer that did not end by itself leaves the rule open. A check of a part of a rule can only
    say NO, where that part is broken: the rest of the rule needs judgement.
    """
    is_kept = assumed().kept(answer.text)
    if is_kept is not None:
        return CheckResult("YES" if is_kept else "NO", "assumed")
    check = build(call)
    if not applies(call, request):
        return _outside(call, check, request, answer)
    if nothing := _nothing(answer):
        return nothing
    held = check.holds(answer)
    if call.leaves and held is not False:
        return CheckResult(
            "unscored", f"code decides a part only; left to judgement: {call.leaves}"
        )
    if held is None:
        return CheckResult("unscored", in_words(answer.end) or "the answer was cut")
    return CheckResult("YES" if held else "NO", check.describe())


def _outside(call: CheckCall, check: Check, request: str, answer: AnswerText) -> CheckResult:
    """The decision on a rule that does not apply to the request."""
    if not call.only or exempt(call, request):
        return CheckResult("NA", "its condition does not hold")
    if check.shows(answer):
        return CheckResult("NO", f"applied where it must not be: {check.describe()}", True)
    nothing = _nothing(answer)
    if nothing and check.addition() is not None:
        return nothing
    if answer.cut and check.addition() is not None and check.holds(answer) is None:
        return CheckResult("unscored", in_words(answer.end) or "the answer was cut")
    return CheckResult("NA", "its condition does not hold")


def _nothing(answer: AnswerText) -> CheckResult | None:
    if answer.end in NOTHING:
        return CheckResult("unscored", in_words(answer.end))
    return CheckResult("unscored", in_words("blank")) if is_blank(answer.text) else None
