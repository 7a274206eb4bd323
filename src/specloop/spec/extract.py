"""Rules from a document's structure and wording, without a model.

A rule is a sentence, list entry or table cell that obliges somebody: by a word of duty ('must', 'is
not allowed'), by mood ('Never share ...') or, in a section that rules, by conduct told in the
present ('The assistant answers in ...'). Commentary, examples, footnotes, definitions and overviews
state none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from specloop.records import Rule
from specloop.spec.blocks import Block
from specloop.spec.context import (
    Stated,
    actor,
    compose,
    is_exception_fragment,
    opens_with_contrast,
    points_back,
    stem_of_title,
    tidy,
    usual_actor,
    with_subject,
)
from specloop.spec.mapped import Mapped
from specloop.spec.sections import Part, explains, is_examples, is_overview
from specloop.spec.sentences import sentences
from specloop.spec.facets import category, reason, rule_type, specificity
from specloop.spec.wording import Obligation, is_permission, obligation, plain

MAX_CONTEXT = 400


class Manner(NamedTuple):
    """How a section is read: what counts as a duty in it."""

    explicit_only: bool = False
    """Only words of duty count, not mood or tense."""
    by_actor_only: bool = False
    """The duty must be the actor's own: definitions describe much that nobody is asked to do."""


@dataclass(slots=True)
class Reading:
    """A document's blocks with what the reading of one section needs from the others."""

    source: str
    blocks: Sequence[Block]
    parts: Sequence[Part]
    subject: str
    joined: set[int] = field(default_factory=set[int])
    """Lead-ins whose duty went into their entries."""


def extract_rules(source: str, blocks: Sequence[Block], parts: Sequence[Part]) -> list[Rule]:
    """Rules of the whole document in reading order; ids are unique."""
    read = [block.text.text for block in blocks if not block.aside and block.kind != "heading"]
    reading = Reading(source, blocks, parts, usual_actor(read))
    _mark_joined(reading)
    rules: dict[str, Rule] = {}
    for at in range(len(parts)):
        manner = manner_of(parts, at)
        if manner is not None:
            for rule in _section_rules(reading, at, manner):
                rules.setdefault(rule.id, rule)
    return list(rules.values())


_DEFINITIONS = re.compile(
    r"\W*(?:[\d.]+\s+)?(definitions?|terms|terminology|key terms|concepts)\b.{0,20}", re.I
)


def manner_of(parts: Sequence[Part], at: int) -> Manner | None:
    """How to read a section; None where it states no rule."""
    if explains(parts, at) or is_examples(parts, at):
        return None
    if parts[at].authority is None and _DEFINITIONS.fullmatch(parts[at].heading):
        return Manner(explicit_only=True, by_actor_only=True)
    tagged = any(part.section.authority for part in parts)
    return Manner(explicit_only=is_overview(parts, at) or (tagged and parts[at].authority is None))


def _mark_joined(reading: Reading) -> None:
    for block in reading.blocks:
        if block.kind == "item" and not block.aside and block.lead >= 0:
            first = next(sentences(block.text), None)
            stated = compose(_stem(reading, block), first.text) if first else None
            if stated and (
                stated.joined
                or re.search(r"\b(following|these|below)\b", _last(reading, block.lead), re.I)
            ):
                reading.joined.add(block.lead)


def _last(reading: Reading, at: int) -> str:
    every = list(sentences(reading.blocks[at].text))
    return every[-1].text if every else ""


def _stem(reading: Reading, block: Block) -> str:
    """The lead-in of a list entry or table cell, or nothing if what stands before it leads nowhere."""
    if block.lead < 0:
        return ""
    lead, text = reading.blocks[block.lead], _last(reading, block.lead)
    if lead.kind in ("heading", "cell"):
        return stem_of_title(text)
    if lead.aside or not (
        text.endswith((":", "—", "...", "…")) or (lead.kind == "item" and text[-1:] not in ".!?")
    ):
        return ""
    above = _stem(reading, lead) if lead.kind == "item" else ""
    stated = compose(above, text) if above else None
    return stated.text if stated else text


