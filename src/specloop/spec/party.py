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
from specloop.spec.wording import main_clause, plain

_BOTS = (
    r"(?:ai |chat |virtual |coding |night desk )*(?:assistants?|chatbots?|bots?|claude|gpt-?\d*|"
    r"chatgpt|copilot|advis[eo]rs?|tutors?|companions?|concierge|language models?|"
    r"llms?|virtual librarian|librarian)|"
    r"\w*bots?"
)
_NOUNS: tuple[tuple[Party, str], ...] = (
    ("assistant", rf"{_BOTS}|ai|models?|agents?|sub-agents?"),
    (
        "third_party",
        r"third[- ]part(?:y|ies)|vendors?|suppliers?|contractors?|partners?|couriers?|"
        r"(?:outside|external) \w+|law enforcement|police|auditors?|press",
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
        r"council|board|department|desk|company|office|service|staff|leaders?)|we|openai|"
        r"anthropic|github|engineers?|on-?call|responders?",
    ),
    (
        "user",
        r"users?|members?|participants?|employees?|customers?|guests?|visitors?|readers?|students?|"
        r"pupils?|staff|workers?|contributors?|attendees?|everyone|everybody|anyone|people|"
        r"subscribers?|patrons?|travell?ers?|borrowers?|account holders?|recipients?",
    ),
)
_SUBJECT = any_case(
    r"(?:(?:no|the|our|all|any|every|each|an?|only|these|this|other|most|new|both|your|its|"
    r"their)\s+)*(?P<who>you|[\w’'-]+(?:\s[\w’'-]+){0,5}?)(?: \([^)]*\))?\s+"
    r"(?:\w+ly |also |always |never |then )*"
    r"(?:must|shall|should|may|can|cannot|can['’]t|will|won['’]t|ought|needs?|ha(?:s|ve) to|"
    r"(?:is|are) (?:not |also |\w+ly )*(?:expected|required|allowed|permitted|responsible|obliged|"
    r"asked|free|to)|agrees?|commits?|never|do(?:es)? not|don['’]t|doesn['’]t)\b"
)
_WANTS = any_case(
    r"^we(?: also| really| would| do| all)*(?:['’]d)? (?:want|like|expect|prefer|ask|need|hope)"
    r"(?: that)? (?P<who>[\w’'-]+(?:\s[\w’'-]+)?) (?:to|should|will|act|not)\b"
)
_ALLOWS = any_case(
    r"^we (?:do not |don['’]t |will not |won['’]t |never |strictly |generally )*"
    r"(?:allow|permit|tolerate|accept|prohibit|forbid|ban)\b"
)
_OURS = any_case(r"^we (?:all )?(?:agree|pledge|commit|promise|are all)\b")

_PROMPT = any_case(
    r"\byou are (?:an? |the )?(?:[\w&,'’-]+ ){0,6}?(?:assistant|agent|bot|chatbot|ai|tutor|"
    r"model)\b|"
    r"\bas an? (?:[\w-]+ )?agent, you\b|\byou are \W{0,3}(?-i:[A-Z])\w+|\bsystem prompt\b|"
    r"\bagent policy\b|\btool calls?\b"
)
_CONDUCT = any_case(
    r"\b(?:code of conduct|community (?:guidelines|standards)|acceptable use|terms (?:of|and)|"
    r"house rules|treat each other|leave|employee|handbook|workplace|access|security|rules of the|"
    r"working time|members|participants)\b"
)
_AUTHORS = any_case(
    r"\b(?:style|writing|editorial|content) (?:guide\w*|manual|rules|sheet)|\bwriting\b|"
    r"\bprotocol\b|\bspecification\b|\bcoding\b|\bcodebase\b|\bconventions?\b|\brfc\b|"
    r"\bcontributing\b|\bour style\b|\bapi\b|\btemplates?\b"
)
_RUN = any_case(r"\b(?:runbook|playbook|on-?call|incident response|operations manual)\b")
_NAMES_BOT = any_case(rf"\b(?:{_BOTS})\b")


