"""Cut blocks into sections, one a heading, which together cover the whole source."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from specloop.checking import names_occasion
from specloop.records import Authority, Section
from specloop.spec.blocks import Block


class SectionBlocks(NamedTuple):
    """A section with its blocks, without the heading."""

    section: Section
    heading: str
    heading_span: tuple[int, int] | None
    blocks: range
    """Indices into the document's blocks."""
    parent: int
    """The index of the part above it, or -1."""
    authority: Authority | None
    """Its own authority, or that of the nearest tagged section above it."""
    scope: tuple[str, ...] = ()
    """Its headings, without the document's title unless that names an occasion or audience."""


def cut_sections(source: str, blocks: Sequence[Block]) -> list[SectionBlocks]:
    """Cut at every heading; a section's text goes to the next heading of any level."""
    heads = [i for i, block in enumerate(blocks) if block.kind == "heading"]
    first = blocks[heads[0]].start if heads else len(source)
    parts: list[SectionBlocks] = []
    if not heads or source[: _head_start(source, first)].strip():
        until = _head_start(source, first) if heads else len(source)
        section = Section(path=(), text=source[:until], start=0, end=until)
        inside = range(heads[0] if heads else len(blocks))
        parts.append(SectionBlocks(section, "", None, inside, -1, None))
    seen: Counter[tuple[tuple[str, ...], str]] = Counter()
    for at, head in enumerate(heads):
        following = heads[at + 1] if at + 1 < len(heads) else len(blocks)
        start = _head_start(source, blocks[head].start) if at or parts else 0
        last = following == len(blocks)
        end = len(source) if last else _head_start(source, blocks[following].start)
        part = _part(source, (start, end), blocks[head], parts)
        key = (part.section.path, part.section.anchor)
        section = part.section.model_copy(update={"id": "", "ordinal": seen[key]})
        section = Section.model_validate(section.model_dump())
        seen[key] += 1
        parts.append(part._replace(section=section, blocks=range(head + 1, following)))
    title = _title(parts)
    return [part._replace(scope=part.section.path[title:]) for part in parts]


def _title(parts: Sequence[SectionBlocks]) -> int:
    """1 if all headings are below one of the first level, the document's title; otherwise 0."""
    roots = [part for part in parts if len(part.section.path) == 1]
    if len(roots) != 1 or roots[0].section.level > 1:
        return 0
    alone = max(len(part.section.path) for part in parts) == 1
    return int(not names_occasion(roots[0].heading, alone=alone))


def _part(
    source: str, span: tuple[int, int], head: Block, above: Sequence[SectionBlocks]
) -> SectionBlocks:
    parent = len(above) - 1
    while parent >= 0 and above[parent].section.level >= head.level:
        parent = above[parent].parent
    outer = above[parent] if parent >= 0 else None
    marks = head.attributes
    section = Section(
        path=(*(outer.section.path if outer else ()), head.text.text),
        anchor=marks.anchor,
        level=head.level,
        authority=marks.authority,
        tags=marks.tags,
        text=source[span[0] : span[1]],
        start=span[0],
        end=span[1],
    )
    authority = marks.authority or (outer.authority if outer else None)
    return SectionBlocks(
        section, head.text.text, (head.start, head.end), range(0), parent, authority
    )


_HEAD_MARK = re.compile(r"[ \t]*(?:#+|[\d.]+[.)]?|<h[1-6][^<>]*>)?\s*\Z", re.I)


def _head_start(source: str, at: int) -> int:
    """Where a heading begins, including its mark or tag."""
    near = max(0, at - 400)
    line = max(source.rfind("\n", near, at), source.rfind("\r", near, at), near - 1) + 1
    mark = _HEAD_MARK.search(source, line, at)
    return mark.start() if mark else at


_OVERVIEW = re.compile(
    r"\W*(?:[\d.]+\s+)?(overview|introduction|preface|foreword|purpose|about( this .*)?|background|"
    r"structure\b.*|summary|how to (read|use) .*|scope|(table of )?contents|glossary|references|"
    r"change ?log|(version |document |revision )?history|acknowledge?ments?|appendix\b.*)\W*",
    re.I,
)
_EXAMPLES = re.compile(
    r"\W*(?:[\d.]+\s+)?(worked |sample )?"
    r"(examples?|scenarios?)\b.*",
    re.I,
)


def is_aside_title(title: str) -> bool:
    """Whether a heading is that of an overview, an introduction, examples or the like."""
    return bool(_OVERVIEW.fullmatch(title) or _EXAMPLES.fullmatch(title))


def carries_authority(parts: Sequence[SectionBlocks]) -> bool:
    """Whether any section is tagged with an authority: then its absence means something too."""
    return any(part.section.authority for part in parts)


def is_overview(parts: Sequence[SectionBlocks], at: int) -> bool:
    """Whether the section or one above it is titled like an overview."""
    return _any_title(parts, at, _OVERVIEW)


def is_examples(parts: Sequence[SectionBlocks], at: int) -> bool:
    """Whether the section or one above it is titled as examples."""
    return _any_title(parts, at, _EXAMPLES)


def _any_title(parts: Sequence[SectionBlocks], at: int, title: re.Pattern[str]) -> bool:
    while at >= 0:
        if title.fullmatch(parts[at].heading):
            return True
        at = parts[at].parent
    return False