class _Sentence(NamedTuple):
    """A sentence with the statement it makes, if any, and where it stands."""

    text: str
    span: tuple[int, int]
    stated: Stated | None
    opens_block: bool
    block: int


def _section_rules(reading: Reading, at: int, manner: Manner) -> Iterator[Rule]:
    part = reading.parts[at]
    found = _Collector(reading, part)
    for sentence in _section_sentences(reading, part):
        found.take(sentence, manner)
    if not found.rules and not manner.explicit_only:
        yield from _heading_rule(reading, at)
    yield from found.rules


def _section_sentences(reading: Reading, part: Part) -> Iterator[_Sentence]:
    after_example = False
    for index in part.blocks:
        block = reading.blocks[index]
        if block.aside or block.kind == "fence":
            after_example = block.aside == "example"
            continue
        if not (after_example and _ABOUT_EXAMPLE.match(block.text.text)) and not _SHOWN.search(
            block.text.text
        ):
            yield from _block_sentences(reading, index)
        after_example = False


_ABOUT_EXAMPLE = re.compile(
    r"(since|because|here|this|these|as shown|in the|note how|the (first|second|third|good|bad|above))\b",
    re.I,
)
_SHOWN = re.compile(
    r"^(a (useful|helpful|good) analogy|by analogy|as an analogy)\b|\b((in|of) (this|the) example\b|example above|above example|examples above)",
    re.I,
)


def _block_sentences(reading: Reading, index: int) -> Iterator[_Sentence]:
    block = reading.blocks[index]
    stem, label = _stem(reading, block), _row_label(reading, index)
    every: list[Mapped] = list(sentences(block.text))
    for number, sentence in enumerate(every):
        text = sentence.text
        stated = compose(stem if number == 0 else "", text)
        if number == len(every) - 1 and index in reading.joined:
            stated = None
        if stated and label:
            stated = stated._replace(text=f"{label}: {stated.text}")
        yield _Sentence(text, sentence.span(0, len(text)), stated, number == 0, index)


def _row_label(reading: Reading, index: int) -> str:
    """What a table row is about: its first cell, for the cells after it."""
    block = reading.blocks[index]
    if block.kind != "cell" or block.level == 1:
        return ""
    while index > 0 and reading.blocks[index].level != 1:
        index -= 1
    label = reading.blocks[index].text.text.strip(" .:")
    named = re.search(r"[^\W\d_]{3}", label) and len(label.split()) <= 8
    return label if named and obligation(label) is None else ""


