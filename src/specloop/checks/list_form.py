"""Whether the answer is laid out as a list."""

from __future__ import annotations

import re
from typing import Literal

from specloop.checks import Answer, Check, checks

_NUMBERED_LINE = re.compile(r"^[ \t]*\d{1,2}[.)][ \t]+\S", re.M)
_BULLET_LINE = re.compile(r"^[ \t]*[-*•+][ \t]+\S", re.M)
_NONE = re.compile(
    r"\b(?:never|no|not|don't|avoid|without)\b[^.]*?\b(?:lists?|bullets?|bullet points)\b"
    r"|\bplain paragraphs?\b",
    re.I,
)
_USE = r"\b(?:uses?|as|in|with|writes?|gives?|presents?|adds?) (?:an? |the )?(?:\w+ )?"
_NUMBERED = re.compile(_USE + r"numbered (?:list|steps)\b", re.I)
_BULLETED = re.compile(_USE + r"bullet(?:ed)?(?: points?| lists?)\b", re.I)


@checks.register("list_form")
class ListForm(Check):
    """A numbered list, a bulleted list, or no list at all; a list has at least two items."""

    form: Literal["numbered", "bulleted", "none"]

    @classmethod
    def compile(cls, wording: str) -> ListForm | None:
        """ "Write plain paragraphs without lists.", "Give the steps as a numbered list.\""""
        if _NONE.search(wording):
            return cls(form="none")
        if _NUMBERED.search(wording):
            return cls(form="numbered")
        return cls(form="bulleted") if _BULLETED.search(wording) else None

    def holds(self, answer: Answer) -> bool | None:
        """A list already there cannot be cut away; one that is missing may still have come."""
        numbered = len(_NUMBERED_LINE.findall(answer.text))
        bulleted = len(_BULLET_LINE.findall(answer.text))
        if self.form == "none":
            return False if numbered + bulleted else None if answer.cut else True
        found = (numbered if self.form == "numbered" else bulleted) >= 2
        return True if found else None if answer.cut else False

    def shows(self, answer: Answer) -> bool:
        """A list where it must not be."""
        return self.form != "none" and self.holds(answer) is True

    def describe(self) -> str:
        """The form."""
        return "no list" if self.form == "none" else f"a {self.form} list"
