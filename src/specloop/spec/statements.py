"""Sentences of a section with their statements; entries of lists and tables are completed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from specloop.checking.sought import sought
from specloop.checking.text import any_case
from specloop.spec.actors import actors_of
from specloop.spec.bans import ARE_NOT
from specloop.spec.blocks import Block
from specloop.spec.composing import (
    HANGS,
    ONE_OF,
    UNRESOLVED,
    Stated,
    compose,
    describes,
    is_sentence,
    speaks_for_itself,
)
from specloop.spec.context import usual_subject
from specloop.spec.customs import Customs, entry_of_rules, may_name_rule
from specloop.spec.governing import Governors
from specloop.spec.headed import told_by_headings
from specloop.spec.leads import BY_ITSELF
from specloop.spec.mapped import Mapped, sentence_texts, sentences
from specloop.spec.mixed import DutyOf, clauses
from specloop.spec.polarity import Bearing, bearing, stem_of_title
from specloop.spec.sections import SectionBlocks
from specloop.spec.wording import Obligation, is_conditional, main_clause, obligation

MAX_ENTRIES = 20
"""How far the entries of a list are looked for that are repeated behind its lead-in."""
MIN_LIST, MOSTLY = 3, 0.5
"""How long a list must be, and how much of it a rule, so that its other entries are too."""
MAX_COLUMNS = 100
"""In a table row with more cells, cells are read without the row's label."""
MAX_WHO = 5
"""Most words of a lead-in that only names who does what its entries tell."""
MAX_INSIDE = 15
"""Most words of a sentence that a lead-in earlier in its paragraph governs."""
MAX_ROW = 8
MAX_THING = 2
"""Most words of a row's first cell that labels the others, and of one that looks like an order
("Cut fabric")."""
MAX_LABEL = 5
"""Most words of a fragment that is the label of what follows it ("Harassment.")."""


@dataclass(slots=True)
class DocumentReading:
    """A document's blocks, with what reading one section needs from the others."""

    source: str
    blocks: Sequence[Block]
    parts: Sequence[SectionBlocks]
    subject: str = ""
    joined: set[int] = field(default_factory=set[int])
    """The blocks whose last sentence is a lead-in that was joined to their entries."""
    governors: Governors = field(init=False)
    customs: Customs = field(init=False)
    headed: set[int] = field(init=False)
    """Parts whose headings are rules beside those in them."""
    of_rules: set[int] = field(init=False)
    """Entries of lists that are mostly rules."""

    def __post_init__(self) -> None:
        read = [b.text.text for b in self.blocks if not b.aside and b.kind != "heading"]
        self.subject = usual_subject(read)
        self.governors = Governors(self.blocks)
        texts = (s for b in self.blocks if _is_text(b) for s in sentence_texts(b.text.text))
        title = next((b.text.text for b in self.blocks if b.kind == "heading"), "")
        self.customs = Customs(texts, actors_of(self.source).own, title)
        self.headed = set(told_by_headings(self.parts))
        self.of_rules = set(_lists_of_rules(self.blocks, self.customs))
        for at, block in enumerate(self.blocks):
            if block.kind == "cell" and (above := self.governors.above_table(at)) >= 0:
                self.joined.add(above)
            if block.lead < 0 or block.lead in self.joined or block.aside:
                continue
            if block.kind in ("item", "paragraph"):
                said = sentence_texts(block.text.text)
                over = self.governors.over(at)
                stated = compose(over.stem, said[0], over.kind) if said else None
                if (stated and stated.joined) or over.announced:
                    self.joined.add(block.lead)

    def entries(self, lead: int) -> list[str]:
        """The first sentences of the entries of a list by its lead-in; empty for a long list."""
        blocks = self.blocks[lead + 1 : lead + 1 + MAX_ENTRIES]
        own = (block for block in blocks if block.lead == lead)
        return [sentence_texts(block.text.text)[0].rstrip(".;, ") for block in own]

    def last(self, at: int) -> str:
        """The last sentence of a block."""
        return self.governors.last(at)


