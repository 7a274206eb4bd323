"""How many questions the answer has, and whether it ends with one."""

from __future__ import annotations

import re
from typing import Literal

from specloop.checking.grammar import ANSWER, full
from specloop.checking.limits import limit_of
from specloop.checking.text import any_case, limits, lines, prose, sentences, within
from specloop.checks import AnswerText, Check, Clause, checks

_ASKED = any_case(r"^(?:(?:the )?(?:user|customer)s? )(?=.*question)")
_AT_ONCE = any_case(r",? (?:at a time|at once|at the same time)$")
_ONLY_ONE = r"(?:only|just) one question"
_SAYS = ("ask", "include", "contain", "have", "use", "write")
_MARK = re.compile(r"[?？][^\w.。]*$")
"""A question mark; quotation marks, emphasis and emojis may follow."""
_END = ("end", "close", "finish", "conclude")


def _asks(sentence: str) -> bool:
    return _MARK.search(sentence) is not None


@checks.register("question")
class Question(Check):
    """The answer has at most and at least so many questions; `where` says whether it must or must
    not end with one."""

    of_form = True

    where: Literal["anywhere", "end", "not at the end"] = "anywhere"
    most: int | None = None
    least: int | None = None

    @classmethod
    def compile(cls, clause: Clause) -> Question | None:
        """ "End with a question.", "Ask at most one question.", "Do not ask questions.\""""
        if clause.part != "answer":
            return None
        if clause.verb in _END:
            ends = full(rf"(?:{ANSWER} )?with (?:a|any) question", clause.rest)
            place = "not at the end" if clause.negative else "end"
            return cls(where=place) if ends and not clause.may else None
        if clause.verb not in _SAYS:
            return None
        asked = clause._replace(rest=_ASKED.sub("", clause.rest), verb="use")
        return cls._counted(asked)

    @classmethod
    def _counted(cls, clause: Clause) -> Question | None:
        bare = clause._replace(rest=_AT_ONCE.sub("", clause.rest))
        at_once = bare.rest != clause.rest
        one = r"(?:only |just )?(?:one question|questions one)" if at_once else _ONLY_ONE
        several = at_once and full(r"(?:two|several|multiple) questions", bare.rest)
        if several if clause.negative else full(one, bare.rest):
            return cls(most=1)
        if full(r"(?:any |a |a single )?questions?(?: back)?", clause.rest):
            if clause.negative:
                return cls(most=0)
            return None if clause.may or not full(r"a question", clause.rest) else cls(least=1)
        limit = limit_of(bare, "questions?")
        return cls(most=limit.most, least=limit.least) if limit else None

    def holds(self, answer: AnswerText) -> bool | None:
        """A question mark at the end of a sentence makes a question."""
        if self.where == "anywhere":
            n = sum(_asks(sentence) for sentence in sentences(prose(answer.text)))
            return within(n, self.most, self.least, cut=answer.cut)
        if answer.cut:
            return None
        last = lines(answer.text)[-1:]
        return bool(last and _asks(last[0])) == (self.where == "end")

    def repair(self, sentences: list[str]) -> list[str]:
        """Drop questions beyond the limit, and one at the end that must not be there."""
        if self.where == "not at the end":
            while sentences and _asks(sentences[-1]):
                sentences = sentences[:-1]
        if self.most is None:
            return sentences
        kept: list[str] = []
        for sentence in sentences:
            if not _asks(sentence) or sum(map(_asks, kept)) < self.most:
                kept.append(sentence)
        return kept

    def describe(self) -> str:
        """Describe how many questions the answer has, or where."""
        if self.where != "anywhere":
            return "ends with a question" if self.where == "end" else "does not end with a question"
        if self.most == 0:
            return "asks no question"
        return f"asks {limits(self.most, self.least)} question" + "s" * (self.most != 1)
