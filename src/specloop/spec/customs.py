"""Duties that are told like facts: "Logs are kept for a year", "Every answer names the file".

In running prose such a sentence describes; in a document that is mostly short rules it is one of
them. So it counts only there, and only of what is general: what each, no or several of a kind do
or what is done with them, and what those do whom the document binds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import InitVar, dataclass, field
from functools import lru_cache
from typing import NamedTuple

from specloop.checking.sought import sought
from specloop.checking.text import any_case, word_set
from specloop.spec.actors import PEOPLE, RUNNING
from specloop.spec.bans import FREED
from specloop.spec.duties import NO_CONDUCT, Obligation, is_conduct
from specloop.spec.verbs import can_be_verb, has_predicate, is_verb_form
from specloop.spec.wording import (
    is_conditional,
    main_clause,
    obligation,
    only_explains,
    plain,
)

MAX_WORDS = 25
"""Most words of a sentence that is a rule told like a fact."""
_SHORT = 22
_DENSE = 0.2
_RULES = any_case(
    r"\b(?:agreement|contract|lease|terms|rules?|rulebook|polic(?:y|ies)|regulations?|handbook|"
    r"code of|script|procedures?|protocol|manual|guidelines?|standards?)\b"
)
"""Titles of documents of rules: half as many duties in words do."""

_BY_ITSELF = any_case(
    r"(?:this|that|these|those(?! who)|there|it|they|here|such|some|many|most|several|often|"
    r"sometimes|usually|i|we|you|he(?! who)|she|his|her|what|who|how|why|today|last|both|other|"
    r"others|another|nothing|nobody|everything)\b"
)
_NO_DUTY = sought(
    r"(?:q(?:uestion)?\s*:|exceptions?\b|except\b|unless\b)|.*\bdo(?:es)? not apply\b|"
    r".*\b(?:is|are|be) (?:allowed|permitted|acceptable|appropriate|exempt|okay|ok|fine|welcome)\b"
)
_POINTS = any_case(r"(?:this|these|those|the same)\b")
_MAY = any_case(r"\b(?:may|can|could|might|would|must|should|shall)\b")
_THAT = r"(?: (?:that|who|which) [^,;:]{3,60}?)?"
_OF = r"(?: (?:to|of|for|from|in|with|about|on|at) (?:[\w’'-]+ ?){1,4}?)?"
_DONE = sought(
    rf"^(?P<what>(?:(?P<each>each|every|any|all|an?|no)|(?P<the>the|our|your|its|their)) "
    rf"(?:[\w’'-]+ ){{0,4}}?[\w’'-]+|(?!\w+ing (?:is|are))(?:[\w’'-]+,? ){{0,5}}?[\w’'-]+{_OF})"
    rf"{_THAT} (?:is|are|gets?|(?P<will>will be))"
    r"(?P<not>n['’]t| not| never)? (?:(?:then|also|always|only|\w+ly) )*"
    r"(?P<done>\w+)\b(?P<rest>.*)$"
)
_NOT_DONE = word_set("""
based known called named located used interested involved related limited designed intended meant
expected needed supposed included found seen considered aimed organised organized composed entitled
adapted inspired licensed reminded informed told
concerned financed bound situated dedicated attached listed linked described defined explained
agreed allowed permitted shown displayed required forbidden prohibited open closed free made set
gone subject obliged exempt covered affected divided happened connected equipped derived tired
""")
"""Participles that say what something is like."""
_REFUSED = word_set("excluded refused rejected")
_PEOPLE = any_case(PEOPLE)
_RUNS = any_case(RUNNING)
_BY_THEM = any_case(
    r"by (?!people|humans|a (?:human|person))(?:the |our |an? )?(?:[\w’'-]+ ?){1,3}"
)
"""Says who does it, and nothing more: mostly somebody else's work."""
_WHEN = any_case(
    r"\bby (?:the|our|an?)\b|\b(?:within|before|after|until|only|at (?:once|least|most)|every|per|"
    r"first|immediately|daily|weekly|monthly|yearly|on the (?:\w+ )?day)\b|\d"
)
"""Says who does it, or when: then it is a duty rather than a description."""
_OBJECT = any_case(
    r"(?:the|an?|any|all|your|their|its|his|her|our|each|every|no|only|X|"
    r"(?:at|in|on|by|with|to|for|from|into|onto|within|before|after|when|until|up|out|down|off)|\d+)"
    r"\b|[\"“`]"
)
_ADVERB = any_case(r"(?:also|always|then|only|never|not|\w+ly)")
_HELPER = any_case(r"(?:(?P<no>(?:do(?:es)?|will)(?: not|n['’]t)|never|won['’]t)|will) ")
_EACH = word_set("each every no any whoever everyone everybody")
_ALL = word_set("the our an a all both one")
_OWNERS = word_set("the a an our your their its his her")
_MODIFIES = word_set("of in for with from at on about")
_RELATIVE = word_set("who that which")
_MANY = any_case(r"(?:\w+(?<!s)s|staff|people|children)")
_PRONOUNS = word_set("x you we they it these those this that which who one he she i")
_HAPPENS = word_set(
    "be are have do need get see find receive like know want become learn lose feel"
)
_LEAVES = ("refrain", "abstain", "avoid")
_DECIDES = word_set("decides goes determines")
"""What somebody does, though the same is said of things."""
_CUSTOM = any_case(
    r"(?:go (?:out|to|into|in|onto|on|behind|back|through|via|first|last)|belong|"
    r"(?:stay|remain)(?! the same)|come (?:with|before|after|first|last)|"
    r"(?:end|begin|start) (?:with|at|on|in|by)|fall to)\b"
)
"""What is told of things as the custom of a place ("Receipts go into the folder")."""
_NOTHING = any_case(r"nothing (?:leaves|enters|goes (?:out|in|into|to))\b")
_ASIDE = any_case(r",? (?:including|such as|in whole or in part|even|not even)\b[^,]{0,60},")
_LEFT = any_case(
    r"(?P<who>(?!(?:how|what|where|when|things?|ways?|one|nothing|something|steps|"
    r"the (?:right|time|way|need|aim|goal))\b)(?:[\w’'-]+ ){0,4}?[\w’'-]+) to "
    r"(?:(?P<be>be \w+(?:ed|en|wn|pt|ft|ld|nt))\b|(?!be\b)\w+ \w)"
)
_ONLY_FOR = any_case(
    r"(?:[\w’'-]+ ){1,6}?(?<!-)only (?:with|if|when|after|by|for|from|through|via)\b[^,;:]*$|"
    r"(?:for|by) [^,;:]{2,40} only\.?$"
)
_NOT_THAT = any_case(r"(?:[\w’'-]+ ){0,4}[\w’'-]+, not (?:[\w’'-]+ ?){1,4}\.?$")
_SCOPED = any_case(
    r"(?:at|on|in|after|before|during|within) (?:[\w’'-]+ ){1,7}?"
    r"(?<!of )(?<!on )(?<!at )(?<!in )(?<!to )(?<!with )(?<!by )(?<!for )(?<!from )(?<!after )"
    r"(?<!before )(?=(?:every(?:one|body)?|each|the|all|you|staff) )"
)
"""A time or place before a clause, without a comma."""
MAX_SUBJECT = 12
"""Most words of a subject with what is said of it."""