def _lists_of_rules(blocks: Sequence[Block], customs: Customs) -> Iterator[int]:
    """The entries of lists, and cells of columns, that are mostly rules by themselves."""
    entries = [at for at, block in enumerate(blocks) if block.kind == "item" and not block.aside]
    lists: dict[tuple[int, int, int], list[int]] = {}
    for at, block in enumerate(blocks):
        if block.kind == "cell" and block.level > 1 and block.lead >= 0:
            lists.setdefault((block.lead, block.level, -1), []).append(at)
    for number, at in enumerate(entries):
        # Entries of one list follow each other, but for the lists in them.
        apart = at - number if blocks[at].lead < 0 else 0
        lists.setdefault((blocks[at].lead, blocks[at].level, apart), []).append(at)
    for (lead, *_), places in lists.items():
        if lead >= 0 and describes(blocks[lead].text.text):
            continue
        texts = [blocks[at].text.text for at in places]
        rest = [text for text in texts if (obligation(text) or customs.duty(text)) is None]
        n = len(texts) - len(rest)
        if n and customs.dense:
            n = max(n, min(2 * n, n + sum(map(may_name_rule, filter(None, rest)))))
        if len(places) >= MIN_LIST and n >= MOSTLY * len(places):
            yield from places


class Sentence(NamedTuple):
    """A sentence, its place, and the statement it makes, if it obliges somebody."""

    text: str
    span: tuple[int, int]
    stated: Stated | None
    opens_block: bool
    block: int
    under: str = ""
    """The lead-in that leaves open what the sentence states."""


_ABOUT_EXAMPLE = any_case(
    r"(since|because|here|this|these|as shown|in the|note how|"
    r"the (first|second|third|good|bad|above))\b"
)
_SHOWS = any_case(r"\b(?:for (?:example|instance)|examples?|e\.g\.)\s*:$")
_SLANTED = re.compile(r"(?:[-*+]\s+)?([*_])(?![\s*_]).*(?<![\s*_])\1[.:]?\s*", re.S)
"""A block in italics, which only shows something if what is above it announces an example."""
_ILLUSTRATES = sought(
    r"^(a (useful|helpful|good) analogy|by analogy|as an analogy)\b|"
    r"\b((in|of) (this|the) example\b|example above|above example|examples above)"
)


_WORD = re.compile(r"[^\W\d_]{2}")


def _is_text(block: Block) -> bool:
    return block.kind in ("paragraph", "item") and may_state_rules(block)


def may_state_rules(block: Block) -> bool:
    """Whether a block is neither set aside nor an illustration."""
    return not block.aside and block.kind != "fence" and not _ILLUSTRATES.search(block.text.text)


def statements(reading: DocumentReading, part: SectionBlocks) -> Iterator[Sentence]:
    """Every sentence of a section that may state a rule or give one its context."""
    after_example = shown = False
    for index in part.blocks:
        block = reading.blocks[index]
        slanted = bool(_SLANTED.fullmatch(reading.source, block.start, block.end))
        if shown and slanted:
            continue
        shown = block.text.text.endswith(":") and bool(_SHOWS.search(block.text.text))
        if block.aside or block.kind == "fence":
            after_example = block.aside == "example"
            continue
        about_example = after_example and _ABOUT_EXAMPLE.match(block.text.text)
        if may_state_rules(block) and not about_example:
            yield from _in_block(reading, index)
        after_example = False


def _in_block(reading: DocumentReading, index: int) -> Iterator[Sentence]:
    block, label = reading.blocks[index], _row_label(reading, index)
    in_block = [s for s in sentences(block.text) if _WORD.search(s.text)]
    in_block = _with_label(block, reading.governors.over(index).kind, in_block)
    under = _Under(reading, index, alone=len(in_block) == 1)
    for number, (sentence, led) in enumerate(map(_without_lead, in_block)):
        text = sentence.text
        last = number == len(in_block) - 1
        joins = index in reading.joined and not _added_to(reading, index)
        leads = not led and (_waits(text) or (joins if last else bool(_leads_on(text))))
        stated = under.states(text, first=number == 0)
        stated = None if leads else stated
        if stated and last and ONE_OF.search(text):
            stated = stated._replace(text=f"{stated.text} {'; or '.join(reading.entries(index))}.")
        if stated is UNRESOLVED:
            yield Sentence(
                text, sentence.span(0, len(text)), None, number == 0, index, under.stem or text
            )
            continue
        if stated and (contrast := reading.governors.contrast(index)):
            stated = stated._replace(text=f"{stated.text.rstrip('.')} {contrast}")
        for begin, end, part in _parted(text, stated, under.duty):
            if part and label:
                part = part._replace(text=f"{label}: {part.text}")
            opens = number == 0 and begin == 0
            yield Sentence(text[begin:end], sentence.span(begin, end), part, opens, index)


