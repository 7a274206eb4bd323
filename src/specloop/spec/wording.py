"""Whether a sentence obliges somebody, how strongly, and whether it forbids something."""

from __future__ import annotations

import re
from functools import cache

from specloop.checking.sought import sought
from specloop.checking.text import any_case
from specloop.spec.bans import ACTORS, ARE_NOT, FREED, OUTRIGHT, UNDONE, forbids_at_once
from specloop.spec.duties import Obligation, duty_by_mood, duty_in_words
from specloop.spec.verbs import can_be_noun, is_verb_form, opens_with_verb

MAX_LENGTH = 1500
"""Most characters of a sentence; a longer one is a listing or a slip."""

_PARENTHESES = re.compile(r"\([^()]*\)")
_ADDED_DUTY = re.compile(r"(?<=\bcan )\((and (?:should|must))\)")
_QUOTED = re.compile(r"[\"“][^\"“”]*[\"”]|`[^`]*`|(?<!\w)[‘'][^'’]*[’'](?!\w)")
_QUOTE = re.compile(r"[\"“`‘']")
_LABEL = re.compile(
    r"^(?:(?:[\w()/&,'’-]+ ){0,6}?[\w()/&'’-]+ ?:|"
    r"(?:[\w/&'’]+ ){1,4}?(?:[—–→]|=>|-{1,3}>?))\s+(?=\S)"
)
CONNECTIVES = (
    "however|additionally|in addition|furthermore|moreover|that said|similarly|likewise|therefore|"
    "thus|conversely|instead|in particular|finally|rather|also"
)
"""Words that join a sentence to the one before it, as a pattern."""
_OPENER = any_case(
    rf"^({CONNECTIVES}|then|first|second|third(?![ -]part)|next|"
    r"above all( else)?|by default|in general|generally|typically|usually|in short|"
    r"note( also)? that|but|and|or|so|please|either(?= .* or )|as a rule|at all times|in all cases|"
    r"lastly|firstly|secondly|just|otherwise|even (?:then|so|there|here)|in that case|"
    r"if so|if not|afterwards|(?:no|yes), (?:and|but)|"
    r"(where|when|whenever|if) (possible|appropriate|feasible))\b(?! (than|to|of)\b),?\s*"
)
_SUBORDINATE = any_case(
    r"^(?:only )?(if|when|whenever|while|although|though|because|since|as|where|wherever|once|"
    r"before|after|unless|until|for|in|on|at|during|under|to|with|without|except|outside|"
    r"given|given that|provided|regardless|whatever (?:you|happens)|no matter|"
    r"rather than|instead of|upon|within|throughout|across|between|by|"
    r"should (?=(?:an?|any|the|you|your|there|it|they|this|that|somebody|someone)\b[^?]*,))\b"
)
_EXPLAINS = any_case(
    r"^(in th(is|e) example|in the (example|case) above|imagine|"
    r"for (more |further |additional )?(information|guidance|details|help|background|examples)\b"
    r"[^,]*, (see|refer to|visit|read|check|contact|consult)\b|"
    r"think (?:about|of) what it (?:means|is like)\b|"
    r"(?:write|send an? \w+|e-?mail) (?:to )?\S+@\S+$|"
    r"perhaps|maybe|the key ?words\b|suppose|consider (a|an|the) \w+ (to|where)|"
    r"the (reason|motivation|rationale|idea|goal|aim|purpose)\b|"
    r"this (helps|ensures|means that|is because|includes|context helps|applies)|see (also )?|"
    r"(?:please )?(?:refer to|visit|watch|check out) [^.]{1,100}? "
    r"(?:(?:for|to see) (?:\w+ )?(?:details|information|status|list|background)|that covers)\b|"
    r"such \w+ (reduce|increase|erode|help)|doing so (helps|ensures)|that is why|"
    r"(?:one|an|another) example of (?:this|that|these)\b|"
    r"in other words|that is, |(?:[\w’']+ ){1,5}(?:wrote|said|joked|claimed|asked|complained): |"
    r"[^,;:]{3,60}, (?:says|said|writes|wrote) )"
)
_BECAUSE = any_case(r"because\b")
_NARRATES = any_case(
    r"(?:(?:because|since) [^,;:]+|in (?:rare|some|many|most) cases|sometimes|occasionally),? "
    r"we (?:\w+ )?(?:have|need) to\b"
)
"""What the authors have to do tells of them."""
_NUMBER = re.compile(r"^(?:§+ ?)?\d+(?:\.\d+)+\.?\s+|^\([a-z\d]{1,3}\)\s+")
_EXAMPLE = any_case(
    r"(?:for (?:example|instance)|e\.g\.)[,:]?\s+"
    r"(?P<case>(?:if|when|whenever|in)\b|(?:an?|any|every) (?:\w+ ){1,3}?(?:who|that)\b)?"
)
_SAMPLE = any_case(r"(?:active|passive|example|original|revised|correct|incorrect)(?: \w+)?: ")
"""The label of a sentence that is only shown."""
_DUTY_WORD = (
    r"(must|should|shall|cannot|can't|may not|needs? to|has to|have to|"
    r"(is|are) (not )?(\w+ly )?(allowed|permitted|authori[sz]ed|prohibited|required))"
)
_EMBEDDED = sought(
    r"\b((?<=\bfor )when|how|what|why|"
    r"whether|which|where|that|who|whom|whose)\b(?<!ensure that)(?<!so that)"
    r"(?<!note that)(?<!requires that)(?<!require that)(?<! is that)"
    r"(?<!such that)(?<!agree that)(?<! means that)"
    rf"((?!\b(and|but|then|if)\b)[^,.;:—]){{0,60}}?\b(?P<duty>{_DUTY_WORD})\b"
)
"""A duty inside a relative clause or embedded question, which obliges nobody by itself."""
_FRAGMENT = sought(
    rf"^(when|if|where|whether|how|what|which|why)\b(?: \w+){{0,4}}? \w+ {_DUTY_WORD}\b[^,]*$"
)
_ALLOWED = sought(
    r"\b(?:is|are|(?:may|can) be) (?:allowed|permitted|acceptable|appropriate|exempt|okay|fine|"
    r"shared|used|given|provided|disclosed|made|discussed)\b|\bdo(?:es)? not apply\b"
)


