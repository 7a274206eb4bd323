"""Read rules from a document's structure and wording, without a model.

A rule is a sentence, list entry or table cell that obliges somebody: by a word of duty ('must', 'is
not allowed'), by mood ('Never share ...') or, in a section of rules, by a description of conduct in
the present tense ('The assistant answers in ...'). Commentary, examples, footnotes, definitions and
overviews state no rules.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from specloop.checking.text import any_case
from specloop.records import Confidence, Doubt, Rule
from specloop.spec.blocks import Block
from specloop.spec.clauses import marks_in
from specloop.spec.completing import WholeSentences, heading_of, occasion_of
from specloop.spec.composing import HANGS, UNRESOLVED, Stated, compose
from specloop.spec.context import (
    actor,
    is_exception,
    subject,
    takes_back,
    tidy,
    with_exception,
)
from specloop.spec.customs import Customs
from specloop.spec.excepting import base_of, goes_on, is_listed, lists_exceptions
from specloop.spec.facets import category, reason, rule_type, specificity
from specloop.spec.headed import instructs
from specloop.spec.identity import repeat_id, rule_id, unnumbered, words_of
from specloop.spec.loosening import Loosening
from specloop.spec.outside import (
    around,
    in_source,
    qualifies,
    sets_scene,
    speaks_of_rules,
)
from specloop.spec.sections import SectionBlocks, is_examples, is_overview, only_opens
from specloop.spec.statements import DocumentReading, Sentence, statements
from specloop.spec.wording import Obligation, is_permission, obligation, plain

MAX_LABEL = 5
"""Most words of a fragment that is a paragraph's label ("E-mails.")."""
MAX_AROUND = 10
"""Most sentences of one kind that are noted as narrowing a rule: one is enough to leave it to
judgement."""

Manner = Literal["none", "any", "in words", "the actor's"]
"""Which duties count in a section: none, any, those that a word of duty says rather than mood or
tense, or of these the actor's own, because definitions describe much that nobody has to do."""


class Extracted(NamedTuple):
    """What was read from sections."""

    rules: list[Rule]
    unresolved: list[Sentence]
    """Entries that are no rules: their lead-in leaves open whether it demands or forbids them."""
    customs: Customs
    """How the document tells its duties."""


def extract_rules(
    source: str, blocks: Sequence[Block], parts: Sequence[SectionBlocks]
) -> Extracted:
    """The rules of the whole document in reading order; ids are unique."""
    reading = DocumentReading(source, blocks, parts)
    rules: list[Rule] = []
    said: list[Sentence] = []
    for at, (part, manner) in enumerate(zip(parts, manners_of(parts), strict=True)):
        if manner == "none":
            continue
        collector = _Collector(reading, part, manner)
        for sentence in statements(reading, part):
            collector.take(sentence)
            said.append(sentence)
        beside = at in reading.headed or not collector.rules
        rules += [*(_heading_rule(reading, at, manner, said) if beside else ()), *collector.rules]
    loosening = Loosening(said)
    loosened = [_with_scope(rule, *loosening.about(rule)) for rule in rules]
    unresolved = [sentence for sentence in said if sentence.under]
    return Extracted(loosened, unresolved, reading.customs)


_DEFINITIONS = any_case(
    r"\W*(?:[\d.]+\s+)?(?:definitions?|terms(?! (?:of\b|and\b|&)(?! definitions))|terminology|"
    r"key terms|concepts)\b.{0,20}"
)


_PURPOSE = any_case(r"what (?:[\w’'-]+ ){1,3}(?:is|are) for")
"""A heading of a section that tells what somebody does, without asking it of them."""


def manners_of(parts: Sequence[SectionBlocks]) -> list[Manner]:
    """How to read each section. Where any is tagged with an authority, its absence means something
    too."""
    tagged = any(part.section.authority for part in parts)
    return [_manner(part, tagged) for part in parts]


def _manner(part: SectionBlocks, tagged: bool) -> Manner:
    untagged = tagged and part.authority is None
    overview = is_overview(part.section)
    if is_examples(part.section) or (untagged and overview):
        return "none"
    if part.authority is None and _DEFINITIONS.fullmatch(part.heading):
        return "the actor's"
    overview = overview and not only_opens(part.section)
    told = untagged or overview or _PURPOSE.fullmatch(unnumbered(part.heading))
    return "in words" if told else "any"


