"""The one answer the rule allows."""

from __future__ import annotations

from specloop.checking.quoted import FIXED
from specloop.checking.text import may_become, same_line
from specloop.checks import Addition, AnswerText, Check, Clause, checks

_ONLY = (
    rf"(?:only (?:with )?{FIXED}|with (?:only|exactly|just|nothing but|nothing other than) {FIXED}"
    rf"|with {FIXED} and nothing (?:else|more))"
)


@checks.register("exact_answer")
class ExactAnswer(Check):
    """The whole answer is the phrase."""

    phrase: str

    @classmethod
    def compile(cls, clause: Clause) -> ExactAnswer | None:
        """ "Answer only with "I can speak about your own orders only."\""""
        only = clause.demands({"answer reply respond say": _ONLY})
        return cls(phrase=clause.phrases(clause.rest)[0]) if only else None

    def holds(self, answer: AnswerText) -> bool | None:
        """Open for a cut answer that begins the phrase, or could have gone on after it."""
        if answer.cut and may_become(answer.text, self.phrase):
            return None
        return same_line(" ".join(answer.text.split()), self.phrase)

    def addition(self) -> Addition:
        """The phrase in place of everything."""
        return Addition("whole", self.phrase)

    def describe(self) -> str:
        """The phrase it is."""
        return f'is only "{self.phrase}"'
