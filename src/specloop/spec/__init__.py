"""Stage 1: read sections, rules and examples from a document, with their exact places in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from specloop.errors import InputError
from specloop.records import Example, Rule, Section
from specloop.spec.blocks import Block
from specloop.spec.bounds import (
    MAX_BLOCKS,
    MAX_RULES,
    MAX_TOLD,
    in_time,
    refuse_more,
    refuse_shape,
)
from specloop.spec.examples import read_examples
from specloop.spec.extract import extract_rules
from specloop.spec.html import parse_html
from specloop.spec.leads import governed
from specloop.spec.markdown import parse_markdown
from specloop.spec.masked import is_open_fence
from specloop.spec.party import with_parties
from specloop.spec.plaintext import parse_text
from specloop.spec.sections import cut_sections
from specloop.spec.source import SourceDocument, read_document
from specloop.spec.statements import Sentence

__all__ = [
    "SourceDocument",
    "Specification",
    "cut_sections",
    "parse_document",
    "read_document",
    "read_spec",
]


class Specification(NamedTuple):
    """What was read from a document."""

    document: SourceDocument
    sections: tuple[Section, ...]
    rules: tuple[Rule, ...]
    examples: tuple[Example, ...]
    warnings: tuple[str, ...]


def parse_document(document: SourceDocument) -> list[Block]:
    """The document's blocks, by its format; text converted from PDF or DOCX is Markdown.

    InputError if there are too many.
    """
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
    return governed(document.text, blocks)


def read_spec(document: SourceDocument) -> Specification:
    """Read sections, rules and examples from structure and wording, without a model.

    InputError if that takes too long.
    """
    with in_time(document.name):
        return _read(document)


@lru_cache(maxsize=2)
def _read(document: SourceDocument) -> Specification:
    blocks = parse_document(document)
    parts = cut_sections(document.text, blocks)
    rules, unresolved = extract_rules(document.text, blocks, parts)
    refuse_more(document.name, len(rules), MAX_RULES, "rules")
    rules = with_parties(rules, document.text, [part.section for part in parts])
    n_characters = sum(len(text) for rule in rules for text in (rule.text, rule.quote, *rule.scope))
    n_characters += sum(len(text) for part in parts for text in part.section.path)
    refuse_more(document.name, n_characters, MAX_TOLD, "characters of rules with their headings")
    examples = read_examples(document.text, blocks, parts, rules)
    warnings = [*_warnings(document, blocks, rules), *_open_entries(document, unresolved)]
    return Specification(
        document, tuple(p.section for p in parts), tuple(rules), tuple(examples), tuple(warnings)
    )


def _warnings(document: SourceDocument, blocks: list[Block], rules: list[Rule]) -> list[str]:
    warnings = list(_remarks(document, blocks))
    if not rules:
        warnings.append(
            f"{document.name}: no rule was found; write obligations as sentences or list entries "
            "('The assistant must ...', 'Never ...', 'Avoid ...'), or give --model to read freer "
            "wording"
        )
    return warnings


def _remarks(document: SourceDocument, blocks: list[Block]) -> Iterator[str]:
    """What is odd in a document's form, with its place."""
    for block in blocks:
        written = document.text[block.start : block.end]
        if odd := block.attributes.odd_authority:
            yield (
                f"{_place(document, block)}: section {block.text.text!r} has the unknown authority "
                f"{odd!r}; known: root, system, developer, user, guideline"
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
