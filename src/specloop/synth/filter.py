"""Leave duplicates and leaks of held-out probes out of the training pairs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rapidfuzz import fuzz, process, utils

from specloop.records import Case, PreferencePair

_LEAK = 92
"""The least token-set similarity (0 to 100) at which two requests count as the same."""


class FilteredPairs(NamedTuple):
    """The pairs kept, and how many were left out, by reason."""

    pairs: list[PreferencePair]
    n_duplicates: int
    n_leaks: int


def filter_pairs(pairs: Sequence[PreferencePair], held_out: Sequence[Case]) -> FilteredPairs:
    """Drop pairs of the same request and chosen text, and requests close to a held-out probe."""
    seen: set[tuple[str, str]] = set()
    known = [utils.default_process(probe.request) for probe in held_out]
    kept: list[PreferencePair] = []
    n_duplicates = n_leaks = 0
    for pair in pairs:
        request = pair.request
        if (request, pair.chosen_text) in seen:
            n_duplicates += 1
        elif _leaks(request, known):
            n_leaks += 1
        else:
            seen.add((request, pair.chosen_text))
            kept.append(pair)
    return FilteredPairs(kept, n_duplicates, n_leaks)


def _leaks(request: str, known: Sequence[str]) -> bool:
    query = utils.default_process(request)
    return process.extractOne(query, known, scorer=fuzz.ratio, score_cutoff=_LEAK) is not None
