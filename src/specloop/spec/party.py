"""Whom a rule binds: the assistant, users, those who run the service, authors or others.

A rule's own subject says it, else its lead-in's, else its heading's, else what kind of document it
stands in: 'you' is the assistant in a prompt and the participant in a code of conduct.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from specloop.checking.text import any_case
from specloop.records import ASSISTANT_ONLY, Party, Rule, Section
from specloop.spec.actors import BOTS, Actors, actors_of
from specloop.spec.identity import unnumbered
from specloop.spec.wording import main_clause, plain

_WANTS = any_case(
    r"^we(?: also| really| would| do| all)*(?:['’]d)? (?:want|like|expect|prefer|ask|need|hope|"
    r"urge|encourage|advise|remind|request|require)"
    r"(?: that)? (?P<who>[\w’'-]+(?:\s[\w’'-]+)??)(?: (?:to|should|will|act|not)\b|:)"
)
_ALLOWS = any_case(
    r"^we (?:do not |don['’]t |will not |won['’]t |never |strictly |generally )*"
    r"(?:allow|permit|tolerate|accept|welcome|condone|prohibit|forbid|ban)\b"
)
_OURS = any_case(r"^we (?:all )?(?:agree|pledge|commit|promise|are all)\b")

_PROMPT = any_case(
    r"\byou(?: are|['’]re) (?:an? |the |our )?(?:[\w&,'’-]+ ){0,6}?(?:assistant|agent|bot|chatbot|"
    r"ai|tutor|model|character|persona)\b|"
    r"\bas an? (?:[\w-]+ )?agent, you\b|\byou(?: are|['’]re) \W{0,3}(?-i:[A-Z])\w+|"
    r"\bsystem prompt\b|\bagent policy\b|\btool calls?\b|\byour (?:name|role|persona) is\b|"
    r"(?:^|[.:#>] )(?:act|respond|answer) as an?\b"
)
_CONDUCT = any_case(
    r"\b(?:code of conduct|covenant|community (?:guidelines|standards|rules)|acceptable use|"
    r"terms (?:of|and)|house rules|treat each other|leave|employee|handbook|workplace|access|"
    r"security|rules of the|working time|members|participants|how we work|students?|pupils|school|"
    r"college|university|visit|guests|agreement|faq|frequently asked)\b"
)
_CONTRACT = any_case(
    r"^(?:[\w&’'-]+ ){0,4}(?:terms (?:of\b|and\b|for\b|&)|"
    r"(?:licen[cs]e|agreement)(?=,? version|,? v\d|$))"
)
"""A title of what binds those who sign or use something."""
_TEAM = any_case(
    r"\bfor (?:the |our |all |new )*(?:[\w-]+ )?(?:teams?|staff|crew|colleagues|employees|"
    r"volunteers|students|pupils|members|participants|visitors|guests|players|tenants|drivers|interns|hosts)\b"
)
"""A title that names those whom it addresses."""
_WRITES = any_case(
    r"(?:everyone|anyone|all|those|people) who (?:writes?|edits?|translates?|publish(?:es)?)\b"
)
_AUTHORS = any_case(
    r"\b(?:style|writing|editorial|content) (?:guide\w*|manual|rules|sheet)|(?<!in )\bwriting\b|"
    r"\b(?:brand|voice and tone|tone of voice|newsletter)\b|^how [^\n?]{2,40} sounds\b|"
    rf"\b{_WRITES.pattern}|"
    r"\bprotocol\b|\bspecification\b|\bcoding\b|\bcodebase\b|\bconventions?\b|\brfc\b|"
    r"\bcontributing\b|\bstyle(?! \w+ing)\b|\bapi\b|\btemplates?\b"
)
_ONE_OF = any_case(r"\byou are one of (?:[\w-]+ ){0,3}?(?P<who>[\w-]+)(?=[.,;]| who\b| at\b| of\b)")
"""Whom a document addresses ("You are one of forty volunteers")."""
_RUN = any_case(
    r"\b(?:runbook|playbook|on-?call|incident response|operations manual|moderati(?:on|ng)|"
    r"for moderators|administrators)\b"
)
_NAMES_BOT = any_case(rf"\b(?:{BOTS})\b")


_HEADED = any_case(r"^(?:[\w'’&-]+ ){1,5}[—–] (?=(?:if|when|we|you|the|our)\b)")
"""A label with a dash ("Lost keys – We change the lock")."""


def _bound_in(text: str, kind: Party, actors: Actors) -> Party | None:
    """Whom a sentence binds by its subject."""
    main = main_clause(plain(_HEADED.sub("", text.replace("`", ""))))
    if wants := _WANTS.match(main):
        return actors.named(wants["who"], kind) or kind
    if _ALLOWS.match(main):
        return "user" if kind == "operator" else kind
    if _OURS.match(main):
        return "user" if kind != "author" else kind
    return actors.subject(main, kind)


_AUDIENCE = any_case(
    r"(?m:^)\W{0,3}(?:(?:these|this|the) [\w’' -]{1,40}? (?:is|are|appl(?:y|ies)|holds?) "
    r"(?:for|to) |for )(?P<who>(?:the |all |every )?[\w-]+(?: [\w-]+){0,2}?)"
    r"(?= of | at | in | who |[.,:;]| and )"
)
"""Whom a document says that it is for ("This guide is for teams that publish an API.")."""


def _kind_of(
    text: str, title: str, actors: Actors, named: Counter[Party], *, about_bots: bool
) -> Party:
    """Whom a document mostly addresses, by its title, its beginning and whom its rules name."""
    start = " ".join(text[:4000].split())
    n_bots = named["assistant"]
    if _PROMPT.search(start) or _NAMES_BOT.search(title):
        return "assistant"
    if (one := _ONE_OF.search(start)) and (said := actors.named(one["who"], "assistant")):
        return said
    kinds: tuple[tuple[Party, re.Pattern[str]], ...] = (
        ("author", _AUTHORS),
        ("operator", _RUN),
        ("user", _CONDUCT),
    )
    by_title: list[Party] = [kind for kind, pattern in kinds if pattern.search(title)]
    if any(map(_CONTRACT.match, title.splitlines())) or (_TEAM.search(title) and not n_bots):
        by_title = ["user"]
    if (about_bots and not by_title) or _binds_bot(start, actors):
        return "assistant"
    audience = _AUDIENCE.search(text[:800])
    writes = audience and _WRITES.match(text, audience.start("who"))
    if (
        audience
        and not (by_title or writes)
        and (said := actors.named(audience["who"].strip(), "assistant"))
    ):
        return said
    if not by_title and len(_CAPITALS.findall(text)) >= MANY:
        return "author"
    by_start: list[Party] = [kind for kind, pattern in kinds if pattern.search(start[:1000])]
    # Whom a document addresses it names less often than those it speaks of.
    n_users = named["user"] + len(_TO_YOU.findall(text))
    most: Party = "operator" if named["operator"] > 2 * n_users else "user"
    n_answers, n_people = len(_ANSWERS.findall(text)), len(_PEOPLE.findall(text))
    if not by_title and by_start[:1] != ["author"] and n_answers >= MOSTLY * max(n_people, 3):
        return "assistant"
    by_names: list[Party] = [most] if named[most] > n_bots else ["assistant"] if n_bots else []
    begun = by_start if by_start[:1] == ["author"] and not n_bots else []
    # What names nobody is for an assistant if it speaks more of answers than of people.
    last: Party = "assistant" if n_answers > n_people else "user"
    found: list[Party] = [*by_title, *begun, *by_names, *by_start, last]
    return found[0]


_TO_YOU = any_case(r"\byou (?:must|may|can|cannot|can['’]t|shall|should|agree)\b")
_CAPITALS = re.compile(r"\b(?:MUST|SHOULD|MAY)\b")
MANY = 5
"""Words of duty in capitals that only a protocol has so many of."""
_DOCUMENT = (
    r"(?:rules?|page|policy|document|guide|guidelines|notes?|instructions?|manual|specification)"
)


_AGENTS = any_case(
    r"\b(?:for|govern|binds?) (?:all |any |every )?ai agents?\b|\bagents?['’]? behaviou?r\b"
)
"""Agents that are programs, not people of an agency."""


def _binds_bot(start: str, actors: Actors) -> bool:
    """Whether a document says first that it is for a bot ("These rules bind Ro")."""
    named = (re.escape(name) for name, party in actors.own.items() if party == "assistant")
    bot = rf"(?:{'|'.join([BOTS, *named])})\b"
    says = (
        rf"\b(?:these|this) {_DOCUMENT} (?:\w+ ){{0,2}}(?:binds?|for|how|to) (?:the |our )?{bot}|"
    )
    under = rf"\b{bot}[^.]{{0,30}} (?:under|by|follows?) (?:these|this) {_DOCUMENT}\b"
    return bool(re.search(says + under, start[:600], re.I) or _AGENTS.search(start[:600]))


_ANSWERS = any_case(
    rf"\b(?:{BOTS}|repl(?:y|ies)|answers?|respon(?:d|ses?)|greet|conversations?|messages?|"
    r"the (?:user|customer|caller|reader|visitor|player|subscriber)s?|prompts?|tone|persona|"
    r"hand (?:off|over)|escalate|json|apologi[sz]e|sentences?|emojis?|knowledge base)\b"
)
_PEOPLE = any_case(
    r"\b(?:employees?|staff|members|managers?|colleagues?|leave|contracts?|students?|pupils|guests|"
    r"visitors|participants|contributors?|maintainers?|reviewers?|teammates?|pull requests?|"
    r"community|premises|rooms?|fees?|deadline|"
    r"events?|employment|school|parents|law|terms|policy|wear|passwords?|accounts?|your "
    r"(?:manager|lead|tutor|work|supervisor|team|device|rights|phone|visit|employer|bag|child|"
    r"membership|booking|content))\b"
)
"""What is spoken of where people are bound, as against what an assistant does."""
MOSTLY = 2
"""How many times more a document speaks of answers than of people if it is about an assistant."""
_PRONOUN = any_case(r"(?:it|they|he|she)\b")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")
_NEAR = 400
"""How many characters before a rule somebody may be named that a pronoun in it stands for."""


_HEAD = re.compile(r"^(?:title:|\W*)[ \t]*(\w[^\n.]{2,80})$", re.M)
"""The first lines, where a document's title is that has no mark of one."""


