"""Make a sentence complete by itself: add its subject and what its words refer to."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from specloop.checking.sought import sought
from specloop.checking.text import any_case
from specloop.spec.wording import ACTORS, CONNECTIVES, is_conditional, main_clause, plain

_CONNECTIVE = any_case(
    rf"^(?:(?:{CONNECTIVES}|as such|on the other hand),\s*|"
    r"(?:but|and|also|instead|note(?: also)? that)\s+(?!of\b))"
)
_OPENS_BACK = sought(
    r"^(?:\w+,? )?(?:"
    r"(?:in|for|under|with|at|on|to|from|by|of|before|after) (?:all )?"
    r"(?:this|these|those|such|that|the latter|the former|others?)\b|"
    r"(?:this|these|those|such|the latter|the former|doing so)\b|"
    r"(?:when|if|while|once|where) (?:this|that|these|so|not|such|necessary|pressed,|"
    r"the \w+ (?:understands|accepts))\b)"
    r"|\bthis (?:is|was|does)\b|^.{0,40}\b(?:all|any|each|one|some|none) of (?:these|those)\b"
)
_NAMES_BACK = sought(
    r"\b(?P<word>this|these|such|those) (?:\w+ )?"
    r"(?P<thing>boundar|prohibition|exception|restriction|case|context|topic|situation|scenario|"
    r"content|request|behaviou?r|principle|lie|test|error|fact|detail|discussion|rule|limit)"
    r"(?:s|y|ies)?\b(?! (?:that|which|as|where))"
)
_NEAR = 60
"""Further on, 'this' and 'these' mostly refer to something in the same sentence."""


def points_back(sentence: str) -> bool:
    """Whether the sentence needs the one before it to be understood."""
    text = plain(sentence)
    if _OPENS_BACK.search(text):
        return True
    for match in _NAMES_BACK.finditer(text):
        near = match.start() <= _NEAR or match["word"].lower() == "such"
        if near and match["thing"].lower() not in text[: match.start()].lower():
            return True
    return False


_EXCEPTION = any_case(r"(exceptions?|the (?:only|one|sole) exceptions?|except|unless)\b[:,]?\s*")
_CONTRAST = any_case(r"(however|that said|but|exceptions?:)(?!\w)")


def takes_back(sentence: str) -> bool:
    """Whether the sentence begins by restricting what was said before it."""
    return bool(_CONTRAST.match(sentence))


def is_exception(sentence: str) -> bool:
    """Whether the sentence is only an exception ('Unless the customer asks.'), not a full duty."""
    match = _EXCEPTION.match(sentence)
    if match is None:
        return False
    return "exception" in match[1].lower() or main_clause(sentence) == sentence


def with_exception(base: str, exception: str) -> str:
    """The base rule's text together with its exception."""
    opener = _EXCEPTION.match(exception)
    if opener and opener[1].lower() in ("unless", "except"):
        return f"{base.rstrip('.')}, {lowered(exception)}"
    return f"{base} Exception: {_EXCEPTION.sub('', exception, count=1)}"


_NAMED = "|".join(word for word in ACTORS.split("|") if word not in ("you", "we", "ai"))
_ACTOR = sought(
    rf"(?:\b(?:the|our|all|every|each|any)\s+(?:\w+\s+)?(?:{_NAMED})|"
    rf"(?:^|, )(?:staff|\w*(?:{_NAMED})s))\b(?!['’-]|\s+(?:spec|providers?|famil\w+|card)\b)"
)
_SUBJECT = sought(
    r"(?:^|, )(?P<who>(?:the|our|all|every|each)(?: [\w-]+){1,3}?|staff|[A-Za-z]+s)"
    r"(?: \w+ly)? (?:must|shall|should|may|(?:is|are) (?:not )?(?:expected|allowed|required))\b"
)


def subject(text: str) -> str:
    """Who the sentence binds or is about ('the assistant'); empty if nobody."""
    match = _SUBJECT.search(plain(text))
    if match:
        return match["who"]
    named = _ACTOR.search(text)
    return named[0].lstrip(", ") if named else ""