class Told(NamedTuple):
    """Who does what, in the present tense."""

    subject: tuple[str, ...]
    """Its words, in lower case, without what modifies its head."""
    modified: bool
    negative: bool
    base: bool
    """Whether the verb stands in its base form: behind "will", or denied."""
    verb: str
    rest: str

    @property
    def many(self) -> bool:
        """Whether the subject is several."""
        return self.subject in (("you",), ("we",), ("i",)) or bool(
            _MANY.fullmatch(self.subject[-1])
        )

    @property
    def stem(self) -> str:
        """The verb in its base form, if it agrees with the subject."""
        plain_form = self.base or self.many
        return self.verb if plain_form else self.verb.removesuffix("s").replace("goe", "go")

    @property
    def acts(self) -> bool:
        """Whether the verb agrees with the subject and says what somebody does."""
        stem = self.stem
        conduct = is_conduct(f"{stem}s") or f"{stem}s" in _DECIDES
        return self.agrees and conduct and stem not in _HAPPENS and stem not in NO_CONDUCT

    @property
    def agrees(self) -> bool:
        """Whether the verb has the subject's number."""
        return self.base or self.many != self.verb.endswith("s")


@lru_cache(maxsize=65536)
def told_in(main: str) -> tuple[Told, ...]:
    """The ways to read a clause as a subject and what it does."""
    return tuple(_told_in(main))


def _told_in(main: str) -> Iterator[Told]:
    words = main.split(maxsplit=MAX_SUBJECT + 3)
    lower = [word.strip(",.").lower() for word in words[: MAX_SUBJECT + 3]]
    ends = [at for at, word in enumerate(lower) if word in _MODIFIES or word in _RELATIVE]
    head = ends[0] if ends else len(lower)
    relative = next((at for at in ends if lower[at] in _RELATIVE), len(lower))
    for at in range(1, min(len(lower), MAX_SUBJECT)):
        if _MAY.fullmatch(lower[at]) or (words[at - 1][-1] == "," and at <= relative):
            return
        # What a relative clause says of the subject comes first.
        if relative < at < relative + 3 or {at, at - 1} & {*ends} or lower[at - 1] in _OWNERS:
            continue
        subject = [word for word in lower[: min(at, head)] if not _ADVERB.fullmatch(word)]
        helper = _HELPER.match(" ".join(words[at : at + 2]) + " ")
        after = at + len(helper[0].split()) if helper else at
        if not subject or after >= len(words) or not is_verb_form(lower[after]):
            continue
        if not has_predicate(subject[1:]):
            denied = bool(helper and helper["no"])
            rest = " ".join(words[after + 1 :])
            yield Told(tuple(subject), head < at, denied, bool(helper), lower[after], rest)


