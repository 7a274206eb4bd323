"""Whether a sentence needs the one before it: it points back, or leaves out what was said."""

from __future__ import annotations

import re

from specloop.checking.sought import sought
from specloop.checking.text import any_case, word_set
from specloop.spec.verbs import can_be_noun, can_be_verb
from specloop.spec.wording import ACTORS, is_conditional, main_clause, plain

_OPENS_BACK = sought(
    r"^(?:\w+,? )?(?:"
    r"(?:in|for|under|with|at|on|to|from|by|of|before|after) (?:all )?"
    r"(?:this|these|those|such|that|the latter|the former|others?)\b|"
    r"(?:this|these|those|such|the latter|the former|doing so)\b|"
    r"(?:when|if|while|once|where) (?:this|that|these|so|not|such|necessary|pressed,|"
    r"(?:you|they) (?:do|does)(?: not|n['’]t)?(?=,)|the \w+ (?:understands|accepts))\b)"
    r"|\bthis (?:is|was|does)\b|^.{0,40}\b(?:all|any|each|one|some|none) of (?:these|those|them)\b"
)
_NAMES_BACK = sought(
    r"\b(?P<word>this|these|such|those) (?:\w+ )?"
    r"(?P<thing>boundar|prohibition|exception|restriction|case|context|topic|situation|scenario|"
    r"content|request|behaviou?r|principle|lie|test|error|fact|detail|discussion|limit|action|"
    r"number|step|process|information|field|header|value|attribute|parameter|property|element|option)"
    r"(?:s|y|ies|es)?\b(?! (?:that|which|as|where))"
)
_NEAR = 60
"""Further on, 'this' and 'these' mostly refer to something in the same sentence."""
_LEAVES_OUT = sought(
    r"^(?:otherwise|even (?:then|there|so)|nor|(?:and )?others?(?! than))\b|"
    r"^(?:never|not) (?:one|two|three|more)\b(?! than)|"
    r"^(?:every|any|no) ?(?:one|body|thing) else\b(?! who| that)|"
    r"^[^,;]*\b(?:after|before|until) that\b(?=[.,;])|"
    r"\b(?:then|there|though|meanwhile|likewise)[.!]$|^(?!if ).*\beither[.!]$|"
    r"\b(?:may|must|should|can) then \w+ again\b|"
    r"\b(?:need|take|get|require|have|carrie)s? (?:one|two|three|four|five)[.!]$|"
    r"^[^,;:]{2,60} (?:is|are|do|does|may|can|must|should)(?: not|n['’]t)[.!]$"
)
"""What goes on from the sentence before, or leaves out what that has said."""
_POINTER = any_case(r"(?<![\w'’])(?:it|its|they|them|their|one)(?![\w'’])")
_NO_POINTER = any_case(
    r"it(?:['’]s| (?:is|was|would be|will be|may be|can be|seems|becomes))"
    r"(?: (?:\w+ly|not|never|always|also|very|often))* \w+(?: \w+)? "
    r"(?:to|that|for|if|when|how|whether)\b|"
    r"it (?:when|if|that|short|brief|simple|light|plain|makes sense|takes|looks like|turns out|"
    r"comes to|clear|easy|easier|hard|harder|possible)\b|"
    r"one(?! (?:only|if|when|unless|must|should|may|can|without|instead|says|is|has|does|arrives|"
    r"comes|happens|fails)\b|[.,;])"
)
"""*It* that stands for nothing, and *one* that is a number."""
_PEOPLE = any_case(
    r"\b(?:users?|customers?|persons?|people|pupils?|students?|child(?:ren)?|clients?|travellers?|"
    r"visitors?|guests?|patients?|employees?|members?|managers?|callers?|readers?|authors?|staff|"
    r"participants?|(?:some|any|every)(?:one|body)|colleagues?|teachers?|parents?|reviewers?|"
    r"moderators?|owners?|volunteers?|contributors?|maintainers?|groups?|teams?|committees?|boards?|developers?|speakers?|who|others)\b"
)
_FILLER = word_set("""
a an and any as at be both but by can cannot could do does don't first for from has have if in into
is it its let may might must need needs never no not nor of on only or ought our please shall should
still that the their them then they to too try us want wants we when will with would you your avoid
refrain remember make sure ensure always also like we'd you'd stop keep
""")


def points_back(sentence: str) -> bool:
    """Whether the sentence needs the one before it to be understood."""
    text = plain(sentence)
    if _OPENS_BACK.search(text) or _LEAVES_OUT.search(text):
        return True
    for match in _NAMES_BACK.finditer(text):
        near = match.start() <= _NEAR or match["word"].lower() == "such"
        if near and match["thing"].lower() not in text[: match.start()].lower():
            return True
    return False


def leans(sentence: str) -> bool:
    """Whether the first pronoun of a sentence stands for something that it does not name."""
    text = plain(sentence)
    main = main_clause(text)
    # "For what it is unsure of, the assistant ..." names it later.
    named_later = len(text) - len(main) if _ACTOR_FIRST.match(main) else 0
    for match in _POINTER.finditer(text, named_later):
        if not _NO_POINTER.match(text, match.start()):
            return not _names(text[: match.start()], match[0].lower())
    return False


