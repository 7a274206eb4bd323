"""A text of SpecBench with places to fill in, filled without `str.format`.

Values go in as they are, in one pass: no brace in a spec, query or answer is ever read as a place.
SpecBench formats the listed specs of the joint judge once more, so that there a brace in a spec is
read as one; published specs hold none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from string import Formatter
from typing import Literal, NamedTuple

from specloop.errors import InputError
from specloop.specbench.reference.checkout import CheckoutText

Meaning = Literal[
    "n_safety",
    "n_behavioral",
    "comment",
    "history",
    "safety",
    "behavioral",
    "specs",
    "response",
    "query",
]

_SIGNS: Mapping[Meaning, str] = {
    "n_safety": r"(?=.*safe)(?=.*(count|num|total|n_))",
    "n_behavioral": r"(?=.*behav)(?=.*(count|num|total|n_))",
    "comment": r".*(comment|hint|note|reference)",
    "history": r".*(histor|conversation|previous)",
    "safety": r".*safe",
    "behavioral": r".*behav",
    "specs": r".*(spec|rule|polic|guideline)",
    "response": r".*(response|answer|reply|output|completion)",
    "query": r".*(query|question|prompt|request|instruction|input)",
}
"""What a place's name shows it to be for; the first that fits among those that the text has."""


class TextTemplate(NamedTuple):
    """A text in parts."""

    parts: tuple[tuple[str, Meaning | None], ...]
    """Literal text, then what comes after it; nothing at the end."""

    def fill(self, **values: str) -> str:
        """The text with a value for every place."""
        return "".join(
            literal + (values[meaning] if meaning else "") for literal, meaning in self.parts
        )


def template(text: CheckoutText, *meanings: Meaning) -> TextTemplate:
    """The template of a text that has one place or more for each meaning, and no other.

    InputError where that cannot be told from the names of the places.
    """
    names: dict[Meaning, str] = {}
    parts = tuple(_parts(text, meanings, names))
    for meaning in meanings:
        if meaning not in names:
            raise _unfit(text, f"it has no place for the {meaning}")
    return TextTemplate(parts)


def _parts(
    text: CheckoutText, meanings: tuple[Meaning, ...], names: dict[Meaning, str]
) -> Iterator[tuple[str, Meaning | None]]:
    try:
        fields = list(Formatter().parse(text.text))
    except ValueError as error:
        raise _unfit(text, f"it cannot be filled in ({error})") from None
    for literal, name, spec, conversion in fields:
        if name is None:
            yield literal, None
            continue
        meaning = None if spec or conversion else _meaning(name, meanings)
        if meaning is None:
            raise _unfit(text, f"what goes into {{{name}}} is unknown")
        if names.setdefault(meaning, name) != name:
            raise _unfit(text, f"{{{name}}} and {{{names[meaning]}}} seem to be the same")
        yield literal, meaning


def _meaning(name: str, meanings: tuple[Meaning, ...]) -> Meaning | None:
    if not name.isidentifier():
        return None
    fits = (one for one, sign in _SIGNS.items() if re.match(sign, name, re.I))
    return next((fit for fit in fits if fit in meanings), None)


def _unfit(text: CheckoutText, reason: str) -> InputError:
    return InputError(
        f"{text.place}: {text.wanted.what} is another than is known, and {reason}; use the text of "
        "the published code"
    )
