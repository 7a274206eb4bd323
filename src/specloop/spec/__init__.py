"""Stage 1: read sections, rules and examples from a document, with their exact places in it."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from specloop.errors import InputError
from specloop.records import Authority, Example, Rule, Section
from specloop.spec.accounts import Account, account
from specloop.spec.blocks import Block, without_number
from specloop.spec.bounds import (
    MAX_BLOCKS,
    MAX_RULES,
    MAX_TOLD,
    collected_later,
    in_time,
    refuse_more,
    refuse_shape,
)
from specloop.spec.customs import Customs
from specloop.spec.examples import read_examples
from specloop.spec.extract import extract_rules
from specloop.spec.html import parse_html
from specloop.spec.language import Languages, Part, languages_of
from specloop.spec.leads import governed
from specloop.spec.markdown import parse_markdown
from specloop.spec.masked import is_open_fence
from specloop.spec.party import with_parties
from specloop.spec.plaintext import parse_text
from specloop.spec.sections import SectionBlocks, cut_sections
from specloop.spec.source import SourceDocument, read_document
from specloop.spec.statements import Sentence

__all__ = [
    "READER",
    "SourceDocument",
    "Specification",
    "cut_sections",
    "has_foreign_parts",
    "parse_document",
    "parse_languages",
    "read_document",
    "read_spec",
    "unread",
]


READER = 7
"""Counted up where documents are read otherwise: `specloop rules` then reads a folder's again."""


class Specification(NamedTuple):
    """What was read from a document."""

    document: SourceDocument
    sections: tuple[Section, ...]
    rules: tuple[Rule, ...]
    examples: tuple[Example, ...]
    warnings: tuple[str, ...]
    blocks: Sequence[Block]
    parts: Sequence[SectionBlocks]
    customs: Customs
    """How it tells its duties."""
    languages: Languages = Languages()
    """Its parts in other languages than English, which were not read."""

    def account_of(self, rules: Sequence[Rule]) -> Account:
        """What was made of each sentence, with these rules."""
        return account(self.document.text, self.blocks, self.parts, rules, self.customs)


def parse_document(document: SourceDocument) -> list[Block]:
    """The document's blocks, by its format; text converted from PDF or DOCX is Markdown.

    InputError if there are too many.
    """
    return parse_languages(document)[0]


@lru_cache(maxsize=2)
def parse_languages(document: SourceDocument) -> tuple[list[Block], Languages]:
    """The document's blocks, those in other languages set aside, and where these are."""
    parsers = {"text": parse_text, "html": parse_html}
    refuse_shape(document.name, document.text, html=document.format == "html")
    try:
        blocks = parsers.get(document.format, parse_markdown)(document.text)
    except (AssertionError, RecursionError, ValueError) as error:
        # This is how the parsers of HTML and Markdown fail at marks that they do not expect.
        raise InputError(
            f"{document.name}: it cannot be read as {document.format}: {str(error)[:80]}"
            "; export it anew, or as text"
        ) from None
    refuse_more(document.name, len(blocks), MAX_BLOCKS, "paragraphs, entries and headings")
    known = dict(document.read_as.authorities)
    numbered = [without_number(block) for block in blocks]
    governing = [_with_authority(b, known) for b in governed(document.text, numbered)]
    if document.read_as.language == "english":
        return governing, Languages()
    return languages_of(governing)


def _with_authority(block: Block, known: Mapping[str, Authority]) -> Block:
    marks = block.attributes
    if (authority := known.get(marks.odd_authority.lower())) is None:
        return block
    return replace(block, attributes=marks._replace(authority=authority, odd_authority=""))


def has_foreign_parts(document: SourceDocument) -> bool:
    """Whether some of it is in another language than English; reads no rules.

    InputError if that takes too long.
    """
    with in_time(document.name), collected_later():
        languages = parse_languages(document)[1]
    return bool(languages.parts)


def read_spec(document: SourceDocument) -> Specification:
    """Read sections, rules and examples from structure and wording, without a model.

    InputError if that takes too long.
    """
    with in_time(document.name), collected_later():
        return _read(document)