class _Reader:
    """Whom the rules of one document bind."""

    def __init__(self, text: str, sections: Sequence[Section]) -> None:
        self._text = text
        self._paths = {section.id: section.path for section in sections}
        first = next((section.path[0] for section in sections if section.path), "")
        self._actors = actors_of(text)
        self._said = self._actors.text
        self._title = "\n".join([first, *_HEAD.findall(self._said[:400])[:1]])

    def read(self, rules: Sequence[Rule]) -> list[Party]:
        """For each rule, whom it binds."""
        by_section: dict[str, Counter[Party]] = {}
        sizes = Counter(rule.section for rule in rules)
        said = [self._texts(rule) for rule in rules]
        by_author: list[Party | None] = [
            self._own(*pair, "author") for pair in zip(rules, said, strict=True)
        ]
        for rule, party in zip(rules, by_author, strict=True):
            if party:
                by_section.setdefault(rule.section, Counter())[party] += 1
        about_bots = {
            section
            for section, named in by_section.items()
            if named["assistant"] * 2 >= named.total() and named["assistant"] * 3 >= sizes[section]
        }
        mostly = 2 * len(about_bots) >= len(sizes)
        rest = [named for section, named in by_section.items() if section not in about_bots]
        named = sum(rest, Counter[Party]())
        kind = _kind_of(self._said, self._title, self._actors, named, about_bots=mostly)
        self._actors.writes = kind == "author"
        by_kind: list[Party | None] = [
            self._own(*pair, kind) for pair in zip(rules, said, strict=True)
        ]
        own: list[Party | None] = [
            party or self._by_headings(rule, kind)
            for rule, party in zip(rules, by_kind, strict=True)
        ]
        prompt = _PROMPT.search(self._said[:4000])
        if kind == "assistant" and not prompt and "assistant" not in own and "user" in own:
            # No assistant is named, so what has no subject binds those who are.
            kind = "user"
        parties: list[Party] = []
        for rule, party in zip(rules, own, strict=True):
            parties.append(party or ("assistant" if rule.section in about_bots else kind))
        return parties

    def _texts(self, rule: Rule) -> list[str]:
        """The texts of a rule that may name whom it binds, the likeliest first."""
        # A heading and sentences before the rule's own only say what it refers to.
        n_own = len(_SENTENCE_END.split(rule.quote.strip()))
        path = self._paths.get(rule.section, ())
        label = f"{unnumbered(path[-1]).strip(' .:')}: " if path else ""
        own = _SENTENCE_END.split(rule.text.removeprefix(label))[-n_own:]
        return [*reversed(own), *_lead_ins(rule)]

    def _own(self, rule: Rule, texts: Sequence[str], kind: Party) -> Party | None:
        if _PRONOUN.match(main_clause(rule.quote)) and (party := self._before(rule, kind)):
            return party
        for text in texts:
            if party := _bound_in(text, kind, self._actors):
                return party
        return None

    def _by_headings(self, rule: Rule, kind: Party) -> Party | None:
        for title in reversed(self._paths.get(rule.section, ())):
            if party := self._of_heading(title, kind):
                return party
        return None

    def _before(self, rule: Rule, kind: Party) -> Party | None:
        """Who was named before a rule."""
        before = self._text[max(0, rule.start - _NEAR) : rule.start].rsplit("\n\n", 1)[-1]
        for sentence in reversed(re.split(r"(?<=[.!?:])\s+", before)):
            if party := _bound_in(sentence, kind, self._actors):
                return party
        return None

    def _of_heading(self, title: str, kind: Party) -> Party | None:
        """Whom a heading names: "Responsibilities of managers", "For operators", "Members". Where
        an assistant is told what to do, "Customers" only says about whom."""
        match = _FOR.fullmatch(title.strip(" :."))
        words = (match["whose"] or match["who"]) if match else title.strip(" :.")
        names = words.endswith("s") and " " not in words and kind != "assistant"
        if len(words.split()) > 3 or not (match or names or _A_BOT.fullmatch(words)):
            return None
        found = self._actors.named(words, "assistant")
        return None if found == "author" else found


