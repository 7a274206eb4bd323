"""Whether a sentence obliges somebody, how strongly, and whether it forbids something."""

from __future__ import annotations

import re
from functools import cache
from typing import Literal, NamedTuple

from specloop.checking.text import any_case, word_set
from specloop.records import Direction

IMPERATIVES = word_set("""
accept acknowledge act adapt add adhere adjust admit advise affirm aim alert allow announce
answer anticipate apologise apologize apply approve argue ask assess assist assume attach avoid
be begin block breach break bring bypass call cancel carry cease check choose cite clarify close
collect combine come commit communicate compare complete comply compose conceal conclude confirm
consider consult continue convey correct create decide decline decrypt defer delay delete
deliver deny describe destroy disclose discourage discuss do draw elaborate emphasise emphasize
employ empower encourage encrypt endorse engage ensure enter escalate escape evaluate exclude
exercise explain express extend favor favour find finish fix follow forward generate get give
greet handle hide highlight honor honour identify ignore imply include inform insert insist
interpret interrupt introduce invent invite involve judge keep lead leave let listen lock log
maintain make mention minimise minimize monitor negotiate notify obey obtain omit operate
perform permit pose praise prefer prepare preserve pretend prevent prioritise prioritize proceed
produce promote propose protect provide publish put quote raise read reassure recognise
recognize recommend redact redirect refer refrain refuse reject rely remain remember remind
remove repeat rephrase replace represent require resist resolve respect respond restate restrict
retain reveal say scan secure seek select sell send separate serve share show shred sign skip
solicit speak spell start stay stick stop store strive submit suggest summarise summarize
suspend switch tailor take teach tell thank throw transfer translate treat turn unlock update
uphold use validate verify warn wash wear weigh welcome withhold wrap write
""")
"""Verbs that open an instruction in base form."""

AMBIGUOUS = word_set("""
address approach attempt back care change charge claim comment contact cover credit default
design direct display document double edit end exhibit express flag focus forward frame guard
guide help label limit link list lock log mark match mirror move name note offer open order
output own pass pause pay phrase place point present pressure process promise prompt push quote
reach record release reply report request return review route score search set share show sign
stand start state stop store stress structure supply support talk test transfer treat try turn
value visit wait watch work
""")
"""Verbs that are nouns or adjectives as well: they open an instruction only before an object."""

CONDUCT = word_set("""
acknowledges adapts addresses adheres admits aims answers asks asserts assumes attempts avoids
bases begins brings checks cites clarifies closes combines communicates complements confirms
continues corrects declines delights describes discloses embodies emphasizes encourages ends
engages ensures escalates explains explores expresses flags focuses follows gives greets handles
helps honors identifies ignores includes infuses keeps limits listens maintains makes matches
mentions minimizes offers opens plumbs points prefers presents prioritizes promises protects
provides pushes recognizes recommends redirects refers refrains refuses rejects reminds replies
reports respects responds seeks sends shares shows speaks starts stays stops strives suggests
summarizes supports takes talks tells thanks treats tries uses verifies warns welcomes writes
""")
"""Verbs of conduct in the present tense: "the assistant answers in English" is a duty."""

ACTORS = (
    r"assistant|models?|bot|chatbot|agents?|system|service|ai|operators?|employees?|staff|team|"
    r"representatives?|reps?|advisors?|advisers?|workers?|members?|managers?|tutor|companion|"
    r"concierge|you|we"
)
"""Who a rule binds, as a pattern."""


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


MAX_LENGTH = 1500
"""Most characters of a sentence; a longer one is a listing or a slip."""

