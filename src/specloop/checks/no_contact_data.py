"""No web address, e-mail address or phone number in the answer."""

from __future__ import annotations

import re

from specloop.checking.grammar import items, names_of
from specloop.checks import Ban, Clause, checks

KINDS = {
    "url": r"(?:https?://|www\.)\S+|\b[a-z0-9-]{1,63}\.(?:com|org|net|co\.uk|io|gov|edu|info|biz|eu|de|fr|nl|app|dev|shop)\b",
    "email": r"\b[\w.+-]{1,64}@[\w-]+\.\w+",
    "phone": r"(?<![\w-])(?:\+\d{1,3}[ -]?)?(?:\(\d{2,5}\)[ -]?)?"
    r"\d{3,5}[ -]\d{3,4}(?:[ -]\d{3,4})?(?![\w-])|\+\d{9,13}|\b0\d{9,10}\b",
}
"""Parts of a name have a maximum length, as in real addresses: otherwise the search takes time that
grows with the square of the text's length."""
_NAMES = names_of(
    {
        "url": "url, urls, link, links, hyperlinks, web link, web links, web address, "
        "web addresses, website address, website addresses",
        "email": "email address, email addresses, e-mail address, e-mail addresses",
        "phone": "phone number, phone numbers, telephone number, telephone numbers",
    }
)
_WRITE = ("write", "give", "include", "contain", "add", "post", "provide", "put", "insert")


@checks.register("no_contact_data")
class NoContactData(Ban):
    """None of the named kinds of contact data occurs."""

    kinds: tuple[str, ...]

    @classmethod
    def compile(cls, clause: Clause) -> NoContactData | None:
        """ "Never write a web address, an e-mail address or a phone number.\""""
        kinds = items(clause.rest, _NAMES)
        # "Use" covers links, which can only be written, but not phone numbers, which can be called.
        forbids = clause.forbids((*_WRITE, "use") if kinds == ("url",) else _WRITE)
        return cls(kinds=kinds) if kinds and forbids else None

    def occurs(self, text: str) -> bool:
        """Whether the text holds an address or a number of these kinds."""
        return any(re.search(KINDS[kind], text, re.I) for kind in self.kinds)

    def repair(self, sentences: list[str]) -> list[str]:
        """Drop the sentences that hold one."""
        return [sentence for sentence in sentences if not self.occurs(sentence)]

    def describe(self) -> str:
        """The kinds that the answer must not have."""
        return "no " + ", ".join(self.kinds)
