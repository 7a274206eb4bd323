"""The best one-to-one assignment: no other one has a greater sum of scores."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

MOST = 400
"""Rows or columns of one group that are assigned optimally; a larger group, which is a text that
repeats itself hundreds of times, is assigned by the best score first."""

Pair = tuple[int, int]


def assigned(scores: Mapping[Pair, float]) -> dict[int, int]:
    """Row -> column, each at most once, among the pairs with a score above 0."""
    found: dict[int, int] = {}
    for group in _groups(scores):
        rows, columns = (sorted(set(side)) for side in zip(*group, strict=True))
        if max(len(rows), len(columns)) > MOST:
            found |= _best_first(group)
            continue
        places = tuple({at: n for n, at in enumerate(side)} for side in (rows, columns))
        table = np.zeros((len(rows), len(columns)))
        for (row, column), score in group.items():
            table[places[0][row], places[1][column]] = score
        pairs = ((rows[row], columns[column]) for row, column in _optimal(table))
        found |= {row: column for row, column in pairs if group.get((row, column), 0) > 0}
    return found


def _groups(scores: Mapping[Pair, float]) -> Iterator[dict[Pair, float]]:
    """The pairs in groups that share no row and no column."""
    beside: defaultdict[Pair, list[Pair]] = defaultdict(list)
    for row, column in scores:
        beside[0, row].append((1, column))
        beside[1, column].append((0, row))
    seen: set[Pair] = set()
    for start in list(beside):
        if start in seen:
            continue
        seen.add(start)
        todo, rows = [start], list[int]()
        while todo:
            side, at = node = todo.pop()
            rows += [] if side else [at]
            todo += (new := [other for other in beside[node] if other not in seen])
            seen.update(new)
        pairs = ((row, column) for row in rows for _, column in beside[0, row])
        yield {pair: scores[pair] for pair in pairs}


def _best_first(scores: Mapping[Pair, float]) -> dict[int, int]:
    found: dict[int, int] = {}
    taken: set[int] = set()
    for (row, column), _ in sorted(scores.items(), key=lambda entry: (-entry[1], entry[0])):
        if row not in found and column not in taken:
            found[row] = column
            taken.add(column)
    return found


def _optimal(scores: NDArray[np.float64]) -> list[Pair]:
    """Pairs with the greatest sum, by shortest augmenting paths (the Hungarian method)."""
    if scores.shape[0] > scores.shape[1]:
        return [(row, column) for column, row in _optimal(scores.T)]
    n, m = scores.shape
    cost = -scores
    of_row, of_column = np.zeros(n + 1), np.zeros(m + 1)
    row_at = np.full(m + 1, n)
    """Column -> its row, n for none; the last column is where each search starts."""
    for row in range(n):
        row_at[m], column = row, m
        least, before = np.full(m, np.inf), np.full(m, m)
        free = np.ones(m + 1, dtype=bool)
        while row_at[column] != n:
            free[column] = False
            at = row_at[column]
            reduced = cost[at] - of_row[at] - of_column[:m]
            nearer = free[:m] & (reduced < least)
            least[nearer], before[nearer] = reduced[nearer], column
            step = float(np.min(least[free[:m]]))
            of_row[row_at[~free]] += step
            of_column[~free] -= step
            least[free[:m]] -= step
            column = int(np.flatnonzero(free[:m] & (least <= 1e-12))[0])
        while column != m:
            row_at[column] = row_at[before[column]]
            column = int(before[column])
    return [(int(row), column) for column, row in enumerate(row_at[:m]) if row != n]