@cache
def plain(sentence: str) -> str:
    """The sentence without parentheses, quotations and code, where words of duty bind nobody."""
    text = sentence
    if "(" in sentence:
        text = _PARENTHESES.sub("", _ADDED_DUTY.sub(r"\1", sentence))
    text = _SHORTENED.sub(_in_full, text) if _APOSTROPHE.search(text) else text
    return " ".join((_QUOTED.sub("X", text) if _QUOTE.search(text) else text).split())


_APOSTROPHE = re.compile("['’]")
_SHORTENED = any_case(
    r"(?<=\w)['’](?:(?P<end>re|ll)\b|(?P<would>d)(?= (?:like|love|prefer|better)\b))|"
    r"(?:(?<=\bit)|(?<=\bthat))['’](?P<is>s)(?= (?!been\b|got\b))"
)


def _in_full(short: re.Match[str]) -> str:
    if short["is"] or short["would"]:
        return " is" if short["is"] else " would"
    return " are" if short["end"].lower() == "re" else " will"


@cache
def obligation(sentence: str) -> Obligation | None:
    """What the sentence obliges somebody to; None for questions, explanations and descriptions."""
    text = plain(sentence[: MAX_LENGTH + 1])
    text = _IN_LINE.sub(r"\g<lead> ", text) if ":" in text else text
    if len(sentence) > MAX_LENGTH or text.endswith("?") or _EXPLAINS.match(text):
        return None
    example = _EXAMPLE.match(text)
    if (example and not example["case"]) or _SAMPLE.match(text):
        return None
    text = text[example.start("case") :] if example else _EXPLAINS.sub("", _unlabelled(text))
    main = main_clause(FREED.sub("X", text))
    if _FRAGMENT.match(main) or (_BECAUSE.match(text) and main == text) or _NARRATES.match(text):
        return None
    main = _UNABLE.sub(r"\g<before>", main)
    duty = duty_in_words(_REASON.sub("", _EMBEDDED.sub(_without_embedded, main)))
    if duty is None and not example:
        conditional = is_conditional(text)
        duty = duty_by_mood(main, conditional=conditional) or _capitals(sentence)
        duty = duty or _joined_on(main)
    return _turned(duty, text, main) if duty else None


_IN_LINE = any_case(
    r"^(?P<lead>[^:;.!?]{2,120}\b(?:must|should|shall|will|not|never|(?:forbidden|prohibited|allowed|"
    r"permitted) to|(?:not|never)\b[^:]{1,40} the following)):\s+(?:\(?\w{1,3}\)\s*)?(?=\w)"
)
"""A lead-in with its entries behind it ("must not: (a) share keys; ..."), which is no label."""
_UNABLE = sought(
    r"(?P<before>^|[;:—–]\s+)(?:if|when|whenever|where|as|since)\b[^,;:]{1,60}?"
    r"(?:cannot|can['’]t|may not|must not|n['’]t)\b[^,;:]{0,80}, (?:then )?(?=\w)"
)
"""What cannot be done by condition is no ban ("If you cannot tell, go with English")."""
_JOINED_ON = any_case(
    r"(?:[,—–]\s*|;\s+)(?:(?:and )?(?:so|therefore|thus|hence)|but|yet|then|instead|rather)\b,?\s+"
    r"(?=[a-z])|(?:;|\s[-–—])\s+(?=[a-z])"
)
_ORDERS_NOT = any_case(r"(?:never|do not|don['’]t|avoid|refrain)\b")


def _joined_on(main: str) -> Obligation | None:
    """An instruction behind a statement ("Many read on a phone, so use short paragraphs")."""
    for match in _JOINED_ON.finditer(main):
        rest = main[match.end() :]
        if ARE_NOT.match(rest):
            return Obligation("must", True)
        if _ORDERS_NOT.match(rest) or opens_with_verb(rest):
            return duty_by_mood(rest)
    return None


