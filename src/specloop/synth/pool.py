"""The experience pool: strategies that elicited violations, merged when a wave ends.

All exchanges of a wave see the pool as it was when the wave began, and its successes are merged
in id order, so the result does not depend on timing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from specloop.records import Case, Exchange


class Experience(NamedTuple):
    """One strategy that worked, the rule that it broke, and how often."""

    rule: str
    attack: str
    strategy: str
    n_successes: int


class StrategyPool:
    """Successful strategies so far."""

    def __init__(self) -> None:
        self._successes: Counter[tuple[str, str, str]] = Counter()

    def merge(self, exchanges: Iterable[Exchange], probes: Sequence[Case]) -> None:
        """Add a wave's violations of the rule at which each exchange aimed."""
        by_id = {probe.id: probe for probe in probes}
        for exchange in sorted(exchanges, key=lambda e: e.id):
            probe = by_id.get(exchange.probe)
            if probe is None or probe.attack == "direct":
                continue
            for rule in set(exchange.violated) & set(probe.targets):
                self._successes[rule, probe.attack, exchange.strategy] += 1

    def best(self, rule: str, n: int) -> tuple[Experience, ...]:
        """Up to `n` strategies that broke this rule, the most successful first.

        Those that broke other rules are left out, because an exchange would otherwise change with
        every rule of the document.
        """
        own = [item for item in self._successes.items() if item[0][0] == rule]
        own.sort(key=lambda item: (-item[1], item[0]))
        return tuple(Experience(*key, count) for key, count in own[:n])
