"""Sentences of a section with the statements they make; entries of lists and tables are
completed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from specloop.spec.blocks import Block
from specloop.spec.context import usual_subject
from specloop.spec.leadin import Stated, announces, compose, stem_of_title
from specloop.spec.sections import SectionBlocks
from specloop.spec.sentences import sentences
from specloop.spec.wording import obligation

MAX_COLUMNS = 100
"""In a table row with more cells, cells are read without the row's label."""
MAX_NESTED = 20
"""In lists nested deeper, entries are read without their lead-ins."""


@dataclass(slots=True)
class DocumentReading:
    """A document's blocks, with what reading one section needs from the others."""

    source: str
    blocks: Sequence[Block]
    parts: Sequence[SectionBlocks]
    subject: str = ""
    parents: frozenset[int] = frozenset()
    """The parts that have parts below them."""
    joined: set[int] = field(default_factory=set[int])
    """The blocks whose last sentence is a lead-in that was joined to their entries."""

    def __post_init__(self) -> None:
        read = [b.text.text for b in self.blocks if not b.aside and b.kind != "heading"]
        self.subject = usual_subject(read)
        self.parents = frozenset(part.parent for part in self.parts)
        for block in self.blocks:
            if block.kind == "item" and not block.aside and block.lead >= 0:
                first = next(sentences(block.text), None)
                stated = compose(_stem(self, block), first.text) if first else None
                if stated and (stated.joined or announces(self.last(block.lead))):
                    self.joined.add(block.lead)

    def last(self, at: int) -> str:
        """The last sentence of a block."""
        every = list(sentences(self.blocks[at].text))
        return every[-1].text if every else ""


class Sentence(NamedTuple):
    """A sentence, its place, and the statement it makes, if it obliges somebody."""

    text: str
    span: tuple[int, int]
    stated: Stated | None
    opens_block: bool
    block: int


_ABOUT_EXAMPLE = re.compile(
    r"(since|because|here|this|these|as shown|in the|note how|"
    r"the (first|second|third|good|bad|above))\b",
    re.I,
)
_ILLUSTRATES = re.compile(
    r"^(a (useful|helpful|good) analogy|by analogy|as an analogy)\b|"
    r"\b((in|of) (this|the) example\b|example above|above example|examples above)",
    re.I,
)


def may_state_rules(block: Block) -> bool:
    """Whether a block is neither set aside nor an illustration."""
    return not block.aside and block.kind != "fence" and not _ILLUSTRATES.search(block.text.text)


def statements(reading: DocumentReading, part: SectionBlocks) -> Iterator[Sentence]:
    """Every sentence of a section that may state a rule or give one its context."""
    after_example = False
    for index in part.blocks:
        block = reading.blocks[index]
        if block.aside or block.kind == "fence":
            after_example = block.aside == "example"
            continue
        about_example = after_example and _ABOUT_EXAMPLE.match(block.text.text)
        if may_state_rules(block) and not about_example:
            yield from _in_block(reading, index)
        after_example = False


def _in_block(reading: DocumentReading, index: int) -> Iterator[Sentence]:
    block = reading.blocks[index]
    stem, label = _stem(reading, block), _row_label(reading, index)
    every = [s for s in sentences(block.text) if re.search(r"[^\W\d_]{2}", s.text)]
    for number, sentence in enumerate(every):
        text = sentence.text
        leads = number == len(every) - 1 and index in reading.joined
        stated = None if leads else compose(stem if number == 0 else "", text)
        if stated and label:
            stated = stated._replace(text=f"{label}: {stated.text}")
        yield Sentence(text, sentence.span(0, len(text)), stated, number == 0, index)


def _stem(reading: DocumentReading, block: Block) -> str:
    """The lead-in of a list entry or table cell; empty if there is none."""
    if block.lead < 0 or block.level > MAX_NESTED:
        return ""
    lead, text = reading.blocks[block.lead], reading.last(block.lead)
    if lead.kind in ("heading", "cell"):
        return stem_of_title(text)
    open_item = lead.kind == "item" and text[-1:] not in ".!?"
    if lead.aside or not (text.endswith((":", "—", "...", "…")) or open_item):
        return _unfinished(text) if not lead.aside else ""
    above = _stem(reading, lead) if lead.kind == "item" else ""
    stated = compose(above, text) if above else None
    return stated.text if stated else text


def _unfinished(text: str) -> str:
    """A line that breaks off before its list without a colon ('the librarian should')."""
    return text if text and text[-1].isalpha() and stem_of_title(text) else ""


def _row_label(reading: DocumentReading, index: int) -> str:
    """What a table row is about: its first cell, for the cells after it."""
    block = reading.blocks[index]
    if block.kind != "cell" or not 1 < block.level <= MAX_COLUMNS:
        return ""
    while index > 0 and reading.blocks[index].level != 1:
        index -= 1
    label = reading.blocks[index].text.text.strip(" .:")
    named = re.search(r"[^\W\d_]{3}", label) and len(label.split()) <= 8
    return label if named and obligation(label) is None else ""
