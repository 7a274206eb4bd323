"""A statement in a form in which two can be compared: what it is about, whether it asks or forbids,
under which conditions, with which amounts.

Two statements are compared only if code could read both wholly: a sentence with two negations, an
exception or a vague amount has no polarity or no amount here, and gives no conflict.
"""

from __future__ import annotations

import re
from functools import lru_cache
from math import inf
from typing import Literal, NamedTuple

from specloop.checking.grammar import numbered_quotes, spelt_out
from specloop.checking.scope import holds_everywhere
from specloop.checking.text import NUMBER
from specloop.linting.quantities import Quantity, read_quantities
from specloop.linting.slots import SlotValue, read_values
from specloop.linting.words import LIGHT_STEMS, content, in_phrases

Force = Literal["must", "should", "may", "free", "fact"]
"""How strongly it binds; `free` for what is expressly optional."""

MAX_CHARS = 400
"""A longer statement says too many things to be compared."""


TIMES = frozenset({"before", "after"})
"""What conditions of order begin with."""


class Normal(NamedTuple):
    """What a statement says."""

    about: frozenset[str]
    """Stems of the main clause, without words of duty and light words."""
    verb: str
    """The first of them in reading order after the subject."""
    condition: frozenset[str]
    """Stems of its conditions, with the word that opens each."""
    force: Force
    negative: bool
    quantities: tuple[Quantity, ...]
    values: tuple[SlotValue, ...]
    party: frozenset[str]
    """Who acts, where the wording names somebody other than the assistant."""
    only: bool
    """Whether only that party may."""
    sure: bool
    """Whether its polarity and amounts could be read."""
    text: str
    """In lower case, with contractions written out."""

    @property
    def key(self) -> tuple[frozenset[str], frozenset[str]]:
        """What it is about and when: equal for statements on the same matter."""
        return self.about | self.party, self.condition

    @property
    def order(self) -> tuple[frozenset[str], frozenset[str]] | None:
        """What comes first and what comes then, where a condition says "before" or "after"."""
        act, condition = self.key
        times = TIMES & condition
        if len(times) != 1 or not condition - times:
            return None
        return (act, condition - times) if "before" in times else (condition - times, act)

    @property
    def words(self) -> frozenset[str]:
        """All its stems."""
        return self.about | self.party | self.condition


