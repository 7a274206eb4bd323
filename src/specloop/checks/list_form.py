"""Whether the answer is laid out as a list."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from specloop.checking.grammar import ANSWER, items, names_of
from specloop.checking.text import prose, word_set
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
_VERBS = word_set("use write include contain have add make give answer reply respond format")
_LIST = r"an? (?P<form>numbered|bulleted|bullet)(?: point)? list"
_LISTS = {
    "use write include contain have add give": _LIST,
    "answer reply respond write": rf"(?:in|with|as|using) {_LIST}|in bullet points",
    "format present write give": rf"(?:{ANSWER}|everything) (?:as|in) {_LIST}",
}


@checks.register("list_form")
class ListForm(Check):
    """A numbered list, a bulleted list, or no list at all; a list has at least two items."""

    stage = "present"
    of_form = True

    form: Literal["numbered", "bulleted", "none", "no numbered", "no bulleted"]

    @classmethod
    def compile(cls, clause: Clause) -> ListForm | None:
        """ "Write plain paragraphs without lists.", "Give a numbered list.\""""
        if clause.forbids(_VERBS) and not clause.may:
            kinds = items(re.sub(r"^(?:in|as|with) ", "", clause.rest), _KINDS) or ()
            form = kinds[0] if len(kinds) == 1 else "none"
            return cls.model_validate({"form": form}) if kinds else None
        match = clause.demands(_LISTS)
        if match is None:
            return None
        return cls(form="numbered" if (match["form"] or "").lower() == "numbered" else "bulleted")

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
