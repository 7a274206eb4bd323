"""A smaller benchmark with the same mix: stratified by label, and within a label by source.

Rows are taken one at a time, each from the label, then the source, that is furthest behind its
share (largest remainder). So every subset is contained in the next larger one. Which rows of a
stratum come first is decided by a hash of their ids and the seed: the file's order, sorted by label
in SpecBench, does not matter.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping

from specloop.records import Case, Scenario


def subset(scenario: Scenario, n: int, seed: int = 0) -> Scenario:
    """The scenario with `n` of its rows, in the file's order; with all of them where `n` is 0 or
    more than there are."""
    if n == 0 or n >= len(scenario.rows):
        return scenario
    chosen = {row.id for row in draw_order(scenario.rows, seed)[:n]}
    rows = tuple(row for row in scenario.rows if row.id in chosen)
    return scenario.model_copy(update={"rows": rows})


def draw_order(rows: Iterable[Case], seed: int = 0) -> list[Case]:
    """All rows in the order in which subsets take them."""
    waiting: dict[str, dict[str, list[Case]]] = {}
    for row in sorted(rows, key=lambda row: _rank(row, seed), reverse=True):
        waiting.setdefault(row.label, {}).setdefault(row.source, []).append(row)
    sizes = {
        label: {source: len(rows) for source, rows in by_source.items()}
        for label, by_source in waiting.items()
    }
    totals = {label: sum(of.values()) for label, of in sizes.items()}
    labels: Counter[str] = Counter()
    sources: dict[str, Counter[str]] = {label: Counter() for label in waiting}
    order: list[Case] = []
    for _ in range(sum(totals.values())):
        label = _furthest_behind(totals, labels)
        source = _furthest_behind(sizes[label], sources[label])
        labels[label] += 1
        sources[label][source] += 1
        order.append(waiting[label][source].pop())
    return order


def _furthest_behind(sizes: Mapping[str, int], taken: Mapping[str, int]) -> str:
    """The stratum whose share of the rows after the next one exceeds what it has by most; whole
    numbers, so that no rounding decides."""
    whole, after = sum(sizes.values()), sum(taken.values()) + 1
    left = [name for name in sorted(sizes) if taken.get(name, 0) < sizes[name]]
    return max(left, key=lambda name: after * sizes[name] - taken.get(name, 0) * whole)


def _rank(row: Case, seed: int) -> str:
    return hashlib.sha256(f"{seed} {row.id}".encode()).hexdigest()