@dataclass(slots=True)
class _Collector:
    """Gathers a section's rules; remembers what the next sentence may point back to."""

    reading: Reading
    part: Part
    rules: list[Rule] = field(default_factory=list[Rule])
    before: _Sentence | None = None
    listed: list[_Sentence] = field(default_factory=list[_Sentence])
    subject: str = ""

    def take(self, sentence: _Sentence, manner: Manner) -> None:
        """Turn one sentence into a rule, or into the reason of the last one, or into mere context."""
        stated = self._stated(sentence, manner)
        if stated is not None:
            self.rules.append(self._rule(sentence, stated))
        elif self.rules and _GIVES_REASON.match(sentence.text) and not sentence.opens_block:
            last = self.rules[-1]
            self.rules[-1] = last.model_copy(update={"rationale": last.rationale or sentence.text})
        self.subject = actor(sentence.text) or self.subject
        self.before = sentence

    def _stated(self, sentence: _Sentence, manner: Manner) -> Stated | None:
        stated = sentence.stated
        if stated is None:
            return self._exception(sentence)
        if manner.explicit_only and not stated.duty.explicit:
            return None
        if manner.by_actor_only and not _ACTORS_DUTY.search(plain(stated.text)):
            return None
        return stated

    def _exception(self, sentence: _Sentence) -> Stated | None:
        """An exception states no duty but takes one back: it counts where it follows a rule."""
        if not self.rules or not opens_with_contrast(sentence.text):
            return None
        base = self.rules[-1]
        duty = Obligation("permission", base.direction == "positive")
        if is_exception_fragment(sentence.text):
            fragment = re.sub(r"^exceptions?\b[:,]?\s*", "", sentence.text, flags=re.I)
            return Stated(f"{base.text} Exception: {fragment}", duty)
        return (
            Stated(sentence.text, Obligation("permission", False))
            if is_permission(sentence.text)
            else None
        )

    def _rule(self, sentence: _Sentence, stated: Stated) -> Rule:
        text = self._complete(sentence, stated)
        contrast = opens_with_contrast(sentence.text) and bool(self.rules)
        excepts = contrast and (
            stated.duty.force == "permission"
            or sentence.text.lower().startswith(("however", "that said", "but"))
        )
        return make_rule(
            self.reading.source,
            self.part,
            text,
            sentence.span,
            stated.duty,
        ).model_copy(update={"exception_to": self.rules[-1].id if excepts else None})

    def _complete(self, sentence: _Sentence, stated: Stated) -> str:
        """The statement as it can be understood without the sentences around it."""
        subject = self.subject or self.reading.subject
        if "Exception:" in stated.text:
            return tidy(stated.text)
        if (
            not stated.joined
            and points_back(sentence.text)
            and (context := self._context(sentence))
        ):
            return f"{tidy(context)} {tidy(stated.text, keep_opener=True)}"
        return with_subject(tidy(stated.text), subject)

    def _context(self, sentence: _Sentence) -> str:
        """What a sentence that points back points to, if it is short enough to be said again."""
        before = self.before
        if before is None:
            return ""
        block = self.reading.blocks[before.block]
        if block.kind == "item" and before.block != sentence.block:
            return self._whole_list(before.block)
        if points_back(before.text) and self.rules:
            text = self.rules[-1].text
        else:
            text = with_subject(before.text, self.subject or self.reading.subject)
        return text if len(text) <= MAX_CONTEXT else ""

    def _whole_list(self, last: int) -> str:
        lead = self.reading.blocks[last].lead
        if lead < 0 or self.reading.blocks[lead].kind == "heading":
            return ""
        blocks = self.reading.blocks[lead + 1 : last + 1]
        entries = [next(sentences(block.text)).text for block in blocks if block.lead == lead]
        text = f"{_last(self.reading, lead)} {'; '.join(entry.rstrip('.;') for entry in entries)}."
        return text if len(text) <= MAX_CONTEXT else _last(self.reading, lead)


_GIVES_REASON = re.compile(
    r"(this (helps|ensures|is because|is important|is especially|is to|context helps|keeps|protects|lets|allows|makes|reduces)|the reason|"
    r"because|such \w+ \w+|otherwise|doing so|that way|without this|it (helps|ensures|keeps|protects))\b",
    re.I,
)
_ACTORS_DUTY = re.compile(
    r"\b(assistant|model|bot|agent|system|you|employees?|staff)\s+(must|should|shall|may not|cannot)\b",
    re.I,
)


def make_rule(source: str, part: Part, text: str, span: tuple[int, int], duty: Obligation) -> Rule:
    """A rule record from a statement and its place."""
    start, end = span
    return Rule(
        section=part.section.id,
        text=text,
        quote=source[start:end],
        start=start,
        end=end,
        category=category(text, part.heading),
        type=rule_type(text, duty, part.authority),
        direction=duty.direction,
        specificity=specificity(text),
        authority=part.authority,
        rationale=reason(text),
    )


def _heading_rule(reading: Reading, at: int) -> Iterator[Rule]:
    """The heading itself, where a section's text only describes what its heading demands."""
    part = reading.parts[at]
    duty = obligation(part.heading)
    leaf = all(other.parent != at for other in reading.parts)
    if duty is None or part.heading_span is None or not leaf or not part.blocks:
        return
    if part.section.authority or duty.explicit or duty.negative:
        yield make_rule(reading.source, part, tidy(part.heading), part.heading_span, duty)
