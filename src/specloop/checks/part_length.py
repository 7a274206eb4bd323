"""How long each sentence, paragraph, heading or list item of an answer may be."""

from __future__ import annotations

from typing import Literal

from specloop.checking.limits import limit_of
from specloop.checking.text import each_within, limits, parts, sentences, within, words
from specloop.checks import AnswerText, Check, Clause, checks


@checks.register("part_length")
class PartLength(Check):
    """Each part has at most and at least so many words or sentences; without parts it is kept."""

    stage = "present"
    of_form = True

    part: Literal["sentence", "paragraph", "heading", "item", "bullet"]
    unit: Literal["words", "sentences"] = "words"
    most: int | None = None
    least: int | None = None

    @classmethod
    def compile(cls, clause: Clause) -> PartLength | None:
        """ "Sentences should have no more than 20 words.\""""
        for unit in ("words", "sentences"):
            limit = limit_of(clause, rf"{unit}?", exact=unit == "sentences")
            if limit is None or limit.part in ("answer", "list", unit[:-1]):
                continue
            return cls(part=limit.part, unit=unit, most=limit.most, least=limit.least)
        return None

    def holds(self, answer: AnswerText) -> bool | None:
        """The last part of a cut answer may be incomplete."""
        sizes = [self._size(part) for part in parts(answer.text, self.part)]
        return each_within(sizes, self.most, self.least, cut=answer.cut)

    def _size(self, text: str) -> int:
        return len(words(text) if self.unit == "words" else sentences(text))

    def repair(self, sentences: list[str]) -> list[str]:
        """Drop sentences that are too long or too short, if the rule is about sentences."""
        if self.unit != "words" or self.part not in ("sentence", "item"):
            return sentences
        return [s for s in sentences if within(self._size(s), self.most, self.least, cut=False)]

    def describe(self) -> str:
        """The part and its limits."""
        return f"each {self.part} has {limits(self.most, self.least)} {self.unit}"
