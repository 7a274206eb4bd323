"""The violating answer itself, repaired, so that the two sides differ only in the rules.

This is ours. It answers the objection that pairs from different conditions teach style instead of
the rule.
"""

from __future__ import annotations

from specloop.pairings import ChosenAnswer, PairCase, Pairing, pairings, repaired_answer


@pairings.register("minimal")
class Minimal(Pairing):
    """The violating answer itself, repaired by the checks; it needs no constrained samples."""

    uses_samples = False

    def choose(self, case: PairCase) -> ChosenAnswer | None:
        """The rejected answer after the checks' edits."""
        return repaired_answer(case, case.rejected)
