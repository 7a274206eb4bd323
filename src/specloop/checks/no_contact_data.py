"""No web address, e-mail address or phone number in the answer."""

from __future__ import annotations

import re

from specloop.checking.grammar import items
from specloop.checks import AnswerText, Check, Clause, checks

KINDS = {
    "url": r"(?:https?://|www\.)\S+|\b[a-z0-9-]{1,63}\.(?:com|org|net|co\.uk|io|gov|edu|info|biz|eu|de|fr|nl|app|dev|shop)\b",
    "email": r"\b[\w.+-]{1,64}@[\w-]+\.\w+",
    "phone": r"(?<![\w-])(?:\+\d{1,3}[ -]?)?(?:\(\d{2,5}\)[ -]?)?"
    r"\d{3,5}[ -]\d{3,4}(?:[ -]\d{3,4})?(?![\w-])|\+\d{9,13}|\b0\d{9,10}\b",
}
"""Parts of a name have a maximum length, as in real addresses: otherwise the search takes time that
grows with the square of the text's length."""
_NAMES = {
    "url": "url",
    "urls": "url",
    "link": "url",
    "links": "url",
    "hyperlinks": "url",
    "web link": "url",
    "web links": "url",
    "web address": "url",
    "web addresses": "url",
    "website address": "url",
    "website addresses": "url",
    "email address": "email",
    "email addresses": "email",
    "e-mail address": "email",
    "e-mail addresses": "email",
    "phone number": "phone",
    "phone numbers": "phone",
    "telephone number": "phone",
    "telephone numbers": "phone",
}
_WRITE = ("write", "give", "include", "contain", "add", "post", "provide", "put", "insert")


@checks.register("no_contact_data")
class NoContactData(Check):
    """None of the named kinds of contact data occurs."""

    kinds: tuple[str, ...]

    @classmethod
    def compile(cls, clause: Clause) -> NoContactData | None:
        """ "Never write a web address, an e-mail address or a phone number.\""""
        if not clause.negative or clause.part != "answer":
            return None
        kinds = items(clause.rest, _NAMES)
        # "Use" covers links, which can only be written, but not phone numbers, which can be called.
        if clause.verb not in _WRITE and not (clause.verb == "use" and kinds == ("url",)):
            return None
        return cls(kinds=kinds) if kinds else None

    def holds(self, answer: AnswerText) -> bool | None:
        """Broken if there is one; open for a cut answer without one."""
        if self._found(answer.text):
            return False
        return None if answer.cut else True

    def repair(self, sentences: list[str]) -> list[str]:
        """Drop the sentences that hold one."""
        return [sentence for sentence in sentences if not self._found(sentence)]

    def _found(self, text: str) -> bool:
        return any(re.search(KINDS[kind], text, re.I) for kind in self.kinds)

    def describe(self) -> str:
        """The kinds that the answer must not have."""
        return "no " + ", ".join(self.kinds)
