"""Make a sentence stand on its own: its lead-in, its subject and what its first words point back
to.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from specloop.spec.lexicon import ACTORS
from specloop.spec.wording import Obligation, is_conditional, main_clause, obligation, plain


class Stated(NamedTuple):
    """A self-contained statement and the duty in it; `joined` if the lead-in carries the duty."""

    text: str
    duty: Obligation
    joined: bool = False


_ANNOUNCES = re.compile(r"\b(following|as follows|these|below)\b", re.I)
_LISTS = re.compile(
    r"\b(includ\w+|examples?|such as|kinds?|types?|causes?|reasons?|factors?|categories|defines?|"
    r"may (?:face|specify|contain))\b",
    re.I,
)
_HANGS = re.compile(
    r"\b(must|shall|should|may|can|will|to|not|never|always|only|don['’]t|cannot|can['’]t|avoid|by|and|or)$",
    re.I,
)
_TITLES = {
    r"(things )?(we |you )?(do not|don['’]?ts?|never( do)?|must not|should not|not allowed|not permitted|prohibited|"
    r"forbidden|disallowed|bad)( .{0,20})?": "Do not",
    r"(things to )?avoid": "Avoid",
}


def stem_of_title(title: str) -> str:
    """The stem that a heading or column title gives the entries below it ('Do not'), or nothing."""
    bare = title.strip(" :.*")
    for pattern, stem in _TITLES.items():
        if re.fullmatch(pattern, bare, re.I):
            return bare if _HANGS.search(bare) and " " in bare else stem
    return bare if _HANGS.search(bare) and obligation(bare) else ""


def compose(stem: str, sentence: str) -> Stated | None:
    """Join a list's lead-in with one entry, so that what is demanded is said in one sentence."""
    own = obligation(sentence)
    if not stem:
        return Stated(sentence, own) if own else None
    bare = stem.rstrip(" :—–-")
    carried = obligation(bare) or obligation(f"{bare} X")
    if carried is None:
        if own is None or (_LISTS.search(bare) and not own.explicit):
            return None
        text = f"{bare}, {_lower(sentence)}" if is_conditional(bare) else sentence
        return Stated(text, own)
    if own and _stands_alone(bare, carried, own, sentence):
        return Stated(_with_condition(bare, sentence), own)
    return Stated(_join(bare, sentence, own), carried, joined=True)


def _stands_alone(stem: str, carried: Obligation, own: Obligation, entry: str) -> bool:
    if carried.negative and (not own.negative or (_ANNOUNCES.search(stem) and not actor(entry))):
        return own.explicit and not own.negative
    if own.explicit:
        return True
    return entry[:1].isupper() and not _HANGS.search(stem)


def _with_condition(stem: str, sentence: str) -> str:
    """Carry the condition of the lead-in over to an entry that has none."""
    main = main_clause(stem)
    conditional = is_conditional(stem) and not re.match(
        r"(while|although|though|because|since|as|to)\b", stem, re.I
    )
    if not conditional or main == stem or is_conditional(sentence):
        return sentence
    return f"{stem[: len(stem) - len(main)].rstrip(' ,')}, {_lower(sentence)}"


def _join(stem: str, sentence: str, own: Obligation | None) -> str:
    runs_on = not _ANNOUNCES.search(stem) and sentence[:1].islower() and own is None
    if _HANGS.search(stem) or runs_on:
        return f"{stem} {_lower(sentence)}"
    return f"{stem}: {sentence}"


def _lower(sentence: str) -> str:
    first = re.match(r"[A-Z][a-z’'-]+\b|A\b", sentence)
    return sentence[0].lower() + sentence[1:] if first else sentence


_CONNECTIVE = re.compile(
    r"^(?:(?:however|additionally|in addition|furthermore|moreover|that said|similarly|likewise|therefore|thus|"
    r"conversely|instead|in particular|finally|as such|rather|on the other hand|also),\s*|"
    r"(?:but|and|also|instead|note(?: also)? that)\s+(?!of\b))",
    re.I,
)
_OPENS_BACK = re.compile(
    r"^(?:\w+,? )?(?:"
    r"(?:in|for|under|with|at|on|to|from|by|of|before|after) (?:all )?"
    r"(?:this|these|those|such|that|the latter|the former|others?)\b|"
    r"(?:this|these|those|such|the latter|the former|doing so)\b|"
    r"(?:when|if|while|once|where) (?:this|that|these|so|not|such|necessary|pressed,|"
    r"the \w+ (?:understands|accepts))\b)"
    r"|\bthis (?:is|was|does)\b",
    re.I,
)
_NAMES_BACK = re.compile(
    r"\b(?P<word>this|these|such|those) (?:\w+ )?(?P<thing>boundar|prohibition|exception|restriction|"
    r"case|context|topic|situation|scenario|content|request|behaviou?r|principle|lie|test|error|fact|"
    r"detail|discussion|rule|limit)(?:s|y|ies)?\b(?! (?:that|which|as|where))",
    re.I,
)
_NEAR = 60
"""Further on, 'this' and 'these' mostly point to something in the same sentence."""

