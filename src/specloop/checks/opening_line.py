"""The words an answer begins with, as in: Begin the answer with the line "Safety first:"."""

from __future__ import annotations

from specloop.checking.quoted import PLACED, EdgeLine, added, at_edge
from specloop.checking.text import begins, lines, may_become, same_line
from specloop.checks import AnswerText, checks

_PATTERNS = {
    "begin start open": PLACED,
    "edge": at_edge("first|opening"),
    "put place add": added(r"at the (?:very )?(?:beginning|start|top)"),
}


@checks.register("opening_line")
class OpeningLine(EdgeLine):
    """The answer begins with the phrase; `own_line` asks for a line of its own."""

    place = "opening"
    verb = "begins"
    patterns = _PATTERNS

    def holds(self, answer: AnswerText) -> bool | None:
        """Decided for a cut answer too, unless it was cut within the phrase."""
        first, *others = lines(answer.text) or [""]
        if answer.cut and first and not others and may_become(first, self.phrase):
            return True if same_line(first, self.phrase) and not self.own_line else None
        is_phrase = same_line if self.own_line else begins
        return bool(first) and is_phrase(first, self.phrase)
