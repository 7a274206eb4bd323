"""Join a lead-in with its entry, so that one sentence says what is demanded."""

from __future__ import annotations

import re
from typing import NamedTuple

from specloop.checking.sought import sought
from specloop.checking.text import any_case
from specloop.spec.context import lowered, with_condition
from specloop.spec.polarity import (
    AS_LABEL,
    Bearing,
    bearing,
    duty_of,
    ends_in_condition,
    marked,
    sets_limits,
)
from specloop.spec.verbs import can_be_verb
from specloop.spec.wording import (
    Obligation,
    is_conditional,
    main_clause,
    obligation,
)

MAX_SUBJECT = 5
"""Most words of a lead-in that is only the subject of its entries."""


class Stated(NamedTuple):
    """A statement and the duty in it; `joined` if the lead-in carries the duty."""

    text: str
    duty: Obligation
    joined: bool = False


UNRESOLVED = Stated("", Obligation("imperative", False))
"""What an entry states whose lead-in does not say whether it is demanded or forbidden."""

_INFINITIVE = ("to ", "not to ", "never to ")
"""How an entry begins that goes on with its lead-in ("We ask parents:", "not to call")."""
_NOTHING = any_case(r"\W*(?:nothing|none|n/?a|no|yes|)\W*")
_WHAT = any_case(r"(?:what|things?)\b")
"""A title that needs a colon before its entries ("What to do")."""
_LISTS = any_case(
    r"\b(includ\w+|examples?|such as|kinds?|types?|causes?|reasons?|factors?|categories|defines?|"
    r"may (?:face|specify|contain))\b"
)
_STEPS = any_case(r"\bsteps?\W*$")
"""The end of a lead-in to steps; a whole sentence among them says what happens meanwhile."""
_APPLIES = any_case(r"[^,;:]{2,80}? (?:also )?appl(?:y|ies) to\b")
_PURPOSE = any_case(
    r"(?P<to>to (?!do (?:so|this|that)\b)[^,;:]{3,80}?),? (?:you|we|they|the [\w-]+|[a-z]+s) "
    r"(?:must|should|shall|needs? to|ha(?:s|ve) to)\b.*\b(?:these|the following|as follows)\b.*"
)
"""A lead-in that says what its entries are for ("To close a case, follow these steps:")."""
_DESCRIBES = any_case(
    r"(?:each|every|an?|the) (?:[\w-]+ ){1,4}?"
    r"(?:has|contains|holds|comprises|specifies|consists of|is made (?:up )?of)\b[^,;.]{0,40}:$"
)
"""A lead-in that only says what something is made of ("Each record has:")."""
ONE_OF = any_case(
    r"\b(?:only if|unless|if|when) (?:at least )?(?:one|any) of (?:these|the following)"
    r"(?: \w+){0,3}:$"
)
"""A lead-in of alternatives, which is one rule together with its entries."""
HANGS = sought(
    r"\b(must|shall|should|may|can|will|to|not|never|always|only|don['’]t|cannot|can['’]t|won['’]t|by|with|"
    r"without|for|about|from|of|on|the|an?|and|or|if|unless|when|where|that|do|does|is|are|be|"
    r"\w+['’]s)$"
)
_ACTS = any_case(r"\b(?:must|shall|should|may|can|will|not|never|cannot)$")
_BEGINS_NOT = any_case(r"(?:not|never|no|avoid|refrain|do not|don['’]t|under no)\b")
_EXCEPTS = any_case(r"(?:except|unless)\b")
_DEMANDS = any_case(
    r"(?:always|please|you|instead|rather|otherwise)\b|(?:how to|solution|fix|remedy) ?:"
)


