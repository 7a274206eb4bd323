"""Whether the answer is laid out as a list."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from specloop.checking.grammar import ANSWER, full, items, names_of
from specloop.checking.text import prose
from specloop.checks import AnswerText, Check, Clause, checks

_NUMBERED_LINE = re.compile(r"^[ \t]*\d{1,2}[.)][ \t]+\S", re.M)
_BULLET_LINE = re.compile(r"^[ \t]*[-*•+][ \t]+\S", re.M)
_KINDS = names_of(
    {
        "none": "list, lists",
        "no numbered": "numbered list, numbered lists",
        "no bulleted": "bullet, bullets, bullet point, bullet points, bullet lists, bulleted list, "
        "bulleted lists",
    }
)
_USE = ("use", "write", "include", "contain", "have", "add", "make", "give")
_ANSWER = ("answer", "reply", "respond", "write")
_FORMAT = ("format", "present", "write", "give")
_LIST = r"an? (?P<form>numbered|bulleted|bullet)(?: point)? list"


@checks.register("list_form")
class ListForm(Check):
    """A numbered list, a bulleted list, or no list at all; a list has at least two items."""

    stage = "present"
    of_form = True

    form: Literal["numbered", "bulleted", "none", "no numbered", "no bulleted"]

    @classmethod
    def compile(cls, clause: Clause) -> ListForm | None:
        """ "Write plain paragraphs without lists.", "Give a numbered list.\""""
        if clause.part != "answer" or clause.may:
            return None
        return cls._forbidden(clause) if clause.negative else cls._demanded(clause)

    @classmethod
    def _forbidden(cls, clause: Clause) -> ListForm | None:
        kinds = items(re.sub(r"^(?:in|as|with) ", "", clause.rest), _KINDS)
        if not kinds or clause.verb not in (*_USE, *_ANSWER, "format"):
            return None
        (first, *others) = kinds
        return cls.model_validate({"form": "none" if others else first})

    @classmethod
    def _demanded(cls, clause: Clause) -> ListForm | None:
        verb, rest = clause.verb, clause.rest
        match = full(_LIST, rest) if verb in _USE[:-2] or verb == "give" else None
        if not match and verb in _ANSWER:
            match = full(rf"(?:in|with|as|using) {_LIST}", rest)
            if full(r"in (?P<form>bullet) points", rest):
                return cls(form="bulleted")
        if not match and verb in _FORMAT:
            match = full(rf"(?:{ANSWER}|everything) (?:as|in) {_LIST}", rest)
        if not match:
            return None
        return cls(form="numbered" if match["form"].lower() == "numbered" else "bulleted")

    def holds(self, answer: AnswerText) -> bool | None:
        """A cut answer's list counts; if it has none yet, the rule is open."""
        text = prose(answer.text)
        numbered = len(_NUMBERED_LINE.findall(text))
        bulleted = len(_BULLET_LINE.findall(text))
        unwanted = {
            "none": numbered + bulleted,
            "no numbered": numbered,
            "no bulleted": bulleted,
        }.get(self.form)
        if unwanted is not None:
            return False if unwanted else None if answer.cut else True
        is_list = (numbered if self.form == "numbered" else bulleted) >= 2
        return True if is_list else None if answer.cut else False

    def shows(self, answer: AnswerText) -> bool:
        """Whether there is a list."""
        return self.form in ("numbered", "bulleted") and self.holds(answer) is True

    def lay_out(self, sentences: Sequence[str]) -> str | None:
        """Number the lines, if that is demanded."""
        if self.form != "numbered":
            return None
        return "\n".join(f"{n}. {sentence}" for n, sentence in enumerate(sentences, 1))

    def describe(self) -> str:
        """The form."""
        if self.form in ("numbered", "bulleted"):
            return f"a {self.form} list"
        return "no list" if self.form == "none" else f"{self.form} list"
