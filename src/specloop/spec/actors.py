"""Who a document names that can be bound: roles of everyday English, and names of its own ('You are
Marlow', 'Acme Ltd (the "Supplier")', 'The planner is a chatbot')."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from specloop.checking.sought import sought
from specloop.checking.text import any_case, word_set
from specloop.records import Party
from specloop.spec.bans import forbids_at_once
from specloop.spec.verbs import is_verb_form, opens_with_verb
from specloop.spec.wording import main_clause

BOTS = (
    r"(?:ai |chat |virtual |coding |night desk )*(?:assistants?|chatbots?|bots?|claude|gpt-?\d*|"
    r"chatgpt|copilot|advis[eo]rs?|tutors?|companions?|concierge|language models?|"
    r"llms?|virtual librarian|librarian)|"
    r"\w*bots?|(?:ai|virtual|digital|automated) (?:[a-z]*(?:[eo]r|ant|ist|ian)|guide|nurse|host)s?"
)
_PROVIDERS = (
    r"suppliers?|providers?|processors?|vendors?|sellers?|licensors?|landlords?|contractors?|"
    r"company|publishers?|employers?|lenders?|hosts?|club|we|us"
)
_TAKERS = (
    r"customers?|clients?|controllers?|buyers?|licensees?|tenants?|subscribers?|members?|users?|"
    r"employees?|borrowers?|participants?|you"
)
"""The two sides of a contract that defines them; elsewhere a supplier is somebody else."""
_ROLES: tuple[tuple[Party, str], ...] = (
    ("assistant", rf"{BOTS}|ai|models?|agents?|sub-agents?"),
    (
        "third_party",
        r"third[- ]part(?:y|ies)|vendors?|suppliers?|contractors?|partners?|couriers?|"
        r"sub\w*(?:processors?|contractors?)|(?:outside|external) \w+|law enforcement|police|"
        r"auditors?|press",
    ),
    (
        "author",
        r"authors?|writers?|editors?|translators?|implementations?|implementers?|servers?|clients?|"
        r"senders?|receivers?|relays?|peers?|nodes?|parsers?|headings?|headlines?|titles?|captions?|"
        r"sentences?|paragraphs?|file ?names?|urls?|functions?|methods?|classes|modules?|commits?|"
        r"variables?|tests?|comments?|docstrings?|pull requests?|code|documentation|pages?",
    ),
    (
        "operator",
        r"operators?|developers|owners?|maintainers?|moderators?|organi[sz]ers?|administrators?|"
        r"admins?|management|managers?|supervisors?|(?:[\w-]+ ){0,3}(?:team|group|committee|"
        r"council|board|department|desk|company|office|service|leaders?|leads?)|we|openai|"
        r"anthropic|github|engineers?|on-?call|responders?|teachers?|principals?|nurses?|doctors?|"
        r"attendants?|wardens?|lecturers?|professors?|referees?|umpires?|librarians?|trainers?|"
        r"instructors?|coaches|hosts?|providers?",
    ),
    (
        "user",
        r"users?|members?|participants?|employees?|customers?|guests?|visitors?|readers?|students?|"
        r"pupils?|contributors?|attendees?|everyone|everybody|anyone|anybody|nobody|no one|whoever|"
        r"people|persons?|subscribers?|patrons?|travell?ers?|borrowers?|account holders?|"
        r"recipients?|parents?|patients?|passengers?|residents?|tenants?|applicants?|callers?|"
        r"children|adults?|players?|apprentices?|buyers?|licensees?|volunteers?",
    ),
)
_STAFF = any_case(r"staff|workers?|colleagues?|employees?|personnel")
_NAMES_OF_ROLES: list[tuple[Party, re.Pattern[str]]] = [
    (party, re.compile(rf"(?:[\w’'-]+ ){{0,5}}?(?:{roles})")) for party, roles in _ROLES
]
PEOPLE = "|".join((_STAFF.pattern, *(roles for party, roles in _ROLES if party != "author")))
"""Roles, as a pattern; not those of a style guide or protocol, which are things."""
RUNNING = "|".join([_STAFF.pattern, *(roles for party, roles in _ROLES if party == "operator")])
"""Roles of those who run something, as a pattern."""
_SERVED = any_case(
    r"\b(?:visitors?|guests?|customers?|patients?|pupils?|students?|members|tenants?|passengers?|"
    r"residents?|patrons?|borrowers?)\s+(?:\w+ly )?(?:must|shall|should|may|can|cannot|will|are|"
    r"have to|need)\b"
)
"""Somebody served is bound by the document, so the staff in it are those who run the place."""
_OF = any_case(r" (?:of|on|in|at|who|whose|from|for|that|which|with|without)\b")

_MARKS = r"[*_`\"“”'‘’]{0,3}"
_DEFINED = re.compile(
    rf"\([^()\"“]{{0,40}}{_MARKS}(?:[Tt]he {_MARKS})?"
    r"(?P<name>[A-Z][\w-]+(?: [A-Z][\w-]+)?)[\"”]\W{0,2}\)"
    r"|[\"“](?:the )?(?P<term>[A-Z][\w-]+(?: [A-Z][\w-]+)?)[\"”] "
    r"(?:means?|is|refers? to|shall mean) (?P<meaning>[^.\n]{0,80})"
)
_ORGANISATION = re.compile(r"\b(?:Ltd|GmbH|AG|Inc|LLC|Corp|plc|Limited|S\.?A|B\.?V)\b")
_BOT_NOUN = rf"(?i:{BOTS})"
_BEGUN = r"(?<!\w.)"
"""A word begins with the letter before this. A pattern that begins with a set of letters is found
several times as fast as one that begins with a border."""
_NAMED_BOT = (
    re.compile(rf"[Yy]{_BEGUN}ou are {_MARKS}(?P<name>[A-Z][a-z]\w+)"),
    re.compile(
        rf"[.!?:>\n]\s*{_MARKS}(?P<name>(?:(?:The|Our|Your) )?[\w-]+){_MARKS} (?:is|are) "
        rf"(?:the|an?|our|your) (?:[\w-]+ ){{0,4}}?{_BOT_NOUN}\b"
    ),
    re.compile(
        rf"(?P<name>[A-Z]{_BEGUN}\w+), (?:the|an?|our|your) (?:[\w’'-]+ ){{0,4}}?{_BOT_NOUN}\b"
    ),
    re.compile(
        rf"[aAbBcC]{_BEGUN}(?i:(?<=b)ot|(?<=a)ssistant|(?<=c)hatbot)(?: called| named)? "
        rf"{_MARKS}(?P<name>[A-Z]\w+|\w+`)"
    ),
    re.compile(
        rf"[Aadv]{_BEGUN}(?:(?<=A)I|(?<=v)irtual|(?<=d)igital|(?<=a)utomated) "
        r"(?P<name>[a-z]*(?:[eo]r|ant|ist|ian)|guide|nurse|host)\b"
    ),
)


def _clean(name: str) -> str:
    return re.sub(r"^(?:the|our|your) |`", "", name.strip().lower())


def _names_bots(text: str) -> Iterator[str]:
    text = text if text[:1].isspace() else f"\n{text}"
    for pattern in _NAMED_BOT:
        for match in pattern.finditer(text):
            name = _clean(match["name"])
            if name not in _NO_NAMES and len(name) > 1:
                yield name


_NO_NAMES = word_set(
    "he we my this that it they there here you who which what not now used part must should may "
    "can will behavior behaviour power error factor layer order"
)


def _side(name: str, said: str) -> Party | None:
    """Which side of a contract a defined name is."""
    if re.fullmatch(_PROVIDERS, name, re.I):
        return "operator"
    if re.fullmatch(_TAKERS, name, re.I):
        return "user"
    if re.search(rf"\b(?:{BOTS}|chat|ai|software agent)\b", said, re.I):
        return "assistant"
    return "operator" if _ORGANISATION.search(said) else None


@dataclass(slots=True)
class Actors:
    """The names that one document gives, and whom each is."""

    text: str
    own: dict[str, Party] = field(default_factory=dict[str, Party])
    staff: Party = "user"
    writes: bool = False
    """Whether whoever follows the document writes by it."""
    _protocol: bool = False

    def __post_init__(self) -> None:
        for match in _DEFINED.finditer(self.text):
            name = match["name"] or match["term"]
            before = self.text[max(0, match.start() - 80) : match.start()]
            if party := _side(name, match["meaning"] or re.split(r"[().\n]", before)[-1]):
                self.own[name.lower()] = party
        for name in _names_bots(self.text):
            self.own.setdefault(name, "assistant")
        self._protocol = bool(re.search(r"\b(?:MUST|SHOULD) NOT\b", self.text))
        self.staff = "operator" if _SERVED.search(self.text) else "user"

    def named(self, words: str, kind: Party) -> Party | None:
        """Whom a noun phrase names, or `you` and `we` in a document of a kind."""
        is_name = words[-1:].isupper() or words.split()[-1].istitle()
        bare = _clean(words if is_name else _OF.split(words)[0])
        if bare in ("you", "your", "we"):
            return "operator" if bare == "we" and kind != "author" else kind
        last = bare.split()[-1] if bare else ""
        if own := self.own.get(bare) or self.own.get(last):
            return own
        if words in ("IT", "HR"):
            return "operator"
        role = self.staff if _STAFF.fullmatch(last) else _role(bare, kind)
        # Readers and users of a protocol are programs that somebody writes; whoever follows a
        # style guide writes.
        writes = self._protocol or (self.writes and _WHOEVER.fullmatch(bare))
        return "author" if role == "user" and kind == "author" and writes else role

    def subject(self, sentence: str, kind: Party) -> Party | None:
        """Whom a sentence binds by its subject, or by who acts in a passive."""
        main = main_clause(sentence)
        agent = _AGENT.search(main)
        if agent and (party := self.named(agent["who"], kind)):
            return party
        if kind == "user" and _IS_SERVED.match(main):
            return "operator"
        if match := _SUBJECT.match(main):
            if _IS_DONE.match(main, match.end()):
                return None
            # "A referee rules at once and must not change it" is about the first verb's subject.
            goes_on = match["who"].endswith((" and", " but"))
            return self._told(main, kind) if goes_on else self.named(match["who"], kind)
        rest = _instruction(main)
        label = main[: len(main) - len(rest)].rstrip(": ")
        if 0 < len(label.split()) <= MAX_NAME and (party := self.named(label, kind)):
            return party
        main = rest
        forbids = forbids_at_once(main) and not main.lower().startswith("no ")
        instructs = opens_with_verb(main) or forbids or _WE_THINK.match(main)
        return None if instructs else self._told(main, kind)

    def _told(self, main: str, kind: Party) -> Party | None:
        """Whom a sentence in the present tense is about ("Moderators sign warnings")."""
        if _IF.match(main):
            return None
        words = main.split(maxsplit=8)[:8]
        for at in range(1, len(words)):
            phrase, verb = " ".join(words[:at]), words[at].strip(",;").lower()
            goes_on = is_verb_form(verb) or verb in _AFTER
            party = self.named(_DETERMINERS.sub("", phrase), kind) if goes_on else None
            if party or verb in ("is", "are", "has", "have"):
                return party
        return None


_TAGS = re.compile(
    r"https?://[^\s)>\"]+|<(script|style)\b[^>]*>.*?</\1>|<!?/?[a-zA-Z][^<>]*>", re.S | re.I
)


@lru_cache(maxsize=2)
def actors_of(source: str) -> Actors:
    """Whom a document names, but for its tags and addresses."""
    return Actors(_TAGS.sub(" ", source))


MAX_NAME = 3
"""Most words of a label that names whom an instruction is for ("Cleaners: ...")."""
_BEFORE_IT = any_case(r"(?:: |[,;—–] (?:so|therefore|then) )(?=\w)")


def _instruction(main: str) -> str:
    """The instruction behind a label or a reason, whose subject is not who is bound by it."""
    for match in _BEFORE_IT.finditer(main):
        rest = main[match.end() :]
        if opens_with_verb(rest) or forbids_at_once(rest):
            return rest
    return main


def _role(bare: str, kind: Party) -> Party | None:
    for party, pattern in _NAMES_OF_ROLES:
        if (party != "author" or kind == "author") and pattern.fullmatch(bare):
            return party
    return None


_IF = any_case(r"(?:if|when|whenever|once|unless|while|until)\b")
_AFTER = word_set("who that is are has have does do doesn't don't never always also not")
_DETERMINERS = any_case(
    r"^(?:(?:no|the|our|all|any|every|each|an?|only|these|this|other|most|new|both|your|its|"
    r"their|either|neither)\s+)+"
)
_WHOEVER = any_case(r"whoever|everyone|everybody|anyone|anybody|nobody|no one|people|persons?")
_AGENT = sought(
    r"^(?:(?!\b(?:that|which|who)\b).)*?(?:\b(?:is|are|be|been|gets?)(?: (?!only)\w+){1,3}? by|"
    r"\bit is (?:not )?(?:up to|for)) (?!(?:people|humans|an? (?:human|person))\b)"
    r"(?P<who>(?:the |our |an? |one of the )?(?:[\w’'-]+ ){0,3}?[\w’'-]+)"
    r"(?=[.,;]|$| "
    r"(?:within|before|after|in|on|at|alone|only|and|or|if|when|unless|as|without|to)\b)"
)
"""Who acts in a passive, or whose part something is; *by people* only says that no machine does."""
_IS_SERVED = any_case(
    r"(?:(?!\b(?:that|which|who)\b)[^,;:]|\b(?:that|which|who) (?:was|were|is|are) \w+){2,80}?"
    r"\b(?:is|are|be|gets?) (?:(?:not|never|also|then|only|\w+ly) )*(?:(?:re|pre)paid|"
    r"paid (?:back|out)|refunded|reimbursed|handed back|disabled|deactivated|raised|increased|"
    r"blamed|punished|penali[sz]ed|turned away|kept (?:for (?:no|up|at|\w+ (?:days|weeks|months|"
    r"years?)\b)|in the safe)|(?:deleted|erased|destroyed) (?:after|within))\b"
)
"""What is done for those who are served, by those who run the place ("The deposit is repaid")."""
_WE_THINK = any_case(r"we (?:\w+ly |also )?(?:think|believe|hope|know|feel|understand|see)\b")
_IS_DONE = any_case(
    r" (?:not |\w+ly )*be (?:neither )?(?:\w+ly )?\w+(?:ed|en|wn)\b(?! (?:to|in)\b)"
)
"""In a passive the subject is not who is bound."""
_SUBJECT = any_case(
    r"(?:(?:no|the|our|all|any|every|each|an?|only|these|this|other|most|new|both|your|its|"
    r"their)\s+)*(?P<who>you|[\w’'-]+(?:\s[\w’'-]+){0,5}?)(?: \([^)]*\))?\s+"
    r"(?:\w+ly |also |always |never |then )*"
    r"(?:must|shall|should|may|can|cannot|can['’]t|will|won['’]t|ought|needs?|ha(?:s|ve) to|"
    r"(?:is|are) (?:not |also |\w+ly )*(?:expected|required|allowed|permitted|responsible|obliged|"
    r"asked|free|to)|agrees?|commits?|undertakes?|never|do(?:es)? not|don['’]t|doesn['’]t)\b"
)
