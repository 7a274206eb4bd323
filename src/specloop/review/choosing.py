"""Which cases are reviewed, and in which order. Pure, and drawn by what the cases hold."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain, islice, zip_longest
from typing import Literal

from specloop.calibration.measures import doubt as doubt_of
from specloop.draws import ranked
from specloop.records import GoldCase, Verdict
from specloop.review.candidates import Candidate

Pick = Literal["doubtful", "even"]
"""`doubtful`: where judges disagree or are unsure first; `even`: any, alike."""


def chosen(candidates: Iterable[Candidate], n: int, pick: Pick = "doubtful") -> list[GoldCase]:
    """At most `n` cases: each rule in turn gives its next one. The order is drawn anew, so that it
    does not tell what judges said."""
    by_rule: dict[str, list[Candidate]] = {}
    for candidate in candidates:
        by_rule.setdefault(candidate.case.rule_text, []).append(candidate)
    stacks = [_stack(by_rule[text], pick) for text in ranked(by_rule, str, "review")]
    in_turn = chain.from_iterable(zip_longest(*stacks))
    taken = islice((one.case for one in in_turn if one), n)
    return ranked(taken, lambda case: case.id, "review", "order")


def _stack(candidates: Iterable[Candidate], pick: Pick) -> list[Candidate]:
    drawn = ranked(candidates, lambda one: one.case.id, "review")
    return drawn if pick == "even" else sorted(drawn, key=doubt, reverse=True)


def doubt(candidate: Candidate) -> tuple[bool, float]:
    """Whether judges disagree, then how unsure one of them is, from 0 to 1. A verdict that could
    not be read is as unsure as a probability of a half."""
    said = {verdict.value for verdict in candidate.verdicts} - {"unscored"}
    return len(said) > 1, max(map(_unsure, candidate.verdicts), default=0.0)


def _unsure(verdict: Verdict) -> float:
    if verdict.value == "unscored":
        return 1.0
    return 0.0 if verdict.probability is None else doubt_of(verdict.probability)
