"""A wording in parts that can be compared: what is demanded, when, and except when."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from math import inf
from typing import NamedTuple

from specloop.checking.grammar import spelt_out
from specloop.checking.text import any_case, sentences, word_set
from specloop.linting.quantities import Quantity, read_quantities
from specloop.spec.identity import folded

_EXAMPLE = any_case(
    r"\s*\((?:e\.g\.|i\.e\.|for example|for instance|such as|see)[^()]*\)"
    r"|,\s*(?:e\.g\.|for example|for instance),?(?=\s)"
)
_END = r"(?:[.;:()!?—]|---|$)"
_EXCEPTION = any_case(
    r",?\s*\(?\b(?:unless|except(?:ing)?\b(?! to\b)|other than|apart from|excluding|save for|"
    r"with the exception of)\b"
)
_CONDITION = any_case(
    r",?\s*\(?\b(?<!even )(?<!as )(?:only )?(?:if|when|whenever|once|where|wherever|while|during|"
    r"before|after|until|in case(?: of)?|as soon as|as long as|provided that|prior to|"
    r"(?<=^)(?:for|with|in|outside))\b"
)


_DENIES_NOTHING = any_case(r",? but not limited to\b|\bnot only\b")
NOT = word_set(
    "not never no nor none nobody nothing cannot without avoid avoids refrain"
) | word_set("forbidden prohibited banned disallowed unacceptable")
"""Words that forbid, or deny."""
_TOKEN = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*|[,;]")

Clause = tuple[str, ...]
"""Its words, and the commas between them."""


class Parts(NamedTuple):
    """What a wording says."""

    main: Clause
    """What it demands or allows, without its amounts."""
    amounts: tuple[Quantity, ...]
    """The amounts in that."""
    conditions: tuple[Clause, ...]
    exceptions: tuple[Clause, ...]

    @property
    def n_not(self) -> int:
        """How often it denies: an odd number forbids."""
        return sum(word in NOT for word in self.main)


@lru_cache(maxsize=4096)
def parts_of(text: str) -> Parts:
    """The parts of a wording; examples in it, which bind nobody, are left out."""
    main: list[str] = []
    conditions: list[Clause] = []
    exceptions: list[Clause] = []
    amounts: list[Quantity] = []
    for sentence in sentences(_EXAMPLE.sub("", folded(text))):
        plain = _DENIES_NOTHING.sub("", spelt_out(sentence).lower())
        plain = _taken(_EXCEPTION, plain, exceptions)
        plain = _taken(_CONDITION, plain, conditions)
        left, found, _ = read_quantities(plain)
        words, found = _turned(_TOKEN.findall(left), found)
        main += words
        amounts += found
    return Parts(tuple(main), tuple(amounts), tuple(conditions), tuple(exceptions))


def _turned(words: list[str], amounts: Sequence[Quantity]) -> tuple[list[str], Sequence[Quantity]]:
    """ "Must not have more than 80 words" as at most 80 words."""
    if len(amounts) != 1 or amounts[0].exact or sum(word in NOT for word in words) != 1:
        return words, amounts
    (one,) = amounts
    if one.least > -inf:
        limit = one._replace(least=-inf, most=one.least - 1)
    else:
        limit = one._replace(least=one.most + 1, most=inf)
    return [word for word in words if word not in NOT], (limit,)


def _taken(opening: re.Pattern[str], text: str, into: list[Clause]) -> str:
    """The text without the clauses that open so: before the main clause up to the comma, behind it
    up to the clause's end."""
    while match := opening.search(text):
        leads = not text[: match.start()].strip(" (")
        end = re.search(rf",|{_END}" if leads else _END, text[match.end() :])
        until = match.end() + (end.start() if end else 0)
        clause = tuple(_TOKEN.findall(text[match.start() : until].lstrip(" ,(")))
        into.append(clause)
        text = f"{text[: match.start()]} {text[until:].lstrip(',)')}"
    return text
