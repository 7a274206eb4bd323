"""What a rule depends on, for a judge that is asked about this rule alone: the rules that it is an
exception to, its exceptions with theirs, which of them comes first, and what its words mean."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import get_args

from specloop.records import Authority, Rule, Section

LENGTH = 1200
"""Characters of a context that are shown."""
_MOST_DEFINITION = 240
_COMMON = 0.2
"""A term that a larger share of rules uses is the document's everyday word."""
_DEFINITIONS = re.compile(
    r"\W*(?:[\d.]+\s+)?(?:key )?(?:definitions?|terms|terminology|glossary|concepts)\b.{0,30}", re.I
)
_DEFINED = re.compile(
    r"^\W{0,4}(?:\*\*|__|[\"“])(?P<term>\w[^*_\"”:\n]{1,60})(?:\*\*|__|[\"”])(?P<rest>.*)$", re.M
)
"""An entry of a glossary: a term in bold or in quotation marks, with what follows in its line."""
_BASE, _EXCEPTION, _MEANING = "It is an exception to", "Exception to", "Definition of"
_FIRST = "Where an exception applies, it comes before the rule that it is an exception to."
_SHORTENED = "(more is left out here)"


def contexts_of(rules: Sequence[Rule], sections: Sequence[Section] = ()) -> dict[str, str]:
    """The context of each rule that has one, by the rule's text."""
    meanings = _common_left_out(_meanings(sections), rules)
    contexts = {rule.text: "\n".join(_lines(rule, rules, meanings)) for rule in rules}
    return {text: context for text, context in contexts.items() if context}


def conditions_of(rules: Sequence[Rule], sections: Iterable[Section] = ()) -> dict[str, str]:
    """What each rule depends on, a line each, by the rule's text: the same wherever the rules
    stand, and whatever other rules there are."""
    meanings = _meanings(sections)
    every = {rule.text: sorted({*_lines(rule, rules, meanings)} - {_FIRST}) for rule in rules}
    return {text: "\n".join(lines) for text, lines in every.items() if lines}


def cut(context: str, most: int) -> str:
    """The first whole lines of a context, in at most so many characters."""
    if len(context) <= most:
        return context
    kept: list[str] = []
    for line in context.splitlines():
        if sum(map(len, kept)) + len(kept) + len(line) + len(_SHORTENED) >= most:
            break
        kept.append(line)
    return "\n".join([*kept, _SHORTENED]) if kept else ""


def precedence(own: Authority | None, others: Iterable[Authority | None]) -> str:
    """Which of the rules that are judged together come before a rule by their authority, and which
    after it; empty where all have the same one, or the rule has none."""
    if own is None:
        return ""
    order: tuple[Authority, ...] = get_args(Authority)
    there = set(others)
    place = order.index(own)
    above, below = (
        " and ".join(name for name in names if name in there)
        for names in (order[:place], order[place + 1 :])
    )
    told = [f"rules of {above} come before it"] * bool(above)
    told += [f"it comes before rules of {below}"] * bool(below)
    return f"Its authority is {own}: {', and '.join(told)}." if told else ""


def texts_in(guide: str) -> Iterator[str]:
    """The document's own words in a guide: other rules and definitions, but no rubric."""
    for line in guide.splitlines():
        if line.startswith((_BASE, _EXCEPTION, _MEANING)):
            yield line.partition(": ")[2]


def depends_on(rule: Rule, rules: Sequence[Rule]) -> Iterator[str]:
    """The rules that a rule depends on, a line each: those that it is an exception to, the nearest
    first, and its exceptions with theirs."""
    by_id = {other.id: other for other in rules}
    seen, base = {rule.id}, rule
    while base.exception_to in by_id and base.exception_to not in seen:
        base = by_id[base.exception_to]
        seen.add(base.id)
        yield f"{_BASE}: {base.text}"
    yield from _exceptions(rule, rules, seen, "it")


def _exceptions(rule: Rule, rules: Sequence[Rule], seen: set[str], what: str) -> Iterator[str]:
    for other in rules:
        if other.exception_to == rule.id and other.id not in seen:
            seen.add(other.id)
            yield f"{_EXCEPTION} {what}: {other.text}"
            yield from _exceptions(other, rules, seen, "that exception")


def _lines(rule: Rule, rules: Sequence[Rule], meanings: Mapping[str, str]) -> Iterator[str]:
    related = list(depends_on(rule, rules))
    yield from related
    if related:
        yield _FIRST
    texts = " ".join([rule.text, *texts_in("\n".join(related))])
    for term, meaning in meanings.items():
        if _uses(texts, term):
            yield f"{_MEANING} {term!r}: {meaning}"


def _meanings(sections: Iterable[Section]) -> dict[str, str]:
    """What the document says of its terms, in the sections that define them."""
    meanings: dict[str, str] = {}
    for section in sections:
        if section.path and _DEFINITIONS.fullmatch(section.path[-1]):
            for found in _DEFINED.finditer(section.text):
                meaning = " ".join(found["rest"].strip(" :-–—").split())
                if meaning and not found["rest"].rstrip().endswith(":"):
                    meanings.setdefault(found["term"].strip(), _short(meaning))
    return meanings


def _short(text: str) -> str:
    if len(text) <= _MOST_DEFINITION:
        return text
    return f"{text[:_MOST_DEFINITION].rpartition(' ')[0]} ..."


def _common_left_out(meanings: Mapping[str, str], rules: Sequence[Rule]) -> dict[str, str]:
    most = max(1.0, _COMMON * len(rules))
    return {
        term: meaning
        for term, meaning in meanings.items()
        if sum(_uses(rule.text, term) for rule in rules) <= most
    }


def _uses(text: str, term: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(term)}(?:e?s)?(?!\w)", text, re.I) is not None
