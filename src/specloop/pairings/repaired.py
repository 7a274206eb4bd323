"""A constrained sample that keeps every rule, else the one that keeps most, mended by the checks.

Ours: targets too small to follow rules in their context still give pairs whose chosen side is their
own text. The record names the rules that were mended.
"""

from __future__ import annotations

from specloop.pairings import Chosen, PairCase, Pairing, broken, mended, pairings


@pairings.register("repaired")
class Repaired(Pairing):
    """The constrained sample that breaks the fewest rules, mended by the checks."""

    def choose(self, case: PairCase) -> Chosen | None:
        """The first that can be mended."""
        ranked = sorted(case.samples, key=lambda s: len(broken(case.rules, case.request, s)))
        found = (mended(case, sample) for sample in ranked)
        return next((chosen for chosen in found if chosen is not None), None)