@dataclass(slots=True)
class _Collector:
    """Gathers a section's rules and remembers what the next sentence may refer to."""

    reading: DocumentReading
    part: SectionBlocks
    manner: Manner
    rules: list[Rule] = field(default_factory=list[Rule])
    title: str = ""
    """A line above the paragraphs that works like a heading."""
    labels: tuple[str, ...] = ()
    """The fragment that opens the current paragraph, and sentences in it that set a scene."""
    announced: str = ""
    """What the section said about all its rules."""
    n_announced: int = 0
    seen: Counter[str] = field(default_factory=Counter[str])
    """How many rules have the same id so far."""
    completion: WholeSentences = field(init=False)

    def __post_init__(self) -> None:
        heading = heading_of(self.reading, self.part)
        when = occasion_of(self.reading, self.part)
        self.completion = WholeSentences(self.reading, heading, when, self.part.section.path[:-1])

    def take(self, sentence: Sentence) -> None:
        """Turn one sentence into a rule, the reason of the last rule, or context."""
        stated = self._stated(sentence)
        self._narrow(sentence, stated)
        text = ""
        if stated is not None and goes_on(self.reading, self.rules, sentence):
            self._join_exception(sentence, stated)
        elif stated is not None:
            text = self.completion.complete(sentence, stated)
            self.rules.append(self._rule(sentence, stated, text))
        elif self.rules and _GIVES_REASON.match(sentence.text) and not sentence.opens_block:
            last = self.rules[-1]
            update = {"rationale": last.rationale or sentence.text}
            self.rules[-1] = last.model_copy(update=update)
        self.completion.passed(sentence, text)
        if len(self.labels) < MAX_AROUND and sets_scene(sentence.text):
            self.labels = (*self.labels, sentence.text)

    def _narrow(self, sentence: Sentence, stated: Stated | None) -> None:
        """Remember what a sentence says about the rules around it."""
        text, opens = sentence.text, sentence.opens_block
        if opens:
            self._open(sentence, stated)
        if opens and speaks_of_rules(text):
            self.announced = text
            self.n_announced += 1
            if self.n_announced <= MAX_AROUND:
                self.rules = [_with_scope(rule, text) for rule in self.rules]
        elif self.rules:
            near = (sentence.block, self.reading.blocks[sentence.block].lead)
            follows = self.completion.before is not None and self.completion.before.block in near
            obliges = stated is not None
            if qualifies(text, self.rules[-1].text, follows=follows, obliges=obliges):
                self.rules[-1] = _with_scope(self.rules[-1], text)

    def _open(self, sentence: Sentence, stated: Stated | None) -> None:
        """Start a new paragraph or entry, where what was said in the last one no longer holds."""
        text, block = sentence.text, self.reading.blocks[sentence.block]
        above = (
            self.completion.before.text
            if self.completion.before and block.kind == "paragraph"
            else ""
        )
        self.labels = (above,) if above.endswith(":") else ()
        if stated is not None or len(text.split()) > MAX_LABEL or text.endswith(":"):
            return
        if block.kind == "paragraph" and block.text.text.strip() == text.strip():
            self.title = text
        else:
            self.labels = (*self.labels, text)

    def _stated(self, sentence: Sentence) -> Stated | None:
        stated = sentence.stated
        if stated is None:
            return self._likewise(sentence) or self._exception(sentence)
        led = sentence.opens_block and self.reading.governors.by_line(sentence.block)
        if self.manner != "any" and not (stated.duty.explicit or led):
            return None
        if self.manner == "the actor's" and not _ACTORS_DUTY.search(plain(stated.text)):
            return None
        return stated

    def _likewise(self, sentence: Sentence) -> Stated | None:
        """What a sentence says that gives the duty of the rule before it to something else."""
        before = self.completion.before
        if not (self.rules and before and _LIKEWISE.fullmatch(sentence.text)):
            return None
        last = self.rules[-1]
        if not before.span[0] <= last.start < before.span[1]:
            return None
        duty = Obligation("indicative", last.direction == "negative")
        return Stated(f"{last.text} {sentence.text}", duty, joined=True)

    def _exception(self, sentence: Sentence) -> Stated | None:
        """Add an exception, which restricts a duty, if it follows a rule."""
        if not self.rules:
            return None
        listed = is_listed(self.reading, sentence)
        leads = lists_exceptions(sentence.text)
        if listed or (is_exception(sentence.text) and not leads):
            base, _ = base_of(self.reading, self.rules, sentence)
            duty = Obligation("permission", base.direction == "positive")
            said = f"Exception: {sentence.text}" if listed else sentence.text
            return Stated(with_exception(base.text, said), duty, joined=True)
        who = self.completion.actor or self.reading.subject
        if takes_back(sentence.text) and is_permission(sentence.text, who):
            return Stated(sentence.text, Obligation("permission", False))
        return None

    def _join_exception(self, sentence: Sentence, stated: Stated) -> None:
        """Let the last rule have its exception in itself."""
        last, end = self.rules[-1], sentence.span[1]
        quote = self.reading.source[last.start : end]
        update = {"text": tidy(stated.text), "end": end, "quote": quote}
        self.rules[-1] = last.model_copy(update=update)

    def _rule(self, sentence: Sentence, stated: Stated, text: str) -> Rule:
        known = words_of(self.reading.source[slice(*sentence.span)], tidy(stated.text), stated.duty)
        rule = make_rule(self.reading.source, self.part, text, sentence.span, stated.duty, known)
        rule = _with_scope(rule, *self._outside(sentence, text))
        self.seen[rule.id] += 1
        if self.seen[rule.id] > 1:
            rule = rule.model_copy(update={"id": repeat_id(rule.id, self.seen[rule.id])})
        doubts = list(_doubts(sentence, stated))
        back = stated.duty.force == "permission" or takes_back(sentence.text)
        if back and self.rules:
            base, is_sure = base_of(self.reading, self.rules, sentence)
            rule = rule.model_copy(update={"exception_to": base.id})
            if not is_sure:
                doubts.append("exception")
        return _with_doubts(rule, stated.duty, doubts, guessed=text != tidy(stated.text))

    def _outside(self, sentence: Sentence, text: str) -> Iterator[str]:
        yield from around(self.reading, sentence.block, text)
        yield from in_source(self.reading.source, *sentence.span)
        yield from filter(None, (self.title, *self.labels, self.announced))
        guessed = re.match(r"(?:it|its|they|their)\b", sentence.text, re.I)
        if guessed and self.completion.before is not None:
            before = self.completion.before.text
            named = subject(before) or actor(before)
            if not named or not before.lower().startswith(named.lower()):
                yield before


