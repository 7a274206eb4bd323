"""No web address, e-mail address or phone number in the answer."""

from __future__ import annotations

import re

from specloop.checks import Answer, Check, checks

KINDS = {
    "url": r"(?:https?://|www\.)\S+|\b[a-z0-9-]+\.(?:com|org|net|co\.uk|io|gov|edu)\b",
    "email": r"\b[\w.+-]+@[\w-]+\.\w+",
    "phone": r"(?<![\w-])(?:\+\d{1,3}[ -]?)?(?:\(\d{2,5}\)[ -]?)?"
    r"\d{3,5}[ -]\d{3,4}(?:[ -]\d{3,4})?(?![\w-])|\+\d{9,13}|\b0\d{9,10}\b",
}
_NAMES = {
    "url": r"\b(?:urls?|links?|web ?sites?|web addresses|web address)\b",
    "email": r"\be-?mail addresses\b|\be-?mail address\b|\be-?mails\b",
    "phone": r"\b(?:tele)?phone numbers?\b",
}
_NOT = re.compile(
    r"\b(?:no|without|(?:never|not|don't|avoid|without) "
    r"(?:writ|giv|includ|contain|us|add|post|provid|offer|put)(?:e|ing|es|s)?)\b(?P<rest>.*)",
    re.I,
)


@checks.register("no_contact_data")
class NoContactData(Check):
    """None of the named kinds of contact data occurs."""

    kinds: tuple[str, ...]

    @classmethod
    def compile(cls, wording: str) -> NoContactData | None:
        """ "Never write a web address, an e-mail address or a phone number.\""""
        forbids = _NOT.search(wording)
        if not forbids or re.search(
            r"\b(?:ask|request|store|share|reveal|disclose)\b", forbids["rest"], re.I
        ):
            return None
        kinds = tuple(
            kind for kind, name in _NAMES.items() if re.search(name, forbids["rest"], re.I)
        )
        return cls(kinds=kinds) if kinds else None

    def holds(self, answer: Answer) -> bool | None:
        """Found is broken; a cut answer without one is open."""
        if self._found(answer.text):
            return False
        return None if answer.cut else True

    def mend(self, sentences: list[str]) -> list[str]:
        """Drop the sentences that hold one."""
        return [sentence for sentence in sentences if not self._found(sentence)]

    def _found(self, text: str) -> bool:
        return any(re.search(KINDS[kind], text, re.I) for kind in self.kinds)

    def describe(self) -> str:
        """The kinds it lacks."""
        return "no " + ", ".join(self.kinds)