def with_parties(rules: Sequence[Rule], text: str, sections: Sequence[Section]) -> list[Rule]:
    """The rules, each with whom it binds."""
    parties = _Reader(text, sections).read(rules)
    return [
        rule.model_copy(update={"party": party}) for rule, party in zip(rules, parties, strict=True)
    ]


def _lead_ins(rule: Rule) -> Iterable[str]:
    return (text for text in rule.scope if text.endswith(":"))


_A_BOT = any_case(rf"(?:[\w-]+ ){{0,2}}(?:{BOTS}|agents)")
_FOR = any_case(
    r"(?:(?:duties|responsibilities|obligations|tasks|role|rules) (?:of|for)|for) (?:the )?"
    r"(?P<whose>.+)|what (?:may |can |must |should )?(?:the |an? |our )?(?P<who>[\w -]+?)"
    r"(?: (?:may|can|must|should|will))?(?: not| never)? do(?: here)?\??"
)


def bound(rules: Sequence[Rule], parties: Sequence[Party] = ASSISTANT_ONLY) -> list[Rule]:
    """The rules that bind one of these. Where none binds an assistant and nothing else was asked
    for, a document is meant to be followed: those that bind users and authors if they are half of
    it, else all, since then it is about somebody else."""
    chosen = [rule for rule in rules if rule.party in parties]
    if chosen or tuple(parties) != ASSISTANT_ONLY:
        return chosen
    followed = [rule for rule in rules if rule.party in ("user", "author")]
    return followed if 2 * len(followed) >= len(rules) else list(rules)


def told(rules: Sequence[Rule], parties: Sequence[Party] = ASSISTANT_ONLY) -> str:
    """What to say of the rules that are left out, or taken though they bind no assistant; empty if
    there is nothing to say."""
    chosen = bound(rules, parties)
    ids = {rule.id for rule in chosen}
    others = Counter(rule.party for rule in rules if rule.id not in ids)
    listed = ", ".join(f"{n} {party}" for party, n in others.most_common())
    left = f"{sum(others.values())} rules bind others and are left out ({listed})" if others else ""
    if chosen and chosen[0].party not in parties:
        who = " or ".join(sorted({rule.party for rule in chosen}))
        taken = f"no rule binds an assistant, so those that bind {who} are taken as its own"
        left = f"{taken}; {left}" if left else taken
    return f"{left}; document.parties says otherwise" if left else ""
