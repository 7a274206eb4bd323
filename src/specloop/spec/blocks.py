"""Blocks of a document, which parsers give in reading order, each an exact slice of the source."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple, get_args

from specloop.checking.text import any_case
from specloop.records import Authority
from specloop.spec.mapped import EMPTY, Mapped

Kind = Literal["heading", "paragraph", "item", "cell", "fence"]
Aside = Literal["", "commentary", "example", "footnote", "foreign"]
"""Why a block states no rule of the document; empty if it may state one."""


class Attributes(NamedTuple):
    """What a heading says about its section."""

    anchor: str = ""
    authority: Authority | None = None
    tags: tuple[str, ...] = ()
    odd_authority: str = ""
    """An unknown authority, for a warning."""


NO_ATTRIBUTES = Attributes()


@dataclass(frozen=True, slots=True)
class Block:
    """A heading, paragraph, list item, table cell or fence; `source[start:end]` is all of it."""

    kind: Kind
    start: int
    end: int
    text: Mapped = EMPTY
    level: int = 0
    """Depth of a heading or list item, from 1."""
    lead: int = -1
    """Index of the block that it continues: a list's lead-in, a parent item, a column's head."""
    aside: Aside = ""
    attributes: Attributes = NO_ATTRIBUTES


_CLAUSE_NUMBER = re.compile(
    r"(?:§+ ?)?\d{1,3}(?:(?:\.\d{1,3})+[.)]?|[.)])\s+(?=[^\W\d_a-zß-ÿ]|[\"“‘'(])"
    r"|§+ ?\d+[.)]?\s+(?=\w)|\((?:\d{1,2}|[a-z]|[ivx]{1,5})\)\s+(?=\w)"
)


def without_number(block: Block) -> Block:
    """A block whose text begins behind the number of its clause: "2.1 Staff must", "(a) Staff"."""
    match = None if block.kind == "heading" else _CLAUSE_NUMBER.match(block.text.text)
    if match is None:
        return block
    return replace(block, text=block.text.cut(match.end(), len(block.text.text)))


LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|$)")
"""A line with its end."""
_PAIR = re.compile(r"""([#.])([\w:-]+)|([\w-]+)=(?:"([^"]*)"|'([^']*)'|([^\s}]+))""")
_AUTHORITIES: dict[str, Authority] = {name: name for name in get_args(Authority)}


def read_attributes(text: str) -> Attributes:
    """Read the inside of `{#id authority=root tags=a,b}`."""
    anchor, values = "", dict[str, str]()
    for sign, name, key, *forms in _PAIR.findall(text):
        if sign == "#":
            anchor = name
        elif key:
            values[key.lower()] = next((form for form in forms if form), "")
    return attributes(
        anchor or values.get("id", ""), values.get("authority", ""), values.get("tags", "")
    )


def attributes(anchor: str, authority: str, tags: str) -> Attributes:
    """Attributes from their written values; an unknown authority is kept apart."""
    known = _AUTHORITIES.get(authority.lower())
    parts = tuple(part for part in re.split(r"[,;\s]+", tags) if part)
    return Attributes(anchor, known, parts, "" if known else authority)


_EXAMPLE = any_case(
    r"\W*((counter|worked |good |bad )?examples?|for example|for instance|e\.g\.|"
    r"samples?( answers?| repl\w+)?|illustration|scenario)\b(?! (of|for) )[^.]{0,40}?(:|$)"
)
_QUOTES = '"“«”»'
_SPEAKER = any_case(r"\W*(user|customer|client|caller|assistant|bot|agent|q|a)\s*:")
_NOTE = any_case(
    r"\W*(\[!(note|tip)\]|note|commentary|editor'?s? note|rationale|background)\b(\s*:|\W*\])"
)


def is_example(text: str) -> bool:
    """Whether a block announces or is an example rather than a rule."""
    return bool(_EXAMPLE.match(text))


def quote_aside(text: str, above: Block | None) -> Aside:
    """The kind of a block quote: an example or speech, a note, or part of the document."""
    before = above.text.text if above else ""
    if _NOTE.match(text):
        return "commentary"
    announced = before.rstrip().endswith(":") and re.search(
        r"\b(example|instance|sample|sentence|wording|phrase)", before, re.I
    )
    bare = text.strip(" .,;:*_")
    speech = len(bare) > 1 and bare[0] in _QUOTES and bare[-1] in _QUOTES
    announced = announced or (above is not None and above.aside == "example")
    return "example" if announced or is_example(text) or speech or _SPEAKER.match(text) else ""


_READ_ADMONITIONS = "warning danger important caution attention rule policy requirement"


def admonition_aside(kind: str, title: str) -> Aside:
    """An admonition is commentary unless its kind or title says that it warns or rules."""
    words = {kind.lower(), *re.findall(r"\w+", title.lower())}
    if words & {"example", "examples"}:
        return "example"
    return "" if words & set(_READ_ADMONITIONS.split()) else "commentary"


_NOTES = "note tip info hint abstract summary seealso example examples quote todo commentary"


def container_aside(kind: str, title: str) -> Aside:
    """A `:::` container is part of the document unless its kind or title makes it a note."""
    return admonition_aside(kind, title) if kind.lower() in _NOTES.split() else ""