_LIKEWISE = any_case(
    r"(?:the same|that) (?:goes|holds|applies) for [^,;:]{3,80}|[^,;:]{3,60} likewise\.?"
)
_GIVES_REASON = any_case(
    r"(this (helps|ensures|is (because|important|especially|to)|context helps|keeps|protects|lets|"
    r"allows|makes|reduces)|the reason|because|such \w+ \w+|otherwise|doing so|that way|"
    r"without this|it (helps|ensures|keeps|protects))\b"
)
_ACTORS_DUTY = any_case(
    r"\b(assistant|model|bot|agent|system|you|employees?|staff)\s+"
    r"(must|should|shall|may not|cannot)\b"
)


def _doubts(sentence: Sentence, stated: Stated) -> Iterator[Doubt]:
    """Why a sentence may have been misread, but for what it is an exception to."""
    if stated.duty.force == "indicative":
        yield "conduct"
    own = obligation(sentence.text) if stated.joined else None
    if own and stated.duty.force != "permission":
        contrary = own.explicit and own.negative != stated.duty.negative
        if contrary or (own.negative and stated.duty.negative):
            yield "polarity"


def _with_doubts(
    rule: Rule, duty: Obligation, doubts: Sequence[Doubt], *, guessed: bool = False
) -> Rule:
    """The rule with how sure its reading is; `guessed` if words were resolved by what is near."""
    plain_duty = duty.explicit or duty.negative
    sure: Confidence = "high" if plain_duty and not guessed else "medium"
    update = {"doubts": tuple(doubts), "confidence": "low" if doubts else sure}
    return rule.model_copy(update=update)


def _with_scope(rule: Rule, *outside: str) -> Rule:
    """The rule with more texts from outside its sentence."""
    new = [text for text in dict.fromkeys(outside) if text not in rule.scope]
    return rule.model_copy(update={"scope": (*rule.scope, *new)}) if new else rule


def make_rule(  # noqa: PLR0913 - one parameter a source of its fields
    source: str,
    part: SectionBlocks,
    text: str,
    span: tuple[int, int],
    duty: Obligation,
    known: str = "",
) -> Rule:
    """A rule record from a statement and its place; `known` are the words it is known by."""
    start, end = span
    quote = source[start:end]
    return Rule(
        id=rule_id(part.section.id, known or words_of(quote, text, duty)),
        section=part.section.id,
        text=text,
        quote=quote,
        start=start,
        end=end,
        category=category(text, part.heading),
        type=rule_type(text, duty, part.authority),
        direction=duty.direction,
        specificity=specificity(text),
        authority=part.authority,
        rationale=reason(text),
        scope=part.scope,
        marks=marks_in(source, start, end),
    )


def _heading_rule(
    reading: DocumentReading, at: int, manner: Manner, said: list[Sentence]
) -> Iterator[Rule]:
    """The heading as a rule, if a section's text only describes what its heading demands. What is
    above it may forbid it, or leave open what it states: then it is added to `said`."""
    part = reading.parts[at]
    heading = unnumbered(part.heading)
    below = any(p.section.level > part.section.level for p in reading.parts[at + 1 : at + 2])
    told = at in reading.headed
    if part.heading_span is None or manner != "any" or below or not part.blocks:
        return
    over = reading.governors.over(part.blocks.start - 1)
    stated = compose(over.stem, heading, over.kind)
    if stated is UNRESOLVED:
        said.append(Sentence(heading, part.heading_span, None, True, -1, over.stem))
    elif not HANGS.search(over.stem) and not instructs(heading, told=told):
        return
    elif stated and (
        told or part.section.authority or stated.duty.explicit or stated.duty.negative
    ):
        text, span = tidy(stated.text), part.heading_span
        rule = make_rule(reading.source, part, text, span, stated.duty, heading)
        rule = rule.model_copy(update={"scope": part.scope[:-1]})
        yield _with_doubts(rule, stated.duty, ["heading"])