def _named(words: str, kind: Party) -> Party | None:
    """Whom a noun phrase names, or `you` and `we` in a document of a kind."""
    if words == "IT":
        return "operator"
    phrase = words if words[-1:].isupper() or words.split()[-1].istitle() else _OF.split(words)[0]
    bare = phrase.strip().lower()
    if bare in ("you", "your"):
        return kind
    if bare == "we":
        return "author" if kind == "author" else "operator"
    for party, pattern in _NOUNS:
        if party == "author" and kind != "author":
            continue
        if re.fullmatch(rf"(?:[\w’'-]+ ){{0,5}}?(?:{pattern})", bare):
            return party
    return None


_OF = any_case(r" (?:of|on|in|at|who|from|for|that|with)\b")


def _bound_in(text: str, kind: Party) -> Party | None:
    """Whom a sentence binds by its subject."""
    main = main_clause(plain(text))
    if wants := _WANTS.match(main):
        return _named(wants["who"], kind) or kind
    if _ALLOWS.match(main):
        return "user" if kind == "operator" else kind
    if _OURS.match(main):
        return "user" if kind != "author" else kind
    match = _SUBJECT.match(main)
    return _named(match["who"], kind) if match else None


def kind_of(text: str, title: str, n_bots: int, n_rules: int) -> Party:
    """Whom a document mostly addresses, by its title, its beginning and how many of its rules name
    an assistant."""
    start = " ".join(text[:4000].split())
    if _PROMPT.search(start) or _NAMES_BOT.search(title) or n_bots * 4 >= max(1, n_rules):
        return "assistant"
    kinds: tuple[tuple[Party, re.Pattern[str]], ...] = (
        ("author", _AUTHORS),
        ("operator", _RUN),
        ("user", _CONDUCT),
    )
    if n_bots and not any(pattern.search(title) for _, pattern in kinds):
        return "assistant"
    for where in (title, start[:1000]):
        for kind, pattern in kinds:
            if pattern.search(where):
                return kind
    return "assistant"


def with_parties(rules: Sequence[Rule], text: str, sections: Sequence[Section]) -> list[Rule]:
    """The rules, each with whom it binds."""
    paths = {section.id: section.path for section in sections}
    title = next((section.path[0] for section in sections if section.path), "")
    n_bots = sum(_bound_in(rule.text, "author") == "assistant" for rule in rules)
    kind = kind_of(text, title, n_bots, len(rules))
    own = [_own(rule, paths.get(rule.section, ()), kind) for rule in rules]
    named = Counter(filter(None, own))
    if kind == "assistant" and "assistant" not in named and named["user"]:
        # No assistant is named, so what has no subject binds those who are.
        kind = "user"
    return [
        rule.model_copy(update={"party": party or kind})
        for rule, party in zip(rules, own, strict=True)
    ]


def _own(rule: Rule, path: Sequence[str], kind: Party) -> Party | None:
    # Sentences before the rule's own only say what it refers to.
    own = reversed(re.split(r"(?<=[.!?]) (?=[A-Z])", rule.text))
    for text in (*own, *_lead_ins(rule)):
        if party := _bound_in(text, kind):
            return party
    for title in reversed(path):
        if party := _of_heading(title):
            return party
    return None


def _lead_ins(rule: Rule) -> Iterable[str]:
    return (text for text in rule.scope if text.endswith(":"))


_FOR = any_case(
    r"(?:(?:duties|responsibilities|obligations|tasks|role|rules) (?:of|for)|for) (?:the )?(.+)"
)


def _of_heading(title: str) -> Party | None:
    """Whom a heading names: "Responsibilities of managers", "For operators", "Members"."""
    match = _FOR.fullmatch(title.strip(" :."))
    words = match[1] if match else title.strip(" :.")
    if len(words.split()) > 3 or not (match or words.endswith("s")):
        return None
    found = _named(words, "assistant")
    return None if found == "author" else found


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
