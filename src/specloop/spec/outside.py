"""Texts outside a rule's sentence that may say where the rule holds.

These are headings below the document's title, the head of a column and the other cells of a row,
the lead-in of a list, a label at the beginning of a paragraph, and sentences about the rules
themselves ("These rules apply to e-mails."). `specloop.checking` decides whether one narrows a
rule.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from specloop.checking.scope import OCCASIONS, names_occasion
from specloop.checking.sought import sought
from specloop.checking.text import any_case
from specloop.spec.blocks import Block
from specloop.spec.governing import announces
from specloop.spec.statements import DocumentReading

_REASONS = any_case(
    r"(?:why|reasons?|rationale|because|background|notes?|comments?|examples?|owner|since|id|no|number|#"
    r"|severity|priority|source)\W*"
)
"""Columns that say nothing about where a rule holds."""

_SPEAKS_OF_RULES = any_case(
    r"(?:this|these|those|that|they|it|the following|the above|the \w+ (?:above|below)"
    r"|all of (?:this|these)"
    r"|(?:the|all|these|both) (?:rules?|limits?|points?|sentences?|lines?|wordings?))\b.*?"
    r"(?:\b(?:is|are) (?:only |just )?(?:meant |intended )?for"
    r" (?!clarity|read|consist|access|safe|legal|brev|every|all)"
    r"|\b(?:appl(?:y|ies)|holds?|counts?|concerns?|covers?|goes|govern|valid"
    r"|only|not|exempt|except)\b)"
)
_TAKES_BACK = any_case(r"(?:except|unless|but|however|otherwise|only|not|exceptions?|that said)\b")
_PERMITS = sought(
    r"\b(?:may|can|exempt\w*|exceptions?|except|allowed|permitted|fine|okay|ok|elsewhere|otherwise|only"
    r"|unless|differs?|different|optional|welcome|acceptable|excluded|instead"
    r"|(?:need|do|does|is|are) not|don['’]t|doesn['’]t)\b"
)
_MORE = sought(r"\b(?:longer|shorter|more|fewer)\b")
_ASIDE = re.compile(r"[(\[—–-]\W*\w+(?:\W+\w+){0,4}\W*$")
"""A few words after a rule, separated from it: "(Chat)"."""
_STRUCK = any_case(r"~~|<(?:del|s|strike)\b")
_EXEMPTS = sought(r"\b(?:exempt\w*|exceptions?|except|do(?:es)? not apply)\b")
_ELSEWHERE = any_case(rf"(?:{OCCASIONS}|where|to)\b")
_DIFFERS = sought(r"\b(?:e-?mails?|letters?|messages|calls|different|special|differs?)\b")
_COUNTS = sought(r"\b(?:\d+|one|two|three|four|five|six|seven|eight|nine|ten|twenty|no)\b")


def around(reading: DocumentReading, index: int, stated: str) -> tuple[str, ...]:
    """The cells or lead-ins around a block's statement that it does not repeat."""
    block = reading.blocks[index]
    texts = _row(reading, index) if block.kind == "cell" else _lead_ins(reading, block)
    return tuple(text for text in texts if _bare(text) and not _repeats(stated, text))


_ADMONITION = re.compile(
    r"(?:^|\n)!!! ?[\w-]+ +\"([^\"\n]+)\"\n(?:(?:[ \t][^\n]*)?\n)*[ \t][^\n]*\Z"
)
FOOTNOTE = "a footnote"
"""How a footnote at a sentence is noted with its rule."""
_FOOTNOTE = re.compile(r"\[\^[^\]\n]+\]")


def in_source(source: str, start: int, end: int) -> Iterator[str]:
    """What only the document's markup shows: the title of an admonition, a footnote at the
    sentence, or that it is struck out."""
    begin = max(0, start - 1500)
    noted = source.find("!!!", begin, start) >= 0
    if noted and (titled := _ADMONITION.search(source[begin:start])):
        yield titled[1]
    if _FOOTNOTE.search(source[start:end]) or _FOOTNOTE.match(source, end):
        yield FOOTNOTE
    before = source[max(0, start - 8) : start].rpartition("\n")[2]
    if _STRUCK.search(before + source[start:end]):
        yield "struck out"


def speaks_of_rules(text: str) -> bool:
    """Whether a sentence says where the rules around it hold."""
    return bool(_SPEAKS_OF_RULES.match(text))


def qualifies(text: str, rule: str, *, follows: bool, obliges: bool) -> bool:
    """Whether a sentence restricts a rule; one that does not follow it, only if it names an
    exception.

    A sentence that obliges by itself does so if it sets another limit for an occasion: "For
    refunds, use up to 80 words."
    """
    if not follows:
        return not obliges and bool(_EXEMPTS.search(text))
    if not obliges:
        narrows = (_SPEAKS_OF_RULES.match(text), _TAKES_BACK.match(text), _PERMITS.search(text))
        if any(narrows) or _ASIDE.match(text):
            return True
    limits = not obliges and (_COUNTS.search(text) or _MORE.search(text))
    return bool(limits or _ELSEWHERE.match(text)) and bool(_content(text) & _content(rule))


def _content(text: str) -> set[str]:
    return {word[:6] for word in re.findall(r"[a-z]{4,}", text.lower())}


def sets_scene(text: str) -> bool:
    """Whether a sentence may set the scene for those after it: "In letters, be formal.\""""
    return bool(_ELSEWHERE.match(text) or names_occasion(text) or _DIFFERS.search(text))


def _repeats(stated: str, text: str) -> bool:
    """Whether a statement repeats a text: at its beginning, or a longer one anywhere."""
    said, bare = stated.lower(), _bare(text)
    return (
        said.startswith(f"{bare}:")
        or said.startswith(f"{bare} ")
        or (len(bare.split()) > 2 and bare in said)
    )


def _bare(text: str) -> str:
    return text.strip(" .:;—–-…").lower()


def _lead_ins(reading: DocumentReading, block: Block) -> list[str]:
    texts: list[str] = []
    while block.kind == "item" and block.lead >= 0 and len(texts) < 20:
        text, block = reading.last(block.lead), reading.blocks[block.lead]
        leads = text[-1:] in ":—…" or block.kind == "item" or announces(text)
        if block.kind != "heading" and leads:
            texts.append(text)
    return texts


def _row(reading: DocumentReading, index: int) -> list[str]:
    """The other cells of the row and the column's head, without columns of reasons and the like."""
    blocks: Sequence[Block] = reading.blocks
    first = last = index
    while blocks[first].level > 1 and first > 0:
        first -= 1
    while last + 1 < len(blocks) and blocks[last + 1].kind == "cell" and blocks[last + 1].level > 1:
        last += 1
    leads = ((at, blocks[at].lead) for at in range(first, last + 1))
    heads = {at: blocks[lead].text.text if lead >= 0 else "" for at, lead in leads}
    others = (at for at, head in heads.items() if at != index and not _REASONS.fullmatch(head))
    return [heads[index], *(blocks[at].text.text for at in others)]
