"""What a section and a rule are known by, so that their ids outlive edits elsewhere in a document.

A section is known by its anchor, or by its heading and what the section above it is known by;
numbers and the document's title do not count. A rule is known by its section and its words in the
document, so it keeps its id where the reader, a model or a person completes or rewords it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import takewhile

from specloop.checking.text import any_case
from specloop.htmltext import unescaped
from specloop.records import Section, content_id
from specloop.spec.wording import Obligation, obligation

_NUMBER = any_case(
    r"\W*(?:(?:section|article|chapter|part|clause|rule|step|appendix|annex|no\.?)\s+(?=[\dA-Z]+\b))?"
    r"§*\s*(?:\d+[a-z]?(?:\.\d+)*(?!\w)|(?-i:[A-Z]|[ivxlc]+|[IVXLC]+|[a-z])(?:\.\d+)*(?=[.):]))"
    r"[.):]*\s*[-–—:]*\s+(?=\S)"
)
_MARKUP = re.compile(r"\[\^[^\]]*\]|</?[a-zA-Z][^<>]*>|(?<=\])\([^()]*\)|[*_`~\\\[\]]")
_MARK = re.compile(r"[\[\]<*_`~\\]")
_FOLD = str.maketrans("‘’“”–—−", "''\"\"---")


def unnumbered(heading: str) -> str:
    """A heading without its number: '1.2 Scope', '§ 3 Scope', 'A. Scope', 'Section 4: Scope'."""
    return _NUMBER.sub("", heading, count=1) if _NUMBER.match(heading) else heading


def identified(sections: Sequence[Section]) -> Iterator[Section]:
    """Sections in reading order, with their ids."""
    headed = [section for section in sections if section.path]
    title = headed[0] if headed and _is_title([section.level for section in headed]) else None
    seen: Counter[tuple[str, ...]] = Counter()
    above: list[tuple[int, tuple[str, ...]]] = []
    for section in sections:
        while above and above[-1][0] >= section.level:
            above.pop()
        if section.anchor:
            key = (f"#{section.anchor}",)
        elif section is title or not headed:
            key = ()
        else:
            heading = unnumbered(section.path[-1]) if section.path else ""
            key = (*(above[-1][1] if above else ()), folded(heading))
        if section.path:
            above.append((section.level, () if section is title else key))
        id_ = content_id([key, seen[key]])
        yield section.model_copy(update={"id": id_, "ordinal": seen[key]})
        seen[key] += 1


def _is_title(levels: Sequence[int]) -> bool:
    """Whether the first heading is the document's title: it stands alone, or above most others."""
    n_below = sum(1 for _ in takewhile(lambda level: level > levels[0], levels[1:]))
    return len(levels) == 1 or n_below * 2 > len(levels) - 1


def rule_id(section: str, words: str) -> str:
    """The id of a rule by its section's id and its words."""
    return content_id([section, folded(words)])


def repeat_id(rule: str, number: int) -> str:
    """The id of a later rule, from 2, with the same words in the same section."""
    return content_id([rule, number])


def words_of(quote: str, text: str, duty: Obligation) -> str:
    """The words that a rule is known by: its own in the document, or the completed text if they
    alone state no such duty (an entry under 'must not:', a cell)."""
    if folded(quote) == folded(text):  # Then both are known by the same words.
        return quote
    own = obligation(folded(quote, keep_case=True))
    return quote if own is not None and own.negative == duty.negative else text


def folded(text: str, *, keep_case: bool = False) -> str:
    """Words without markup, kinds of quotation marks, a closing full stop and white space."""
    plain = unescaped(_MARKUP.sub("", text) if _MARK.search(text) else text)
    plain = plain if plain.isascii() else plain.translate(_FOLD)
    plain = " ".join(plain.split()).rstrip(" .;,:")
    return plain if keep_case else plain.casefold()