_ADDS = any_case(r"(?:and|or|nor|also)\b")


def _added_to(reading: DocumentReading, index: int) -> bool:
    """Whether the entries in an entry only add to it ("ask for the number" / "nor the date")."""
    below = reading.blocks[index + 1 : index + 2]
    return any(b.lead == index and bool(_ADDS.match(b.text.text)) for b in below)


_LED = any_case(r"(?P<own>[^:]{2,}?\w),? (?:and|but) (?:never|(?:must|do|may|should) not)\s*:")


def _without_lead(sentence: Mapped) -> tuple[Mapped, bool]:
    """Of a sentence that demands and then leads on ("Greet, and never:") the demand; whether it
    does so."""
    led = _LED.fullmatch(sentence.text) if sentence.text.endswith(":") else None
    return (sentence.cut(0, led.end("own")), True) if led else (sentence, False)


def _with_label(block: Block, kind: Bearing, in_block: list[Mapped]) -> list[Mapped]:
    """An entry's label ("Harassment.") together with the sentence that it belongs to."""
    if block.kind != "item" or len(in_block) < 2 or kind not in ("forbid", "require"):
        return in_block
    first, second, *rest = in_block
    words = len(first.text.split())
    if words > MAX_LABEL or not first.text.endswith(".") or obligation(first.text):
        return in_block
    begin = block.text.text.find(first.text)
    end = block.text.text.find(second.text, begin + len(first.text)) + len(second.text)
    return [block.text.cut(begin, end), *rest]


def _parted(
    text: str, stated: Stated | None, duty_of: DutyOf
) -> Iterator[tuple[int, int, Stated | None]]:
    """The clauses of a sentence that both demands and forbids, with their places and statements."""
    whole = stated is None or (stated.joined and stated.duty.negative)
    said = clauses(stated.text, duty_of) if stated and not whole else []
    shift = len(stated.text) - len(text) if stated else 0
    if len(said) < 2 or shift < 0:
        yield 0, len(text), stated
        return
    for begin, end, clause in said:
        duty = duty_of(clause)
        if duty is not None and end > shift:
            yield max(0, begin - shift), end - shift, Stated(clause, duty)


class _Under:
    """What the sentences of one block are governed by."""

    def __init__(self, reading: DocumentReading, index: int, *, alone: bool) -> None:
        block = reading.blocks[index]
        over = reading.governors.over(index)
        self._entry = block.kind in ("item", "cell") or block.lead >= 0
        if not self._entry:
            item = reading.governors.item_of(index)
            over = reading.governors.over(item) if item >= 0 else over
            hangs = (
                alone and item < 0 and HANGS.search(over.stem) and not is_sentence(block.text.text)
            )
            self._entry = over.kind == "forbid" and bool(hangs)
        self.stem = over.stem
        self.kind: Bearing = over.kind
        self._customs = reading.customs
        bare = over.stem.rstrip(" :—–-")
        whole = not is_conditional(bare) or main_clause(bare) != bare
        leads = any(other.lead == index for other in reading.blocks[index + 1 : index + 2])
        self._lists_rule = index in reading.of_rules and not leads
        self._occasion = "" if whole or not self._entry else over.stem
        """A condition that holds for all sentences of an entry."""
        self._inside = ""
        """A lead-in within the block."""

    def states(self, text: str, *, first: bool) -> Stated | None:
        """What a sentence states; the sentences are to be given in their order."""
        stated = self._states(text, first=first)
        asked = self.kind == "open" and self.stem.endswith("?")
        tells = stated is None and (asked or self.kind in ("", "require"))
        told = self._told(text) if tells else None
        if told:
            stated = Stated(text, told)
        elif tells and first and self._entry and (whole := self._of_subject(text)):
            stated = whole
        if stated is None and first and self._lists_rule and not _MAY.search(self.stem):
            entry = entry_of_rules(text)
            stated = Stated(text, entry) if entry else None
        self._inside = _leads_on(text) or _begins(text) or self._inside
        return stated

    def duty(self, clause: str) -> Obligation | None:
        """What a clause obliges somebody to, told like a fact or not."""
        return obligation(clause) or self._customs.duty(clause)

    def _of_subject(self, text: str) -> Stated | None:
        """An entry that tells what its lead-in does ("The tenant:" / "keeps the flat clean")."""
        bare = self.stem.rstrip(" :—–-")
        tells = re.match(r"[a-z]+s(?:n't)?\b|are\b|have\b|do\b|never\b|can be\b", text)
        if not bare or not tells or len(bare.split()) > MAX_WHO:
            return None
        whole = f"{bare} {text}"
        told = self._customs.duty(whole.rstrip(",;"))
        if told is None and self._customs.dense and _EACH_IS.match(whole):
            told = Obligation("indicative", False)
        return Stated(whole, told, joined=True) if told else None

    def _told(self, text: str) -> Obligation | None:
        told = map(self._customs.duty, [text, *(text.split("; ") if "; " in text else ())])
        return next(filter(None, told), None)

    def _states(self, text: str, *, first: bool) -> Stated | None:
        if first and self._entry:
            return compose(self.stem, text, self.kind)
        if self._inside and not BY_ITSELF.match(text) and len(text.split()) <= MAX_INSIDE:
            return compose(self._inside, text, "forbid")
        stated = compose(self._occasion, text, "")
        if stated is None or stated is UNRESOLVED or speaks_for_itself(text, stated.duty):
            return stated
        # It may be forbidden like what is before it, or say what to do in its place.
        doubtful = self.kind == "forbid" and stated.duty.force == "imperative"
        return UNRESOLVED if doubtful else stated


