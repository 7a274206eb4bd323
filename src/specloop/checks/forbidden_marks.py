"""Characters an answer must not hold: exclamation marks, emojis, semicolons and the like."""

from __future__ import annotations

import re

from specloop.checks import Answer, Check, checks

MARKS = {
    "exclamation marks": r"!",
    "question marks": r"\?",
    "semicolons": r";",
    "emojis": r"[\U0001F300-\U0001FAFF\u2600-\u27BF\U0001F1E6-\U0001F1FF]",
    "parentheses": r"[()]",
    "dashes": r"[–—]",
    "digits": r"\d",
    "asterisks": r"\*",
    "hashtags": r"#\w",
    "ellipses": r"\.\.\.|…",
}
_SINGULAR = {
    "emoji": "emojis",
    "emoticons": "emojis",
    "brackets": "parentheses",
    "em dashes": "dashes",
    "numerals": "digits",
}
_NOT = re.compile(r"\b(?:never|no|not|don't|avoid|without|free of)\b(?P<rest>.*)", re.I)


@checks.register("forbidden_marks")
class ForbiddenMarks(Check):
    """None of the named kinds of character occurs."""

    marks: tuple[str, ...]

    @classmethod
    def compile(cls, wording: str) -> ForbiddenMarks | None:
        """ "Do not use exclamation marks or emojis.\""""
        forbids = _NOT.search(wording)
        if not forbids:
            return None
        rest = forbids["rest"].lower()
        known = {name: name for name in MARKS} | {name[:-1]: name for name in MARKS} | _SINGULAR
        found = {mark for name, mark in known.items() if re.search(rf"\b{name}\b", rest)}
        return cls(marks=tuple(sorted(found))) if found else None

    def holds(self, answer: Answer) -> bool | None:
        """Found is broken; a cut answer without one is open."""
        if any(re.search(MARKS[mark], answer.text) for mark in self.marks):
            return False
        return None if answer.cut else True

    def mend(self, sentences: list[str]) -> list[str]:
        """Full stops for exclamation marks, commas for semicolons and dashes; others go."""
        return [self._replace(sentence) for sentence in sentences]

    def _replace(self, text: str) -> str:
        for mark in self.marks:
            new = {"exclamation marks": ".", "semicolons": ",", "dashes": "-", "ellipses": "."}
            text = re.sub(rf"(?:{MARKS[mark]})+", new.get(mark, ""), text)
        return text.strip()

    def describe(self) -> str:
        """The kinds it lacks."""
        return "no " + ", ".join(self.marks)
