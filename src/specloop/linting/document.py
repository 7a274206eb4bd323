"""A document as lints see it: its statements with their places, rules, sections and blocks."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import NamedTuple

from specloop.checking.text import any_case
from specloop.linting.clauses import clauses
from specloop.linting.normal import Normal, normal
from specloop.linting.spans import Spans
from specloop.linting.targets import Targets, targets_of
from specloop.records import Rule, Section
from specloop.spec import Specification
from specloop.spec.blocks import LINE, Block
from specloop.spec.composing import HANGS
from specloop.spec.context import is_exception, takes_back, usual_subject
from specloop.spec.mapped import sentences
from specloop.spec.sections import SectionBlocks, is_examples
from specloop.spec.wording import ACTORS


class DocumentStatement(NamedTuple):
    """A sentence of the document that says something by itself."""

    text: str
    span: tuple[int, int]
    rule: Rule | None
    """The rule read from it, if it states one."""
    around: frozenset[str]
    """Headings and other texts outside it that may say where it holds."""
    said: Normal

    @property
    def binds(self) -> bool:
        """Whether it states a rule or allows something, rather than a fact."""
        return self.rule is not None or self.said.force != "fact"

    def comparable(self, other: DocumentStatement) -> bool:
        """Whether the two may hold on the same occasion and neither takes the other back."""
        if self.span == other.span or _tied(self, other) or _tied(other, self):
            return False
        return not any(narrows(text) for text in self.around ^ other.around)


def _tied(one: DocumentStatement, other: DocumentStatement) -> bool:
    """Whether one is an exception, or repeats the other as its context."""
    if one.rule and one.rule.exception_to is not None:
        return True
    return _excepts(one.text) or other.text.rstrip(".") in one.text


@lru_cache(maxsize=65_536)
def _excepts(text: str) -> bool:
    return takes_back(text) or is_exception(text)


_INSTANCES = any_case(
    r",? (?:such as|including|for example|for instance|e\.g\.|particularly|especially)"
)


def _entered(rule: Rule, path: Sequence[str]) -> str:
    """A rule's text without its heading, in which its own words are no illustration of its lead-in
    ("such as: spam")."""
    label, _, said = rule.text.partition(": ")
    if any(label in heading for heading in path):
        return said
    at = rule.text.lower().rfind(rule.quote.strip(" .;,").lower())
    return rule.text if at <= 0 else _INSTANCES.sub("", rule.text[:at]) + rule.text[at:]


def _leads(text: str) -> bool:
    """Whether a sentence only leads in what follows it ("The bot must not:")."""
    bare = text.rstrip(" :—–-…")
    return text.rstrip()[-1:] in ":—–…" or bool(HANGS.search(bare))


_ACTOR = any_case(rf"\b(?:{ACTORS})s?$")
_NARROWS = any_case(
    r"\W*(?:[\d.]+\s+)?(?:in|for|during|when|while|if|on|at|with|within|after|before|outside|under|"
    r"until|once|unless|except)\b"
    r"|.*(?:`|\w\(|--\w|\w\.\w+\(|\w_\w)"
    r"|.*\b(?:e-?mails?|letters?|phones?|telephone|sms|texting|chats?|messengers?|social media|"
    r"posts?"
    r"|tweets?|voice ?mails?|voice|newsletters?|tickets?|mobile|premium|business|outages?|weekends?"
    r"|nights?|holidays?|emergenc(?:y|ies)|vip|children|kids|minors|teens?|adults?|new|returning"
    r"|exceptions?|cancel\w*|modif\w*|exchange\w*|return)\b"
)


@lru_cache(maxsize=65_536)
def narrows(text: str) -> bool:
    """Whether a heading or lead-in names an occasion, a channel, an audience or a piece of code."""
    return bool(_NARROWS.match(text))


@dataclass(frozen=True)
class LintDocument:
    """A document with what was read from it."""

    spec: Specification
    rules: Sequence[Rule]
    """Those in force."""
    beside: Path | None = None
    """The folder the document is in, for files that it refers to."""

    @classmethod
    def of(cls, spec: Specification, beside: Path | None = None) -> LintDocument:
        """A document with the rules as they were read."""
        return cls(spec, spec.rules, beside)

    @property
    def text(self) -> str:
        """The document's text."""
        return self.spec.document.text

    @property
    def blocks(self) -> Sequence[Block]:
        """Its paragraphs, entries, headings and fences."""
        return self.spec.blocks

    @property
    def parts(self) -> Sequence[SectionBlocks]:
        """Its sections."""
        return self.spec.parts

    @cached_property
    def starts(self) -> list[int]:
        """Where each line begins."""
        return [match.start() for match in LINE.finditer(self.text)]

    @cached_property
    def targets(self) -> Targets:
        """What references in it can point to."""
        return targets_of(self.text, self.parts, self.beside)

    @cached_property
    def of_rules(self) -> Spans:
        """The places of its rules."""
        return Spans((rule.start, rule.end) for rule in self.rules)

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset, both from 1; columns count code points."""
        line = bisect_right(self.starts, offset)
        return line, offset - self.starts[line - 1] + 1

    @cached_property
    def statements(self) -> tuple[DocumentStatement, ...]:
        """Every rule, and every other sentence that is neither an example nor commentary."""
        found = [*self._of_rules(), *self._of_sentences()]
        return tuple(sorted(found, key=lambda statement: statement.span))

    @cached_property
    def subject(self) -> str:
        """Whom most duties of the document bind."""
        named = usual_subject(rule.text for rule in self.rules)
        return named if _ACTOR.search(named) else ""

    @cached_property
    def comparable(self) -> tuple[DocumentStatement, ...]:
        """The statements whose polarity and amounts code could read for sure."""
        # What a cell of a table says holds only for its row, and headings name what is told below.
        apart = Spans((b.start, b.end) for b in self.blocks if b.kind in ("cell", "heading"))
        return tuple(
            statement for statement in self.statements
            if statement.said.sure and not apart.cover(statement.span[0])
        )  # fmt: skip

    @cached_property
    def codeless(self) -> tuple[tuple[int, int], ...]:
        """The spans of fences and code in a line, in order: what stands there refers to nothing."""
        fences = [(b.start, b.end) for b in self.blocks if b.kind == "fence"]
        inline = [match.span() for match in _CODE.finditer(self.text)]
        return tuple(sorted([*fences, *inline]))

    def in_code(self, offset: int) -> bool:
        """Whether an offset is in a fence or in code within a line."""
        at = bisect_right(self.codeless, (offset, len(self.text)))
        return any(start <= offset < end for start, end in self.codeless[max(0, at - 2) : at])

    def _of_rules(self) -> Iterator[DocumentStatement]:
        for rule in self.rules:
            path = self.path(rule.start)
            around = frozenset((*path[1:], *rule.scope))
            for text in clauses(_entered(rule, path)):
                said = normal(text, self.subject)
                if said is not None:
                    yield DocumentStatement(text, (rule.start, rule.end), rule, around, said)

    def _of_sentences(self) -> Iterator[DocumentStatement]:
        taken = sorted((rule.start, rule.end) for rule in self.rules)
        for part in self.parts:
            if is_examples(part.section):
                continue
            for block in (self.blocks[at] for at in part.blocks):
                if self._speaks(block):
                    yield from self._in_block(block, part, taken)

    def _speaks(self, block: Block) -> bool:
        """Whether a block's sentences stand by themselves."""
        if block.aside or block.kind not in ("paragraph", "item"):
            return False
        lead = self.blocks[block.lead] if block.lead >= 0 else None
        return lead is None or lead.kind == "heading" or lead.text.text.rstrip()[-1:] in ".!?"

    def _in_block(
        self, block: Block, part: SectionBlocks, taken: Sequence[tuple[int, int]]
    ) -> Iterator[DocumentStatement]:
        for sentence in sentences(block.text):
            start, end = sentence.span(0, len(sentence.text))
            at = bisect_right(taken, (start, len(self.text)))
            if any(a < end and start < b for a, b in taken[max(0, at - 1) : at + 1]):
                continue
            said = normal(sentence.text, self.subject)
            if (
                said is not None
                and re.search(r"\w \w", sentence.text)
                and not _leads(sentence.text)
            ):
                around = frozenset(part.section.path[1:])
                yield DocumentStatement(sentence.text, (start, end), None, around, said)

    def part_at(self, offset: int) -> int:
        """The number of the part of a place."""
        return max(0, bisect_right(self._part_starts, offset) - 1)

    def section(self, offset: int) -> Section:
        """The section of a place."""
        return self.parts[self.part_at(offset)].section

    def path(self, offset: int) -> tuple[str, ...]:
        """The headings above a place."""
        return self.section(offset).path

    @cached_property
    def _part_starts(self) -> list[int]:
        return [part.section.start for part in self.parts]


_CODE = re.compile(r"(?<!`)(`+)(?!`)[^\n]+?(?<!`)\1(?!`)")
