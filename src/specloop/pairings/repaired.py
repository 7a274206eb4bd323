"""A constrained sample that keeps every rule, else the one that keeps most, repaired by the checks.

Ours: targets too small to follow rules in their context still give pairs whose chosen side is their
own text. The record names the rules that were repaired.
"""

from __future__ import annotations

from specloop.pairings import ChosenAnswer, PairCase, Pairing, broken, pairings, repaired_answer


@pairings.register("repaired")
class Repaired(Pairing):
    """The constrained sample that breaks the fewest rules, repaired by the checks."""

    def choose(self, case: PairCase) -> ChosenAnswer | None:
        """The first that can be repaired."""
        ranked = sorted(case.samples, key=lambda s: len(broken(case.rules, case.request, s)))
        found = (repaired_answer(case, sample) for sample in ranked)
        return next((chosen for chosen in found if chosen is not None), None)
