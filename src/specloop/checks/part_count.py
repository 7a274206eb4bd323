"""How many paragraphs, headings, bullet points or list items an answer or each list may have."""

from __future__ import annotations

from typing import Literal

from specloop.checking.limits import limit_of
from specloop.checking.text import each_within, limits, lists, parts, within
from specloop.checks import AnswerText, Check, Clause, checks

_UNITS = {
    "paragraph": "paragraphs?",
    "heading": "(?:headings?|headers?)",
    "bullet": "(?:bullets?|bullet points?|bulleted items?)",
    "item": "(?:list items?|list entries)",
}
_OF_LIST = "(?:items?|entries|points?|list items?)"


@checks.register("part_count")
class PartCount(Check):
    """The answer has at most and at least so many parts; with `each_list`, every list does."""

    stage = "present"
    of_form = True

    part: Literal["paragraph", "heading", "bullet", "item"]
    most: int | None = None
    least: int | None = None
    each_list: bool = False

    @classmethod
    def compile(cls, clause: Clause) -> PartCount | None:
        """ "Answer in at most two paragraphs.", "Lists must have at most five items.\""""
        of_list = (("item", _OF_LIST), ("bullet", _UNITS["bullet"]))
        for part, unit in (*of_list, *_UNITS.items()):
            limit = limit_of(clause, unit)
            each_list = unit == _OF_LIST or (limit is not None and limit.part == "list")
            if limit and limit.part == ("list" if each_list else "answer"):
                content = {"part": part, "most": limit.most, "least": limit.least}
                return cls.model_validate(content | {"each_list": each_list})
        return None

    def holds(self, answer: AnswerText) -> bool | None:
        """Too many stay too many in a cut answer; otherwise a cut answer is open."""
        if not self.each_list:
            n = len(parts(answer.text, self.part))
            return within(n, self.most, self.least, cut=answer.cut)
        sizes = [len(block) for block in lists(answer.text, self.part)]
        return each_within(sizes, self.most, self.least, cut=answer.cut)

    def describe(self) -> str:
        """Describe the part and its limits."""
        unit = {"bullet": "bullet point", "item": "list item"}.get(self.part, self.part)
        ending = "" if self.most == 1 else "s"
        place = " in each list" if self.each_list else ""
        return f"{limits(self.most, self.least)} {unit}{ending}{place}"