_EACH_IS = any_case(r"(?:every|each) (?:[\w’'-]+ ){1,4}?(?:has|can be|is) ")
"""What a lead-in and its entry say of each of a kind ("Every request:", "has a time limit")."""
_MAY = sought(r"\b(?:can|may)\b")


def _waits(text: str) -> bool:
    """Whether a sentence is only a lead-in, with nothing demanded by itself ("It must not:")."""
    bare = text.rstrip(" :—–-…")
    return text.endswith(":") and bool(HANGS.search(bare))


_FOLLOWING = sought(r"^the following\b.{0,60}\.$|\b(?:the following|as follows)\.$")


_ANSWERS = any_case(r"(?:no|(?:better|certainly|absolutely|of course|rather) not)\.")
"""An answer, which governs nothing: what follows may say what to do instead."""


def _leads_on(text: str) -> str:
    """The lead-in that a sentence is, or has, for the sentences after it, if it forbids."""
    if (
        text.endswith(".")
        and len(text.split()) <= MAX_LABEL
        and bearing(text, title=True) == "forbid"
        and not (ARE_NOT.match(text) or _ANSWERS.fullmatch(text))
    ):
        return stem_of_title(text)
    if "follow" in text.lower() and _FOLLOWING.search(text) and bearing(text) == "forbid":
        return text
    return ""


_BEGUN = re.compile(r"((?:[\w'’-]+ ){0,7}[\w'’-]+):\s+\S")


def _begins(text: str) -> str:
    """The lead-in before a sentence's own entry, if it forbids: "It must never: lie. Boast.\""""
    begun = _BEGUN.match(text) if ":" in text else None
    return begun[1] if begun and HANGS.search(begun[1]) and bearing(begun[1]) == "forbid" else ""


def _row_label(reading: DocumentReading, index: int) -> str:
    """What a table row is about: its first cell, for the cells after it."""
    block = reading.blocks[index]
    if block.kind != "cell" or not 1 < block.level <= MAX_COLUMNS:
        return ""
    while index > 0 and reading.blocks[index].level != 1:
        index -= 1
    head = reading.blocks[index].lead
    if head >= 0 and bearing(reading.blocks[head].text.text, title=True):
        return ""
    label = reading.blocks[index].text.text.strip(" .:")
    named, n_words = re.search(r"[^\W\d_]{3}", label), len(label.split())
    if label and not named and head >= 0 and n_words == 1:
        return f"{reading.blocks[head].text.text.strip(' .:')} {label}".strip()
    own = obligation(label)
    thing = own is None or (n_words <= MAX_THING and not own.explicit and not own.negative)
    to_whom = reading.blocks[block.lead].text.text if block.lead >= 0 else ""
    if _TO_WHOM.match(to_whom):
        label = f"{label}, {to_whom[0].lower()}{to_whom[1:]}"
    return label if named and n_words <= MAX_ROW and thing else ""


_TO_WHOM = any_case(
    r"(?:notes?|messages?|repl(?:y|ies)|answers?|mails?|letters?|words?) (?:to|for) "
)
"""The head of a column that says where its cells' words go."""
