"""Words that leave a demand open, and demands that no answer can be seen to break."""

from __future__ import annotations

from specloop.checking.sought import sought
from specloop.checking.text import any_case
from specloop.spec.wording import main_clause, plain

_VAGUE = sought(
    r"\b(?:appropriate(?:ly)?|reasonabl[ey]|as needed|(?:if|where|when) (?:needed|necessary|"
    r"possible|"
    r"appropriate|feasible|practical)|suitabl[ey]|sufficient(?:ly)?|adequate(?:ly)?|"
    r"proper(?:ly)?(?! (?:nouns?|names?))|"
    r"nice(?:ly)?|in a timely (?:manner|fashion)|when it makes sense|excessive(?:ly)?|"
    r"too (?:much|many|long|short|often)|as \w+ as possible|to the extent possible|and so on|"
    r"etc\.?|"
    r"in due (?:course|time)|in good time|tasteful(?:ly)?|user[- ]friendly|state of the art|"
    r"a (?:few|couple of))\b"
)
_QUALITY = (
    r"(?:good|nice|great|excellent|helpful|professional|reasonable|sensible|thoughtful|mindful|"
    r"aware|"
    r"conscious|excellent|amazing|wonderful|the best)"
)
_UNTESTABLE = any_case(
    rf"^(?:(?:the |our |every |an? )?[\w-]+ (?:\w+ )?(?:must|should|shall|has to|have to|needs? to|"
    rf"ought to) )?(?:always |please |also )*(?:"
    r"use (?:your |good |your best |the best |sound )+(?:judge?ment|discretion|sense)|"
    r"use common sense|"
    r"(?:exercise|apply) (?:good |sound |your |best )*(?:judge?ment|discretion|common sense)|"
    r"do (?:your|their|its) (?:very )?best\b|do the right thing|"
    r"(?:strive|endeavou?r|aspire) (?:for|to be)\b|try (?:your )?(?:best|hard(?:est)?)\b|"
    rf"be (?:as )?{_QUALITY}(?: as possible| at all times)?[.!]?$|"
    r"be (?:mindful|aware|conscious) (?:of|that)\b|"
    r"(?:keep|bear) in mind\b|think about\b|care about\b|feel\b(?! free)|believe\b|"
    r"understand\b|go the extra mile|give (?:your|its) all"
    r")"
)


def vague_word(text: str) -> str:
    """The first vague word of a rule, outside quotations; empty if there is none."""
    match = _VAGUE.search(plain(text))
    return match[0] if match else ""


def untestable(text: str) -> str:
    """What makes a rule impossible to test; empty if nothing does."""
    match = _UNTESTABLE.match(main_clause(plain(text)))
    return match[0] if match else ""
