"""Join the lead-in of a list ('The assistant must not:') with its entries."""

from __future__ import annotations

import re
from typing import NamedTuple

from specloop.spec.context import lowered, subject
from specloop.spec.lexicon import AMBIGUOUS, IMPERATIVES
from specloop.spec.wording import Obligation, is_conditional, main_clause, obligation


class Stated(NamedTuple):
    """A statement and the duty in it; `joined` if the lead-in carries the duty."""

    text: str
    duty: Obligation
    joined: bool = False


_ANNOUNCES = re.compile(r"\b(following|as follows|these|below)\b", re.I)
_LISTS = re.compile(
    r"\b(includ\w+|examples?|such as|kinds?|types?|causes?|reasons?|factors?|categories|defines?|"
    r"may (?:face|specify|contain))\b",
    re.I,
)
_HANGS = re.compile(
    r"\b(must|shall|should|may|can|will|to|not|never|always|only|don['’]t|cannot|can['’]t|by|with|for|"
    r"about|from|of|and|or)$",
    re.I,
)
_DONT = re.compile(
    r"(things )?(we |you )?(do not|don['’]?ts?|never( do)?|must not|should not|"
    r"not (allowed|permitted)|prohibited|forbidden|disallowed|bad)( .{0,20})?",
    re.I,
)


def announces(stem: str) -> bool:
    """Whether the lead-in only announces its entries ('The assistant must do the following:')."""
    return bool(_ANNOUNCES.search(stem))


def stem_of_title(title: str) -> str:
    """The stem that a heading or column title gives the entries below it ('Don'ts'); empty if
    none."""
    bare = title.strip(" :.*")
    if re.fullmatch(r"(things to )?avoid", bare, re.I):
        return "Avoid"
    if _DONT.fullmatch(bare):
        return bare if _HANGS.search(bare) and " " in bare else "Do not"
    return bare if _HANGS.search(bare) and obligation(bare) else ""


def compose(stem: str, entry: str) -> Stated | None:
    """Join a list's lead-in with one entry, so that one sentence says what is demanded."""
    own = obligation(entry)
    if not stem:
        return Stated(entry, own) if own else None
    bare = stem.rstrip(" :—–-")
    carried = obligation(bare) or obligation(f"{bare} X")
    if carried is not None:
        if own and _stands_alone(bare, carried, own, entry):
            return Stated(_with_condition(bare, entry), own)
        return Stated(_joined(stem, entry, own), carried, joined=True)
    if own is None or (_LISTS.search(bare) and not own.explicit):
        return None
    return Stated(f"{bare}, {lowered(entry)}" if is_conditional(bare) else entry, own)


def _stands_alone(stem: str, carried: Obligation, own: Obligation, entry: str) -> bool:
    if carried.negative and (not own.negative or (announces(stem) and not subject(entry))):
        return own.explicit and not own.negative
    return own.explicit or (entry[:1].isupper() and not _HANGS.search(stem))


def _with_condition(stem: str, entry: str) -> str:
    """Carry the condition of the lead-in over to an entry that has none."""
    main = main_clause(stem)
    concedes = re.match(r"(while|although|though|because|since|as|to)\b", stem, re.I)
    if concedes or main == stem or not is_conditional(stem) or is_conditional(entry):
        return entry
    return f"{stem[: len(stem) - len(main)].rstrip(' ,')}, {lowered(entry)}"


def _joined(stem: str, entry: str, own: Obligation | None) -> str:
    bare = stem.rstrip(" :—–-")
    ends_in_verb = bare.rsplit(" ", 1)[-1].lower() in IMPERATIVES | AMBIGUOUS
    runs_on = entry[:1].islower() and own is None and not stem.endswith(":")
    if _HANGS.search(bare) or ends_in_verb or runs_on:
        return f"{bare} {lowered(entry)}"
    return f"{bare}: {entry}"
