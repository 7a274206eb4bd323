"""What is known about languages: the tables of `languages.toml`."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any, NamedTuple


class Language(NamedTuple):
    """What is known about a language."""

    openers: frozenset[str]
    """Words that only occur before a noun phrase."""
    prepositions: frozenset[str]
    """Words before a noun phrase that also end the phrase before them."""
    joints: frozenset[str]
    """Other words that end a phrase: conjunctions, and prepositions that verbs come after too."""
    others: frozenset[str]
    """Pronouns, modal and auxiliary verbs, negations and the most common adverbs."""
    people: frozenset[str]
    """The people in every policy, and words of which all policies are made."""
    verb_openers: frozenset[str]
    """Words after which a verb comes."""
    forms: tuple[str, ...]
    """Plain requests about a {topic}."""
    capitals: bool = False
    """Whether nouns begin with a capital letter."""
    idioms: str = ""
    """A pattern of idioms whose nouns name nothing."""

    @property
    def function(self) -> frozenset[str]:
        """The words that are in no noun phrase."""
        return self.openers | self.prepositions | self.joints | self.others


def _read(table: dict[str, Any]) -> Language:
    words = {name: frozenset(table[name].split()) for name in Language._fields[:6]}
    return Language(
        **words,
        forms=tuple(table["forms"]),
        capitals=table.get("capitals", False),
        idioms="|".join(table.get("idioms", ())),
    )


_TABLES = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
LANGUAGES = {name: _read(table) for name, table in _TABLES.items()}
ENGLISH = LANGUAGES["english"]
UNKNOWN = Language(*[frozenset[str]()] * 6, forms=("{topic}?",))
"""Any other language: the request is only the subject."""

_LEAST_SHARE = 0.15
"""The least share of a text's words that are function words of its language."""


def language_of(text: str) -> Language:
    """The language with the most function words in a text; UNKNOWN if there are few."""
    all_words = re.findall(r"[^\W\d_]+", text.lower())
    shares = {
        name: sum(word in function for word in all_words)
        for name, function in ((name, each.function) for name, each in LANGUAGES.items())
    }
    best = max(shares, key=shares.__getitem__)
    known = all_words and shares[best] >= _LEAST_SHARE * len(all_words)
    return LANGUAGES[best] if known else UNKNOWN
