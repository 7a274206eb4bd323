"""SpecAlign's own pairing: a constrained sample that keeps every rule without edits, or nothing."""

from __future__ import annotations

from specloop.pairings import ChosenAnswer, PairCase, Pairing, broken, pairings


@pairings.register("sampled")
class Sampled(Pairing):
    """The first constrained sample that keeps all rules; a small target seldom writes one."""

    edits = False

    def choose(self, case: PairCase) -> ChosenAnswer | None:
        """The first sample that keeps all rules, unedited."""
        kept = (s for s in case.samples if not broken(case.rules, case.request, s))
        return next((ChosenAnswer(sample, sample.text) for sample in kept), None)