@dataclass(slots=True)
class Customs:
    """Which sentences of one document are duties told like facts."""

    texts: InitVar[Iterable[str]]
    """Its sentences."""
    names: InitVar[Iterable[str]]
    """Those whom it binds by names of its own."""
    title: InitVar[str] = ""
    dense: bool = field(init=False)
    bound: set[str] = field(default_factory=set[str])
    """Who is bound in words of duty, in the singular."""

    def __post_init__(self, texts: Iterable[str], names: Iterable[str], title: str) -> None:
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
        least = _DENSE / 2 if _RULES.search(title) else _DENSE
        self.dense = n > 0 and n_words <= _SHORT * n and n_duties >= least * n

    def duty(self, sentence: str) -> Obligation | None:
        """The duty that a sentence tells like a fact."""
        main = self._main(sentence)
        if main and _NOTHING.match(main):
            return Obligation("indicative", True)
        if _DOING.match(main):
            return None
        to_you = is_conditional(sentence) and main[:4].lower() == "you "
        if not main or (_BY_ITSELF.match(main) and not to_you):
            return None
        told = told_in(main)
        for one in told:
            if one.acts and (self._binds(one) or (to_you and one.subject == ("you",))):
                leaves = one.verb.startswith(_LEAVES) or one.rest.startswith("no ")
                return Obligation("indicative", one.negative or leaves or bool(_DENIED.match(main)))
        if _MAY.search(main) or self._of_others(main):
            return None
        return (
            _done(main, occasion=is_conditional(sentence)) or _of_kind(told) or self._notice(main)
        )

    def _notice(self, main: str) -> Obligation | None:
        """What a notice without a verb says ("Bags to be left outside", "Tabs, not spaces")."""
        left, only = _LEFT.match(main), _ONLY_FOR.match(main)
        if left and not has_predicate(left["who"].split()):
            *_, head = left["who"].lower().split()
            theirs = _PEOPLE.fullmatch(head) or _singular(head) in self.bound
            if theirs or left["be"]:
                return Obligation("indicative", False)
        if (only or _NOT_THAT.match(main)) and not has_predicate(main.split()):
            return Obligation("indicative", bool(only))
        return None

    def may_be(self, sentence: str) -> bool:
        """Whether a sentence tells what somebody does or what is done, be it a duty or not."""
        main = self._main(sentence)
        if not main or _POINTS.match(main) or self._of_others(main):
            return False
        if any(one.acts or (one.agrees and self._binds(one)) for one in told_in(main)):
            return True
        done = _DONE.match(main)
        return done is not None and _is_participle(done["done"].lower())

    def _main(self, sentence: str) -> str:
        """The main clause of a sentence that may tell a duty; empty if it cannot."""
        if not self.dense or len(sentence.split()) > MAX_WORDS or sentence[-1:] in ":?":
            return ""
        text = plain(sentence)
        main = main_clause(text)
        main = _ASIDE.sub("", main)
        if main == text and is_conditional(text):
            scoped = _SCOPED.match(text)
            main = text[scoped.end() :] if scoped else text.split(", ", 1)[-1]
        denied = only_explains(text) or FREED.search(main) or _NO_DUTY.match(main)
        return "" if denied else main

    def _binds(self, told: Told) -> bool:
        """Whether the subject is somebody whom the document binds, or who runs its service."""
        words = [word for word in told.subject if word not in _ALL]
        if ":" in "".join(words):
            return False
        if not words or words[-1] in _PRONOUNS:
            return False
        return _singular(words[-1]) in self.bound or bool(_RUNS.fullmatch(" ".join(words[-2:])))

    def _of_others(self, main: str) -> bool:
        """Whether a sentence is about people whom the document does not bind."""
        words = [word.strip(",.").lower() for word in main.split(maxsplit=4)[:4]]
        people = (word for word in words if _MANY.fullmatch(word))
        head = next(people, "")
        return bool(_PEOPLE.fullmatch(head)) and _singular(head) not in self.bound


