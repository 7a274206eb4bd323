"""Marked clauses, and the files of prompts that belong to them.

A clause may have footnote marks, such as `[^0dh6]`. A file `examples/0dh6.md` beside the document
holds conversations in the form of worked examples, but without answers: prompts that put the
clause to the test, and no labels.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from specloop.errors import InputError
from specloop.records import Message, Rule, Section
from specloop.records.conversation import must_ask
from specloop.spec.examples import read_conversation, title_of
from specloop.spec.markdown import parse_markdown
from specloop.spec.source import read_document

_HEAD = re.compile(r"Examples for\s+\[\^[^\]]+\]\s+in\s+(.+?):?\s*$", re.M)


_MARK = re.compile(r"(?!^\[\^[\w-]+\]:)\[\^([\w-]+)\]", re.M)
"""Not where the footnote's own text begins."""
_NEXT = re.compile(r"(?:\[\^[\w-]+\])*")


def marks_in(text: str, start: int, end: int) -> tuple[str, ...]:
    """The ids of the footnotes that are marked in a clause or right after it."""
    after = _NEXT.match(text, end)
    return tuple(dict.fromkeys(_MARK.findall(text, start, after.end() if after else end)))


class ClausePrompt(NamedTuple):
    """A conversation to answer that puts a clause to the test."""

    mark: str
    """The clause's footnote mark, which is the name of the file."""
    heading: str
    """The section's heading, as the file says it; empty if it says none."""
    title: str
    conversation: tuple[Message, ...]
    place: str


class MarkedClause(NamedTuple):
    """A footnote mark of a document, and what stands there."""

    mark: str
    section: Section
    rules: tuple[Rule, ...]
    """The rules whose clause has the mark; of a mark in no rule, those of its section."""
    in_rule: bool


def prompts_folder(document: Path) -> Path:
    """Where the prompts of a document's clauses are."""
    return document.parent / "examples"


def read_prompts(folder: Path) -> list[ClausePrompt]:
    """The prompts of all files of a folder. InputError with the place of what cannot be asked, and
    where there are none."""
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; it holds prompts, as one MARK.md a clause")
    files = sorted(path for path in folder.glob("*.md"))
    found = [prompt for path in files for prompt in _of_file(path)]
    if not found:
        raise InputError(
            f"{folder}: no prompts; put conversations of <user> turns into MARK.md, each in a fence"
        )
    return found


def marked_clauses(
    text: str, sections: Sequence[Section], rules: Sequence[Rule]
) -> Iterator[MarkedClause]:
    """Every mark of a document's text with the rules that it belongs to."""
    for match in _MARK.finditer(text):
        mark = match[1]
        section = [one for one in sections if one.start <= match.start() < one.end][-1]
        own = tuple(rule for rule in rules if mark in rule.marks)
        beside = tuple(rule for rule in rules if rule.section == section.id)
        yield MarkedClause(mark, section, own or beside, bool(own))


def _of_file(path: Path) -> Iterator[ClausePrompt]:
    document = read_document(path)
    head = _HEAD.search(document.text)
    blocks = parse_markdown(document.text)
    for at in (at for at, block in enumerate(blocks) if block.kind == "fence"):
        line = document.text.count("\n", 0, blocks[at].start) + 1
        place = f"{path}: line {line}"
        conversation = _asked(read_conversation(document.text, blocks[at]))
        try:
            must_ask(conversation)
        except InputError as error:
            raise InputError(f"{place}: {error}") from None
        heading, title = head[1] if head else "", title_of(blocks[at - 1].text.text) if at else ""
        yield ClausePrompt(path.stem, heading, title, conversation, place)


def _asked(turns: tuple[Message, ...]) -> tuple[Message, ...]:
    """The turns with the last one as the user's, where only a developer asks."""
    if not turns or any(turn.role == "user" for turn in turns):
        return turns
    return (*turns[:-1], Message(role="user", content=turns[-1].content))
