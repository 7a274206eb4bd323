"""What forbids: words of a ban, instructions not to do something, and denied duties that bind
nobody."""

from __future__ import annotations

from specloop.checking.sought import sought
from specloop.checking.text import any_case

ACTORS = (
    r"assistant|models?|bot|chatbot|agents?|system|service|ai|operators?|employees?|staff|team|"
    r"representatives?|reps?|advisors?|advisers?|workers?|members?|managers?|tutor|companion|"
    r"concierge|you|we"
)
"""Who a rule binds, as a pattern."""
FREED = sought(
    r"\b(?:(?:do|does|did)(?: not|n['’]t)(?: \w+ly| always)? "
    r"(?:have to|need(?: to)?|prohibit|forbid|require|ban|restrict|mean|imply)|"
    r"(?:(?:is|are|was|were)(?: not|n['’]t)|will not be)(?: \w+ly)? "
    r"(?:required|obliged|obligated|expected|necessary|mandatory|needed|forbidden|prohibited|"
    r"banned|responsible)(?: to)?|"
    r"not (?:all|every|each)\b[^,;:]{1,60}? (?:ha(?:s|ve)|needs?) to|"
    r"nothing should (?:stop|prevent|keep) you from|can(?: never|not) be too (?:careful|cautious)|"
    r"(?:do not|don['’]t) feel (?:the need|obliged|pressed|pressured|any pressure) to|"
    r"need not|needn['’]t|may or may not|without (?:having|needing) to|"
    r"should not (?:be|feel) (?:\w+ )?(?:required|obliged|obligated|expected)(?: to)?|"
    r"(?:(?:is|are)|(?:should|will) be) (?:no|neither an?) "
    r"(?:need|obligation|duty|requirement|expectation|pressure)(?: to)?|"
    r"^(?:this|that|it) should (?:hopefully|be (?:plenty|enough|sufficient))\b|"
    r"should(?: not)? have (?:been )?\w+(?:ed|en|wn|own)|"
    r"ha(?:s|ve) no (?:need|obligation|duty) to|no (?:need|reason) to|(?:is|are) free to|not only|"
    r"(?:will|would|may|might|can)(?: not|n['’]t) be able to|"
    r"we (?:do not|don['’]t) (?:want|wish|mean|like) to (?:ban|forbid|prohibit|discourage)|"
    r"we (?:must|should) (?:emphasi[sz]e|stress|note|point out|admit|say)\b|"
    r"(?:aim|goal|purpose|point|intent(?:ion)?|idea|hope) (?:is|are)(?: not|n['’]t) to|"
    r"(?:in no event|under no circumstances) [^.;:]{0,60}? liable|"
    r"(?:cannot|can['’]t|may not) hold \w+ (?:liable|responsible))\b"
)
"""A duty that is denied, which is none."""
_TELLS = r"(?:warn|tell|remind|advise|ask|urge|instruct|teach|encourage|help|say)"
UNDONE = sought(
    r"(?:\b(?:never|not|no account|no circumstances)|n['’]t) "
    r"(?:(?:fail|forget|neglect|hesitate|omit|be afraid) to|neglect \w+ing|"
    r"(?:just|merely|simply)\b(?=[^.;]{2,80}?(?:[,;:—–]| - | but )))\b|"
    r"\bavoid not \w+ing|\b(?:must|should|may|can) (?:never|not) (?:go|be left) un\w+(?:ed|wn)\b|"
    rf"(?:^|\b(?:must|should|shall|to|please|always) ){_TELLS} "
    r"(?:[\w’'-]+ ){1,5}?(?:not|never) to\b|"
    r"\b(?:not|never)(?: to)? be (?:unreasonably|unduly|needlessly) \w+(?:ed|en|ld)\b|"
    r"^(?:nobody|no one|no [\w-]+(?: [\w-]+)?) is (?:exempt|excused|excluded|spared)\b|"
    r"^failure to \w+"
)
"""What is forbidden is not to do something, so it is demanded."""
_OUTRIGHT = (
    r"(?:(?:under|in) no (?:circumstances?|case|event|situation|conditions?)|at no (?:time|point)|"
    r"on no account|by no means|in no way)"
)
OUTRIGHT = sought(rf"\b{_OUTRIGHT}\b")
"""Forbids whatever clause it stands before."""
_PENALTY = (
    r"(?:bans?|dismissal|removal|fines?|fees?|disqualification|suspension|termination|expulsion|"
    r"loss|forfeiture|forfeit)"
)
_ADVERBS = r"(?:\s+(?:\w+ly|also|therefore|still|then|however|thus|additionally|further|always))*?"
PARTY = (
    r"(?:you|i|(?:customer|user|client|member|licensee|licensor|provider|participant|subscriber|buyer|"
    r"seller|tenant|employee|contractor|visitor)s?|part(?:y|ies)) (?:hereby |also |further )?"
    r"(?:(?:acknowledges?|represents?|understands?) and )?"
    r"(?:agrees?|undertakes?|promises?|covenants?|warrants?|consents?)"
)
_CANNOT = r"(?:cannot|can['’]t|can not)"
_IS_BANNED = (
    r"(?:is|are)(?:(?: (?:\w+ly|also|always|all|both|each))* "
    r"(?:prohibited|forbidden|banned|disallowed|unacceptable)|"
    r" (?:\w+ly |best |to be )?(?:discouraged|frowned (?:up)?on|avoided)\b|"
    r"(?: not|n['’]t) (?:on(?=[.!]?$)|welcome\b)|"
    r"(?: not| never|n['’]t)(?: \w+ly)? "
    r"(?:allowed|permitted|acceptable|authori[sz]ed|tolerated|recommended|advisable|to|"
    r"supposed to)\b|"
    r" not (?:an option\b|entitled to|"
    r"(?:available|open) (?:after|before|on|in|for|to|during)\b)|"
    r" (?:possible|available|allowed|permitted|open|valid) only|"
    r" only (?:allowed|permitted|possible|available|acceptable|ok|okay|fine)\b|"
    r" against (?:the |our |this )?(?:policy|rules?)|"
    r" (?:an? )?(?:no-nos?\b|no(?:-go|(?=[.!]?$))|"
    r"(?:\w+ )?(?:(?:offen[cs]e|misconduct|grounds for)\b|(?:violations?|breach(?:es)?) of))|"
    r" (?:barred from|out of the question|(?:not |non-)(?:transferable|refundable|negotiable)))"
)
_MUST_NOT = sought(
    rf"\b(?:{_IS_BANNED}|"
    rf"(?:must|shall|should|ought to|may){_ADVERBS}(?:\s+not\b|n['’]t\b|\s+never\b)|"
    r"shouldn['’]t|mustn['’]t|ought not to|(?:may|can) no longer|"
    r"(?:does|do)(?: not|n['’]t) get (?:\w+ly )?\w+(?:ed|en|wn|un|ld|t)\b|"
    r"(?:is|are|stays?|remains?) (?:\w+ )?(?:off[- ]limits|off the table|out of (?:bounds|place))|"
    r"ha(?:s|ve) no (?:place|business) (?:in|on|at|here)\b|"
    r"it(?: is|['’]s) not for [^,;:]{2,40}? to\b|there (?:will be|are to be|is to be) no \w+|"
    rf"(?:results?|will result) in (?:[\w-]+ ){{0,3}}?{_PENALTY}\b|"
    r"(?:means?|=) (?:an? )?(?:\w+ )?ban\b|"
    r"counts as (?:an? )?(?:\w+ )?(?:breach|violation|offen[cs]e)|"
    r"(?:is|are|it['’]s)(?: not|n['’]t) (?:(?:yours|theirs|ours|for (?:you|it|them)|"
    r"(?:up to )?you) to|"
    r"your (?:job|place|call|task|role|decision)|part of (?:your|its|their) (?:job|task|role)|"
    r"(?:something|anything|what) (?:that )?(?:you|we) (?:do|offer|give|share|discuss)|"
    r"the place (?:for|to))\b|"
    r"for (?:[\w’'-]+ ){1,3}use only|only for (?:[\w’'-]+ ){1,3}use\b|"
    r"(?:(?:will|shall) not|won['’]t) be (?:\w+ly )?(?:tolerated|accepted|permitted|allowed)|"
    r"only possible|"
    r"(?<!\bthat )(?<!\bwhich )(?<!\bwho )(?:is|are) never (?:\w+ly )?\w+(?:ed|en|wn|ld|t)|"
    r"(?:we|policy|licen[cs]e|agreement|terms|rules?|contract) "
    r"(?:(?:do|does)(?: not|n['’]t)|never) "
    r"(?:allow|permit|tolerate|accept|authori[sz]e|grant)|we (?:\w+ly )?(?:prohibit|forbid|ban)\b|"
    r"never (?:be|to)\b|(?:may|can|must|should|shall) only\b(?! (?:need|have)\b)|"
    r"(?:under|in) no circumstances?|"
    r"(?:must|shall|should|may|will|can) (?:be )?(?:neither|under no|in no|at no|on no|by no)\b|"
    r"there (?:is|are) to be no|zero tolerance|(?:has|have|is|are) no (?:place|room for)\b|"
    r"(?:is|are|be) (?:treated|considered|regarded|seen|handled) (?:as )?(?:an? )?(?:\w+ )?"
    r"(?:offen[cs]e|misconduct|breach|violation|cheating|plagiarism)\b|"
    r"(?:may|can)(?: be)? (?:[\w’'-]+,? ){1,12}?only "
    r"(?:if|when|where|by|with|after|for|in|on|once|to|as|under|through|during|within)\b|"
    rf"there {_CANNOT} be|"
    r"constitutes? (?:an? )?(?:\w+ )?(?:violation|breach|misconduct|abuse)|"
    r"it(?: is|['’]s) \w+ (?:not|never) to|"
    r"are (?:kindly )?(?:asked|requested|advised|told|instructed) (?:not|never) to\b|"
    r"do(?:es)? not belong (?:in|on)\b|"
    r"(?:is|are|it['’]s)(?: not|n['’]t) (?:ok|okay|fine|cool|all right|alright)"
    r"(?: to\b|(?=[.!]?$))|what(?: is|['’]s)(?: not|n['’]t) "
    r"(?:ok|okay|fine|cool|all right|alright|acceptable|allowed|welcome) (?:is|are)\b|"
    r"there (?:is|are) no \w+ing\b|"
    r"(?:nobody|no one) but [^,;:]{1,40}? (?:may|can|must|should|is allowed to)\b|"
    r"(?:may|can) (?:(?:be )?\w+ ){1,5}?(?:no (?:more|longer|later) than|at most)\b|"
    r"(?:limit|maximum|ceiling) (?:for [^,;:]{1,40} )?is (?:\w+ )?"
    r"(?:\d|two|three|four|five|six|ten)|there is a limit of|"
    rf"{PARTY} (?:(?:that )?you will (?:not|never)|(?:not|never) to|to (?:not|never))\b)|"
    r"^no (?:more than )?(?:[\w-]+ ){1,6}?(?:is|are) (?:possible|allowed|permitted|accepted)\b|"
    r"^nor (?:should|must|may|can|will|does|do)\b|"
    r"^[^,;:]{2,60}? (?:is|are) (?:restricted|limited|reserved|confined) (?:to|for)\b|"
    r"^(?:no (?:one|[a-z]+"
    r"(?: (?!(?:is|are|was|has|have|does|do|that|which|who|if|but)\b)[\w’'-]+){0,7}?)|nobody|"
    r"nothing(?: (?:but|other than|except) .{1,60}?)?|"
    r"none of .{1,60}?|neither .{1,60}?) "
    r"(?:(?:under|over|who|without|from|other than|except) [^,;:]{1,40}? )?"
    r"(?:may|must|should|shall|can|(?:is|are) (?:allowed )?to)"
    r"\b|^(?:no|zero|neither) [^,;:]{1,60}? (?:is|are) (?:tolerated|allowed|permitted|"
    r"accept(?:ed|able)|welcome)\b|"
    rf"^{_OUTRIGHT}\b|^better not\b|"
    r"^(?:ensure|(?:see to it|make sure|make certain|be sure)(?: that)?) "
    r"(?:that )?(?:(?:no one|no|nobody|nothing) [^,;:]{2,}|you (?:do not|don['’]t)\b|"
    r"[^,;:]{2,40}? (?:(?:is|are|does|do|has|have|will|gets?)(?: not|n['’]t)|never)\b)"
)
_ONLY_SO = sought(
    r"^[^,;:]{3,60}? (?:is|are) (?:\w+ly )?(?:\w+(?:ed|en|wn|pt|ld|ade)|for|by) [^,;:]{2,60} "
    r"(?:only|alone)\.?$|"
    r"^only (?:once|after|when|if) [^;:]{3,80}? (?:may|can|should) (?:it|they|you|we|the|an?)\b"
)
_ONLY_THEY = sought(
    r"^only (?!(?:if|when\w*|where\w*|after|once|by|in|at|on|for|as|then)\b)(?:[\w’'-]+ ){1,6}?"
    r"(?:may|can|must|should|shall|(?:is|are) (?:allowed|permitted|authori[sz]ed) to|"
    r"ha(?:s|ve) (?:the )?(?:authority|right|permission) to)\b"
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
    rf"(?<!\bthat )(?<!\bwhich )\b{_CANNOT} be (?:\w+ly )?"
    r"(?!(?:overstated|excluded|ruled|guaranteed|known|determined|verified|seen|found|expected|"
    r"reached|trusted|measured|predicted|explained|understood|resolved|avoided|helped|denied|"
    r"compared|told|said|fully|decided|read|undone|recovered)\b)\w+(?:ed|en|t|wn|ld|ade|un)\b"
)
"""A ban in the passive ("Orders cannot be changed"), not what is impossible to know."""
_ACTOR_CANNOT = sought(
    rf"\b(?:{ACTORS})\b(?:\s+\w+ly)?\s+(?:{_CANNOT}|(?:will|can) (?:not|never)|won['’]t)\b"
    r"(?! (?:always|necessarily|be able|have to|need|guarantee|recover|undo|know|control|predict|"
    r"be (?:held )?(?:liable|responsible)))"
)
ARE_NOT = any_case(
    r"^(?!(?:it|this|that|they|we|you|he|she|there|others?|some|many|most|if|when|what|why|who)\b)"
    r"(?:(?!\b(?:until|when|if|once|before|after|that|who)\b)[^,;:]){2,60}? "
    r"(?:(?:is|are|may|must|should)(?: not|n['’]t)|(?:is|are) out)[.!]?$"
)
"""'Bags are welcome, tripods are not': a ban in the words of what is allowed before it."""
_OTHER_IS_NOT = sought(
    r"\b(?:is|are) (?:\w+ly )?(?:ok|okay|fine|allowed|welcome|permitted|acceptable|possible)\b"
    r"[^,;:]{0,40}[,;] (?:and |but )?(?!(?:it|this|that|they|you|we)\b)[^,;:]{2,60}?"
    r"(?: (?:is|are) not|\w (?:is|are)n['’]t)[.!]?$"
)
"""'One is fine, a second isn't': the same with what is allowed before it in the sentence."""
_PROHIBITS = sought(
    r"^(?:(?!\b(?:if|unless|where|when|what|whatever|as|because|nothing|no)\b)[^;:]){2,100}?"
    r"\b(?:prohibits|forbids|disallows)\b"
)
"""A ban by what somebody or something does ("This house forbids smoking")."""
_BANS = (
    ARE_NOT,
    _OTHER_IS_NOT,
    _PROHIBITS,
    _MUST_NOT,
    _ONLY_SO,
    _ONLY_THEY,
    _BAD_THINGS,
    _CANNOT_BE,
    _ACTOR_CANNOT,
)
NONE = r"(?:no (?!more|less|fewer|later|longer|matter|earlier)\w|(?:nothing|nobody|none|neither)\b)"
_NOT_TO = rf"(?!{_TELLS}\b)\w+ (?:\w+ ){{0,2}}?(?<!or )not to\b"
LEAVES = any_case(
    r"^(?:\s+(?:\w+ly|also|always|therefore|still|then|by default|at all times))*\s+"
    r"(?:(?:be )?(?:avoid|refrain|abstain|omitted|left out|free (?:of|from))\w*\b|stop \w+ing\b|"
    rf"to (?:avoid|refrain)\b|(?!say )\w+ {NONE}|{_NOT_TO})"
)
LEAVE = sought(
    rf"^(?!say no\b)\w+ {NONE}|^{_NOT_TO}|^only \w|"
    r"^(?:try|aim|strive|seek|take care|be careful|make sure) to (?:avoid|refrain|abstain)\b|"
    r"^(?:keep|leave) (?:(?!\b(?:door|until|when|if|is|are)\b)[^.,;:]){0,40}?\b(?:out|"
    r"out of (?!reach|sight)[^.,;:]+|"
    r"away from [^.,;:]+|(?:quiet|silent) (?:about|on) [^.,;:]+|"
    r"to (?:your|them|it)sel\w+)[.!]?$|"
    r"^(?:hold back from|omit|do without|go without|dispense with|cease|forget about)\b|"
    r"^\w+ (?:(?!\b(?:if|when|until|that|who|because|unless|before|so)\b)[^,.;:]){0,40}?"
    r"\b(?:nobody|no one|at no time)\b"
)
"""What an instruction begins with if it forbids."""
DO_NOT = any_case(
    r"^(?:do not|don['’]t|never|no longer|avoid|refrain|abstain|resist|beware|desist|"
    r"steer clear of|(?:stay|keep) (?:well |far )?(?:away|clear|off|out)\b(?! of (?:reach|sight))|"
    r"hands off|stop (?!\w+thing)\w+ing|"
    r"not\b(?! (?:\w+ing|every|all|only|just|merely|always|"
    r"\w+(?:ful|able|ible|ous|ive|ant|ent))\b)|"
    r"no(?! one\b)(?= (?:\w+ ){0,3}?\w+(?:s|ing)\b)"
    r"(?!(?: \w+){1,4}? (?:apply|applies|is|are|was|were|has|have|will|can|may|exists?)\b))\b"
)
NO_THING = any_case(
    r"^no (?!(?:problem|one|doubt|wonder|change|comment|idea|data|exceptions?)\b)"
    r"(?:\w+(?: \w+)?[.!]$|(?:[\w-]+ ){1,4}?(?:without|until|unless|outside|inside|"
    r"in|on|at|within|near|after|before|during) "
    r"(?:(?!\b(?:is|are|was|has|will|can)\b)[^,;:])+$)"
)
INTENSIFIER = any_case(
    r"^(?:always|please|also|strictly|absolutely|carefully|kindly|just|simply)\s+"
)


def ban_in(main: str) -> int:
    """Where the first ban in words of a main clause begins; -1 if it has none."""
    found = (ban.start() for pattern in _BANS if (ban := pattern.search(main)))
    return min(found, default=-1)


def forbids_at_once(text: str) -> bool:
    """Whether the text begins with a ban ("Never ...", "No discounts ...")."""
    return bool(DO_NOT.match(text))