_ASSISTANT = (
    r"(?:the|our|this|an?|your) (?:\w+ )?(?:assistant|agent|model|bot|chatbot|ai|llm)|you|we|i|it|"
    r"they|claude|chatgpt"
)
_MODAL = (
    r"must|shall|should|may|might|can|will|would|ought to|need not|"
    r"(?:is|are|was|were) (?:not )?(?:allowed|permitted|required|obliged|expected|supposed|to)"
    r"(?: to)?|ha(?:s|ve) to|needs? to|(?:do|does) not|never|always"
)
_WHO = re.compile(
    r"^(?!there\b)(?P<only>only )?"
    r"(?P<who>(?:(?:the|our|an?|all|every|each|any|your) )?(?:[\w'-]+ ){1,4}?)"
    rf"(?P<alone>alone )?(?=(?:{_MODAL})\b)"
)
_AGENT = re.compile(
    r"\b(?:(?:must|shall|should|may|can|is|are|to) (?:\w+ ){0,2}?be|is|are) \w+(?:ed|en|t) "
    rf"(?P<first>only )?by (?!{NUMBER}\b)(?P<who>(?:the |an? )?[\w'-]+(?: [\w'-]+(?= only\b))?)"
    r"(?P<last> only\b)?"
)
_PASSIVE = re.compile(
    rf"\b(?:{_MODAL})\b(?: (?:not|never|only|always|also))* be (?!\d)\w+|\b(?:is|are) (?:not |"
    rf"never )?"
    r"(?!(?:allow|permitt|requir|oblig|expect|suppos)ed)\w+(?:ed|en)\b"
)
_BARE_DUTY = re.compile(rf"(?:{_MODAL})\W*")
_FREE = re.compile(
    r"\b(?:(?:do|does) not (?:have|need) to|need not|(?:is|are) not (?:required|obliged|necessary)|"
    r"no need to|(?:is|are) (?:optional|voluntary)|may or may not)\b"
)
_FREE_WORDS = re.compile(r"\b(?:optional|voluntary|required|necessary|need|obliged)\b")
_DUTY_WORDS = re.compile(
    r"\b(?:(?:it )?is|are) (?:mandatory|compulsory|obligatory|required|forbidden|"
    r"prohibited)(?: to)?\b"
)
_NOT = re.compile(
    r"\b(?:not|never|no|avoid\w*|refrain\w*|forbidden|prohibited|banned|disallowed|unacceptable|"
    r"none|nothing|nobody|nor)\b"
)
_BLURS = re.compile(
    r"^(?:this|that|these|those|such|both)\b|"
    r"\b(?:following|as follows|except|unless|exceptions?|however|instead|rather|otherwise|but|"
    r"although|though|without|"
    r"merely|simply|solely|necessarily|not (?:just|only|all|every|always)|too|enough|fail\w*|"
    r"neither|hardly|rarely|seldom|sparingly|sometimes|usually|generally|typically|"
    r"whether|defaults?|other than|either|unnecessar\w+|excessive\w*)\b"
)
"""Words after which a wording has a scope or polarity that is not compared."""
_STRONG = re.compile(
    r"\b(?:must|shall|has to|have to|needs? to|(?:is|are) (?:\w+ )?(?:required|obliged|"
    r"mandatory|prohibited|forbidden|banned)|always|never|under no circumstances|cannot|can not)\b"
)
_WEAK = re.compile(
    r"\b(?:should|ought to|prefer\w*|try to|aim to|strive|recommended|encouraged|"
    r"(?:is|are) expected)\b"
)
_MAY = re.compile(
    r"\b(?:may|can|might|(?:is|are) (?:allowed|permitted|free|welcome))\b(?! (?:not|never)\b)"
)
_CONDITION = re.compile(
    r"(?P<word>only after|only before|only if|only when|if|when|whenever|once|where|wherever|while|"
    r"during|before|after|until|as soon as|in case(?: of)?|prior to|for|outside)\b"
)
_LEADING = re.compile(rf"{_CONDITION.pattern} (?P<said>[^,:]{{2,120}}[,:]) (?=\w)")
_TRAILING = re.compile(
    r"(?<=\w),? (?P<word>only after|only before|only if|only when|if|when|whenever|once|where|"
    r"wherever|while|during|before|after|until|as soon as|in case(?: of)?|prior to|outside)\b "
    r"(?P<said>.{2,120})$"
)
_OPENS = {
    "when": "if", "whenever": "if", "once": "if", "where": "if", "wherever": "if", "in case": "if",
    "in case of": "if", "as soon as": "if", "prior to": "before", "only when": "only if",
    "only after": "after", "only before": "before",
}  # fmt: skip


@lru_cache(maxsize=65_536)
def normal(text: str, subject: str = "") -> Normal | None:
    """What a sentence says; None if it is too long, a question or says nothing.

    `subject` is whom the document usually binds: naming it or not makes no difference.
    """
    if len(text) > MAX_CHARS or text.rstrip().endswith("?"):
        return None
    marked, quotes = numbered_quotes(re.sub(r"\s*\([^()]*\)", "", text))
    plain = in_phrases(spelt_out(marked).lower())
    plain = re.sub(r"^(?:no one|nobody|none) (?:but|except) ", "only ", plain)
    plain = re.sub(r'"(\d+)"', lambda match: _quoted(quotes[int(match[1])]), plain)
    label, plain = _label(" ".join(plain.split()))
    main, condition = _conditions(plain)
    condition |= label
    only, party, rest = _party(main, subject)
    left, quantities, amounts_sure = read_quantities(rest)
    left, values = read_values(left)
    free = bool(_FREE.search(main))
    n_not = 0 if free else len(_NOT.findall(left))
    about = content(_FREE_WORDS.sub(" ", left) if free else _DUTY_WORDS.sub(" ", left))
    about = [word for word in about if word != "only" or not only]
    bare = [word for word in about if word not in LIGHT_STEMS]
    negative, quantities = _turned(n_not == 1, quantities)
    units = {quantity.unit for quantity in quantities}
    about_set = frozenset(bare or (() if units or values else about))
    if not about_set and not quantities and not values:
        return None
    sure = (
        amounts_sure and n_not <= 1 and not _BLURS.search(plain) and len(units) == len(quantities)
    )
    return Normal(
        about_set, next(iter(bare), ""), condition, _force(rest, free), negative, quantities,
        values, party, only, sure, plain,
    )  # fmt: skip