def compose(stem: str, entry: str, kind: Bearing | None = None) -> Stated | None:
    """Join a list's lead-in with one entry, so that one sentence says what is demanded."""
    kind = bearing(stem) if kind is None else kind
    if not kind and entry.startswith(_INFINITIVE):
        kind = bearing(f"{stem.rstrip(' :—–-')} to")
    mark = marked(entry)
    if mark.bearing and (mark.sure or obligation(mark.text)):
        return _marked(stem, kind, mark.text, mark.bearing)
    own = obligation(entry)
    if kind in ("allow", "free") or (own is None and _is_beside(stem, entry)):
        return Stated(entry, own) if own and speaks_for_itself(entry, own) else None
    if kind == "forbid":
        excepts = _EXCEPTS.match(entry) and not (own and speaks_for_itself(entry, own))
        return None if excepts else _forbidden(stem, entry, own)
    if kind == "open":
        return _under_open(stem, entry, own)
    if (
        kind == "require"
        and stem
        and not _NOTHING.fullmatch(entry)
        and not (own and _stands_alone(stem, own, entry))
    ):
        return _required(stem, entry, own)
    if own is None or (not own.explicit and (_LISTS.search(stem) or describes(stem))):
        return None
    return Stated(_with_lead(stem.rstrip(" :—–-…"), entry, kind), own)


def _is_beside(stem: str, entry: str) -> bool:
    """Whether an entry without a duty tells what a rule applies to, or what happens meanwhile."""
    return bool(_APPLIES.match(entry) or (_STEPS.search(stem) and is_sentence(entry)))


def describes(stem: str) -> bool:
    """Whether a lead-in only says what something is made of, so that its entries name parts."""
    return stem.endswith(":") and bool(_DESCRIBES.fullmatch(stem))


_ASKS = any_case(
    r"\b(?:ask|say|question|answer|greet|phrase|reply|consider|check|verify|yourself|know|decide)\w*\b"
)
_TELLS = any_case(r"(?:you|we|it|they|there|this|that|is|are|does|do (?:you|we|they))\b")


def _only_tells(stem: str, entry: str) -> bool:
    """Whether an entry only asks what its lead-in is about, or tells of it below a word that works
    like a heading ("Triage")."""
    tells = entry.endswith("?") or (stem.isalpha() and bool(_TELLS.match(entry)))
    return tells and not _ASKS.search(stem)


def _under_open(stem: str, entry: str, own: Obligation | None) -> Stated | None:
    """An entry of a lead-in that leaves open whether it demands or forbids."""
    if own is None and sets_limits(stem):
        return _forbidden(stem, entry, own)
    if own is None:
        return UNRESOLVED if bearing(stem) == "forbid" else None
    return Stated(entry, own) if speaks_for_itself(entry, own) else UNRESOLVED


OBLIGED = any_case(
    r"(?:must|should|shall|may|can|cannot|will|ha(?:s|ve) to|needs? to|"
    r"(?:is|are) (?:(?:not|never|also) )?(?:allowed|permitted|required|expected|forbidden|"
    r"prohibited|obliged|to))\b"
)
"""How an entry begins that says what its lead-in must do ("Users:", "- must lock ...")."""


_NO_SUBJECT = any_case(
    r"(?:\w+ )?(?:constraints?|requirements?|rules?|restrictions?|conditions?|notes?|validation|"
    r"details|description|value)"
)
"""A label of what is said of the thing that a section is about."""


def _with_lead(bare: str, entry: str, kind: Bearing) -> str:
    subject = bare and not (_LISTS.search(bare) or _NO_SUBJECT.fullmatch(bare))
    subject = subject and len(bare.split()) <= MAX_SUBJECT
    if subject and OBLIGED.match(entry):
        return f"{bare} {lowered(entry)}"
    if purpose := _PURPOSE.fullmatch(bare):
        return f"{purpose['to']}, {lowered(entry)}"
    if kind == "require":
        return with_condition(bare, entry)
    occasion = is_conditional(bare) and not re.match(r"for (?:example|instance)", bare, re.I)
    return f"{bare}, {lowered(entry)}" if occasion else entry


