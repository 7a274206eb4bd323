"""Read a rule's type, category, specificity and reason from its wording."""

from __future__ import annotations

from specloop.checking.sought import sought
from specloop.checking.text import NUMBER, any_case
from specloop.records import Authority, Category, RuleType
from specloop.spec.wording import Obligation, obligation, plain

_HEDGED = sought(
    r"\b(?:typically|generally|usually|normally|ideally|preferably|encouraged|in most cases|"
    r"(?:where|when|if) (?:possible|feasible|appropriate))\b"
)
_STRIVES = sought(r"\b(?:preferr?e?d?s?|try to|attempt to|strive|aims?)\b")
_DEFINES = sought(
    r"^[^,;:]{1,60}?(?<!what it)(?<!what this)(?<!by) (?:means(?! that)|refers to)\b|"
    r"\b(?:is defined as|are defined as|(?:is|are) considered|"
    r"should be (?:considered|treated as|regarded as))\b"
)


def rule_type(sentence: str, duty: Obligation, authority: Authority | None) -> RuleType:
    """Whether the rule forbids, requires, advises or defines something.

    A hedged or described duty is a guideline, and so is 'should' or 'should not' if nothing gives
    it authority.
    """
    text = plain(sentence)
    if duty.force == "permission":
        return "guideline"
    if _DEFINES.search(text) and not duty.negative:
        return "definition"
    soft = duty.force == "indicative" or (duty.force == "should" and authority is None)
    strives = not duty.negative and _STRIVES.search(text)
    if soft or authority == "guideline" or strives or _HEDGED.search(text):
        return "guideline"
    return "prohibition" if duty.negative else "requirement"


def contradicts(type: RuleType, duty: Obligation) -> bool:
    """Whether a rule of this type cannot have this duty; a guideline may demand or forbid."""
    return type != "guideline" and (type == "prohibition") != duty.negative


_SAFETY = sought(
    r"\b(?:harm(?!less|on)\w*|danger\w*|safety|unsafe\w*|illegal\w*|illicit\w*|unlawful\w*|lawful\w*|"
    r"crim(?:e|es|inal\w*)|weapons?|violen\w+|explosives?|poison\w*|(?:illegal |hard )?drugs?|"
    r"terroris\w+|extremis\w+|hate(?: speech|ful\w*)|hateful\w*|hatred|slurs?|harass\w*|"
    r"abus(?:e|es|ive|ing)|discriminat(?:e|es|ing|ion|ory)|privacy|privileged|"
    r"confidential\w*|passwords?|passcodes?|credentials?|secrets?(?! santa)|pin codes?|"
    r"card (?:numbers?|data)|social security|security (?:code|incident|breach|hole)s?|"
    r"minors(?! and majors)|a minor(?! (?:change|edit|version|release|issue|error|detail|bug|fix|"
    r"point|role))|"
    r"child(?:ren)?(?! (?:class\w*|elements?|nodes?|process\w*|pages?|items?|components?))|"
    r"teens?|teenagers?|under 1\d(?!\d| (?:words?|minutes?|pounds?|euros?|dollars?|items?))|"
    r"suicid\w+|self-harm\w*|self-injur\w+|overdos\w+|emergenc\w+|mental health|"
    r"diagnos(?:e|es|is|tics?)|dosages?|dosing|doses?|prescri(?:be|bes|bing|ptions?)|"
    r"sexual(?! orientation|ity)\w*|erotic\w*|gore|fraud\w*|scams?|"
    r"phishing|malware|hack(?:s|ed|er|ers|ing)?|manipulat\w+|deceiv\w+|decept\w+|deceit\w*|hazard\w*|"
    r"(?:biological|chemical|nuclear|radiological)|copyright\w*|intellectual property|plagiari\w+|"
    r"gdpr|hipaa|the laws?|local laws?|applicable laws?|laws|"
    r"(?:personal|private|sensitive|identifying|health) (?:data|information|details|facts|content|"
    r"matters|lives|life|messages?|conversations?|addresse?s?|numbers?|personal)|"
    r"(?:medical|legal|financial|tax|investment|health) "
    r"(?:advice|guidance|opinions?|help|questions?|matters|decisions?|constraints|requirements|risks?|emergenc\w+|conditions?|professional\w*|"
    r"treatment|consequences))\b"
)
_FORM = sought(
    r"\b(?:words?|sentences?|paragraphs?|bullets?|lists?|headings?|titles?|emojis?|exclamation|"
    r"question marks?|markdown|format\w*|tone|greet\w*|sign off|spell\w*|capital\w*|font|length|"
    r"short(?:er)?|brief\w*|concise\w*|polite\w*|grammar|jargon|slang|tabs|spaces|numerals?|commas?)\b"
)


_PADDING = any_case(
    r"[\W\d_]+|\b(?:and|or|of|the|a|an|to|for|in|on|about|with|policy|rules?|section|topics?|content|"
    r"protection|matters|issues)\b"
)


def category(text: str, heading: str = "") -> Category:
    """Safety if the rule is about harm, privacy or law.

    A heading counts for rules that do not speak of form, and only if it is itself a rule about harm
    ("Protect people's privacy") or names nothing else ("Privacy").
    """
    if _SAFETY.search(text):
        return "safety"
    if not _SAFETY.search(heading) or _FORM.search(text):
        return "behavioral"
    names_only_that = not _PADDING.sub("", _SAFETY.sub("", heading))
    return "safety" if names_only_that or obligation(heading) else "behavioral"


_UNITS = (
    r"(?:words?|sentences?|paragraphs?|characters?|lines?|pages?|bullets?|items?|points?|steps?|"
    r"questions?|examples?|options?|times?|seconds?|minutes?|hours?|(?:business |working )?days?|"
    r"weeks?|months?|years?|percent|%|per cent|euros?|dollars?|pounds?|cents?|degrees?|metres?|"
    r"meters?|kilometres?|miles?|kg|km|cm|mb|gb|emojis?|exclamation marks?|calls?|people|persons?|"
    r"digits?|letters?|columns?|spaces?|levels?|replies|answers?|messages?|attempts?|approvals?)"
)
_EXACT = sought(
    r"[\"“`](?<!such as .)(?<!like .)(?<!e\.g\. .)(?<!called .)(?<!named .)[^\"“”`]+[\"”`]|"
    rf"\b{NUMBER}(?:[- ]| (?:\w+ ))?{_UNITS}(?!\w)|[$€£] ?\d|"
    r"\b(?:at (?:most|least)|exactly|no more than|up to|not? less than|fewer than|maximum of|"
    rf"within|between) {NUMBER}\b|\b(?:exactly|verbatim|word for word)\b"
)
_CONDITION = sought(
    r"\b(?:if|when|whenever|unless|in cases?|during|before|after|except|only|"
    r"for (?:questions|requests|topics|users|customers))\b|^(?:while|where|for|in) [^,]+,"
)


def specificity(sentence: str) -> int:
    """1 general, 2 conditional or topical, 3 with an exact wording or an amount: a guess."""
    if _EXACT.search(sentence):
        return 3
    return 2 if _CONDITION.search(sentence) else 1


_BECAUSE = sought(
    r"(?<!solely)(?<!only)(?<!just)(?<!simply)(?<!merely)(?<!long)(?:,| ---| –|—)?\s+"
    r"(?:because|since|as it|so that|given that)\s+(.{10,}?)[.;]?$"
)


def reason(sentence: str) -> str:
    """The reason that the sentence gives for itself, if any."""
    match = _BECAUSE.search(sentence)
    return match[1] if match and match.start() > 15 else ""
