"""Long texts reach a tokenizer that cuts in pieces, and come out whole."""

from __future__ import annotations

import re

import pytest

from specloop.llm.backends.embedded.runtime import LONGEST, encode_whole, pieces

PROSE = "Water the roses in the evening.\nFeed them well, 3 times a year. " * 250


def words(text: str) -> list[int]:
    """Tokens as byte-pair tokenizers part them, 400 at most."""
    return [hash(word) for word in re.findall(r" ?\w+|\s|[^\w\s]", text)][:2000]


def with_space(text: str) -> list[int]:
    """The same by a tokenizer that puts a space before each text."""
    return words(f" {text}")


@pytest.mark.parametrize(
    "text", [PROSE, "水やりは朝に行う" * 900, "x" * 9000, "a b", "", "🌹" * 5000]
)
def test_pieces_are_short_and_lose_nothing(text: str):
    parted = list(pieces(text))
    assert "".join(parted) == text
    assert max(map(len, parted)) <= LONGEST


def test_a_marker_is_never_parted():
    text = ("水" * 7 + "<|im_end|>\n") * 900
    assert sum(piece.count("<|im_end|>") for piece in pieces(text)) == 900


def test_a_long_text_has_the_tokens_of_its_pieces():
    whole = [hash(word) for word in re.findall(r" ?\w+|\s|[^\w\s]", PROSE)]
    assert len(whole) > 4000
    assert encode_whole(words, PROSE) == whole
    spaced = [hash(word) for word in re.findall(r" ?\w+|\s|[^\w\s]", f" {PROSE}")]
    assert encode_whole(with_space, PROSE) == spaced
