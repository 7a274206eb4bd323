"""What references in a document can point to: anchors, footnotes, numbers, titles."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from specloop.checking.text import any_case
from specloop.spec.sections import SectionBlocks


class Targets(NamedTuple):
    """All that a reference within the document can name."""

    anchors: frozenset[str]
    footnotes: frozenset[str]
    link_labels: frozenset[str]
    numbers: frozenset[str]
    """Numbers of headings and list entries, and of labelled things ("Rule 7", "Appendix B")."""
    labelled: frozenset[str]
    """Tables, figures, appendices and the like with their numbers ("table 7")."""
    titles: tuple[str, ...]
    """Headings in lower case, without marks."""


_MADE = any_case(r"<[a-z][^<>]*?\b(?:id|name)\s*=\s*[\"']?([^\"'\s>]+)")
_ATTRIBUTE = re.compile(r"\{[^{}\n]*#([\w:.-]+)[^{}\n]*\}")
_FOOTNOTE = re.compile(r"^ {0,3}\[\^([^\]\s]+)\]:", re.M)
_LABEL = re.compile(r"^ {0,3}\[(?!\^)([^\]\n]+)\]:[ \t]*\S", re.M)
_HEAD_NUMBER = any_case(
    r"\W*(?:section|chapter|part|article|clause|rule|step|appendix|annex|table|figure|§)?\W*"
    r"((?:[a-z]\.)?\d+(?:\.\d+)*|[a-z]|[ivxlc]+)(?=[.):—–\s-]|$)"
)
_ENTRY = re.compile(
    r"^(?:[ \t>]|<[^<>\n]*>)*(?:[-*+] +)?(?:\*\*)?(\d+(?:\.\d+)+(?=[.)]?\s)|\d+(?=[.)](?:\s|\*)))",
    re.M,
)
_ORDERED = re.compile(r"<ol\b(?:(?!</ol>).)*", re.I | re.S)
_LABELLED = re.compile(
    r"(?:^[ \t>#*+|_-]*|>|!\[)(?P<kind>section|chapter|part|article|clause|rule|step|appendix|"
    r"annex|schedule|exhibit|table|figure|§) ?(?P<n>(?:[a-z]\.)?\d+(?:\.\d+)*|[a-z]|[ivxlc]+)\b",
    re.I | re.M,
)


def targets_of(text: str, parts: Sequence[SectionBlocks], beside: Path | None) -> Targets:
    """What references of a document can point to; `beside` is the folder that it is in."""
    heads = [(part.section, part.heading) for part in parts if part.heading]
    anchors = {section.anchor for section, _ in heads if section.anchor}
    anchors |= set(_MADE.findall(text)) | set(_ATTRIBUTE.findall(text)) | {"", "top"}
    anchors |= set(_slugs([heading for _, heading in heads]))
    numbers = {m[1].lower() for _, heading in heads if (m := _HEAD_NUMBER.match(heading))}
    entries = _ENTRY.findall(text)
    numbers |= set(entries) | set(_counted(text)) | set(_in_ordered_lists(text))
    labels = [(m["kind"].lower(), m["n"].lower()) for m in _LABELLED.finditer(text)]
    numbers |= {number for _, number in labels}
    return Targets(
        frozenset(anchor.lower() for anchor in anchors),
        frozenset(_FOOTNOTE.findall(text)) | frozenset(_files(beside)),
        frozenset(label.casefold() for label in _LABEL.findall(text)),
        frozenset(number.rstrip(".") for number in numbers),
        frozenset(" ".join(label) for label in labels),
        tuple(dict.fromkeys(bare_title(heading) for _, heading in heads)),
    )


def _files(beside: Path | None) -> Iterator[str]:
    """The marks of clauses that have a file of prompts beside the document."""
    folder = beside / "examples" if beside else None
    if folder is not None and folder.is_dir():
        yield from (path.stem for path in folder.glob("*.md"))


def _slugs(headings: list[str]) -> Iterator[str]:
    """The anchors that renderers make of headings, numbered where a heading comes again."""
    seen: Counter[str] = Counter()
    for heading in headings:
        for slug in dict.fromkeys(_forms(heading)):
            yield f"{slug}-{seen[slug]}" if seen[slug] else slug
            yield f"{slug}_{seen[slug]}" if seen[slug] else slug
            seen[slug] += 1


def _forms(heading: str) -> Iterator[str]:
    """As GitHub, GitLab, Python-Markdown, Pandoc and Kramdown make them."""
    low = heading.strip().lower()
    github = re.sub(r"[^\w\- ]", "", low).replace(" ", "-")
    yield github
    yield re.sub(r"-+", "-", github).strip("-")
    plain = unicodedata.normalize("NFKD", low).encode("ascii", "ignore").decode()
    words = re.sub(r"[^\w\s.-]", "", plain)
    yield re.sub(r"[-\s]+", "-", words.replace(".", "")).strip("-")
    yield re.sub(r"^[^a-z]+", "", re.sub(r"[-\s]+", "-", words)).strip("-")
    yield re.sub(r"[^a-z0-9]+", "_", plain).strip("_")
    yield re.sub(r"^[^a-z]+", "", re.sub(r"[^a-z0-9]+", "-", plain)).strip("-")


def _counted(text: str) -> Iterator[str]:
    """The numbers that entries written "1." throughout get when they are shown."""
    n = 0
    for line in text.splitlines():
        if _ENTRY.match(line):
            n += 1
            yield str(n)
        elif line.strip() and not line.startswith((" ", "\t")):
            n = 0


def _in_ordered_lists(text: str) -> Iterator[str]:
    """The numbers that entries of HTML's ordered lists get when they are shown."""
    most = max((part.lower().count("<li") for part in _ORDERED.findall(text)), default=0)
    yield from map(str, range(1, most + 1))


def bare_title(title: str) -> str:
    """A heading or a reference to one, in lower case, without numbers and marks."""
    return " ".join(re.findall(r"[^\W_]+", re.sub(r"^\W*[\d.]+\W+", "", title.lower())))