_PARENTHESES = re.compile(r"\([^()]*\)")
_QUOTED = re.compile(r"[\"“][^\"“”]*[\"”]|`[^`]*`|(?<!\w)[‘'][^'’]*[’'](?!\w)")
_LABEL = re.compile(
    r"^(?:(?:[\w()/&,'’-]+ ){0,6}?[\w()/&'’-]+:|(?:[\w/&'’]+ ){1,4}?(?:[—–]|-{1,3}))\s+(?=\S)"
)
CONNECTIVES = (
    "however|additionally|in addition|furthermore|moreover|that said|similarly|likewise|therefore|"
    "thus|conversely|instead|in particular|finally|rather|also"
)
"""Words that join a sentence to the one before it, as a pattern."""
_OPENER = any_case(
    rf"^({CONNECTIVES}|then|first|second|third|next|"
    r"above all( else)?|by default|in general|generally|typically|usually|in short|"
    r"note( also)? that|but|and|or|so|please|as a rule|at all times|in all cases|otherwise|"
    r"(where|when|whenever|if) (possible|appropriate|feasible))\b(?! (than|to|of)\b),?\s*"
)
_SUBORDINATE = any_case(
    r"^(?:only )?(if|when|whenever|while|although|though|because|since|as|where|wherever|once|"
    r"before|after|unless|until|for|in|on|at|during|under|to|with|without|except|outside|"
    r"given|given that|provided|regardless|rather than|instead of|upon|within|throughout|"
    r"across|between|by)\b"
)
_EXPLAINS = any_case(
    r"^(for (example|instance)|e\.g\.|in th(is|e) example|in the (example|case) above|imagine|"
    r"suppose|consider (a|an|the) \w+ (to|where)|"
    r"the (reason|motivation|rationale|idea|goal|aim|purpose)\b|"
    r"this (helps|ensures|means that|is because|includes|context helps|applies)|see (also )?|"
    r"such \w+ (reduce|increase|erode|help)|doing so (helps|ensures)|because |that is why|"
    r"in other words|that is, |(?:[\w’']+ ){1,5}(?:wrote|said|joked|claimed|asked|complained): )"
)
_DUTY_WORD = (
    r"(must|should|shall|cannot|can't|may not|needs? to|has to|have to|"
    r"(is|are) (not )?(allowed|prohibited|required))"
)
_EMBEDDED = any_case(
    r"\b(how|what|why|whether|which|where|that|who|whom|whose)\b(?<!ensure that)(?<!so that)"
    r"(?<!note that)(?<!requires that)(?<!require that)(?<! is that)"
    rf"((?!\b(and|but|then|if)\b)[^,.;:—]){{0,60}}?\b{_DUTY_WORD}\b"
)
"""A duty inside a relative clause or embedded question, which obliges nobody by itself."""
_FRAGMENT = any_case(
    rf"^(when|if|where|whether|how|what|which|why)\b(?: \w+){{0,4}}? \w+ {_DUTY_WORD}\b[^,]*$"
)
_ADVERBS = r"(?:\s+(?:\w+ly|also|therefore|still|then|however|thus|additionally|further|always))*?"
_MUST_NOT = any_case(
    rf"\b(?:(?:must|shall|should|ought to|may){_ADVERBS}(?:\s+not\b|n['’]t\b|\s+never\b)|"
    r"shouldn['’]t|mustn['’]t|"
    r"(?:is|are)(?: (?:\w+ly|also|always))* (?:prohibited|forbidden|banned|disallowed|unacceptable|"
    r"off[- ]limits)|"
    r"(?:is|are) (?:not|never) (?:\w+ly )?(?:allowed|permitted|acceptable|to be|to)\b|"
    r"never (?:be|to)\b|(?:may|can) only|(?:under|in) no circumstances?)|"
    r"^no (?:one|[a-z]+(?: \w+){0,3}?) (?:may|must|should|shall|can|(?:is|are) allowed to)\b"
)
_ACTOR_CANNOT = any_case(
    rf"\b(?:{ACTORS})\b(?:\s+\w+ly)?\s+(?:cannot|can['’]t|can not|will (?:not|never)|won['’]t)\b"
)
_MUST = any_case(
    r"\b(?:must|shall|ha(?:s|ve) to|needs? to(?! know)|is to be|(?:is|are) responsible for|"
    r"(?:is|are) (?:\w+ly )?(?:required|obliged|obligated|mandatory|expected|to be \w+ed))\b"
)
_SHOULD = any_case(
    r"\b(?:should|ought to|(?:it )?is (?:important|essential|critical|vital|best) (?:to|that)|"
    r"behaviou?rs are encouraged|(?:is|are) preferred (?:to|over)|"
    r"(?:principle|rule[- ]of[- ]thumb|rule|default|practice) is to)\b"
)
_LEAVES = any_case(
    r"^(?:\s+(?:\w+ly|also|always|therefore|still|then|by default|at all times))*\s+"
    r"(?:(?:be )?(?:avoid|refrain|abstain)\w*\b|to (?:avoid|refrain)\b)"
)
_LEAVE = any_case(r"^(?:avoid|refrain|abstain|beware)\b")
_DO_NOT = any_case(
    r"^(?:do not|don['’]t|never|no longer|not\b|"
    r"no(?= (?:\w+ ){0,3}?\w+(?:s|ing)\b)"
    r"(?!(?: \w+){1,4}? (?:apply|applies|is|are|was|were|has|have|will|can|may|exists?)\b))\b"
)
_ALWAYS = any_case(r"^(?:always|only)\s+(\w+)")
_FINITE = any_case(
    r"^\w+(?: (?!what|how|who|which|where|why)\w+)?\s+"
    r"(?:is|are|was|were|has|have|had|will|may|might|can|could|does|did|means?)\b"
)
_OBJECT = any_case(
    r"(?:the|a|an|any|all|your|their|its|his|her|our|to|it|them|with|for|on|only|every|each|no|if|when|at|in|"
    r"what|how|that|this|these|those|who|which|whether|from|up|out|as|by|not|and \w+)\b"
)
_LIMIT = any_case(
    r"^(?:at (?:most|least)|(?:no (?:more|less|longer)|fewer) than|maximum|minimum)\b"
)
_INDICATIVE = any_case(
    rf"^(?:(?:the|our|this|an?|every|each|all)\s+(?:\w+\s+)?)?(?:{ACTORS}|it|they)\s+"
    r"(?P<verb>(?:\w+ly\s+|also\s+|always\s+)*"
    r"(?:never \w+|(?:does|do)(?: not|n['’]t) \w+|is never|\w+))\b"
)
_ALLOWED = any_case(
    r"\b(?:is|are|(?:may|can) be) (?:allowed|permitted|acceptable|appropriate|exempt|okay|fine|"
    r"shared|used|given|provided|disclosed|made|discussed)\b|\bdo(?:es)? not apply\b"
)


