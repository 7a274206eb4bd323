"""Duties that are told like facts: "Logs are kept for a year", "Every answer names the file".

In running prose such a sentence describes; in a document that is mostly short rules it is one of
them. So it counts only there, and only of what is general: what each, no or several of a kind do
or what is done with them, and what those do whom the document binds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import InitVar, dataclass, field

from specloop.checking.text import any_case, word_set
from specloop.spec.actors import PEOPLE
from specloop.spec.duties import FREED, Obligation, is_conduct
from specloop.spec.verbs import can_be_verb, is_verb_form
from specloop.spec.wording import (
    is_conditional,
    is_permission,
    main_clause,
    obligation,
    only_explains,
    plain,
)

MAX_WORDS = 25
"""Most words of a sentence that is a rule told like a fact."""
_SHORT = 16
_DENSE = 0.35

_BY_ITSELF = any_case(
    r"(?:this|that|these|those|there|it|they|here|such|some|many|most|several|often|sometimes|"
    r"usually|i|we|you|he|she|his|her|what|who|how|why|today|last|both|other|others|another|"
    r"nothing|nobody|everything)\b"
)
_NO_DUTY = any_case(r"q(?:uestion)?\s*:|exceptions?\b|except\b|unless\b")
_MAY = any_case(r"\b(?:may|can|could|might|would|must|should|shall)\b")
_THAT = r"(?: (?:that|who|which) [^,;:]{3,60}?)?"
_OF = r"(?: (?:to|of|for|from|in|with|about|on|at) (?:[\w’'-]+ ?){1,4}?)?"
_DONE = any_case(
    rf"^(?P<what>(?:(?P<each>each|every|any|all|an?|no)|(?P<the>the|our|your|its|their)) "
    rf"(?:[\w’'-]+ ){{0,4}}?[\w’'-]+|(?:[\w’'-]+ ){{0,3}}?[\w’'-]+s{_OF}){_THAT} (?:is|are|gets?) "
    r"(?P<not>not |never )?(?:(?:then|also|always|only|\w+ly) )*(?P<done>\w+)\b(?P<rest>.*)$"
)
_NOT_DONE = word_set("""
based known called named located used interested involved related limited designed intended meant
expected needed supposed included found seen considered aimed organised organized composed entitled
concerned financed bound situated dedicated attached listed described defined explained agreed
allowed permitted shown displayed required forbidden prohibited read open closed free made set gone
subject obliged exempt covered affected divided happened connected equipped derived tired
""")
"""Participles that say what something is like."""
_PEOPLE = any_case(PEOPLE)
_BY_THEM = any_case(r"by (?:the |our |an? )?(?:[\w’'-]+ ?){1,3}")
"""Says who does it, and nothing more: mostly somebody else's work."""
_BY = any_case(r"\bby (?:the|our|an?)\b")
_KIND = any_case(
    rf"^(?:(?P<each>each|every|no|any|whoever) (?:[\w’'-]+ ){{0,3}}?[\w’'-]+|"
    rf"whoever|everyone|everybody){_THAT} "
    r"(?P<not>(?:does not|never) )?(?P<verb>has (?=\d)|\w+s)"
)
_ACTOR_DOES = any_case(
    r" (?:also |always |then |only |\w+ly )*"
    r"(?:(?P<not>(?:do(?:es)?|will)(?: not|n['’]t) |never |won['’]t )(?P<stem>\w+)|"
    r"will (?P<will>\w+)|(?P<verb>\w+))\b"
)
_OBJECT = any_case(
    r"(?:(?:the|an?|any|all|your|their|its|his|her|our|each|every|no|at|in|on|by|with|to|for|from|"
    r"within|before|after|when|only|up|out|down|off|X|\d+)\b|[\"“`])"
)
_HEAD = any_case(r"[\w’'-]+(?<!s)s")
_MODIFIES = word_set("of in for with from to at on who that which")


