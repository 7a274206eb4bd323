"""Sentences of a section with their statements; entries of lists and tables are completed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from specloop.checking.text import any_case
from specloop.spec.blocks import Block
from specloop.spec.context import lowered, subject, usual_subject
from specloop.spec.mapped import sentences
from specloop.spec.sections import SectionBlocks
from specloop.spec.verbs import can_be_verb
from specloop.spec.wording import (
    Obligation,
    is_conditional,
    main_clause,
    obligation,
)


class Stated(NamedTuple):
    """A statement and the duty in it; `joined` if the lead-in carries the duty."""

    text: str
    duty: Obligation
    joined: bool = False


_ANNOUNCES = any_case(r"\b(following|as follows|these|below)\b")
_LISTS = any_case(
    r"\b(includ\w+|examples?|such as|kinds?|types?|causes?|reasons?|factors?|categories|defines?|"
    r"may (?:face|specify|contain))\b"
)
_HANGS = any_case(
    r"\b(must|shall|should|may|can|will|to|not|never|always|only|don['’]t|cannot|can['’]t|by|with|for|"
    r"about|from|of|and|or)$"
)
_DONT = any_case(
    r"(things )?(we |you )?(do not|don['’]?ts?|never( do)?|must not|should not|"
    r"not (allowed|permitted)|prohibited|forbidden|disallowed|bad)( .{0,20})?"
)


def announces(stem: str) -> bool:
    """Whether the lead-in only announces its entries ('The assistant must do the following:')."""
    return bool(_ANNOUNCES.search(stem))


def stem_of_title(title: str) -> str:
    """The stem that a heading or column head gives the entries below it ("Don'ts"), if any."""
    bare = title.strip(" :.*")
    if re.fullmatch(r"(things to )?avoid", bare, re.I):
        return "Avoid"
    if _DONT.fullmatch(bare):
        return bare if _HANGS.search(bare) and " " in bare else "Do not"
    return bare if _HANGS.search(bare) and obligation(bare) else ""


def compose(stem: str, entry: str) -> Stated | None:
    """Join a list's lead-in with one entry, so that one sentence says what is demanded."""
    own = obligation(entry)
    if not stem:
        return Stated(entry, own) if own else None
    bare = stem.rstrip(" :—–-")
    carried = obligation(bare) or obligation(f"{bare} X")
    if carried is not None:
        if own and _stands_alone(bare, carried, own, entry):
            return Stated(_with_condition(bare, entry), own)
        return Stated(_joined(stem, entry, own), carried, joined=True)
    if own is None or (_LISTS.search(bare) and not own.explicit):
        return None
    return Stated(f"{bare}, {lowered(entry)}" if is_conditional(bare) else entry, own)


def _stands_alone(stem: str, carried: Obligation, own: Obligation, entry: str) -> bool:
    if carried.negative and (not own.negative or (announces(stem) and not subject(entry))):
        return own.explicit and not own.negative
    return own.explicit or (entry[:1].isupper() and not _HANGS.search(stem))


def _with_condition(stem: str, entry: str) -> str:
    """Carry the condition of the lead-in over to an entry that has none."""
    main = main_clause(stem)
    concedes = re.match(r"(while|although|though|because|since|as|to)\b", stem, re.I)
    if concedes or main == stem or not is_conditional(stem) or is_conditional(entry):
        return entry
    return f"{stem[: len(stem) - len(main)].rstrip(' ,')}, {lowered(entry)}"


def _joined(stem: str, entry: str, own: Obligation | None) -> str:
    bare = stem.rstrip(" :—–-")
    ends_in_verb = can_be_verb(bare.rsplit(" ", 1)[-1])
    runs_on = entry[:1].islower() and own is None and not stem.endswith(":")
    if _HANGS.search(bare) or ends_in_verb or runs_on:
        return f"{bare} {lowered(entry)}"
    return f"{bare}: {entry}"


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
    joined: set[int] = field(default_factory=set[int])
    """The blocks whose last sentence is a lead-in that was joined to their entries."""

    def __post_init__(self) -> None:
        read = [b.text.text for b in self.blocks if not b.aside and b.kind != "heading"]
        self.subject = usual_subject(read)
        for block in self.blocks:
            if block.kind == "item" and not block.aside and block.lead >= 0:
                first = next(sentences(block.text), None)
                stated = compose(_stem(self, block), first.text) if first else None
                if stated and (stated.joined or announces(self.last(block.lead))):
                    self.joined.add(block.lead)

    def last(self, at: int) -> str:
        """The last sentence of a block."""
        cut = list(sentences(self.blocks[at].text))
        return cut[-1].text if cut else ""


class Sentence(NamedTuple):
    """A sentence, its place, and the statement it makes, if it obliges somebody."""

    text: str
    span: tuple[int, int]
    stated: Stated | None
    opens_block: bool
    block: int


_ABOUT_EXAMPLE = any_case(
    r"(since|because|here|this|these|as shown|in the|note how|"
    r"the (first|second|third|good|bad|above))\b"
)
_ILLUSTRATES = any_case(
    r"^(a (useful|helpful|good) analogy|by analogy|as an analogy)\b|"
    r"\b((in|of) (this|the) example\b|example above|above example|examples above)"
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
    in_block = [s for s in sentences(block.text) if re.search(r"[^\W\d_]{2}", s.text)]
    for number, sentence in enumerate(in_block):
        text = sentence.text
        leads = number == len(in_block) - 1 and index in reading.joined
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
    if lead.aside:
        return ""
    if not (text.endswith((":", "—", "...", "…")) or open_item):
        # Some lines break off before a list without a colon ('the librarian should').
        return text if text and text[-1].isalpha() and stem_of_title(text) else ""
    above = _stem(reading, lead) if lead.kind == "item" else ""
    stated = compose(above, text) if above else None
    return stated.text if stated else text


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