def _label(text: str) -> tuple[frozenset[str], str]:
    """The words of a label before a colon that narrows what follows, and the text after it."""
    match = re.match(r"([^:.]{1,40}): (?=\w+ \w+ \w+)", text)
    if match is None:
        return frozenset(), text
    everywhere = holds_everywhere((match[1],), text, free=frozenset())
    return frozenset(() if everywhere else content(match[1])), text[match.end() :]


def _quoted(quote: str) -> str:
    """A quotation as one word that stands for itself."""
    words = "-".join(re.findall(r"\w+", quote.lower()))[:80]
    return f" q-{words} " if words else " "


def _conditions(text: str) -> tuple[str, frozenset[str]]:
    """The main clause, and the stems of the conditions before and after it."""
    stems: set[str] = set()
    for pattern in (_LEADING, _TRAILING):
        match = pattern.match(text) if pattern is _LEADING else pattern.search(text)
        if match:
            word = match["word"].lower()
            said = set(content(match["said"]))
            stems |= {_OPENS.get(word, word), *(said - LIGHT_STEMS or said)}
            stems |= {"not"} if _NOT.search(match["said"]) else set()
            text = text[match.end() :] if pattern is _LEADING else text[: match.start()]
    return text, frozenset(stems)


def _party(main: str, subject: str) -> tuple[bool, frozenset[str], str]:
    """Whether only somebody may, who acts, and the clause without that."""
    if match := re.match(rf"(?:{_ASSISTANT})(?= )", main):
        return False, frozenset(), main[match.end() :]
    by = _AGENT.search(main)
    if by:
        rest = main[: by.start("who") - len("by ")] + main[by.end() :]
        return bool(by["first"] or by["last"]), _named(by["who"], subject), rest
    match = _WHO.match(main)
    rest = main[match.end() :] if match else ""
    passive = _PASSIVE.match(rest) or (match and match["who"].endswith((" is ", " are ")))
    if match is None or passive or _BARE_DUTY.fullmatch(rest):
        return False, frozenset(), main
    only = bool(match["only"] or match["alone"])
    return only, _named(match["who"], subject), rest


def _named(who: str, subject: str) -> frozenset[str]:
    stems = content(who)
    if stems == content(subject.lower()) or re.fullmatch(_ASSISTANT, who.strip()):
        return frozenset()
    return frozenset(stems) - (LIGHT_STEMS - {"user"})


def _turned(negative: bool, quantities: tuple[Quantity, ...]) -> tuple[bool, tuple[Quantity, ...]]:
    """ "Never more than 80 words" as at most 80 words."""
    if not negative or len(quantities) != 1 or quantities[0].exact:
        return negative, quantities
    (one,) = quantities
    if one.least > -inf:
        return False, (one._replace(least=-inf, most=one.least - 1),)
    return False, (one._replace(least=one.most + 1, most=inf),)


def _force(text: str, free: bool) -> Force:
    if free:
        return "free"
    if _WEAK.search(text):
        return "should"
    if _MAY.search(text):
        return "may"
    if _STRONG.search(text) or _NOT.search(text):
        return "must"
    return "fact"
