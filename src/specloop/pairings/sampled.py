"""SpecAlign's own pairing: a constrained sample that keeps every rule as it stands, or nothing."""

from __future__ import annotations

from specloop.pairings import ChosenAnswer, PairCase, Pairing, broken, pairings


@pairings.register("sampled")
class Sampled(Pairing):
    """The first constrained sample that keeps all rules; a small target seldom writes one."""

    def choose(self, case: PairCase) -> ChosenAnswer | None:
        """No edit is made."""
        kept = (s for s in case.samples if not broken(case.rules, case.request, s))
        return next((ChosenAnswer(sample, sample.text) for sample in kept), None)
