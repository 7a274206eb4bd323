"""The words an answer begins with."""

from __future__ import annotations

from specloop.checking.quoted import added_phrase, edge_phrase, placed_phrase
from specloop.checking.text import begins, lines, may_become, same_line
from specloop.checks import Addition, AnswerText, Check, Clause, checks

_BEGIN = ("begin", "start", "open")


@checks.register("opening_line")
class OpeningLine(Check):
    """The answer begins with the phrase; `own_line` asks for a line of its own."""

    stage = "present"

    phrase: str
    own_line: bool = False

    @classmethod
    def compile(cls, clause: Clause) -> OpeningLine | None:
        """ "Begin the answer with the line "Safety first:".\""""
        phrase = placed_phrase(clause, _BEGIN) or edge_phrase(clause, "first|opening")
        if phrase is None and clause.verb in ("put", "place", "add"):
            phrase = added_phrase(clause, r"at the (?:very )?(?:beginning|start|top)")
        return cls(phrase=phrase.text, own_line=phrase.own_line) if phrase else None

    def holds(self, answer: AnswerText) -> bool | None:
        """Decided for a cut answer too, unless it was cut within the phrase."""
        answer_lines = lines(answer.text)
        if not answer_lines:
            return False
        if answer.cut and len(answer_lines) == 1 and may_become(answer_lines[0], self.phrase):
            return True if same_line(answer_lines[0], self.phrase) and not self.own_line else None
        if self.own_line:
            return same_line(answer_lines[0], self.phrase)
        return begins(answer_lines[0], self.phrase)

    def addition(self) -> Addition:
        """The phrase, first."""
        return Addition("opening", self.phrase)

    def describe(self) -> str:
        """The phrase it begins with."""
        return f'begins with "{self.phrase}"'
