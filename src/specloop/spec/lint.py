"""Find what may be wrong with a set of rules from their wording, before anything is trained."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Literal, NamedTuple

from rapidfuzz import fuzz

from specloop.checking.text import any_case
from specloop.records import Rule, Section
from specloop.spec.context import is_exception
from specloop.spec.sections import is_examples, is_overview

FindingKind = Literal["duplicate", "conflict", "exception", "gap", "vague", "too-many", "too-few"]

SAME_WORDS = 0.85
SAME_TEXT = 85.0
"""Two rules are alike if they share this much of their words, and of their text (of 100)."""
MAX_RULES = 200
MAX_COMPARED = 1500
"""With more rules, pairs are not compared: then the remark is that there are too many."""
MIN_RULES = 8
"""An instance holds 8 to 13 rules."""
MIN_GAP_WORDS = 25
"""A shorter section may be only a title."""


class Finding(NamedTuple):
    """One remark; `rules` are the ids it is about (a section's id for a gap)."""

    kind: FindingKind
    rules: tuple[str, ...]
    message: str


def lint_rules(rules: Sequence[Rule], sections: Sequence[Section] = ()) -> list[Finding]:
    """All findings, the most serious kinds first."""
    compared = rules if len(rules) <= MAX_COMPARED else ()
    return [
        *_alike(compared),
        *_loose_exceptions(rules),
        *_vague(rules),
        *_gaps(rules, sections),
        *_count(rules),
    ]


def _alike(rules: Sequence[Rule]) -> list[Finding]:
    """Pairs of rules that may conflict, and then those that say nearly the same."""
    about = zip(rules, map(_object, rules), strict=True)
    findings = [
        Finding(kind, (first.id, second.id), _PAIRS[kind].format(first.text, second.text))
        for (first, left), (second, right) in combinations(about, 2)
        if (kind := _kind(first, second, left, right)) and not _linked(first, second)
    ]
    return sorted(findings, key=lambda finding: finding.kind == "duplicate")


_PAIRS: dict[FindingKind, str] = {
    "conflict": "may conflict: {!r} against {!r}; say which holds, or write the narrower one as an "
    "exception",
    "duplicate": "say nearly the same: {!r} and {!r}; drop one",
}


def _kind(
    first: Rule, second: Rule, left: frozenset[str], right: frozenset[str]
) -> FindingKind | None:
    """What is wrong with two rules about these words."""
    n_shared = len(left & right)
    if first.direction != second.direction:
        general = min(first.specificity, second.specificity) == 1
        near = n_shared >= max(2, 0.8 * min(len(left), len(right)))
        return "conflict" if general and near else None
    if n_shared < SAME_WORDS * len(left | right):
        return None
    same_text = fuzz.token_sort_ratio(first.text, second.text) >= SAME_TEXT
    return "duplicate" if same_text else None


_MODAL = any_case(
    r"\b(must|shall|should|may|can|will|need to|has to|have to|is|are|be|not|n['’]t|never|always|"
    r"do|does|don['’]t|avoid|refrain from|only|allowed|permitted|prohibited|forbidden|expected|to|"
    r"the|a|an|any|every|all|assistant|model|you|it|and|or|of|in|with|by default)\b"
)


def _object(rule: Rule) -> frozenset[str]:
    """The words that say what a rule is about, roughly stemmed."""
    words = re.findall(r"[^\W\d_]{2,}|\d+", _MODAL.sub(" ", rule.text.lower()))
    return frozenset(re.sub(r"(?:ing|es|s|ed|e)$", "", w) if len(w) > 4 else w for w in words)


def _linked(first: Rule, second: Rule) -> bool:
    """Whether one is the other's exception, or repeats it as context."""
    if first.exception_to == second.id or second.exception_to == first.id:
        return True
    return first.text in second.text or second.text in first.text


def _loose_exceptions(rules: Sequence[Rule]) -> Iterator[Finding]:
    known = {rule.id for rule in rules}
    for rule in rules:
        if rule.exception_to and rule.exception_to not in known:
            message = f"is an exception to a rule that was dropped: {rule.text!r}; drop it too"
            yield Finding("exception", (rule.id,), message)
        elif rule.exception_to is None and is_exception(rule.text):
            message = f"is an exception without a rule it takes back: {rule.text!r}; name the rule"
            yield Finding("exception", (rule.id,), message)


_VAGUE = any_case(
    r"\b(appropriate(ly)?|reasonabl[ey]|as needed|if needed|where necessary|suitabl[ey]|"
    r"sufficient(ly)?|adequate(ly)?|proper(ly)?|good judgment|best judgment|common sense|nice(ly)?|"
    r"in a timely manner|when it makes sense|excessive(ly)?|too (much|many|long|short))\b"
)


def _vague(rules: Sequence[Rule]) -> Iterator[Finding]:
    for rule in rules:
        match = _VAGUE.search(rule.text)
        if match and rule.check is None:
            vague = f"leaves {match[0].lower()!r} to the reader"
            yield Finding("vague", (rule.id,), f"{vague}: {rule.text!r}; say how it can be told")


def _gaps(rules: Sequence[Rule], sections: Sequence[Section]) -> Iterator[Finding]:
    stating = {rule.section for rule in rules}
    parents = {section.path[:-1] for section in sections}
    for section in sections:
        long = len(section.text.split()) >= MIN_GAP_WORDS
        aside = is_overview(section) or is_examples(section)
        if section.id in stating or section.path in parents or aside:
            continue
        if long or section.authority is not None:
            title = section.path[-1] if section.path else "the text before the first heading"
            remedy = "write what it demands as a sentence, if it demands anything"
            yield Finding("gap", (section.id,), f"{title!r} states no rule; {remedy}")


def _count(rules: Sequence[Rule]) -> Iterator[Finding]:
    ids = tuple(rule.id for rule in rules)
    if len(rules) > MAX_RULES:
        message = (
            f"{len(rules)} rules are many: no model follows so many at once, and each needs its "
            "own probes; drop the general ones in rules.yaml, or split the document"
        )
        yield Finding("too-many", ids, message)
    elif len(rules) < MIN_RULES:
        message = (
            f"{len(rules)} rules are fewer than the {MIN_RULES} that an instance holds; add some"
        )
        yield Finding("too-few", ids, message)
