"""An account of a document's sentences: each is rule, context, example, commentary, or a suspected
obligation that no rule was read from."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, NamedTuple, get_args

from specloop.records import Rule
from specloop.spec.blocks import Block
from specloop.spec.customs import Customs
from specloop.spec.mapped import sentences
from specloop.spec.sections import SectionBlocks, is_examples
from specloop.spec.suspicion import Suspicion

Kind = Literal["rule", "context", "example", "commentary", "unread"]
KINDS: tuple[Kind, ...] = get_args(Kind)


class AccountPiece(NamedTuple):
    """A sentence, heading, cell or fence of the document; `source[start:end]` is all of it."""

    kind: Kind
    start: int
    end: int
    text: str


class AccountShare(NamedTuple):
    """How much of a document is of one kind."""

    sentences: int
    characters: int


@dataclass(frozen=True)
class Account:
    """The pieces of a document, in reading order; they do not overlap, and what is between them
    holds no words."""

    pieces: tuple[AccountPiece, ...]

    @cached_property
    def shares(self) -> dict[Kind, AccountShare]:
        """How much of the document is of each kind."""
        kinds: dict[Kind, list[AccountPiece]] = {
            kind: [p for p in self.pieces if p.kind == kind] for kind in KINDS
        }
        return {
            kind: AccountShare(len(pieces), sum(piece.end - piece.start for piece in pieces))
            for kind, pieces in kinds.items()
        }

    @cached_property
    def unread(self) -> list[AccountPiece]:
        """Sentences that seem to oblige somebody and became no rule."""
        return [piece for piece in self.pieces if piece.kind == "unread"]


MAX_PLACES = 1000
"""Most places of unread sentences that are noted."""


def as_note(account: Account, text: str) -> dict[str, Any]:
    """What a run notes of an account: the shares, and the places of unread sentences."""
    unread: list[dict[str, Any]] = []
    line, begin, at = 1, 0, 0
    for piece in account.unread[:MAX_PLACES]:
        line += text.count("\n", at, piece.start)
        begin = max(begin, text.rfind("\n", at, piece.start) + 1)
        at = piece.start
        unread.append({"line": line, "column": piece.start - begin + 1, "text": piece.text})
    shares = {kind: share._asdict() for kind, share in account.shares.items()}
    return {"shares": shares, "unread": unread}


def account(
    source: str,
    blocks: Sequence[Block],
    parts: Sequence[SectionBlocks],
    rules: Sequence[Rule],
    customs: Customs,
) -> Account:
    """Every sentence of a document with its kind. Words that are in no sentence, such as comments
    and front matter, count as commentary."""
    pieces: list[AccountPiece] = []
    at = 0
    read = _Reading(blocks, parts, rules, customs).pieces()
    for piece in sorted(read, key=lambda piece: piece.start):
        start = max(piece.start, at)
        if start < piece.end:
            pieces += _between(source, at, start)
            pieces.append(piece._replace(start=start))
            at = piece.end
    return Account((*pieces, *_between(source, at, len(source))))


def _between(source: str, start: int, end: int) -> Iterator[AccountPiece]:
    words = source[start:end].strip()
    if words and re.search(r"[^\W_]", words):
        begin = start + source[start:end].find(words)
        yield AccountPiece("commentary", begin, begin + len(words), words)


class _Reading:
    """What was made of each block."""

    def __init__(
        self,
        blocks: Sequence[Block],
        parts: Sequence[SectionBlocks],
        rules: Sequence[Rule],
        customs: Customs,
    ) -> None:
        self._blocks, self._parts = blocks, parts
        self._spans = sorted((rule.start, rule.end) for rule in rules)
        self._leads = {block.lead for block in blocks}
        self._noted = {text for rule in rules for text in rule.scope}
        read = {i for i, block in enumerate(blocks) if self._is_rule(block.start, block.end)}
        self._suspicion = Suspicion(blocks, customs, read)

    def pieces(self) -> Iterator[AccountPiece]:
        """All pieces, block by block."""
        for part in self._parts:
            aside = is_examples(part.section)
            if part.heading_span:
                kind = "rule" if self._is_rule(*part.heading_span) else "context"
                yield AccountPiece(kind, *part.heading_span, part.heading)
            for index in part.blocks:
                yield from self._of_block(index, in_examples=aside)

    def _of_block(self, index: int, *, in_examples: bool) -> Iterator[AccountPiece]:
        block = self._blocks[index]
        if block.kind == "fence":
            yield AccountPiece("example", block.start, block.end, "")
            return
        cut = list(sentences(block.text))
        kind: Kind
        for number, sentence in enumerate(cut):
            start, end = sentence.span(0, len(sentence.text))
            leads = index in self._leads and number == len(cut) - 1
            if self._is_rule(start, end):
                kind = "rule"
            elif in_examples:
                kind = "example"
            else:
                kind = self._kind(index, sentence.text, leads=leads)
            yield AccountPiece(kind, start, end, sentence.text)

    def _kind(self, index: int, text: str, *, leads: bool) -> Kind:
        """The kind of a sentence that states no rule."""
        block = self._blocks[index]
        if block.aside:
            head = block.kind == "cell" and leads
            if block.aside == "commentary" and not head and self._suspicion.of_note(text):
                return "unread"
            return "context" if head else "example" if block.aside == "example" else "commentary"
        if leads:
            return "context"
        if self._suspicion.of(text, index):
            return "unread"
        around = block.kind == "cell" or text.endswith(":") or text in self._noted
        return "context" if around else "commentary"

    def _is_rule(self, start: int, end: int) -> bool:
        """Whether a rule's words are there."""
        at = bisect_right(self._spans, (end, 0)) - 1
        return at >= 0 and self._spans[at][1] > start
