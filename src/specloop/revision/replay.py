"""What training goes on with after a revision: the pairs about what changed, and others, so that
these are not forgotten."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from specloop.checking import AnswerText, decide, leave_out
from specloop.draws import ranked
from specloop.records import CheckCall, PreferencePair, Rule, said
from specloop.revision.lineage import Changed

UNLEARNT = "unlearnt"
"""The pairing of an answer without what a rule that is gone demanded against the same with it."""
_LEAST = 8
"""Pairs that a training needs."""


class RevisedPairs(NamedTuple):
    """The pairs of a run after a revision."""

    pairs: tuple[PreferencePair, ...]
    unlearning: tuple[PreferencePair, ...] = ()
    """Further ones, for a model that has learned a rule that is gone."""

    @classmethod
    def of(
        cls,
        pairs: Sequence[PreferencePair],
        aside: Iterable[PreferencePair],
        gone: Sequence[Rule],
        rules: Sequence[Rule],
    ) -> RevisedPairs:
        """The pairs with chosen answers that no longer do what only rules that are gone demanded,
        and what unlearns these: of each request one, from the pairs or those set `aside`.

        An answer from which a rule's wording cannot be taken stays as it is.
        """
        checks = [rule.check for rule in rules if rule.check]
        kept: list[PreferencePair] = []
        unlearning: dict[str, PreferencePair] = {}
        for pair in pairs:
            without = _without(pair, gone, checks)
            kept.append(without or pair)
            if without:
                unlearning.setdefault(pair.request, _unlearning(pair, without, gone))
        for pair in aside:
            if without := _without(pair, gone, checks):
                unlearning.setdefault(pair.request, _unlearning(pair, without, gone))
        return cls(tuple(kept), tuple(unlearning.values()))


class ContinuedPairs(NamedTuple):
    """The pairs of a training that goes on."""

    pairs: tuple[PreferencePair, ...]
    n_replayed: int = 0
    """How many of them are about rules that have not changed."""


def continued_pairs(revised: RevisedPairs, changed: Changed, share: float) -> ContinuedPairs:
    """All pairs about what changed and others, `share` times as many, in the given order.

    The others are taken from their rules in turn, so that a rule of few pairs is there as well; of
    each rule they are drawn by their requests.
    """
    about = {pair.id for pair in revised.pairs if changed.rules & set(pair.violated)}
    others = [pair for pair in revised.pairs if pair.id not in about]
    n_about = len(about) + len(revised.unlearning)
    n = min(len(others), max(round(share * n_about), _LEAST - n_about, 0))
    drawn = {pair.id for pair in _in_turn(others)[:n]}
    kept = (pair for pair in revised.pairs if pair.id in about | drawn)
    return ContinuedPairs((*kept, *revised.unlearning), n)


def _in_turn(pairs: Iterable[PreferencePair]) -> list[PreferencePair]:
    turns: Counter[str] = Counter()
    placed: list[tuple[int, PreferencePair]] = []
    for pair in ranked(pairs, lambda pair: pair.request, "replay"):
        rule = min(pair.violated, key=lambda rule: turns[rule])
        placed.append((turns[rule], pair))
        turns[rule] += 1
    return [pair for _, pair in sorted(placed, key=lambda one: one[0])]


def _without(
    pair: PreferencePair, gone: Iterable[Rule], checks: Sequence[CheckCall]
) -> PreferencePair | None:
    """The pair with its chosen answer freed of what rules that are gone demanded; None if there is
    nothing of it."""
    text = pair.chosen_text
    for rule in gone:
        if rule.check and decide(rule.check, pair.request, AnswerText(text)).value == "YES":
            text = leave_out(rule.check, checks, pair.request, text) or text
    return None if text == pair.chosen_text else _with(pair, chosen=said(text))


def _unlearning(
    pair: PreferencePair, without: PreferencePair, gone: Iterable[Rule]
) -> PreferencePair:
    left = tuple(rule.id for rule in gone if rule.check and _is_told(rule.check, pair))
    against = {"rejected": pair.chosen, "rejected_id": pair.chosen_id}
    return _with(
        without,
        **against,
        finish_rejected=pair.finish_chosen,
        violated=left,
        verdicts=(),
        pairing=UNLEARNT,
    )


def _is_told(check: CheckCall, pair: PreferencePair) -> bool:
    return decide(check, pair.request, AnswerText(pair.chosen_text)).value == "YES"


def _with(pair: PreferencePair, **update: object) -> PreferencePair:
    return PreferencePair.model_validate({**pair.model_copy(update=update).model_dump(), "id": ""})
