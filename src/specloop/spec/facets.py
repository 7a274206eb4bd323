"""Read a rule's type, category, specificity and reason from its wording."""

from __future__ import annotations

from specloop.checking.text import any_case
from specloop.records import Authority, Category, RuleType
from specloop.spec.wording import Obligation, plain

_HEDGED = any_case(
    r"\b(typically|generally|usually|normally|ideally|preferably|preferr?e?d?s?|encouraged|"
    r"(?:where|when|if) (?:possible|feasible|appropriate)|try to|attempt to|strive|aims?)\b"
)
_DEFINES = any_case(
    r"\b(means|refers to|is defined as|are defined as|(is|are) considered|"
    r"should be (considered|treated as|regarded as))\b"
)


def rule_type(sentence: str, duty: Obligation, authority: Authority | None) -> RuleType:
    """Whether the rule forbids, requires, advises or defines something.

    A hedged or described duty is a guideline, and so is 'should' if nothing gives it authority.
    """
    text = plain(sentence)
    if duty.force == "permission":
        return "guideline"
    if duty.negative:
        return "prohibition"
    if _DEFINES.search(text):
        return "definition"
    soft = duty.force == "indicative" or authority == "guideline"
    if soft or _HEDGED.search(text) or (duty.force == "should" and authority is None):
        return "guideline"
    return "requirement"


_SAFETY = any_case(
    r"\b(harm\w*|danger\w*|safety|unsafe|illegal\w*|illicit\w*|unlawful\w*|crim(e|es|inal\w*)|"
    r"weapons?|violen\w+|explosives?|poison\w*|drugs?|terroris\w+|extremis\w+|hat(e|eful)\b|slurs?|"
    r"harass\w*|abus\w+|discriminat\w+|privacy|private|personal (data|information|details)|"
    r"sensitive (data|information|content|personal)|confidential\w*|privileged|passwords?|"
    r"credentials?|secrets?|pin codes?|card numbers?|social security|minors?|child(ren)?|teens?|"
    r"under 1\d|suicid\w+|self-harm\w*|self-injur\w+|overdos\w+|emergenc\w+|crisis|mental health|"
    r"medical|legal|financial|tax|investment|diagnos(is|es|e)|dosages?|dosing|prescri\w+|sexual\w*|"
    r"erotic\w*|gore|fraud\w*|scams?|phishing|malware|hack\w*|manipulat\w+|deceiv\w+|decepti\w+|"
    r"hazards?|biological|chemical|nuclear|copyright\w*|intellectual property|gdpr|hipaa|laws?)\b"
)


def category(*texts: str) -> Category:
    """Safety if any text has a word of harm, privacy or law."""
    return "safety" if any(_SAFETY.search(text) for text in texts) else "behavioral"


_EXACT = any_case(r"[\"“`][^\"“”`]+[\"”`]|\b\d+\b|\b(exactly|verbatim|word for word)\b")
_CONDITION = any_case(
    r"\b(if|when|whenever|unless|while|where|in cases?|during|before|after|except|only|"
    r"for (?:questions|requests|topics|users|customers))\b"
)


def specificity(sentence: str) -> int:
    """1 general, 2 conditional or topical, 3 with an exact wording or number: a guess."""
    if _EXACT.search(sentence):
        return 3
    return 2 if _CONDITION.search(sentence) else 1


_BECAUSE = any_case(
    r"(?<!solely)(?<!only)(?<!just)(?<!simply)(?<!merely)(?<!long)(?:,| ---| –|—)?\s+"
    r"(?:because|since|as it|so that|given that)\s+(.{10,}?)[.;]?$"
)


def reason(sentence: str) -> str:
    """The reason that the sentence gives for itself, if any."""
    match = _BECAUSE.search(sentence)
    return match[1] if match and match.start() > 15 else ""