_DOING = any_case(
    r"(?!during|nothing|anything|everything|something)\w+ing (?:the|an?|all|your|each|every) "
)
"""What doing something brings is no duty ("Locking the door keeps the heat in")."""
_DENIED = any_case(
    r"(?:(?!\b(?:that|which|who|if|when|unless|and)\b)[^,;:])*?\b(?:do|does|will)(?: not|n['’]t) \w"
)
_BOUND = re.compile(
    r"^(?:(?:no|the|our|all|any|every|each|an?|only)\s+)*(?:[\w’'-]+ ){0,2}?([\w’'-]+)"
    r"(?: (?:in|of|at|with|who|that|which) [^,;:]{2,60}?)? "
    r"(?:must|shall|should|may|can|cannot|will|ha(?:s|ve) to|needs? to|(?:is|are)(?: not)? to)\b"
)


def _singular(word: str) -> str:
    return word.removesuffix("s")


def _done(main: str, *, occasion: bool) -> Obligation | None:
    """What is done with things of a kind ("Logs are kept for a year"), or on an occasion."""
    match = _DONE.match(main)
    if match is None or has_predicate(match["what"].split()[1:]):
        return None
    done, rest = match["done"].lower(), match["rest"].strip(" .")
    if done in _NOT_DONE or not (_is_participle(done) or done in ("due", "payable")):
        return None
    negative = bool(match["not"]) or (match["each"] or "").lower() == "no"
    if done in _REFUSED and not negative:
        return Obligation("indicative", True)
    if match["will"] and match["the"]:
        return None
    theirs = _BY_THEM.fullmatch(rest)
    if not negative and (theirs or (match["the"] and not (occasion or _WHEN.search(rest)))):
        return None
    return Obligation("indicative", negative) if rest or negative else None


def _is_participle(word: str) -> bool:
    ends = word.endswith(("ed", "en", "wn", "pt", "ld", "nt", "ft", "id", "un", "ne", "ght"))
    return (ends or word in ("met", "cut", "put", "shut", "lost", "read")) and is_verb_form(word)


MAX_ENTRY = 12
"""Most words of an entry that only names what to do."""
_COUNTED = any_case(r"(?:(?:up to|at (?:least|most)|exactly) )?(?:\d|one|two|three|four|five)\b")
_OWES = word_set("needs requires need require")


def _of_kind(told: Sequence[Told]) -> Obligation | None:
    """What each, none or several of a kind do ("Every answer names the file", "Pupils who need one
    carry a card")."""
    for one in told:
        det = one.subject[0]
        each = det in _EACH or (one.modified and det in ("an", "a", "one", "those"))
        several = one.many and det not in _ALL and det not in ("your", "its")
        counted = bool(_COUNTED.match(one.rest))
        gets = one.verb == "gets" and each
        has = (one.verb in ("has", "have") and counted) or one.verb in _OWES or gets
        owes = has and (each or several or one.modified or det in ("an", "a"))
        does = one.acts and (each or (several and _OBJECT.match(one.rest)))
        custom = one.agrees and one.subject[-1] not in _EACH | _ALL
        custom = custom and _CUSTOM.match(f"{one.stem} {one.rest}")
        if owes or does or custom:
            none = det == "no" or one.rest.startswith("no ")
            return Obligation("indicative", one.negative or none)
    return None


_STATES = any_case(r"\b(?:is|are|was|were|has|have|had|may|can|could|might)\b")
_BEGINS_NOT = any_case(r"(?:no|not|never|nothing|nobody|none|without)\b")


_NAMES_RULE = any_case(
    r"\b(?:only|never|no|nobody|nothing|at most|no more|up to|within|without|by|before)\b"
)


def may_name_rule(text: str) -> bool:
    """Whether an entry that only names something may be a rule: it sets a limit, or begins with
    what can be a verb ("Page within a minute")."""
    first, *rest = plain(text).split(maxsplit=6)
    opens = can_be_verb(first.strip(",")) and len(rest) > 1 and not has_predicate(rest)
    return bool(_NAMES_RULE.search(text)) or opens


_PURPOSE = any_case(r"to (?!be\b)\w+ ")


def entry_of_rules(text: str) -> Obligation | None:
    """The duty of an entry in a list of rules that only names what to do ("Receipts in the shared
    folder"); none if it says what something is like or may be."""
    bare = plain(text).split(";")[0]
    if only_explains(bare) or _STATES.search(bare) or _NO_DUTY.match(bare) or text.endswith(":"):
        return None
    if FREED.search(bare) or not 1 < len(bare.split()) <= MAX_ENTRY or has_predicate(bare.split()):
        return None
    others = _PURPOSE.match(bare) or _BY_ITSELF.match(bare)
    others = others and not bare.lower().startswith("you ")
    if others or any(one.agrees and not one.modified for one in told_in(bare)):
        return None
    return Obligation("indicative", bool(_BEGINS_NOT.match(bare)))
