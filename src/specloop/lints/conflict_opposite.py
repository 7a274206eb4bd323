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

    "Before" and "after", and verbs such as "accept" and "refuse", are found too.

    What to do: delete one of the two, or say when each of them holds.
    """

    title = "opposite demands"
    severity = "error"

    def find(self, document: LintDocument) -> Iterator[Finding]:
        """Statements that are equal but for opposite words."""
        for first, second in pairs(document.comparable, _keys):
            one, other = first.said, second.said
            mine, theirs = one.words - other.words, other.words - one.words
            if len(mine) == len(theirs) == 1:
                remedy = "keep one of them, or say when each of them holds"
                yield self.finding("these demand opposites", remedy, first.span, second.span)


def _keys(statement: DocumentStatement) -> Iterator[Hashable]:
    """The statement's words with an opposite replaced by the name of its pair."""
    said = statement.said
    fixed = (said.quantities, said.values)
    if not statement.binds or said.negative or said.only or said.force in ("may", "free"):
        return
    for word in _TIMES & said.condition:
        yield fixed, said.about | said.party, said.condition - {word}, _TIMES
    for word in said.about:
        for pair in OPPOSITES.get(word, ()):
            if _is_manner(said.text, word):
                yield fixed, (said.about | said.party) - {word}, said.condition, pair
    for pair in OPPOSITE_VERBS.get(said.verb, ()):
        if said.about - {said.verb}:
            yield fixed, (said.about | said.party) - {said.verb}, said.condition, pair


def _is_manner(text: str, word: str) -> bool:
    """Whether the word says how, rather than which: not "in casual letters", and only once."""
    places = [
        match for match in re.finditer(r"[^\W_]+(?:-[^\W_]+)*", text) if stem(match[0]) == word
    ]
    if len(places) != 1:
        return False
    before, after = text[: places[0].start()], text[places[0].end() :].lstrip()
    return bool(_MANNER.match(after)) or not _OF_ANOTHER.search(before)
