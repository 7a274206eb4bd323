"""Words, phrases and names an answer must not hold."""

from __future__ import annotations

import re

from specloop.checks import Answer, Check, checks
from specloop.checks._text import QUOTED, contains

_NOT = re.compile(
    r"\b(?:never|(?:do|does|must|should|may|can) not|don't|cannot|avoid|without)\b[^.\"“`]*?"
    r"\b(?:us(?:e|ing)|say(?:ing)?|writ(?:e|ing)|includ(?:e|ing)|contain(?:ing)?|mention(?:ing)?|nam(?:e|ing)|recommend(?:ing)?|call)\b"
    r"|\bavoid(?:ing)? (?:the (?:words?|phrases?|terms?) )?(?=[\"“`])",
    re.I,
)
_POSITION = re.compile(r"\b(?:begin|start|open|end|close|finish)\b", re.I)
_NAMES = re.compile(r"\b(?:nam(?:e|ing)|mention(?:ing)?|recommend(?:ing)?)\b")
_LISTED = re.compile(r"\s*(?:or (?:recommend|mention|name) )?(?:[A-Z]\w+[ ,]*(?:or |and )?)+")
_PROPER = re.compile(r"\b[A-Z][a-z]*[A-Z]\w*\b|\b[A-Z]\w+(?: [A-Z]\w+)*")


@checks.register("forbidden_phrase")
class ForbiddenPhrase(Check):
    """None of the phrases occurs, at word borders and in any case."""

    phrases: tuple[str, ...]

    @classmethod
    def compile(cls, wording: str) -> ForbiddenPhrase | None:
        """ "Never use the words "guarantee" or "promise".", "Do not name GreenMart.\""""
        forbids = _NOT.search(wording)
        if not forbids or _POSITION.search(wording[: forbids.end()]):
            return None
        rest = wording[forbids.end() :]
        # What stands in brackets is an example of what is meant, not the list of what is forbidden.
        rest = re.sub(r"\([^)]*\)", "", rest)
        phrases = [m[1].strip() for m in QUOTED.finditer(rest)]
        if not phrases and _NAMES.search(forbids[0]):
            listed = _LISTED.match(rest)
            phrases = _PROPER.findall(listed[0]) if listed else []
        return cls(phrases=tuple(phrases)) if phrases else None

    def holds(self, answer: Answer) -> bool | None:
        """Found is broken; not found in a cut answer counts as kept so far, so it is open."""
        if any(contains(answer.text, phrase) for phrase in self.phrases):
            return False
        return None if answer.cut else True

    def mend(self, sentences: list[str]) -> list[str]:
        """Drop the sentences that hold one."""
        return [s for s in sentences if not any(contains(s, phrase) for phrase in self.phrases)]

    def describe(self) -> str:
        """The phrases it lacks."""
        return "never says " + ", ".join(f'"{phrase}"' for phrase in self.phrases)