_DOES = any_case(
    r"\b(?:must|should|shall|may|can|will|cannot|to|never|not|n['’]t) "
    r"(?:(?:not|never|to|also|\w+ly) )*\w+\b"
)
"""A verb of a duty, which names nothing."""
_SOMEBODY = any_case(rf"\b(?:an?|any|each|every) (?!(?:{ACTORS})\b)\w+|\w (?:and|or) \w")
"""One of a kind, or several: both may be *they*."""
_ACTOR_FIRST = any_case(rf"(?:the|our|every|each) (?:{ACTORS})\b")
_ONLY_SUBJECT = any_case(
    r"[^,;:]{0,40}(?:\b(?:must|should|shall|may|can|will|cannot)|n['’]t) "
    r"(?:(?:not|never|also|\w+ly) )*\w+ "
)
"""What is before an object that is the subject's own, and so is something else."""


def _names(before: str, pronoun: str) -> bool:
    """Whether words before a pronoun name something that it may stand for."""
    many = pronoun in ("they", "them", "their")
    if many and (_PEOPLE.search(before) or _SOMEBODY.search(before)):
        return True
    if pronoun in ("it", "them") and _ONLY_SUBJECT.fullmatch(before):
        return False
    words = re.findall(r"[\w’'-]+", _DOES.sub("", before))
    words = [word for word in words if word.lower() not in _FILLER and not word.endswith("ly")]
    opens = bool(words) and main_clause(before) == before and can_be_verb(words[0])
    things = [word for word in words[opens:] if can_be_noun(word)]
    plural = [word for word in things if re.search(r"[^su]s$", word)]
    return bool(plural) if many else len(things) - len(plural) > (pronoun == "one")


_ARTICLE = any_case(r"\bthe (?P<noun>(?:[a-z’'-]+ ){0,2}?[a-z-]+)(?=[.,;]|$)")
_KNOWN = any_case(
    rf"\b(?:(?:\w+s|{ACTORS}|law|internet|world|public|time|policy|document|company|truth|answer|reply|"
    r"response|message|request|conversation|chat|question|text|content|topic|language|tone|"
    r"following|same|other|author|website|site|\w+est|city|country|morning|evening|night|day|week|month|year)$|"
    r"(?:of|that|and|or|to|in|on|for|with|from|by|at|\w+['’]s?)\b)"
)
"""Things that a sentence may name without having introduced them."""
_LABELLED = re.compile(r"[^.:]{1,60}: ")
_ACTION = any_case(r"\b(?:taking|before|after|during) (?:this|the) (?:action|step|process)$")
_NTH = any_case(
    r"\bthe (?:first|second|third|fourth|fifth|next) (?:day|week|month|year|time)\b(?! of\b)"
)
"""Counted from something that is not named ("before 9 on the first day")."""
_THERE = any_case(r"there (?:cannot|must|may|can|shall|should)\b")
_OF_WHAT = frozenset({"assumptions", "exceptions", "guesses", "comparisons", "why", "what", "how"})
"""What is always made of, or about, something else."""
MAX_BARE = 5
"""Most words of a command that may name nothing that it is about."""
MAX_LITTLE = 17
"""Most words of a sentence that may say too little without its heading."""


def says_little(sentence: str) -> bool:
    """Whether a sentence needs its heading, since it is about a thing that it does not introduce
    ("Link the ticket.")."""
    text = plain(sentence).rstrip(".!")
    main = main_clause(text) if is_conditional(text) else text
    # A condition brings its things along; but one whose thing is the subject may name others.
    if _LABELLED.match(text) or (main != text and not main.startswith(("it ", "they "))):
        return False
    little = len(text.split()) <= MAX_LITTLE
    for match in _ARTICLE.finditer(text, len(text) - len(main)) if little else ():
        noun, before = match["noun"].lower(), text[: match.start()].lower()
        known = _KNOWN.search(noun) or _PEOPLE.search(noun)
        if not known and noun.split()[-1] not in before:
            return True
    told = _ACTION.search(text) or _THERE.match(text) or (little and _NTH.search(text))
    return bool(told) or _is_bare(text)


def _is_bare(text: str) -> bool:
    """Whether a command names nothing that it is about ("Don't make assumptions.")."""
    words = re.findall(r"[\w'-]+", text.lower().replace("’", "'"))
    verb, *others = [word for word in words if word == "make" or word not in _FILLER] or [""]
    if len(words) > MAX_BARE or not can_be_verb(verb):
        return False
    return not any(can_be_noun(word) and word not in _OF_WHAT for word in others)


def is_plural(who: str) -> bool:
    """Whether *they* stands for somebody rather than *it*: several, or a person."""
    return (who.endswith("s") and not who.endswith("ss")) or bool(_PEOPLE.search(who))


MAX_SHORT = 12
"""A longer sentence mostly says enough by itself."""
_BROUGHT_UP = any_case(r"\ban? ([\w-]+)(?: ([\w-]+))?")
MAX_SMALL = 3
"""Words of so few letters are mostly no nouns."""
_TAKEN_UP = any_case(r"\bthe ([\w-]+)(?: ([\w-]+))?")


def takes_up(sentence: str, before: str) -> bool:
    """Whether a sentence is about a thing that the one before it brought up ("a break", and then
    "the break")."""
    text = plain(sentence)
    if len(text.split()) > MAX_SHORT:
        return False
    new = {word.lower() for pair in _BROUGHT_UP.findall(before) for word in pair}
    new -= {word.lower() for pair in _BROUGHT_UP.findall(text) for word in pair}
    nouns = new & {word.lower() for pair in _TAKEN_UP.findall(text) for word in pair}
    things = (word for word in nouns - _FILLER if len(word) > MAX_SMALL)
    return any(can_be_noun(word) and not _PEOPLE.fullmatch(word) for word in things)