def plain(sentence: str) -> str:
    """The sentence without parentheses, quotations and code, where words of duty bind nobody."""
    return re.sub(r"\s+", " ", _QUOTED.sub("X", _PARENTHESES.sub("", sentence))).strip()


@cache
def obligation(sentence: str) -> Obligation | None:
    """What the sentence obliges somebody to; None for questions, explanations and descriptions."""
    text = plain(sentence[: MAX_LENGTH + 1])
    if len(sentence) > MAX_LENGTH or text.endswith("?") or _EXPLAINS.match(text):
        return None
    text = _EXPLAINS.sub("", _LABEL.sub("", text))
    main = main_clause(text)
    if _FRAGMENT.match(main):
        return None
    return _duty(_EMBEDDED.sub(r"\1", main)) or _mood(main) or _capitals(sentence)


def is_permission(sentence: str, subject: str) -> bool:
    """Whether the sentence allows something, or says what the subject may do."""
    text = plain(sentence)
    if text.endswith("?") or _EXPLAINS.match(text):
        return False
    who = re.escape(subject.split()[-1]) if subject else "assistant"
    may = re.search(rf"\b(?:{ACTORS}|{who}|it|they) (?:may|can)\b", text, re.I)
    return bool(may or _ALLOWED.search(text))


def main_clause(text: str) -> str:
    """The sentence from its main clause on, without openers and leading conditions."""
    while (match := _OPENER.match(text)) and match.end() < len(text):
        text = text[match.end() :]
    if not _SUBORDINATE.match(text):
        return text
    for comma in re.finditer(r"[,—]\s+|:\s+", text):
        rest = text[comma.end() :]
        if _begins_clause(rest):
            return main_clause(rest)
    return text


def is_conditional(text: str) -> bool:
    """Whether the text opens with a condition or a scope ('If ...', 'For ...', 'During ...')."""
    return bool(_SUBORDINATE.match(text))


_CLAUSE_HEAD = any_case(
    r"(?:then )?(?:the|an?|this|these|our|all|any|every|each|it|they|you|we|there|no|only|"
    rf"{ACTORS}|[a-z]+s)\b"
)
_VERB = any_case(
    r"\b(must|should|shall|may|can|cannot|is|are|ha[sv]e?|needs?|will|does|do)\b|n['’]t\b"
)


def _begins_clause(text: str) -> bool:
    if _DO_NOT.match(text):
        return True
    if _ALWAYS.match(text) or _is_imperative(text):
        return not re.match(r"(?:\w+ly )?\w+(?:,| or | and \w+,)", text)
    return bool(_CLAUSE_HEAD.match(text) and _VERB.search(text[:110]))


def _duty(main: str) -> Obligation | None:
    """A duty in words: must, should, is not allowed, ..."""
    forbids = [ban.start() for p in (_MUST_NOT, _ACTOR_CANNOT) if (ban := p.search(main))]
    must, should = _MUST.search(main), _SHOULD.search(main)
    first = min((m for m in (must, should) if m), key=lambda match: match.start(), default=None)
    if forbids and (first is None or min(forbids) <= first.start()):
        return Obligation("must", True)
    if first is None:
        return None
    force: Force = "must" if first is must else "should"
    return Obligation(force, bool(_LEAVES.match(main[first.end() :])))


def _mood(main: str) -> Obligation | None:
    """A duty by mood or tense: an imperative, or the assistant's conduct in the present tense."""
    if _LIMIT.match(main):
        return Obligation("imperative", False)
    if _DO_NOT.match(main) or _LEAVE.match(main):
        return Obligation("imperative", True)
    if _is_imperative(main):
        return Obligation("imperative", False)
    match = _INDICATIVE.match(main)
    if match is None:
        return None
    verb = match["verb"].lower()
    negative = bool(re.search(r"never|n['’]t|do(es)? not", verb))
    if negative or verb.split()[-1] in CONDUCT:
        return Obligation("indicative", negative)
    return None


def _capitals(sentence: str) -> Obligation | None:
    """A duty in capitals, as in RFC 2119, which counts even inside parentheses."""
    match = re.search(r"\b(MUST|SHALL|SHOULD)( NOT)?\b", sentence)
    return Obligation("must", bool(match[2])) if match else None


_IMPERATIVE = any_case(
    r"(?P<sure>(?:always|only|also|then|first|please)\s+|\w+ly\s+)?(?P<verb>[a-z]+)\b(?![-'’])\s*"
)


def _is_imperative(text: str) -> bool:
    match = _IMPERATIVE.match(text)
    if match is None or _FINITE.match(text) or re.match(r"(note|see|\w+ cases?)\b", text, re.I):
        return False
    verb, rest = match["verb"].lower(), text[match.end() :]
    if verb in AMBIGUOUS and not match["sure"]:
        return bool(_OBJECT.match(rest)) or len(rest.split()) >= 2
    return bool(rest) and verb in (IMPERATIVES | AMBIGUOUS)
