"""Texts as vectors: hashed word and character n-grams, or a sentence-embedding model.

The hashed kind needs no model: it finds texts that share words, stems and phrases, not those that
say the same in other words.
"""

from __future__ import annotations

import math
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from specloop.benchmaker.text import words
from specloop.errors import InputError

Embedding = Callable[[Sequence[str]], NDArray[np.float64]]
"""One row per text."""

_DIMENSIONS = 4096
_GRAM = 4
"""Characters of an n-gram inside a word, about the length of a stem."""


def embedding(name: str, given_as: str = "[bench] embedding") -> Embedding:
    """`hashed`, or `hf:PATH` of a sentence-embedding checkpoint; InputError for anything else."""
    prefix, _, path = name.partition(":")
    if name == "hashed":
        return hashed
    if prefix == "hf" and path:
        from specloop.llm.backends.hf.sentences import SentenceModel

        return SentenceModel(path)
    raise InputError(f"{given_as}: {name!r} is neither 'hashed' nor 'hf:PATH'")


def hashed(texts: Sequence[str]) -> NDArray[np.float64]:
    """Hashed counts, weighted by their logarithm and by how many texts have them."""
    counts = [Counter(map(_place, _grams(text))) for text in texts]
    spread = Counter(place for count in counts for place in count)
    vectors = np.zeros((len(texts), _DIMENSIONS))
    for row, count in zip(vectors, counts, strict=True):
        for place, n in count.items():
            rarity = math.log((1 + len(texts)) / (1 + spread[place])) + 1
            row[place] = (1 + math.log(n)) * rarity
    return vectors


def _place(gram: str) -> int:
    return zlib.crc32(gram.encode()) % _DIMENSIONS


def _grams(text: str) -> Iterator[str]:
    all_words = words(text)
    yield from all_words
    yield from (f"{first} {second}" for first, second in pairwise(all_words))
    for word in all_words:
        whole = f"<{word}>"
        yield from (whole[i : i + _GRAM] for i in range(len(whole) - _GRAM + 1))
