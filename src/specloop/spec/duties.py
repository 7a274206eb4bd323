"""Words and moods that oblige: must, is not allowed, Never share, The assistant answers."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from specloop.checking.sought import sought
from specloop.checking.text import any_case, word_set
from specloop.records import Direction
from specloop.spec.verbs import can_be_verb, is_verb_form, opens_with_verb

_STATES = word_set("""
is has does was can may might must should will would could knows contains consists seems appears
belongs exists means needs wants thinks believes understands remains becomes receives gets runs
works costs lives sees feels lacks depends comes goes learns generates produces covers applies
allows lets enables enters includes represents reflects occupies faces sits likes loves hopes
expects intends relates differs varies changes grows contributes helps serves powers processes
hosts encounters predicts consumes operates behaves finds notices plays shapes detects determines
operates realizes realises discovers perceives fails happens decides
""")
"""Present tenses that tell what something is like or what happens to it, not conduct."""

NO_CONDUCT = word_set("""
apply believe belong contain depend exist expect expire happen intend know limit matter mean need
refer seem think understand
""")
"""What is denied of somebody or something without a ban."""

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


FREED = sought(
    r"\b(?:(?:do|does|did)(?: not|n['’]t)(?: \w+ly| always)? "
    r"(?:have to|need(?: to)?|prohibit|forbid|require|ban|restrict|mean|imply)|"
    r"(?:is|are|was|were)(?: not|n['’]t)(?: \w+ly)? "
    r"(?:required|obliged|obligated|expected|necessary|mandatory|needed|forbidden|prohibited|"
    r"banned|responsible)(?: to)?|"
    r"not (?:all|every|each)\b[^,;:]{1,60}? (?:ha(?:s|ve)|needs?) to|"
    r"nothing should (?:stop|prevent|keep) you from|can(?: never|not) be too (?:careful|cautious)|"
    r"need not|needn['’]t|may or may not|without (?:having|needing) to|"
    r"should not (?:be|feel) (?:\w+ )?(?:required|obliged|obligated|expected)(?: to)?|"
    r"(?:is|are) (?:no|neither an?) (?:need|obligation|duty|requirement)(?: to)?|"
    r"should(?: not)? have (?:been )?\w+(?:ed|en|wn|own)|"
    r"ha(?:s|ve) no (?:need|obligation|duty) to|no (?:need|reason) to|(?:is|are) free to|not only|"
    r"(?:will|would|may|might|can)(?: not|n['’]t) be able to|"
    r"(?:in no event|under no circumstances) [^.;:]{0,60}? liable|"
    r"(?:cannot|can['’]t|may not) hold \w+ (?:liable|responsible))\b"
)
"""A duty that is denied, which is none."""
UNDONE = sought(
    r"(?:\b(?:never|not|no account|no circumstances)|n['’]t) "
    r"(?:(?:fail|forget|neglect|hesitate|omit|be afraid) to|neglect \w+ing|just|merely|simply)\b|"
    r"\bavoid not \w+ing|\b(?:must|should|may|can) (?:never|not) (?:go|be left) un\w+(?:ed|wn)\b|"
    r"^(?:nobody|no one|no [\w-]+(?: [\w-]+)?) is (?:exempt|excused|excluded|spared)\b"
)
"""What is forbidden is not to do something, so it is demanded."""
OUTRIGHT = sought(
    r"\b(?:(?:under|in) no (?:circumstances?|case|event|situation)|at no (?:time|point)|"
    r"on no account|by no means|in no way)\b"
)
"""Forbids whatever clause it stands before."""
_ADVERBS = r"(?:\s+(?:\w+ly|also|therefore|still|then|however|thus|additionally|further|always))*?"
_PARTY = (
    r"(?:you|(?:customer|user|client|member|licensee|licensor|provider|participant|subscriber|buyer|"
    r"seller|tenant|employee|contractor|visitor)s?|part(?:y|ies)) (?:hereby |also |further )?"
    r"(?:(?:acknowledges?|represents?|understands?) and )?"
    r"(?:agrees?|undertakes?|promises?|covenants?|warrants?|consents?)"
)
_CANNOT = r"(?:cannot|can['’]t|can not)"
_MUST_NOT = sought(
    rf"\b(?:(?:must|shall|should|ought to|may){_ADVERBS}(?:\s+not\b|n['’]t\b|\s+never\b)|"
    r"shouldn['’]t|mustn['’]t|"
    r"(?:is|are)(?: (?:\w+ly|also|always))* "
    r"(?:prohibited|forbidden|banned|disallowed|unacceptable)|"
    r"(?:is|are|stays?|remains?) (?:\w+ )?(?:off[- ]limits|off the table|out of (?:bounds|place))|"
    r"(?:is|are) (?:\w+ly |best |to be )?(?:discouraged|frowned (?:up)?on|avoided)\b|"
    r"ha(?:s|ve) no (?:place|business) (?:in|on|at|here)\b|(?:is|are) not an option\b|"
    r"(?:is|are)(?: not|n['’]t) on(?=[.!]?$)|"
    r"(?:is|are)(?: not|n['’]t) (?:yours|theirs|ours|for you) to\b|"
    r"(?:is|are)(?: not| never|n['’]t)(?: \w+ly)? "
    r"(?:allowed|permitted|acceptable|authori[sz]ed|tolerated|recommended|advisable|to|"
    r"supposed to)\b|"
    r"(?:will|shall) not be (?:\w+ly )?(?:tolerated|accepted|permitted|allowed)|"
    r"(?:is|are) (?:possible|available|allowed|permitted|open|valid) only|only possible|"
    r"(?:is|are) never (?:\w+ly )?\w+(?:ed|en|wn|ld|t)|"
    r"we (?:do not|don['’]t) (?:allow|permit|tolerate|accept)|"
    r"(?:is|are) against (?:the |our |this )?(?:policy|rules?)|"
    r"never (?:be|to)\b|(?:may|can) only|(?:under|in) no circumstances?|"
    r"(?:must|shall|should|may|will|can) (?:be )?(?:neither|under no|in no|at no|on no|by no)\b|"
    r"there (?:is|are) to be no|zero tolerance|(?:has|have|is|are) no (?:place|room for)\b|"
    r"(?:is|are) not entitled to|"
    r"(?:is|are) not (?:available|open) (?:after|before|on|in|for|to|during)\b|"
    r"(?:is|are) (?:an? )?(?:\w+ )?(?:offen[cs]e|misconduct|grounds for)\b|"
    r"(?:is|are|be) (?:treated|considered|regarded|seen|handled) (?:as )?(?:an? )?(?:\w+ )?"
    r"(?:offen[cs]e|misconduct|breach|violation|cheating|plagiarism)\b|"
    r"(?:may|can)(?: be)? \w+(?: \w+){0,3}? only (?:if|when|by|with|after|for|in|on|once|to)\b|"
    rf"there {_CANNOT} be|(?:is|are) (?:an? )?(?:\w+ )?(?:violations?|breach(?:es)?) of|"
    r"it(?: is|['’]s) \w+ (?:not|never) to|"
    r"(?:is|are) only (?:allowed|permitted|possible|available|acceptable|ok|okay|fine)\b|"
    r"are (?:kindly )?(?:asked|requested|advised|told|instructed) (?:not|never) to\b|"
    r"do(?:es)? not belong (?:in|on)\b|(?:is|are) barred from|(?:is|are) out of the question|"
    r"(?:is|are) (?:not |non-)(?:transferable|refundable|negotiable)|"
    r"(?:is|are) (?:an? )?no(?:-go|(?=[.!]?$))|"
    r"(?:is|are|it['’]s)(?: not|n['’]t) (?:ok|okay|fine)(?: to\b|(?=[.!]?$))|there (?:is|are) no \w+ing\b|"
    r"(?:nobody|no one) but [^,;:]{1,40}? (?:may|can|must|should|is allowed to)\b|"
    r"(?:may|can) (?:(?:be )?\w+ ){1,5}?(?:no (?:more|longer|later) than|at most)\b|"
    r"(?:limit|maximum|ceiling) (?:for [^,;:]{1,40} )?is (?:\w+ )?\d|"
    r"(?:is|are)(?: not|n['’]t) welcome\b|"
    rf"{_PARTY} (?:(?:that )?you will (?:not|never)|not to)\b)|"
    r"^no (?:more than )?(?:[\w-]+ ){1,6}?(?:is|are) (?:possible|allowed|permitted|accepted)\b|"
    r"^nor (?:should|must|may|can|will|does|do)\b|"
    r"^[^,;:]{2,60}? (?:is|are) (?:restricted|limited|reserved|confined) (?:to|for)\b|"
    r"^(?:no (?:one|[a-z]+(?: \w+){0,3}?)|nobody|nothing(?: (?:but|other than|except) .{1,60}?)?|"
    r"none of .{1,60}?|neither .{1,60}?) "
    r"(?:(?:under|over|who|without|from|other than|except) [^,;:]{1,40}? )?"
    r"(?:may|must|should|shall|can|(?:is|are) (?:allowed )?to)"
    r"\b|^(?:no|neither) [^,;:]{1,60}? (?:is|are) (?:tolerated|allowed|permitted|accept(?:ed|able)|"
    r"welcome)\b|"
    r"^(?:(?:under|in) no (?:circumstances?|case|event)|at no (?:time|point)|on no account)\b"
)
_ONLY_SO = sought(
    r"^[^,;:]{3,60}? (?:is|are) (?:\w+ly )?\w+(?:ed|en|wn|pt|ld|ade) [^,;:]{2,60} "
    r"(?:only|alone)\.?$|"
    r"^only (?:once|after|when|if) [^;:]{3,80}? (?:may|can|should) (?:it|they|you|we|the|an?)\b"
)
_ONLY_THEY = sought(
    r"^only (?!(?:if|when\w*|where\w*|after|once|by|in|at|on|for|as|then)\b)(?:[\w’'-]+ ){1,6}?"
    r"(?:may|can|must|should|shall|(?:is|are) (?:allowed|permitted|authori[sz]ed) to)\b"
)
_BAD_THINGS = sought(
    r"^(?:(?:some )?examples? of )?"
    r"(?:unacceptable|prohibited|forbidden|inappropriate|banned|disallowed|unwelcome) "
    r"(?:[\w/-]+ ){0,3}?(?:behaviou?rs?|conduct|uses?|content|actions?|activit(?:y|ies)|practices?|"
    r"topics?)\b(?: \w+){0,4}? (?:includes?|are|is)\b|"
    r"^examples of (?:harassment|misconduct|abuse|bullying|violations?|discrimination|misuse)\b"
    r"(?: \w+){0,4}? (?:include|are)\b"
)
_CANNOT_BE = sought(
    r"(?:^(?!(?:it|this|that|there)\b)|[,;] (?:and|but|so) )"
    r"(?:(?!\b(?:if|when|unless|because|as|so|but|should|must|may)\b)[^,;:]){2,80}?"
    rf"\b{_CANNOT} be (?:\w+ly )?"
    r"(?!(?:overstated|excluded|ruled|guaranteed|known|determined|verified|seen|found|expected|"
    r"reached|trusted|measured|predicted|explained|understood|resolved|avoided|helped|denied|"
    r"compared|told|said|fully|decided|read|undone|recovered)\b)\w+(?:ed|en|t|wn|ld|ade|un)\b"
)
"""A ban in the passive ("Orders cannot be changed"), not what is impossible to know."""
_ACTOR_CANNOT = sought(
    rf"\b(?:{ACTORS})\b(?:\s+\w+ly)?\s+(?:{_CANNOT}|will (?:not|never)|won['’]t)\b"
    r"(?! (?:always|necessarily|be able|have to|need))"
)
ARE_NOT = any_case(
    r"^(?!(?:it|this|that|they|we|you|he|she|there|others?|some|many|most|if|when|what|why|who)\b)"
    r"(?:(?!\b(?:until|when|if|once|before|after|that|who)\b)[^,;:]){2,60}? "
    r"(?:(?:is|are|may|must|should)(?: not|n['’]t)|(?:is|are) out)[.!]?$"
)
"""'Bags are welcome, tripods are not': a ban in the words of what is allowed before it."""
_BANS = (ARE_NOT, _MUST_NOT, _ONLY_SO, _ONLY_THEY, _BAD_THINGS, _CANNOT_BE, _ACTOR_CANNOT)
_TASK = r"(?:job|duty|task|obligation|responsibility)"
_MUST = sought(
    r"\b(?:(?<!\ba )must|shall|ha(?:s|ve) to|is to be|"
    r"(?<!\bwho )(?<!\bmay )(?<!\bmight )needs? to(?! know)|"
    r"are (?:kindly )?(?:asked|requested) to|"
    rf"{_PARTY} (?:to|(?:that )?you\b)|we (?:\w+ )?(?:pledge|commit|undertake) to|"
    r"needs? (?:the |an? )?(?:\w+ )?(?:approval|consent|permission|agreement|permit|licen[cs]e|"
    r"certificate|signature|power of attorney|reservation|booking|confirmation|authori[sz]ation)\b|"
    r"needs? (?:the |an? )(?:[\w-]+ ){1,3}?from (?!time\b)|"
    r"(?:may|can|(?:is|are) (?:allowed|permitted|fine|ok|okay|welcome)) [^;:]{0,120}?"
    r"(?:provided that|(?:as|so) long as|on (?:the )?condition that)\b|"
    r"(?:is|are) up to [^,;:]{2,40}? to|ha(?:s|ve) got to|"
    rf"ha(?:s|ve) (?:the|an?) (?:\w+ and )?{_TASK} to|(?:is|are) (?:bound|under an? {_TASK}) to|"
    rf"(?:is|are) in charge of|is (?:your|(?:the )?[\w ]{{2,30}}?['’]s?) {_TASK} to|"
    rf"is the {_TASK} of [^,;:]{{2,40}}? to|falls to [^,;:]{{2,40}}? to|"
    r"(?:is|are) (?:compulsory|obligatory|an? must(?=[.!]?$))\b|"
    r"(?:is|are) needed(?: (?:from|before|for|after|by|if|when)\b|[.!]?$)|(?:had|would) better|"
    r"requires (?:the |an? )?(?:\w+ )?(?:approval|consent|permission|agreement)|"
    r"(?:is|are) (?:\w+ly )?"
    r"(?:required|recommended|obliged|obligated|mandatory|expected|not optional|to be \w+ed)|"
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
    r"(?!(?:know|come|blame|follow|date|some)\b)\w+"
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
    r"we (?:\w+ly |also )?(?:recommend|advise|suggest)(?: that you| using| to| the use| \w+ing)\b|"
    r"behaviou?rs are encouraged|(?:is|are) preferred (?:to|over)|"
    r"(?:principle|rule[- ]of[- ]thumb|rule|default|practice) is to)\b"
)
_NONE = (
    r"(?:no (?!more|less|fewer|later|longer|matter|earlier)\w|(?:nothing|nobody|none|neither)\b)"
)
_LEAVES = any_case(
    r"^(?:\s+(?:\w+ly|also|always|therefore|still|then|by default|at all times))*\s+"
    r"(?:(?:be )?(?:avoid|refrain|abstain|omitted|left out)\w*\b|to (?:avoid|refrain)\b|"
    rf"\w+ {_NONE}|(?:\w+ ){{1,3}}?(?<!or )not to\b)"
)
_LEAVE = sought(rf"^\w+ {_NONE}|^\w+ (?:\w+ ){{0,2}}?(?<!or )not to\b")
"""What an instruction begins with if it forbids."""
_DO_NOT = any_case(
    r"^(?:do not|don['’]t|never|no longer|avoid|refrain|abstain|resist|beware|desist|"
    r"steer clear of|(?:stay|keep) (?:well |far )?(?:away|clear|off|out)\b(?! of (?:reach|sight))|"
    r"hands off|stop (?!\w+thing)\w+ing|"
    r"not\b(?! (?:\w+ing|every|all|only|just|merely|always|"
    r"\w+(?:ful|able|ible|ous|ive|ant|ent))\b)|"
    r"no(?! one\b)(?= (?:\w+ ){0,3}?\w+(?:s|ing)\b)"
    r"(?!(?: \w+){1,4}? (?:apply|applies|is|are|was|were|has|have|will|can|may|exists?)\b))\b"
)
_NO_THING = any_case(
    r"^no (?!(?:problem|one|doubt|wonder|change|comment|idea|data|exceptions?)\b)\w+(?: \w+)?[.!]$"
)
_INTENSIFIER = any_case(r"^(?:always|please|also|strictly|carefully|kindly|just|simply)\s+")
_LIMIT = any_case(
    r"^(?:(?:at (?:most|least)|(?:no (?:more|less|longer)|fewer) than|maximum|minimum|max|min)\b|"
    r"(?:up to|under|below|within) \d)"
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
_LIMIT_AFTER = any_case(
    r"^(?:\d+|an?|one|two|three|four|five|six|ten) [\w -]{1,40}? (?:at most|at least|max(?:imum)?|"
    r"minimum|or (?:less|fewer|more)|at a time|at all times|per \w+)\W*$"
)
_AT_MOST = any_case(r"^(?:\w+ )?[\w -]+ (?:at most|max(?:imum)?|or (?:less|fewer))\W*$|^no (?:more|longer) than")
"""Names only what must not be exceeded ("One emoji at most.")."""
_ONLY_IF = sought(r"(?<!if and )\bonly (?:if|when|whenever|after|once|while|with)\b(?! (?:necessary|needed))")
"""Makes an instruction a restriction: "Refund only after ..." forbids to do it before."""
_WILL = sought(
    rf"^(?:(?:the|our|an?|all|every|each|any)\s+(?:[\w’'-]+\s+){{0,6}}?)?(?:{ACTORS}|{_BODIES}|they|it)"
    r"(?<!\bwe)(?:\s+\w+s(?: \w+){1,8} and)?\s+(?:will|['’]ll)\s+(?P<not>not\s+|never\s+)?"
    rf"(?:(?!likely|probably)\w+ly\s+|also\s+|always\s+|then\s+)*(?!(?:{_HAPPENS})\b)\w+|"
    r"^we will (?P<never>not |never )?(?:\w+ly )?(?:interpret|respond|keep|protect|investigate|"
    r"review|delete|remove|suspend|answer|notify|inform|handle|enforce|refund|honou?r|act)\b"
)
"""What somebody will do, which is a duty of theirs, and not what will happen."""
_WANTS = sought(
    r"(?:^|, |; |\b(?:but|and|so|why) )we (?:\w+ly |also |would |do )*"
    r"(?:want|like|prefer|expect|ask|request|need|require)(?: that)? "
    r"(?!(?:that|you|people|users|readers)\b)(?:(?!to )[\w’'-]+ ){1,5}?"
    r"(?:(?P<not>not|never) )?(?:to (?!(?:have (?:the|such)|be able|know)\b)"
    r"(?P<leave>not|never|avoid|refrain)?|act\b|use\b|be\b(?! able))|"
    r"^we (?:\w+ly |also )?(?:(?:ask|request|require|expect|demand|insist) that\b|insist on\b|"
    r"(?:ask|expect|require|request|urge|encourage|advise|rely on) (?:you|everyone|everybody|all "
    r"[\w-]+)(?: (?:at|in|on|of|who) [\w ]{2,30}?)? (?:to|be|not)\b)"
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
    r"^(?!it makes sense\b)"
    rf"(?:(?:the|our|this|an?|every|each|all)\s+(?:\w+\s+)?)?(?:{ACTORS}|it|they)\s+"
    r"(?P<verb>(?:\w+ly\s+|also\s+|always\s+)*"
    r"(?:never \w+|(?:does|do)(?: not|n['’]t) \w+|is never|\w+))\b"
)


_NOTHING = any_case(rf"\s+{_NONE}")


def forbids_at_once(text: str) -> bool:
    """Whether the text begins with a ban ("Never ...", "No discounts ...")."""
    return bool(_DO_NOT.match(text))


def duty_in_words(main: str) -> Obligation | None:
    """The duty that a main clause states in words: must, should, is not allowed, ..."""
    bans = [ban.start() for pattern in _BANS if (ban := pattern.search(main))]
    must, should = _RESPONSIBLE.match(main) or _MUST.search(main), _SHOULD.search(main)
    must = must or _REQUIRES.match(main) or _IS_TO.match(main)
    first = min((m for m in (must, should) if m), key=lambda match: match.start(), default=None)
    if bans and (first is None or min(bans) <= first.start()):
        at = first.start() if first else -1
        advised = first is should and min(bans) == at and "never" not in main[at : at + 25].lower()
        return Obligation("should" if advised else "must", True)
    if first is None:
        return None
    force: Force = "must" if first is must else "should"
    rest = main[first.end() :]
    return Obligation(force, bool(_LEAVES.match(rest) or _ONLY_IF.search(rest)))


def duty_by_mood(main: str, *, conditional: bool = False) -> Obligation | None:
    """The duty in an imperative, in what is wanted, or in conduct told in the present tense.

    `conditional` says that the sentence has a condition before its main clause.
    """
    bare = _INTENSIFIER.sub("", main)
    if _LIMIT.match(main) or _LIMIT_AFTER.match(main):
        return Obligation("imperative", bool(_AT_MOST.search(main)))
    neither = re.match(r"neither (\w+)(?: [^,;:]+)? nor (\w+)", bare, re.I)
    if neither and (opens_with_verb(bare[8:]) or all(map(can_be_verb, neither.groups()))):
        return Obligation("imperative", True)
    if _DO_NOT.match(bare) or _NO_THING.match(main):
        return Obligation("imperative", True)
    if opens_with_verb(main, alone=conditional):
        return Obligation("imperative", bool(_LEAVE.match(bare) or _ONLY_IF.search(main)))
    if told := _find_told(main):
        return Obligation("indicative", any(told.groupdict().values()))
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


def _conduct(main: str) -> Obligation | None:
    match, nobody = _INDICATIVE.match(main), _NOBODY.match(main)
    if nobody and nobody["verb"] not in ("is", "has", "knows", "likes", "needs", "wants", "thinks"):
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
    leaves = last in ("avoids", "refrains", "abstains") or _NOTHING.match(main, match.end())
    told = negative or conduct or leaves
    return Obligation("indicative", negative or bool(leaves)) if told else None
