"""Make a sentence complete by itself: add its subject and what its words refer to."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from specloop.checking.sought import sought
from specloop.checking.text import any_case
from specloop.spec.bans import forbids_at_once
from specloop.spec.pointing import is_plural
from specloop.spec.verbs import can_be_verb, opens_with_verb
from specloop.spec.wording import ACTORS, CONNECTIVES, is_conditional, main_clause, plain

_CONNECTIVE = any_case(
    rf"^(?:(?:{CONNECTIVES}|as such|on the other hand|given this|to this end|because of this|"
    r"for (?:this|these|that) reasons?|with (?:this|these)(?: \w+)? in mind),\s*|this is why,?\s+|"
    r"(?:but|and|also|instead|note(?: also)? that)\s+(?!of\b))"
)
_EXCEPTION = any_case(r"(exceptions?|the (?:only|one|sole) exceptions?|except|unless)\b[:,]?\s*")
_EXCEPTION_IS = any_case(
    r"(?:the (?:only|one|sole) )?exceptions? to (?:this|that|these)(?: \w+)? (?:is|are)(?: where)? "
)
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
    if said := _EXCEPTION_IS.match(exception):
        return f"{base} Exception: {exception[said.end() :]}"
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


_MAIN_SUBJECT = any_case(
    r"(?!(?:it|they|this|that|these|those|there|you|we|i|he|she|who|what|which|one|no|nobody|nothing|"
    r"none|nor|neither|only|everything|such|each|all|some|many|most|other|others|and|or|but)\b"
    r"(?!(?<=this) (?!is|was|does|has|must|should|may|can|will)\w+ ))"
    r"(?P<who>(?:(?P<any>an?|any|every|each|this) |(?:the|our|all) )?[\w`][\w’'`-]*"
    r"(?: [\w’'`-]+){0,3}?)"
    r"(?:,? (?:that|who|which) [^,;]{1,60}?,?)? (?:\w+ly |also |always |never )?"
    r"(?:must|shall|should|may|can|cannot|will|is|are|has|have|does|do|needs?)\b"
)
_HAS = any_case(
    r"(?:the|our|this|each|every) [\w-]+ (?:has|runs|uses|offers|provides) an? "
    r"(?P<what>(?:[\w-]+ ){0,2}?[\w-]+)(?= (?:for|that|which|to|on|in)\b|[.,])"
)
"""What a sentence brings up for the next one ("The school has a helper for homework")."""
_PLURAL_SUBJECT = any_case(r"(?P<who>(?:(?:the|our|all) )?[a-z]+s) (?P<verb>[a-z]+)\b")


def subject(text: str) -> str:
    """Who or what the sentence is about ('the assistant'); empty if nobody, as in instructions."""
    main = main_clause(re.sub(r"\([^()]*\) ?", "", text))
    if forbids_at_once(main) or opens_with_verb(main):
        return ""
    if has := _HAS.match(main):
        return f"the {has['what']}"
    match = _MAIN_SUBJECT.match(main)
    if match and not re.search(r"\b(?:that|if|when|to|not)\b", match["who"]):
        who = match["who"]
        return f"the{who[len(match['any']) :]}" if match["any"] else who
    match = _PLURAL_SUBJECT.match(main)
    if match and can_be_verb(match["verb"]):
        return match["who"]
    match = _SUBJECT.search(plain(text))
    return match["who"] if match else ""


def actor(text: str) -> str:
    """Who of those that rules mostly bind is named in a sentence; empty if nobody."""
    # "Members of the team should ..." is not about the team.
    found = (m for m in _ACTOR.finditer(text) if not text[: m.start()].rstrip().endswith(" of"))
    named = next(found, None)
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
    r"So|Or|Nor|Only|We|The|A|An|Then|This|That|With|Without|Even|Since|Because|Until|To|From)\b)"
    r"[A-Z][a-z]+"
)
"""A name before a pronoun: the pronoun may stand for it."""
_EXPLETIVE = any_case(
    r"^(?:it|they)(?:['’]s|\s+(?:is|seems|(?:may|would|can|might|should|must) be))\s+"
    r"(?:\w+ly\s+|(?:not|never|always|also)\s+)?(?:important|acceptable|essential|critical|vital|best|"
    r"possible|impossible|necessary|okay|fine|clear|unclear|appropriate|up to|assumed|noted|"
    r"for [^,;:]{2,40}? to\b|"
    r"(?!(?:not|never|expected|required|allowed|permitted|supposed|obliged|asked) )"
    r"\w+ (?:to|that|for \w+ to)\b)|^it makes sense"
)
_DUTY_VERB = any_case(r"(should|must|shall|may|can|will|shouldn|ought)")
_CONDITION_OPENER = any_case(r"(?:if|when|while|once|unless|before|after|where) ")
_TURNED = any_case(r"\b(?:may|must|should|shall|can|will|does|do) $|\b(?:want|like|expect|ask) $")
"""What a subject stands behind: "Nor should it", "we want it to"."""
_OF_THINGS = any_case(
    r"(?:(?:must|should|shall|may|can|will|does|do|not|has|have|to|never) )*"
    r"(?:be \w+(?:ed|en|wn)|have|contain|include|remain|stay|go|fall|rise|cost|expire|last|fit|"
    r"match|hold|holds|apply|applies|come|start|end|exist|happen|occur|falls|comes|means|fails?)\b"
)
"""What things do and assistants seldom do."""


_MAY_STAND = re.compile(r"[IiTt](?:t|hey)(?:s|['’]s)?\b")
"""Faster than the pattern of pronouns, and in all that it finds."""


def has_pronoun(sentence: str) -> bool:
    """Whether a sentence may have a pronoun for its subject."""
    return sentence.startswith(("Its ", "Their ")) or _MAY_STAND.search(sentence) is not None


def with_subject(sentence: str, named: str, usual: str = "") -> str:
    """Replace the first pronoun for the subject by the subject, `named` by the sentence before;
    else by whom the rules mostly bind, where the pronoun acts as only somebody can."""
    if sentence.startswith(("Its ", "Their ")):
        who = named or usual
        return f"{_capital(who)}'s {sentence.split(' ', 1)[1]}" if who else sentence
    for match in _PRONOUN.finditer(sentence):
        before, rest = sentence[: match.start()], sentence[match.end() :]
        if match["own"] or _EXPLETIVE.match(sentence[match.start() :]) or _ACTOR.search(before):
            continue
        if _NAME.search(before):
            continue
        of_things = _OF_THINGS.match(rest.lstrip())
        who = "" if before and of_things else named or ("" if of_things else usual)
        many = match[1].lower() == "they"
        if not who or (before and many) or is_plural(who) != many:
            continue
        opens = not before or _CONDITION_OPENER.fullmatch(before) or _TURNED.search(before)
        if opens or _DUTY_VERB.match(match["verb"]):
            return before + (lowered(who) if before else _capital(who)) + rest
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
_DANGLING = re.compile(r"[\s:;,—–-]+(?:(?:and|or)[\s;,]*)?$")
_ENDS = frozenset(".!?…\")”’'")
"""What a sentence ends in that has nothing dangling."""


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def tidy(sentence: str, *, keep_opener: bool = False) -> str:
    """Drop a connective, cross-references and a dangling end, and close with a full stop."""
    opener = None if keep_opener else _CONNECTIVE.match(sentence)
    text = sentence[opener.end() :] if opener else sentence
    text = _SEE.sub("", text) if "(see " in text else text
    text = _DANGLING.sub("", text) or sentence if text[-1:] not in _ENDS else text
    text = _capital(text)
    closed = text[-1] in ".!?…" or text.endswith(('."', ".)", ".”", '?"', '!"'))
    return text if closed else text + "."
