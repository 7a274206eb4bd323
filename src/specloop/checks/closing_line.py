"""The words an answer ends with."""

from __future__ import annotations

from specloop.checking.quoted import added_phrase, edge_phrase, placed_phrase
from specloop.checking.text import ends, lines, same_line
from specloop.checks import Addition, AnswerText, Check, Clause, checks

_END = ("end", "close", "finish", "conclude")


@checks.register("closing_line")
class ClosingLine(Check):
    """The answer ends with the phrase; `own_line` asks for a line of its own."""

    stage = "present"

    phrase: str
    own_line: bool = False

    @classmethod
    def compile(cls, clause: Clause) -> ClosingLine | None:
        """ "End every answer with the line "Happy growing from Fernhill."\""""
        phrase = placed_phrase(clause, _END) or edge_phrase(clause, "last|final|closing")
        if phrase is None and clause.verb in ("add", "put", "place", "write", "include"):
            phrase = added_phrase(clause, r"at the (?:very )?end|as the last line")
        return cls(phrase=phrase.text, own_line=phrase.own_line) if phrase else None

    def holds(self, answer: AnswerText) -> bool | None:
        """Open for a cut answer, because its end is missing."""
        if answer.cut:
            return None
        answer_lines = lines(answer.text)
        if not answer_lines:
            return False
        if self.own_line:
            return same_line(answer_lines[-1], self.phrase)
        return ends(answer_lines[-1], self.phrase)

    def shows(self, answer: AnswerText) -> bool:
        """Ends with the phrase."""
        return self.holds(answer) is True

    def addition(self) -> Addition:
        """The phrase, last."""
        return Addition("closing", self.phrase)

    def describe(self) -> str:
        """The phrase it ends with."""
        return f'ends with "{self.phrase}"'