@lru_cache(maxsize=2)
def _read(document: SourceDocument) -> Specification:
    blocks, languages = parse_languages(document)
    parts = cut_sections(document.text, blocks)
    rules, unresolved, customs = extract_rules(document.text, blocks, parts)
    refuse_more(document.name, len(rules), MAX_RULES, "rules")
    rules = with_parties(rules, document.text, [part.section for part in parts])
    n_characters = sum(len(text) for rule in rules for text in (rule.text, rule.quote, *rule.scope))
    n_characters += sum(len(text) for part in parts for text in part.section.path)
    refuse_more(document.name, n_characters, MAX_TOLD, "characters of rules with their headings")
    examples = read_examples(document.text, blocks, parts, rules)
    warnings = [*_remarks(document, blocks), *_open_entries(document, unresolved)]
    if not rules and not languages.parts:
        warnings.append(
            f"{document.name}: no rule was found; write obligations as sentences or list entries "
            "('The assistant must ...', 'Never ...', 'Avoid ...'), or give --model to read freer "
            "wording"
        )
    sections = tuple(part.section for part in parts)
    told = tuple(warnings)
    read = (document, sections, tuple(rules), tuple(examples), told, blocks, parts, customs)
    return Specification(*read, languages)


def unread(spec: Specification) -> list[str]:
    """Remarks on the parts that only a model reads; InputError where that is all of a document, or
    nothing else of it has rules."""
    name, parts = spec.document.name, spec.languages.parts
    known = " and ".join(dict.fromkeys(part.language for part in parts))
    if spec.languages.whole or (parts and not spec.rules):
        how = "is" if spec.languages.whole else "is partly"
        raise InputError(
            f"{name}: the document {how} in {spec.languages.whole or known}, and without a model "
            "only English is read; name a model that reads it (--model MODEL, or roles.extractor),"
            " or set document.language to 'english' if it is in English"
        )
    ends = [match.start() for match in re.finditer("\n", spec.document.text)] if parts else []
    return [_unread_part(spec.document, part, ends) for part in parts]


def _unread_part(document: SourceDocument, part: Part, ends: Sequence[int]) -> str:
    """`ends` are the places of the line ends."""
    first, last = (bisect_left(ends, at) + 1 for at in (part.start, part.end - 1))
    heading = f", below {part.heading!r}," if part.heading else ""
    return (
        f"{document.name}: lines {first}-{last}{heading} are in {part.language} and were not read; "
        "a model reads them (--model)"
    )


def _remarks(document: SourceDocument, blocks: list[Block]) -> Iterator[str]:
    """What is odd in a document's form, with its place."""
    for block in blocks:
        written = document.text[block.start : block.end]
        if odd := block.attributes.odd_authority:
            yield (
                f"{_place(document, block)}: section {block.text.text!r} has the unknown authority "
                f"{odd!r}; known: root, system, developer, user, guideline; document.authorities "
                "can map it to one of them"
            )
        elif block.kind == "fence" and is_open_fence(written):
            yield (
                f"{_place(document, block)}: the fence {written!r} has no end, so what follows it "
                "was read; close it where it ends"
            )


def _place(document: SourceDocument, block: Block) -> str:
    return f"{document.name}: line {document.text.count(chr(10), 0, block.start) + 1}"


MAX_REMARKS = 20
"""Most open entries that are remarked one by one."""


def _open_entries(document: SourceDocument, unresolved: Sequence[Sentence]) -> Iterator[str]:
    """Remarks on entries that were not read: what is above them leaves open what they are."""
    for sentence in unresolved[:MAX_REMARKS]:
        line = document.text.count("\n", 0, sentence.span[0]) + 1
        yield (
            f"{document.name}: line {line}: {_short(sentence.text)} was not read as a rule: "
            f"it may be demanded or forbidden under {_short(sentence.under)}; say which in the "
            "entry itself ('Always ...', 'Never ...')"
        )
    if len(unresolved) > MAX_REMARKS:
        yield f"{document.name}: {len(unresolved) - MAX_REMARKS} more entries like that"


def _short(text: str) -> str:
    return repr(text if len(text) <= 60 else f"{text[:57]}...")
