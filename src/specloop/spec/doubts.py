"""What a model is asked about a document: its doubtful rules, and sentences that seem to oblige and
became no rule."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from specloop.records import Rule
from specloop.spec.accounts import Account
from specloop.spec.blocks import Block
from specloop.spec.suspicion import seems_to_oblige

QUESTIONS = {
    "unread": "is it a rule, and does it demand or forbid? Leave it out if it only informs.",
    "conduct": "does it say what has to be done, or only how things are? Leave out the latter.",
    "heading": "is it a rule by itself, or only a title? Leave it out if it is a title.",
    "polarity": "is it demanded or forbidden there? Let the text say so by itself.",
    "exception": "which rule does it take back? Let the text name that too.",
}
"""What is asked for each doubt."""


class Asked(NamedTuple):
    """A question about some words of the document."""

    start: int
    end: int
    question: str


def questions(
    blocks: Sequence[Block], rules: Sequence[Rule], account: Account
) -> dict[int, list[Asked]]:
    """Index of a block -> what is to be asked about it, in reading order."""
    order = sorted(range(len(blocks)), key=lambda index: blocks[index].start)
    starts = [blocks[index].start for index in order]
    asked: dict[int, list[Asked]] = defaultdict(list)
    for start, end, quote, doubt in sorted(_doubtful(rules, account)):
        index = order[bisect_right(starts, start) - 1]
        question = f'"{" ".join(quote.split())}": {QUESTIONS[doubt]}'
        asked[index].append(Asked(start, end, question))
    return dict(asked)


def _doubtful(rules: Sequence[Rule], account: Account) -> Iterator[tuple[int, int, str, str]]:
    noted = {text for rule in rules for text in rule.scope}
    for piece in account.unread:
        # What is noted around a rule or suspected by its form alone is often none, and would make a
        # long bill.
        if piece.text not in noted and seems_to_oblige(piece.text):
            yield piece.start, piece.end, piece.text, "unread"
    for rule in rules:
        for doubt in rule.doubts:
            yield rule.start, rule.end, rule.quote, doubt
