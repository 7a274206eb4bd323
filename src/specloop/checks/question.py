"""Questions in the answer: one asked, one at the end, or none."""

from __future__ import annotations

import re
from typing import Literal

from specloop.checks import Answer, Check, checks
from specloop.checks._text import lines, sentences

_ASK = re.compile(
    r"\b(?:asks?|includes?|contains?|ends?|closes?)\b[^.\"“]*?\b(?:question|clarifying question)\b",
    re.I,
)
_NONE = re.compile(
    r"\b(?:(?:never|not|don't) ask|avoid asking|without asking)\b"
    r"[^.\"“]*?\bquestions?\b(?! (?:about|on|of))"
    r"|\bno questions?\b(?! (?:about|on|of))",
    re.I,
)
_LAST = re.compile(r"\b(?:ends?|closes?|finish)\b[^.\"“]*?\bwith (?:a|one) (?:\w+ )?question", re.I)


@checks.register("question")
class Question(Check):
    """The answer asks a question somewhere, at its end, or nowhere."""

    where: Literal["anywhere", "end", "none"] = "anywhere"

    @classmethod
    def compile(cls, wording: str) -> Question | None:
        """ "End with a question.", "Ask one clarifying question.", "Do not ask questions.\""""
        if _NONE.search(wording):
            return cls(where="none")
        if _LAST.search(wording):
            return cls(where="end")
        return cls() if _ASK.search(wording) else None

    def holds(self, answer: Answer) -> bool | None:
        """A question mark at the end of a sentence makes a question."""
        asked = any(s.rstrip("\"”')").endswith("?") for s in sentences(answer.text))
        if self.where == "none":
            return False if asked else None if answer.cut else True
        if self.where == "end":
            return (
                None
                if answer.cut
                else bool(lines(answer.text)) and lines(answer.text)[-1].endswith("?")
            )
        return True if asked else None if answer.cut else False

    def mend(self, sentences: list[str]) -> list[str]:
        """Only "none" can be mended: by dropping the questions."""
        if self.where != "none":
            return sentences
        return [s for s in sentences if not s.rstrip("\"”')").endswith("?")]

    def describe(self) -> str:
        """Where it asks."""
        return {
            "anywhere": "asks a question",
            "end": "ends with a question",
            "none": "asks no question",
        }[self.where]