_PRONOUN = re.compile(
    r"(?<![\w'’])(it|they)(?P<own>s|['’]s)?(?=\s+(?:\w+ly\s+|also\s+|always\s+)*(?P<verb>[\w'’]+))",
    re.I,
)
_EXPLETIVE = re.compile(
    r"^(?:it|they)(?:['’]s|\s+(?:is|may be|would be|can be|might be|seems|should be|must be))\s+(?:\w+ly\s+|not\s+)?"
    r"(?:important|acceptable|essential|critical|vital|best|possible|impossible|necessary|okay|fine|clear|unclear|"
    r"appropriate|up to|assumed|noted)",
    re.I,
)
_NAMED = "|".join(word for word in ACTORS.split("|") if word not in ("you", "we", "ai"))
_ACTOR = re.compile(
    rf"(?:\b(?:the|our|all|every|each|any)\s+(?:\w+\s+)?(?:{_NAMED})|(?:^|, )(?:staff|\w*(?:{_NAMED})s))\b"
    r"(?!['’-]|\s+(?:spec|providers?|famil\w+|card)\b)",
    re.I,
)


def points_back(sentence: str) -> bool:
    """Whether the sentence needs the one before it to be understood."""
    text = plain(sentence)
    if _OPENS_BACK.search(text):
        return True
    for found in _NAMES_BACK.finditer(text):
        near = found.start() <= _NEAR or found["word"].lower() == "such"
        if near and found["thing"].lower() not in text[: found.start()].lower():
            return True
    return False


def opens_with_contrast(sentence: str) -> bool:
    """Whether the sentence takes something back from what was said before it."""
    return bool(
        re.match(
            r"(however|that said|but|exceptions?|the (only|one|sole) exceptions?|except|unless)\b",
            sentence,
            re.I,
        )
    )


def is_exception_fragment(sentence: str) -> bool:
    """Whether the sentence is only an exception ('Unless the customer asks.'), without a duty of its own."""
    if not re.match(
        r"(exceptions?|the (only|one|sole) exceptions?|except|unless)\b", sentence, re.I
    ):
        return False
    return (
        bool(re.match(r"(the \w+ )?exceptions?\b", sentence, re.I))
        or main_clause(sentence) == sentence
    )


def actor(text: str) -> str:
    """The first one named in the text who can be bound by a rule ('the assistant'), or nothing."""
    found = _ACTOR.search(text)
    return found[0].lstrip(", ") if found else ""


def usual_actor(texts: Iterable[str]) -> str:
    """Who a document speaks of most."""
    named = Counter(name.lower() for text in texts if (name := actor(text)))
    return named.most_common(1)[0][0] if named else ""


def with_subject(sentence: str, subject: str) -> str:
    """Put the subject in place of the first pronoun that stands for it."""
    if not subject:
        return sentence
    if sentence.startswith(("Its ", "Their ")):
        return f"{_capital(subject)}'s {sentence.split(' ', 1)[1]}"
    for found in _PRONOUN.finditer(sentence):
        before = sentence[: found.start()]
        if found["own"] or _EXPLETIVE.match(sentence[found.start() :]) or actor(before):
            continue
        opens = re.fullmatch(r"(?:if|when|while|once|unless|before|after|where) ", before, re.I)
        if not before or opens or _DUTIES.match(found["verb"]):
            named = _lower(subject) if before else _capital(subject)
            return before + named + sentence[found.end() :]
    return sentence


_DUTIES = re.compile(r"(should|must|may|can|will|shouldn|ought)", re.I)


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def tidy(sentence: str, *, keep_opener: bool = False) -> str:
    """Drop a connective at the front and end with a full stop."""
    text = sentence if keep_opener else _CONNECTIVE.sub("", sentence)
    text = text.strip().rstrip(" :;,—–-") or sentence
    text = _capital(text)
    return text if text[-1] in ".!?…" or text[-2:] in ('."', ".)", ".”") else text + "."
