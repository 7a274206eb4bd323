"""What a model is shown of a document: passages of one section, or their doubtful sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from specloop.spec.blocks import Block
from specloop.spec.doubts import Asked
from specloop.spec.extract import manners_of
from specloop.spec.mapped import sentences
from specloop.spec.quotations import Quoted
from specloop.spec.sections import SectionBlocks
from specloop.spec.statements import may_state_rules
from specloop.spec.wording import obligation

MAX_PASSAGE = 2500
"""Most characters of a passage: what a small model reads carefully."""


class Passage(NamedTuple):
    """Consecutive blocks of one section that a model reads at once."""

    source: str
    part: SectionBlocks
    blocks: tuple[Block, ...]
    questions: tuple[str, ...] = ()
    """What is asked about it besides its rules."""

    @property
    def asked(self) -> str:
        """Its questions as the model sees them."""
        lines = "".join(f"- {question}\n" for question in self.questions)
        return f"Look closely at these:\n{lines}\n" if lines else ""

    @property
    def text(self) -> str:
        """The passage as the model sees it: clean text, one paragraph a block."""
        return "\n".join(
            "  " * (b.level - 1) + "- " + b.text.text if b.kind == "item" else b.text.text
            for b in self.blocks
        )

    @property
    def demands(self) -> bool:
        """Whether its wording obliges somebody, so that an answer without a rule would be wrong."""
        return any(obligation(s.text) for block in self.blocks for s in sentences(block.text))

    def quoted(self, span: tuple[int, int]) -> Quoted:
        """The surroundings of a quotation from it."""
        return Quoted(span, self.blocks, self.part.heading)


def passages(
    source: str,
    blocks: Sequence[Block],
    parts: Sequence[SectionBlocks],
    wanted: Callable[[Block], bool] = may_state_rules,
) -> list[Passage]:
    """The parts of the document that can state rules, as long as a small model reads carefully."""
    cut: list[Passage] = []
    for part in _read_parts(parts):
        shown = ((blocks[at], ()) for at in part.blocks if wanted(blocks[at]))
        cut += _cut(source, part, shown)
    return cut


def doubtful_passages(
    source: str,
    blocks: Sequence[Block],
    parts: Sequence[SectionBlocks],
    asked: Mapping[int, Sequence[Asked]],
) -> list[Passage]:
    """The sentences that something is asked about, with their lead-ins, section by section."""
    return [
        passage
        for part in _read_parts(parts)
        for passage in _cut(source, part, _doubtful(blocks, part, asked))
    ]


def _read_parts(parts: Sequence[SectionBlocks]) -> Iterator[SectionBlocks]:
    for part, manner in zip(parts, manners_of(parts), strict=True):
        if manner != "none":
            yield part


def _cut(
    source: str, part: SectionBlocks, shown: Iterable[tuple[Block, Sequence[Asked]]]
) -> Iterator[Passage]:
    """Passages of what is shown of a section."""
    gathered, size = list[tuple[Block, Sequence[Asked]]](), 0
    for block, about in shown:
        if gathered and size + len(block.text.text) > MAX_PASSAGE:
            yield _passage(source, part, gathered)
            gathered, size = [], 0
        gathered.append((block, about))
        size += len(block.text.text)
    if gathered:
        yield _passage(source, part, gathered)


def _passage(
    source: str, part: SectionBlocks, shown: Sequence[tuple[Block, Sequence[Asked]]]
) -> Passage:
    asked = tuple(one.question for _, about in shown for one in about)
    return Passage(source, part, tuple(block for block, _ in shown), asked)


def _doubtful(
    blocks: Sequence[Block], part: SectionBlocks, asked: Mapping[int, Sequence[Asked]]
) -> Iterator[tuple[Block, Sequence[Asked]]]:
    """The sentences of a section that something is asked about, each with its lead-in before it."""
    lead = -1
    for index in range(part.blocks.start - (part.heading_span is not None), part.blocks.stop):
        block = blocks[index]
        if index in asked and block.lead not in (-1, lead):
            lead = block.lead
            yield from ((one, ()) for one in _sentences(blocks[lead])[-1:])
        for one in _sentences(block) if index in asked else ():
            about = [ask for ask in asked[index] if ask.start < one.end and one.start < ask.end]
            if about:
                yield one, about


def _sentences(block: Block) -> list[Block]:
    """The sentences of a block as blocks of the same kind."""
    cut = ((text, text.span(0, len(text.text))) for text in sentences(block.text))
    return [replace(block, start=start, end=end, text=text) for text, (start, end) in cut]
