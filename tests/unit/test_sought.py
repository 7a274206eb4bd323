"""Patterns that are tried only where words of theirs are match what they match by themselves."""

from __future__ import annotations

from pathlib import Path

import pytest

from specloop.checking.sought import Sought, sought
from specloop.spec import context, duties, facets, loosening, outside, statements, wording

MODULES = (context, duties, facets, loosening, outside, statements, wording)
OWN = [value for module in MODULES for value in vars(module).values() if isinstance(value, Sought)]
DATA = Path(__file__).parents[1] / "data"
LINES = [
    line
    for path in sorted([*DATA.rglob("*.md"), *DATA.rglob("*.txt")])
    for line in path.read_text(errors="replace").splitlines()
    if line.strip()
]


def test_own_patterns_match_the_same_with_and_without_their_words() -> None:
    assert len(OWN) > 30
    assert len(LINES) > 1000
    for pattern in OWN:
        missed = [x for x in LINES if pattern.compiled.search(x) and not pattern.may_match(x)]
        assert not missed, (pattern.compiled.pattern, missed[:3])


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        (r"\bmay (?:not|never)\b", {"may not", "may never"}),
        (r"^can['’]t\b", {"can't", "can’t"}),
        (r"\w+ (?:is|are) (?:\w+ly )?forbidden\b", {"forbidden"}),
        (r"(?:bans?|banned|x) .{1,60}? end", {" end"}),
        (r"(?<!\ba )must(?! know)", {"must"}),
        (r"(?:never )+say", {"never "}),
        (r"\d+ days", {" days"}),
        (r"never|always", {"never", "always"}),
        (r"(?:never)?|\w+", set[str]()),
    ],
)
def test_words_follow_from_the_pattern(pattern: str, words: set[str]) -> None:
    assert sought(pattern).words >= words


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"\bmust\b", "You MUST."),
        (r"\bmust\b", "You mu\u017ft."),  # The long s is an s in any case.
        (r"\bis kept\b", "It \u0130S \u212aEPT."),
        (r"\bten|\d{2} days", "\u0661\u0662 days"),
        (r"straße", "STRASSE straße"),
    ],
)
def test_letters_and_digits_of_any_form_are_found(pattern: str, text: str) -> None:
    found = sought(pattern).compiled.search(text)
    assert found
    assert sought(pattern).search(text)


def test_text_without_the_words_stays_as_it_is() -> None:
    assert sought("never (again)").sub("X", "always") == "always"
    assert sought("never (again)").sub("X", "Never again.") == "X."
    assert [m[0] for m in sought("a|b").finditer("xAyb")] == ["A", "b"]
