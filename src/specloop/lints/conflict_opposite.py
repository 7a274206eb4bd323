"""Two statements differ in one word, and that word in one is the opposite of that in the other."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator

from specloop.linting.document import DocumentStatement, LintDocument
from specloop.linting.pairs import pairs
from specloop.linting.words import OPPOSITE_VERBS, OPPOSITES, stem
from specloop.lints import Finding, Lint, lints

_TIMES = frozenset({"before", "after"})
_OF_ANOTHER = re.compile(
    r"\b(?:in|for|to|with|on|about|of|from|like) (?:(?:a|an|the|their|your|very|more) )*$"
)
_MANNER = re.compile(
    r"^(?:(?:and|or) [\w-]+ )?(?:$|[.,;]|(?:tone|style|manner|voice|register|language|way|words|"
    r"order|"
    r"form|case|terms|sentences|answers?|repl(?:y|ies)|responses?)\b)"
)


@lints.register("CONFLICT-OPPOSITE")
class ConflictOpposite(Lint):
    """Two statements on the same matter differ in a word and its opposite.

    Example:

        The assistant must write in a formal tone.
        Be casual in every answer.

    Verbs such as "accept" and "refuse" are found too, and acts in opposite orders ("verify the
    identity before taking the payment", "take the payment before verifying the identity").

    What to do: delete one of the two, or say when each of them holds.
    """

    title = "opposite demands"
    severity = "error"

    def find(self, document: LintDocument) -> Iterator[Finding]:
        """Statements that are equal but for opposite words."""
        for first, second in pairs(document.comparable, _keys):
            if _is_turned(first, second) or _differ_by_a_word(first, second):
                remedy = "keep one of them, or say when each of them holds"
                yield self.finding("these demand opposites", remedy, first.span, second.span)


def _keys(statement: DocumentStatement) -> Iterator[Hashable]:
    """The statement's words with an opposite replaced by the name of its pair."""
    said = statement.said
    fixed = (said.quantities, said.values)
    if not statement.binds or said.negative or said.only or said.force in ("may", "free"):
        return
    if order := _order(statement):
        yield fixed, frozenset(order), "order"
    for word in said.about:
        for pair in OPPOSITES.get(word, ()):
            if _is_manner(said.text, word):
                yield fixed, (said.about | said.party) - {word}, said.condition, pair
    for pair in OPPOSITE_VERBS.get(said.verb, ()):
        if said.about - {said.verb}:
            yield fixed, (said.about | said.party) - {said.verb}, said.condition, pair


def _order(statement: DocumentStatement) -> tuple[frozenset[str], frozenset[str]] | None:
    """What comes first and what comes then, where a condition says "before" or "after"."""
    act, condition = statement.said.key
    times = _TIMES & condition
    if len(times) != 1 or not condition - times:
        return None
    return (act, condition - times) if "before" in times else (condition - times, act)


def _is_turned(first: DocumentStatement, second: DocumentStatement) -> bool:
    """Whether one puts first what the other puts last."""
    one, other = _order(first), _order(second)
    return one is not None and other is not None and one == other[::-1]


def _differ_by_a_word(first: DocumentStatement, second: DocumentStatement) -> bool:
    one, other = first.said.words, second.said.words
    return len(one - other) == len(other - one) == 1 and not _TIMES & (one ^ other)


def _is_manner(text: str, word: str) -> bool:
    """Whether the word says how, rather than which: not "in casual letters", and only once."""
    places = [
        match for match in re.finditer(r"[^\W_]+(?:-[^\W_]+)*", text) if stem(match[0]) == word
    ]
    if len(places) != 1:
        return False
    before, after = text[: places[0].start()], text[places[0].end() :].lstrip()
    return bool(_MANNER.match(after)) or not _OF_ANOTHER.search(before)
