"""The words an answer ends with, as in: End every answer with the line "Happy growing!"."""

from __future__ import annotations

from specloop.checking.quoted import PLACED, EdgeLine, added, at_edge
from specloop.checking.text import ends, lines, same_line
from specloop.checks import AnswerText, checks

_PATTERNS = {
    "end close finish conclude": PLACED,
    "edge": at_edge("last|final|closing"),
    "add put place write include": added(r"at the (?:very )?end|as the last line"),
}


@checks.register("closing_line")
class ClosingLine(EdgeLine):
    """The answer ends with the phrase; `own_line` asks for a line of its own."""

    place = "closing"
    verb = "ends"
    patterns = _PATTERNS

    def holds(self, answer: AnswerText) -> bool | None:
        """Open for a cut answer, because its end is missing."""
        if answer.cut:
            return None
        last = lines(answer.text)[-1:]
        is_phrase = same_line if self.own_line else ends
        return bool(last) and is_phrase(last[0], self.phrase)