def usual_subject(texts: Iterable[str]) -> str:
    """Who most of a document's duties bind."""
    matches = (_SUBJECT.search(plain(text)) for text in texts)
    named = Counter(match["who"].lower() for match in matches if match)
    return named.most_common(1)[0][0] if named else ""


_PRONOUN = re.compile(
    r"(?<![\w'’])([Ii]t|[Tt]hey)(?P<own>s|['’]s)?(?=\s+(?:\w+ly\s+|also\s+|always\s+)*(?P<verb>[\w'’]+))"
)
_NAME = re.compile(
    r"(?<![\w’'])(?!(?:If|When|Whenever|While|Once|Unless|After|Before|Where|For|In|By|On|At|As|And|But|"
    r"So|Or|The|A|An|Then|This|That|With|Without|Even|Since|Because|Until|To|From)\b)[A-Z][a-z]+"
)
"""A name before a pronoun: the pronoun may stand for it."""
_EXPLETIVE = any_case(
    r"^(?:it|they)(?:['’]s|\s+(?:is|seems|(?:may|would|can|might|should|must) be))\s+"
    r"(?:\w+ly\s+|not\s+)?(?:important|acceptable|essential|critical|vital|best|possible|impossible|"
    r"necessary|okay|fine|clear|unclear|appropriate|up to|assumed|noted)"
)
_DUTY_VERB = any_case(r"(should|must|shall|may|can|will|shouldn|ought)")
_CONDITION_OPENER = any_case(r"(?:if|when|while|once|unless|before|after|where) ")


def with_subject(sentence: str, named: str) -> str:
    """Replace the first pronoun for the subject by the subject."""
    if not named:
        return sentence
    if sentence.startswith(("Its ", "Their ")):
        return f"{_capital(named)}'s {sentence.split(' ', 1)[1]}"
    for match in _PRONOUN.finditer(sentence):
        before = sentence[: match.start()]
        if match["own"] or _EXPLETIVE.match(sentence[match.start() :]) or _ACTOR.search(before):
            continue
        if _NAME.search(before):
            continue
        many = match[1].lower() == "they"
        if (before and many) or (named.endswith("s") and not many):
            continue
        opens = not before or _CONDITION_OPENER.fullmatch(before)
        if opens or _DUTY_VERB.match(match["verb"]):
            who = lowered(named) if before else _capital(named)
            return before + who + sentence[match.end() :]
    return sentence


def lowered(sentence: str) -> str:
    """The sentence with a lower-case first letter, unless its first word is in capitals ('PDF')."""
    first = re.match(r"[A-Z][a-z’'-]+\b|A\b", sentence)
    return sentence[0].lower() + sentence[1:] if first else sentence


def with_condition(before: str, sentence: str, *, lower: bool = True) -> str:
    """Carry the condition of what is before a sentence over to it, if it has none."""
    main = main_clause(before)
    concedes = re.match(r"(while|although|though|because|since|as|to)\b", before, re.I)
    if concedes or main == before or not is_conditional(before) or is_conditional(sentence):
        return sentence
    rest = lowered(sentence) if lower else sentence
    return f"{before[: len(before) - len(main)].rstrip(' ,')}, {rest}"


_SEE = re.compile(r"\s*\(see (?:also )?[^()]*\)")


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def tidy(sentence: str, *, keep_opener: bool = False) -> str:
    """Drop a connective, cross-references and a dangling end, and close with a full stop."""
    text = sentence if keep_opener else _CONNECTIVE.sub("", sentence)
    text = _SEE.sub("", text)
    text = re.sub(r"[\s:;,—–-]+(?:(?:and|or)[\s;,]*)?$", "", text) or sentence
    text = _capital(text)
    closed = text[-1] in ".!?…" or text.endswith(('."', ".)", ".”", '?"', '!"'))
    return text if closed else text + "."
