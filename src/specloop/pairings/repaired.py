"""A constrained sample that keeps every rule, or else the one that keeps most, repaired by the
checks.

This is ours. Even targets too small to follow rules in their context give pairs whose chosen side
is their own text. The record names the repaired rules.
"""

from __future__ import annotations

from specloop.pairings import ChosenAnswer, PairCase, Pairing, broken, pairings, repaired_answer


@pairings.register("repaired")
class Repaired(Pairing):
    """The constrained sample that breaks the fewest rules, repaired by the checks."""

    def choose(self, case: PairCase) -> ChosenAnswer | None:
        """The first sample that can be repaired."""
        ranked = sorted(case.samples, key=lambda s: len(broken(case.rules, case.request, s)))
        repaired = (repaired_answer(case, sample) for sample in ranked)
        return next((chosen for chosen in repaired if chosen is not None), None)
