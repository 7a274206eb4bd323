"""Two statements differ in one word, and that word in one is the opposite of that in the other."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator

from specloop.linting.document import DocumentStatement, LintDocument
from specloop.linting.normal import TIMES, Normal
from specloop.linting.pairs import pairs
from specloop.linting.words import OPPOSITE_VERBS, OPPOSITES, stem
from specloop.lints import Finding, Lint, lints

_PASSIVE = re.compile(r"\b(?:be|is|are) (?:also |always )?(\w+)")
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
        for first, second, _ in pairs(document.comparable, _keys, _opposed):
            remedy = "keep one of them, or say when each of them holds"
            yield self.finding("these demand opposites", remedy, first.span, second.span)


def _keys(statement: DocumentStatement) -> Iterator[Hashable]:
    """The statement's words with an opposite replaced by the name of its pair."""
    said = statement.said
    fixed = (said.quantities, said.values)
    if not statement.binds or said.negative or said.only or said.force in ("may", "free"):
        return
    if order := said.order:
        yield fixed, frozenset(order), "order"
    for word, pair in _turnable(statement.said):
        yield fixed, (said.about | said.party) - {word}, said.condition, pair


def _turnable(said: Normal) -> Iterator[tuple[str, tuple[str, str]]]:
    """The words that have an opposite, each with its pair."""
    for word in said.about:
        pairs_of = OPPOSITES.get(word, ())
        yield from ((word, pair) for pair in pairs_of if _is_manner(said.text, word))
    if len(said.about) > 1:
        for verb in {said.verb, *map(stem, _PASSIVE.findall(said.text))} & said.about:
            yield from ((verb, pair) for pair in OPPOSITE_VERBS.get(verb, ()))


def _opposed(first: DocumentStatement, second: DocumentStatement) -> bool:
    return _is_turned(first, second) or _differ_by_a_word(first, second)


def _is_turned(first: DocumentStatement, second: DocumentStatement) -> bool:
    """Whether one puts first what the other puts last."""
    one, other = first.said.order, second.said.order
    return one is not None and other is not None and one == other[::-1]


def _differ_by_a_word(first: DocumentStatement, second: DocumentStatement) -> bool:
    one, other = first.said.words, second.said.words
    return len(one - other) == len(other - one) == 1 and not TIMES & (one ^ other)


def _is_manner(text: str, word: str) -> bool:
    """Whether the word says how, rather than which: not "in casual letters", and only once."""
    places = [
        match for match in re.finditer(r"[^\W_]+(?:-[^\W_]+)*", text) if stem(match[0]) == word
    ]
    if len(places) != 1:
        return False
    before, after = text[: places[0].start()], text[places[0].end() :].lstrip()
    return bool(_MANNER.match(after)) or not _OF_ANOTHER.search(before)
