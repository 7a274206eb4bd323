"""Cut blocks into sections, one a heading, which together cover the whole source."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from specloop.checking import names_occasion
from specloop.checking.text import any_case
from specloop.records import Authority, Section
from specloop.spec.blocks import Block
from specloop.spec.identity import identified, unnumbered


class SectionBlocks(NamedTuple):
    """A section with its blocks, without the heading."""

    section: Section
    heading: str
    heading_span: tuple[int, int] | None
    blocks: range
    """Indices into the document's blocks."""
    authority: Authority | None
    """Its own authority, or that of the nearest tagged section above it."""
    scope: tuple[str, ...] = ()
    """Its headings, without the document's title unless that names an occasion or audience."""


def cut_sections(source: str, blocks: Sequence[Block]) -> list[SectionBlocks]:
    """Cut at every heading; a section's text goes to the next heading of any level."""
    heads = [i for i, block in enumerate(blocks) if block.kind == "heading"]
    ends = [*heads, len(blocks)]
    starts = [*(_head_start(source, blocks[head].start) for head in heads), len(source)]
    parts: list[SectionBlocks] = []
    if not heads or source[: starts[0]].strip():
        section = Section(path=(), text=source[: starts[0]], start=0, end=starts[0])
        parts.append(SectionBlocks(section, "", None, range(ends[0]), None))
    else:
        starts[0] = 0
    above: list[SectionBlocks] = []
    for (head, following), span in zip(pairwise(ends), pairwise(starts), strict=True):
        while above and above[-1].section.level >= blocks[head].level:
            above.pop()
        part = _part(source, span, blocks[head], above[-1] if above else None)
        above.append(part)
        parts.append(part._replace(blocks=range(head + 1, following)))
    unsaid = _unsaid(parts)
    sections = identified([part.section for part in parts])
    return [
        part._replace(section=section, scope=section.path[unsaid:])
        for part, section in zip(parts, sections, strict=True)
    ]


def _unsaid(parts: Sequence[SectionBlocks]) -> int:
    """1 if all headings are below one of the first level that names no occasion; otherwise 0."""
    roots = [part for part in parts if len(part.section.path) == 1]
    if len(roots) != 1 or roots[0].section.level > 1:
        return 0
    alone = max(len(part.section.path) for part in parts) == 1
    return int(not names_occasion(roots[0].heading, alone=alone))


def _part(
    source: str, span: tuple[int, int], head: Block, outer: SectionBlocks | None
) -> SectionBlocks:
    marks = head.attributes
    path = (*(outer.section.path if outer else ()), head.text.text)
    section = Section(
        path=path,
        anchor=marks.anchor,
        level=head.level,
        authority=marks.authority,
        tags=marks.tags,
        text=source[slice(*span)],
        start=span[0],
        end=span[1],
    )
    authority = marks.authority or (outer.authority if outer else None)
    return SectionBlocks(section, head.text.text, (head.start, head.end), range(0), authority)


_HEAD_MARK = any_case(r"[ \t]*(?:#+|[\d.]+[.)]?|<h[1-6][^<>]*>)?\s*\Z")


def _head_start(source: str, at: int) -> int:
    """Where a heading begins, including its mark or tag."""
    near = max(0, at - 400)
    line = max(source.rfind("\n", near, at), source.rfind("\r", near, at), near - 1) + 1
    mark = _HEAD_MARK.search(source, line, at)
    return mark.start() if mark else at


_OVERVIEW = any_case(
    r"\W*(overview|introduction|preface|foreword|purpose|about( this .*)?|background|"
    r"structure\b.*|summary|how to (read|use) .*|scope|(table of )?contents|glossary|references|"
    r"change ?log|(version |document |revision )?history|acknowledge?ments?|appendix\b.*)\W*"
)
_BACKGROUND = any_case(r"\W*(?:background|introduction)\W*")
_EXAMPLES = any_case(r"\W*(worked |sample )?(examples?|scenarios?)\b.*")


def is_overview(section: Section) -> bool:
    """Whether the section or one above it is titled like an overview."""
    return any(_OVERVIEW.fullmatch(unnumbered(heading)) for heading in section.path)


def only_opens(section: Section) -> bool:
    """Whether a section stands in one titled as a background, but has a title of its own."""
    *above, own = map(unnumbered, section.path or ("",))
    return not _OVERVIEW.fullmatch(own) and bool(above and _BACKGROUND.fullmatch(above[-1]))


def is_examples(section: Section) -> bool:
    """Whether the section or one above it is titled as examples."""
    return any(_EXAMPLES.fullmatch(unnumbered(heading)) for heading in section.path)