def _marked(stem: str, kind: Bearing, entry: str, mark: Bearing) -> Stated | None:
    """What an entry under a check mark or a cross states."""
    own = obligation(entry)
    if mark == "allow":
        return Stated(entry, own) if own and speaks_for_itself(entry, own) else None
    if mark == "open" or (mark == "require" and kind == "forbid"):
        return UNRESOLVED if own else None
    if mark == "require":
        return compose(stem, entry, kind) if own is None else Stated(entry, own)
    if own and own.explicit and not own.negative:
        return UNRESOLVED
    return _forbidden(stem if kind == "forbid" else "Do not", entry, own)


def speaks_for_itself(entry: str, own: Obligation) -> bool:
    """Whether an entry says itself that it is demanded or forbidden, whatever is above it."""
    return own.explicit or own.negative or bool(_DEMANDS.match(entry))


def _forbidden(stem: str, entry: str, own: Obligation | None) -> Stated:
    """An entry of a lead-in that forbids: it forbids too, or is a whole sentence of its own."""
    bare = stem.rstrip(" :—–-…")
    if own and own.explicit and is_sentence(entry):
        return Stated(with_condition(bare, entry), own)
    if own and own.negative and (entry[:1].isupper() or not HANGS.search(bare)):
        return Stated(with_condition(bare, entry), own)
    duty = duty_of("forbid", stem)
    orders = own and not own.negative and AS_LABEL.fullmatch(bare)
    if orders or bare.lower() in ("do not", "don't", "don’t", "avoid"):
        if own and not own.explicit:
            text = entry if own.negative else f"Do not {lowered(entry)}"
        else:
            text = f"Avoid {lowered(entry)}" if bare == "Avoid" else f"Not allowed: {entry}"
        return Stated(text, duty, joined=True)
    if _UNDOES.match(entry):
        duty = duty._replace(negative=False)
    return Stated(_joined(stem, entry, own), duty, joined=True)


_UNDOES = any_case(r"(?:fail|neglect|forget|omit) to\b")
"""An entry that is demanded where it is forbidden ("You must not:", "- fail to lock it")."""
_SENTENCE = any_case(
    r"(?!\w+ing\b(?! \w+s (?:are|have)\b))(?:[\w'’-]+,? ){1,8}?"
    r"(?:must|should|shall|may|can|cannot|will|is|are|has|have|needs?)\b"
)


def is_sentence(entry: str) -> bool:
    """Whether a duty in an entry is that of its main clause, not of one that it only mentions."""
    main = main_clause(entry)
    return bool(_SENTENCE.match(main)) and not re.match(r"\w+ (?:that|how|whether|what)\b", main)


def _required(stem: str, entry: str, own: Obligation | None) -> Stated | None:
    """An entry of a lead-in that requires; it forbids where it begins by a negation itself."""
    if own is None and _only_tells(stem, entry):
        return None
    negative = own.negative if own else bool(_BEGINS_NOT.match(entry))
    duty = duty_of("require", stem)._replace(negative=negative)
    return Stated(_joined(stem, entry, own), duty, joined=True)


def _stands_alone(stem: str, own: Obligation, entry: str) -> bool:
    bare = stem.rstrip(" :—–-…")
    hangs = HANGS.search(bare) and not _WHAT.match(bare)
    return own.explicit or (entry[:1].isupper() and not hangs)


def _joined(stem: str, entry: str, own: Obligation | None) -> str:
    bare = stem.rstrip(" :—–-…")
    ends_in_verb = can_be_verb(bare.rsplit(" ", 1)[-1])
    runs_on = entry[:1].islower() and own is None and not stem.endswith(":")
    if _ACTS.search(bare) and re.match(r"\w+ing\b", entry):
        return f"{bare} do this: {entry}"
    goes_on = entry.startswith(_INFINITIVE) or ends_in_condition(bare)
    if not (_WHAT.match(bare) or AS_LABEL.fullmatch(bare)) and (
        HANGS.search(bare) or ends_in_verb or runs_on or goes_on
    ):
        return f"{bare} {lowered(entry)}"
    return f"{bare.rstrip('.')}: {entry}"
