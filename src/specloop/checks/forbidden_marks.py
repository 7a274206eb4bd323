"""Characters an answer must not hold: exclamation marks, emojis, semicolons and the like."""

from __future__ import annotations

import re
from typing import Literal

from specloop.checking.grammar import USING, items
from specloop.checking.marks import MARKS, NAMES, count
from specloop.checking.text import parts
from specloop.checks import Ban, Clause, checks

_PARTS = ("answer", "heading", "item", "bullet")


@checks.register("forbidden_marks")
class ForbiddenMarks(Ban):
    """None of the named kinds of character occurs."""

    stage = "present"
    of_form = True

    marks: tuple[str, ...]
    part: Literal["answer", "heading", "item", "bullet"] = "answer"
    """Where they must not stand."""

    @classmethod
    def compile(cls, clause: Clause) -> ForbiddenMarks | None:
        """ "Do not use exclamation marks or emojis.\""""
        if not clause.negative or clause.verb not in USING or clause.part not in _PARTS:
            return None
        marks = items(clause.rest, NAMES)
        if not marks:
            return None
        return cls.model_validate({"marks": tuple(sorted(marks)), "part": clause.part})

    def occurs(self, text: str) -> bool:
        """Whether there is one where it must not stand."""
        texts = [text] if self.part == "answer" else parts(text, self.part)
        return any(count(mark, part) for mark in self.marks for part in texts)

    def repair(self, sentences: list[str]) -> list[str]:
        """Put simpler marks for exclamation marks, semicolons and dashes; remove the others."""
        if self.part != "answer":
            return sentences
        return [self._replace(sentence) for sentence in sentences]

    def _replace(self, text: str) -> str:
        for mark in self.marks:
            new = {"exclamation marks": ".", "semicolons": ",", "dashes": "-"}
            new |= {"em dashes": "-", "en dashes": "-", "ellipses": ".", "ampersands": "and"}
            text = re.sub(rf"(?:{MARKS[mark]})+", new.get(mark, ""), text)
        return text.strip()

    def describe(self) -> str:
        """The kinds that the answer must not have."""
        place = "" if self.part == "answer" else f" in any {self.part}"
        return "no " + ", ".join(self.marks) + place