@dataclass(slots=True)
class Customs:
    """Which sentences of one document are duties told like facts."""

    texts: InitVar[Iterable[str]]
    """Its sentences."""
    names: InitVar[Iterable[str]]
    """Those whom it binds by names of its own."""
    dense: bool = field(init=False)
    bound: set[str] = field(default_factory=set[str])
    """Who is bound in words of duty, in the singular."""

    def __post_init__(self, texts: Iterable[str], names: Iterable[str]) -> None:
        self.bound.update(names)
        n = n_words = n_duties = 0
        for text in texts:
            if text.endswith(":") or len(text.split()) < 3:
                continue
            duty = obligation(text)
            n, n_words, n_duties = n + 1, n_words + len(text.split()), n_duties + (duty is not None)
            if duty is not None and duty.explicit:
                named = _BOUND.findall(main_clause(plain(text)).lower())
                self.bound.update(_singular(word) for word in named if word not in _PRONOUNS)
        self.dense = n > 0 and n_words <= _SHORT * n and n_duties >= _DENSE * n

    def duty(self, sentence: str) -> Obligation | None:
        """The duty that a sentence tells like a fact."""
        if not self.dense or len(sentence.split()) > MAX_WORDS or sentence[-1:] in ":?":
            return None
        text = plain(sentence)
        main = main_clause(text)
        if main == text and is_conditional(text) and ", " in text:
            main = text.split(", ", 1)[1]
        if only_explains(text) or FREED.search(main) or _NO_DUTY.match(text):
            return None
        if is_permission(text, ""):
            return None
        if told := self._of_actor(main):
            return told
        if _BY_ITSELF.match(main) or _MAY.search(main) or self._of_others(main):
            return None
        return _done(main) or _of_each(main) or _of_several(main)

    def _of_others(self, main: str) -> bool:
        """Whether a sentence is about people whom the document does not bind."""
        words = [word.strip(",.").lower() for word in main.split(maxsplit=4)[:4]]
        people = (word for word in words if word.endswith("s") or word == "staff")
        head = next(people, "")
        return bool(_PEOPLE.fullmatch(head)) and _singular(head) not in self.bound

    def _of_actor(self, main: str) -> Obligation | None:
        """What somebody does whom the document binds ("The board answers within a week")."""
        words = main.split(maxsplit=7)[:6]
        for at in range(1, min(5, len(words))):
            if _MAY.fullmatch(words[at - 1]):
                return None
            who = re.sub(
                r"^(?:the|our|an?|each|every|all)\s+", "", " ".join(words[:at]), flags=re.I
            )
            if not who or _singular(who.split()[-1].lower()) not in self.bound:
                continue
            does = _ACTOR_DOES.match(main, len(" ".join(words[:at])))
            if does and _acts(
                does, many=who.lower().endswith(("s", "staff", "people", "children"))
            ):
                leaves = (does["verb"] or "").lower().startswith(("refrain", "abstain", "avoid"))
                return Obligation("indicative", bool(does["not"]) or leaves)
        return None


_BOUND = re.compile(
    r"^(?:(?:no|the|our|all|any|every|each|an?|only)\s+)*(?:[\w’'-]+ ){0,2}?([\w’'-]+)"
    r"(?: (?:in|of|at|with|who) [^,;:]{2,40}?)? "
    r"(?:must|shall|should|may|can|cannot|will|ha(?:s|ve) to|needs? to|(?:is|are)(?: not)? to)\b"
)


_PRONOUNS = word_set("x you we they it these those this that which who one he she i")
_HAPPENS = word_set(
    "be are have do need get see find receive like know want become learn lose feel"
)


def _singular(word: str) -> str:
    return word.removesuffix("s")


def _acts(does: re.Match[str], *, many: bool) -> bool:
    if does["not"] or does["will"]:
        return can_be_verb(does["stem"] or does["will"]) and does["will"] not in _HAPPENS
    verb = does["verb"].lower()
    return (
        verb not in _HAPPENS
        and is_conduct(verb)
        and (can_be_verb(verb) if many else verb.endswith("s"))
    )


def _done(main: str) -> Obligation | None:
    """What is done with things of a kind ("Logs are kept for a year")."""
    match = _DONE.match(main)
    if match is None:
        return None
    done, rest = match["done"].lower(), match["rest"].strip(" .")
    if done in _NOT_DONE or not (_is_participle(done) or done in ("due", "payable")):
        return None
    negative = bool(match["not"]) or (match["each"] or "").lower() == "no"
    if not negative and (_BY_THEM.fullmatch(rest) or (match["the"] and not _BY.match(rest))):
        return None
    return Obligation("indicative", negative) if rest or negative else None


def _is_participle(word: str) -> bool:
    ends = word.endswith(("ed", "en", "wn", "pt", "ld", "nt", "ft", "id", "un", "ne"))
    return ends and is_verb_form(word)


def _of_each(main: str) -> Obligation | None:
    """What each or none of a kind does ("Every answer names the file")."""
    match = _KIND.match(main)
    if match is None or not (match["verb"] == "has " or is_conduct(match["verb"])):
        return None
    negative = bool(match["not"]) or (match["each"] or "").lower() == "no"
    return Obligation("indicative", negative)


def _of_several(main: str) -> Obligation | None:
    """What several of a kind do ("Pupils who need one carry a card")."""
    words = main.split(maxsplit=14)[:14]
    head = next((at for at, word in enumerate(words[:4]) if _HEAD.fullmatch(word)), -1)
    if head < 0 or head + 2 >= len(words) or words[0].lower() in ("the", "our", "your", "its"):
        return None
    after, modified = head + 1, words[head + 1].lower() in _MODIFIES
    if not modified and words[after].lower() in ("do", "don't", "don’t", "never"):
        return Obligation("indicative", True) if len(words) > after + 2 else None
    # What a relative clause says of them comes first.
    places = range(after + 2, len(words) - 1) if modified else [after]
    for at in places:
        if can_be_verb(words[at]) and is_conduct(words[at]) and _OBJECT.match(words[at + 1]):
            return Obligation("indicative", False)
    return None