def _without_embedded(clause: re.Match[str]) -> str:
    """A relative clause without the duty in it; but in "who acts must" it is the main clause's."""
    words = clause[0][: clause.start("duty") - clause.start()].split()
    relative, rest = words[0].lower(), words[1:]
    verb = len(rest) > 1 and is_verb_form(rest[0]) and not can_be_noun(rest[0])
    who = len(rest) > 1 and relative == "who" and is_verb_form(rest[0])
    acts = verb or who or (len(rest) > 1 and _predicates(rest[0]))
    own = relative in ("that", "which", "who") and acts
    return clause[0] if own else words[0]


def _predicates(word: str) -> bool:
    return bool(_VERB.fullmatch(word)) or (word[-1] in "sd" and is_verb_form(word))


def only_explains(text: str) -> bool:
    """Whether a plain sentence asks, explains, shows an example or gives a reason."""
    told = _EXPLAINS.match(text) or _EXAMPLE.match(text) or _SAMPLE.match(text)
    return text.endswith("?") or bool(told or _BECAUSE.match(text))


def _unlabelled(text: str) -> str:
    """The sentence without its label ("Tone: ..."), unless that forbids ("Never lie: ...")."""
    text = _NUMBER.sub("", text)
    label = _LABEL.match(text)
    begun = label is None or forbids_at_once(text) or ("," in label[0] and is_conditional(text))
    return text if label is None or begun else text[label.end() :]


_REASON = any_case(r"(?<!,) because\b[^;.]*")
"""A reason obliges nobody."""
_NOR = any_case(r"nor (?:must|should|shall|may|can|will|does|do|is|are)\b")


def _turned(duty: Obligation, text: str, main: str) -> Obligation:
    """The duty, turned round by words outside its verb."""
    before = text[: len(text) - len(main)] if text.endswith(main) else ""
    outright = OUTRIGHT.search(before) or OUTRIGHT.match(main) or _NOR.match(text)
    if not duty.negative and outright:
        return duty._replace(negative=True)
    if duty.negative and UNDONE.search(main):
        return duty._replace(negative=False)
    return duty


def is_permission(sentence: str, subject: str) -> bool:
    """Whether the sentence allows something, or says what the subject may do."""
    text = plain(sentence)
    if text.endswith("?") or _EXPLAINS.match(text) or _EXAMPLE.match(text):
        return False
    who = re.escape(subject.split()[-1]) if subject else "assistant"
    may = re.search(rf"\b(?:{ACTORS}|{who}|it|they) (?:may|can)\b", text, re.I)
    return bool(may or _ALLOWED.search(text))


@cache
def main_clause(text: str) -> str:
    """The sentence from its main clause on, without openers and leading conditions."""
    while (match := _OPENER.match(text)) and match.end() < len(text):
        text = text[match.end() :]
    if not _SUBORDINATE.match(text):
        return text
    for comma in re.finditer(r"[,—]\s+|:\s+", text):
        rest = text[comma.end() :]
        # Behind a clause of its own a colon opens a list; only an instruction begins anew there.
        lists = comma[0][0] == ":" and ", " in text[: comma.start()]
        if forbids_at_once(rest) if lists else _begins_clause(rest):
            return main_clause(rest)
    return text


def is_conditional(text: str) -> bool:
    """Whether the text opens with a condition or a scope ('If ...', 'For ...', 'During ...')."""
    return bool(_SUBORDINATE.match(text))


_CLAUSE_HEAD = any_case(
    r"(?:then )?(?:the|an?|this|these|our|all|any|every|each|it|they|you|we|there|no|only|"
    rf"{ACTORS}|[a-z]*[a-rt-z]s(?!,)|"
    r"(?!which|that|who|what|where|when|and|or|but)\w+ (?:must|should|shall|may|might|can|cannot|"
    r"will|would|does|is|has))\b"
)
_PRONOUN_CLAUSE = any_case(r"(?:we|you|they|it|he|she|i) (?:also |would |\w+ly )*(?P<verb>\w+)\b")
_VERB = any_case(
    r"\b(must|should|shall|may|can|cannot|is|are|was|were|ha[sv]e?|had|needs?|will|would|might|could|does|do|did)\b|"
    r"n['’]t\b"
)


def _begins_clause(text: str) -> bool:
    if forbids_at_once(text):
        return True
    if re.match(r"(?:always|only)\s+\w", text, re.I) or opens_with_verb(text, alone=True):
        return not re.match(r"(?:\w+ly )?\w+(?:,| or | and \w+,)", text)
    pronoun = _PRONOUN_CLAUSE.match(text)
    if pronoun and is_verb_form(pronoun["verb"]):
        return True
    return bool(_CLAUSE_HEAD.match(text) and _VERB.search(text[:110]))


_CAPITALS = re.compile(r"\b(MUST|SHALL|SHOULD)( NOT)?\b")


def _capitals(sentence: str) -> Obligation | None:
    """A duty in capitals, as in RFC 2119, which counts even inside parentheses."""
    if sentence.rstrip(".") == "REQUIRED":
        return Obligation("must", False)
    match = _CAPITALS.search(sentence)
    return Obligation("must", bool(match[2])) if match else None
