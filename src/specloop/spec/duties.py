"""Words and moods that oblige: must, is not allowed, Never share, The assistant answers."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from specloop.checking.sought import sought
from specloop.checking.text import any_case, word_set
from specloop.records import Direction
from specloop.spec.bans import (
    ACTORS,
    DO_NOT,
    INTENSIFIER,
    LEAVE,
    LEAVES,
    NO_THING,
    NONE,
    PARTY,
    ban_in,
)
from specloop.spec.verbs import can_be_verb, has_predicate, is_verb_form, opens_with_verb

_STATES = word_set("""
is has does was can may might must should will would could knows contains consists seems appears
belongs exists means needs wants thinks believes understands remains becomes receives gets runs
works costs lives sees feels lacks depends comes goes learns generates produces covers applies
allows lets enables enters includes represents reflects occupies faces sits likes loves hopes
indicates denotes implies expects intends relates differs varies changes grows contributes
helps serves powers processes hosts encounters predicts consumes operates behaves finds notices
plays shapes detects determines realizes realises discovers perceives fails happens decides bears
""")
"""Present tenses that tell what something is like or what happens to it, not conduct."""

NO_CONDUCT = word_set("""
apply believe belong claim contain control depend endorse exist expect expire guarantee happen
intend know limit matter mean need own refer seem think understand waive warrant
""")
"""What is denied of somebody or something without a ban."""

Force = Literal["must", "should", "imperative", "indicative", "permission"]


class Obligation(NamedTuple):
    """What a sentence demands; `negative` if it forbids something."""

    force: Force
    negative: bool

    @property
    def explicit(self) -> bool:
        """Whether a word of duty says it, rather than mood or tense."""
        return self.force in ("must", "should")

    @property
    def direction(self) -> Direction:
        """The direction as a rule record names it."""
        return "negative" if self.negative else "positive"


_TASK = r"(?:job|duty|task|obligation|responsibility)"
_MUST = sought(
    r"\b(?:(?<!\ba )must|shall|ha(?:s|ve) to|is to be(?! expected\b)|"
    r"(?<!\bwho )(?<!\bmay )(?<!\bmight )(?<!\ba )needs? to(?! know)|"
    r"are (?:kindly )?(?:asked|requested) to|"
    rf"{PARTY} (?:to|(?:that )?you\b)|we (?:\w+ )?(?:pledge|commit|undertake) to|"
    r"needs? (?:the |an? )?(?:[\w-]+ |[\w-]+['’]s? (?:\w+ )?)?"
    r"(?:approval|consent|permission|agreement|permit|licen[cs]e|certificate|"
    r"signature|power of attorney|reservation|booking|confirmation|authori[sz]ation)\b|"
    r"needs? (?:the |an? )(?:[\w-]+ ){1,3}?from (?!time\b)|"
    r"(?:may|can|(?:is|are) (?:allowed|permitted|fine|ok|okay|welcome)) [^;:]{0,120}?"
    r"(?:provided that|(?:as|so) long as|on (?:the )?condition that)\b|"
    r"(?:is|are) up to [^,;:]{2,40}? to|ha(?:s|ve) got to|"
    rf"ha(?:s|ve) (?:the|an?) (?:\w+ and )?{_TASK} to|(?:is|are) (?:bound|under an? {_TASK}) to|"
    r"^it is for [^,;:]{2,40}? to|(?:is|are) in charge of|"
    rf"is (?:your|(?:the )?[\w ]{{2,30}}?['’]s?) {_TASK} (?:as [^,;:]{{2,50}}? )?to|"
    rf"is the {_TASK} of [^,;:]{{2,40}}? to|falls to [^,;:]{{2,40}}? to|"
    r"(?:is|are) (?:compulsory|obligatory|an? must(?=[.!]?$))\b|"
    r"(?:is|are) needed(?: (?:from|before|for|after|by|if|when)\b|[.!]?$)|(?:had|would) better|"
    r"requires (?:the |an? )?(?:\w+ )?(?:approval|consent|permission|agreement)|"
    r"(?<!\bit )will be (?:expected|required|asked|obliged) to|(?:is|are) (?:\w+ly )?"
    r"(?:required|recommended|obliged|obligated|mandatory|expected|not optional|"
    r"to be (?!expected\b)\w+(?:ed|en|wn|pt|ld|nt|ut|ft|ade|one)\b)|"
    r"^to be (?:\w+ly )?\w+ed (?:\w+ly|by|before|within|on|in|at|with)\b|"
    r"there is no (?:reason|excuse) (?:for [^,;:]{1,30} )?(?:not to|to not|for not|not))\b"
)
_IS_TO = any_case(
    r"^(?:your|the [\w-]+['’]s) (?:main |first |primary |only |key )?(?:job|task|role|duty|goal|"
    r"responsibility|mission|objective) is to \w+|"
    r"^(?!(?:this|that|to|what|how|all|one|the (?:only|best|first|next|last))\b)"
    r"(?![^,;:]*?\b(?:goal|aim|purpose|idea|job|task|way|point|role|intent(?:ion)?|plan|objective|"
    r"challenge|key|trick|solution|approach|thing|step|option|alternative|answer|choice|hope|"
    r"mission|function|reason|temptation|tendency|desire|attempt|decision|difficulty|work)s?\b)"
    r"[^,;:]{1,80}? (?:is|are) (?:\w+ly |also |then )?to "
    r"(?!(?:know|come|blame|follow|date|some|be expected)\b)\w+"
)
"""'He is to report it': a duty, but 'the aim is to report it' is none."""
_REQUIRES = sought(r"^(?:every|each) (?:[\w’'-]+ ){1,5}?requires\b")
_RESPONSIBLE = sought(
    r"^(?:(?!\b(?:that|which|who|whom|if|what)\b)[^,;:]){1,80}?"
    r"\b(?:is|are) (?:\w+ly )?responsible for\b"
)
_SHOULD = sought(
    r"^(?:[\w’'-]+ ){1,5}?(?:comes? (?:first|before|ahead of)|takes? (?:precedence|priority))"
    r"\b|"
    r"\b(?:should|ought to|is (?:important|essential|critical|crucial|vital|best) "
    r"(?:that|to(?! (?:\w+ing|note|remember|keep|understand|know|recogni[sz]e|them|us|you|the|our|"
    r"me)\b))|"
    r"(?:is|are) (?:\w+ly )?(?:advised|encouraged|urged|reminded) to|are (?:asked|instructed) to|"
    r"we (?:\w+ly |also )?(?:recommend|advise|suggest)(?: that you| you (?!can\b|may\b)|"
    r" using| to| the use| \w+ing)\b|"
    r"behaviou?rs are encouraged|(?:is|are) preferred (?:to|over)|"
    r"(?:principle|rule[- ]of[- ]thumb|rule|default|practice) is to)\b"
)
_LIMIT = any_case(
    r"^(?:(?:at (?:most|least)|(?:no (?:more|less|longer)|fewer) than|maximum|minimum|max|min)\b|"
    r"(?:up to|under|below|within) (?:\d|(?:two|three|four|five|six|seven|eight|nine|ten)\b))"
)
_BODIES = (
    r"group|committee|board|council|moderators?|maintainers?|organi[sz]ers?|leaders?|contributors?|"
    r"participants?|volunteers?|authors?|editors?|students?|teachers?|officers?|reviewers?"
)
_HAPPENS = (
    r"be|have|see|find|need|get|receive|notice|learn|know|want|like|lose|become|discuss|describe|"
    r"elaborate|explore|likely|probably|say|think|feel|seem|look|appear|assume|begin|produce|"
    r"generate|output|not|continue|sometimes|often|try"
)
_AUTHORIAL = (
    r"use (?:the |these |this )?(?:terms?|words?|notation|convention)|assume|call|refer|denote|"
    r"write|show|focus|consider|explain|look|cover|introduce|define|examine|start|turn|return"
)
_NUMBER = r"(?:\d+|one|two|three|four|five|six|seven|eight|nine|ten)"
_LIMIT_AFTER = any_case(
    rf"^(?:an? |{_NUMBER} )[\w -]{{1,40}}? (?:at most|at least|max(?:imum)?|"
    r"minimum|or (?:less|fewer|more)|at a time|at all times|per \w+)(?:, please)?\W*$|"
    rf"^{_NUMBER}(?: [\w-]+){{0,2}}, (?:no more|at most)\W*$|"
    rf"^(?:[\w-]+ ){{1,5}}in {_NUMBER} \w+ or (?:less|fewer)\W*$"
)
_AT_MOST = any_case(
    r"[\w -]+, no more\W*$|^[\w -]+ (?:at most|max(?:imum)?|or (?:less|fewer))\W*$|"
    r"^no (?:more|longer) than"
)
"""Names only what must not be exceeded ("One emoji at most.")."""
_ONLY_IF = sought(
    r"(?<!if and )\bonly (?:if|when|whenever|after|once|while)\b(?! (?:necessary|needed))"
)
"""Makes an instruction a restriction: "Refund only after ..." forbids to do it before."""
_WILL = sought(
    rf"^(?:(?:the|our|an?|all|every|each|any)\s+(?:[\w’'-]+\s+){{0,6}}?)?(?:{ACTORS}|{_BODIES}|they|it)"
    r"(?<!\bwe)(?:\s+\w+s(?: \w+){1,8} and)?\s+(?:will|['’]ll)\s+(?P<not>not\s+|never\s+)?"
    rf"(?:(?!likely|probably)\w+ly\s+|also\s+|always\s+|then\s+)*(?!(?:{_HAPPENS})\b)\w+|"
    r"^we will (?P<never>not |never )?(?:(?!likely|probably)\w+ly |also |then |always )*"
    rf"(?!likely|probably)(?!(?:{_HAPPENS}|{_AUTHORIAL})\b)"
    r"\w+|^we (?P<only>only) (?:share|use|collect|store|disclose|process|keep|retain|sell|"
    r"preserve)\b"
)
"""What somebody will do, which is a duty of theirs, and not what will happen."""
_WANTS = sought(
    r"(?:^|, |; |\b(?:but|and|so|why) )we (?:\w+ly |also |would |do )*"
    r"(?:want|like|prefer|expect|ask|request|need|require|urge|encourage|advise|remind)(?: that)? "
    r"(?!(?:that|you|people|users|readers)\b)(?:(?!to )[\w’'-]+ ){1,5}?"
    r"(?:(?P<not>not|never) )?(?:to (?!(?:have (?:the|such)|be able|know|"
    r"be an? (?:[\w-]+,? (?:and )?){0,4}(?:place|space|community|environment|home))\b)"
    r"(?P<leave>not|never|avoid|refrain)?|act\b|use\b|be\b(?! able))|"
    r"^we (?:\w+ly |also )?(?:(?:ask|request|require|expect|demand|insist) that\b|insist on\b|"
    r"(?:ask|expect|require|request|urge|encourage|advise|(?:rely|count) on) "
    r"(?:you|everyone|everybody|all [\w-]+)(?: (?:at|in|on|of|who) [\w ]{2,30}?)? "
    r"(?:to|be|(?P<nor>not))\b)"
)
"""What the authors want of somebody."""
_YOUR_WAY = any_case(
    r"^(?:you(?:r \w+)? (?:also )?(?:always|(?P<never>never)) \w+|your (?:answers?|repl(?:y|ies)|"
    r"responses?|messages?|tone|style|voice|output|language) (?:is|are|remains?|stays?) )"
)
"""How a prompt tells what its assistant is to do."""
_OUR_CUSTOM = sought(
    r"(?:^|, )we (?:also |always |\w+ly )*"
    r"(?:use(?! (?:the|this|these) (?:terms?|words?|names?|phrases?)\b)|follow|spell|prefer|write|"
    r"capitali[sz]e|italici[sz]e|hyphenate|abbreviate|express|(?P<leave>avoid))\b"
)
"""How the authors of a style guide put its rules."""
_INDICATIVE = any_case(
    r"^(?!it (?:makes sense|takes|replaces|supersedes|gives|adds|saves|improves|reduces|creates|"
    r"causes|leads|gets|tends|simplifies)\b)"
    rf"(?:(?:the|our|this|an?|every|each|all)\s+(?:\w+\s+)?)?(?:{ACTORS}|it|they)\s+"
    r"(?P<verb>(?:\w+ly\s+|also\s+|always\s+)*"
    r"(?:never \w+|(?:does|do)(?: not|n['’]t) \w+|is never|\w+))\b"
)


_NOTHING = any_case(rf"\s+{NONE}")


def duty_in_words(main: str) -> Obligation | None:
    """The duty that a main clause states in words: must, should, is not allowed, ..."""
    ban = ban_in(main)
    must, should = _RESPONSIBLE.match(main) or _MUST.search(main), _SHOULD.search(main)
    must = must or _REQUIRES.match(main) or _IS_TO.match(main)
    first = min((m for m in (must, should) if m), key=lambda match: match.start(), default=None)
    if ban >= 0 and (first is None or ban <= first.start()):
        at = first.start() if first else -1
        advised = first is should and ban == at and "never" not in main[at : at + 25].lower()
        return Obligation("should" if advised else "must", True)
    if first is None:
        return None
    force: Force = "must" if first is must else "should"
    rest = main[first.end() :]
    return Obligation(force, bool(LEAVES.match(rest) or _ONLY_IF.search(rest)))


def duty_by_mood(main: str, *, conditional: bool = False) -> Obligation | None:
    """The duty in an imperative, in what is wanted, or in conduct told in the present tense.

    `conditional` says that the sentence has a condition before its main clause.
    """
    bare = INTENSIFIER.sub("", main)
    if _LIMIT.match(main) or _LIMIT_AFTER.match(main):
        return Obligation("imperative", bool(_AT_MOST.search(main)))
    neither = re.match(r"neither (\w+)(?: [^,;:]+)? nor (\w+)", bare, re.I)
    if neither and (opens_with_verb(bare[8:]) or all(map(can_be_verb, neither.groups()))):
        return Obligation("imperative", True)
    if DO_NOT.match(bare) or (NO_THING.match(bare) and not has_predicate(bare.split())):
        return Obligation("imperative", True)
    if opens_with_verb(main, alone=conditional):
        return Obligation("imperative", bool(LEAVE.match(bare) or _ONLY_IF.search(main)))
    if told := _find_told(main):
        negative = any(told.groupdict().values()) or bool(_ONLY_IF.search(main))
        return Obligation("indicative", negative)
    return _conduct(main)


def _find_told(main: str) -> re.Match[str] | None:
    told = _WILL.match(main) or _WANTS.search(main) or _OUR_CUSTOM.search(main)
    return told or _YOUR_WAY.match(main)


def is_conduct(verb: str) -> bool:
    """Whether a verb in the third person says what somebody does, not what something is like."""
    return verb.lower() not in _STATES and is_verb_form(verb.lower())


_NOBODY = any_case(
    r"^(?:(?:nobody|no one) (?P<verb>(?!is\b)\w+s)\b|"
    r"nothing (?:(?:but|except|other than|that|which) [^;:]{1,60}? )?"
    r"(?:leaves?|goes|enters?|gets|belongs?|stays?)\b|"
    r"(?:nothing|nobody|no one|no [\w-]+(?: [\w-]+){0,3}?) (?:is|are|gets?) (?:\w+ly )?"
    r"(?!(?:need|requir|expect|plann|involv|intend|meant|interest|affect|guarante|found|us)\w*\b)"
    r"\w+(?:ed|wn|en|ld|pt|nt)\b)"
)
"""What nobody does ("Nobody works on Sundays", "Nothing is disclosed")."""
_OF_NOBODY = word_set("is has knows likes needs wants thinks minds cares expects reads")
"""What is only told of nobody."""


def _conduct(main: str) -> Obligation | None:
    match, nobody = _INDICATIVE.match(main), _NOBODY.match(main)
    if nobody and nobody["verb"] not in _OF_NOBODY:
        return Obligation("indicative", True)
    if match is None:
        return None
    verb = match["verb"].lower()
    negative = bool(re.search(r"never|n['’]t|do(es)? not", verb))
    last = verb.split()[-1]
    if negative and last in NO_CONDUCT:
        return None
    conduct = last.endswith("s") and last not in _STATES and is_verb_form(last)
    conduct = conduct and not can_be_verb(last)
    leaves = last in ("avoids", "refrains", "abstains")
    leaves = leaves or (last not in NO_CONDUCT and _NOTHING.match(main, match.end()))
    told = negative or conduct or leaves
    return Obligation("indicative", negative or bool(leaves)) if told else None
