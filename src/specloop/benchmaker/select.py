"""Choose the most varied drafts, and of them as many as wanted, spread over specs.

Variety is as in SpecBench (arXiv 2509.14760, Algorithm 1): of the closest two, the more central is
dropped, until as many remain as wanted. Similarities are whole numbers, so that sums do not depend
on their order and ties are ties on every machine; in a tie the first one wins.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import zip_longest
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from specloop.draws import ranked

T = TypeVar("T")

_PARTS = 1_000_000
"""A similarity of 1 as a whole number."""
_NEVER = np.iinfo(np.int64).min


def similarities(vectors: NDArray[np.float64]) -> NDArray[np.int64]:
    """The cosine similarity of every two rows, in millionths."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit = vectors / np.where(lengths > 0, lengths, 1.0)
    return np.rint(unit @ unit.T * _PARTS).astype(np.int64)


def most_varied(vectors: NDArray[np.float64], k: int) -> list[int]:
    """The `k` rows that remain, in their order; all if there are no more than `k`.

    The more central of two is the one with the larger sum of similarities to all that remain.
    """
    if k <= 0 or len(vectors) <= k:
        return list(range(len(vectors)))[: max(k, 0)]
    close = similarities(vectors)
    np.fill_diagonal(close, 0)
    sums = close.sum(axis=1)
    np.fill_diagonal(close, _NEVER)
    mates = close.argmax(axis=1)
    nearest = close.max(axis=1)
    alive = np.ones(len(close), dtype=bool)
    for _ in range(len(close) - k):
        first = int(nearest.argmax())
        second = int(mates[first])
        gone = first if sums[first] > sums[second] else second
        alive[gone] = False
        sums[alive] -= close[gone, alive]
        close[gone, :] = close[:, gone] = nearest[gone] = _NEVER
        # Only rows whose nearest row was dropped need a new nearest.
        widowed = np.flatnonzero(alive & (mates == gone))
        mates[widowed] = close[widowed].argmax(axis=1)
        nearest[widowed] = close[widowed, mates[widowed]]
    return np.flatnonzero(alive).tolist()


def in_turn(
    items: Sequence[T], group: Callable[[T], str], name: Callable[[T], str], seed: int
) -> list[T]:
    """All items in the order in which they are taken: one of each group in turn, with groups and
    their members drawn by seed and name."""
    groups: dict[str, list[T]] = {}
    for item in ranked(items, name, "bench", seed):
        groups.setdefault(group(item), []).append(item)
    drawn = [groups[key] for key in ranked(groups, str, "bench", seed)]
    return [item for turn in zip_longest(*drawn) for item in turn if item is not None]
