"""Compare two judges on the same answers: kappa, difference in SAR, and where they differ. Pure.

Kappa (Cohen, 1960) is over YES, NO and NA; a verdict that either judge left unscored is counted
apart. Its interval draws prompts.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import product
from typing import Any, NamedTuple

import numpy as np

from specloop.measuring.scores import ALPHA, Score, Values, safety, sar
from specloop.records import Answer, Category, Spec, Value, Verdict, VerdictValue
from specloop.specbench.cases import EntrantKey, JudgedCase, JudgeKey, cases_of, labels_of
from specloop.specbench.stored import Stored
from specloop.stats import DEFAULT, Floats, Rate, Resampling, Unit, rate

DIFFERENCES_FILE = "differences.jsonl"
_SCORED: tuple[VerdictValue, ...] = ("YES", "NO", "NA")
_CELLS = tuple(product(_SCORED, _SCORED))


class Pair(NamedTuple):
    """Two judges' verdicts on one spec for one answer."""

    case: JudgedCase
    """The case with the first judge's judgement."""
    spec: Spec
    first: Verdict
    second: Verdict

    @property
    def values(self) -> tuple[VerdictValue, VerdictValue]:
        """Both verdicts."""
        return self.first.value, self.second.value

    @property
    def is_scored(self) -> bool:
        """Whether both could be read."""
        return "unscored" not in self.values


class Kappa(NamedTuple):
    """Agreement on the specs of one category; `n_unscored` is in neither figure."""

    category: Category | None
    """None: all specs."""
    kappa: Rate
    """No value if chance alone would always agree; no interval if nothing varies."""
    same: Rate
    n_unscored: int


class Agreement(NamedTuple):
    """The agreement of two judges on the answers that both judged."""

    first: JudgeKey
    second: JudgeKey
    n_answers: int
    kappas: tuple[Kappa, ...]
    """Kappa for safety, behaviour and all."""
    sar_gap: Rate
    """Mean absolute difference in SAR, over answers on which both have one."""
    same_safety: Rate
    """Share of answers with the same safety score."""
    differences: tuple[Pair, ...]
    """Specs on which they differ, or which one of them left unscored."""


class JudgeDifference(Value):
    """One spec and answer on which two judges differ, or which one of them left unscored."""

    scenario: str
    category: Category
    number: int
    """The spec's, from 1 within its category."""
    spec: str
    row: int
    """From 0 within the scenario's file."""
    entrant: str
    seed: int
    first: VerdictValue
    second: VerdictValue
    first_reason: str
    second_reason: str
    answer: str
    """Id of the answer."""


def agreement(
    stored: Stored,
    judges: tuple[JudgeKey, JudgeKey],
    alpha: float = ALPHA,
    how: Resampling = DEFAULT,
) -> Agreement:
    """Compare two judges on every answer that both judged; `alpha` is what SAR takes a safe answer
    to be worth."""
    both = _both(stored, judges)
    pairs = [pair for one, two in both for pair in _pairs(one, two)]
    return Agreement(
        *judges,
        n_answers=len(both),
        kappas=tuple(_kappa(pairs, category, how) for category in ("safety", "behavioral", None)),
        sar_gap=rate(_compared(both, partial(sar, alpha=alpha), lambda a, b: abs(a - b)), how=how),
        same_safety=rate(_compared(both, safety, lambda a, b: float(a == b)), how=how),
        differences=tuple(pair for pair in pairs if pair.first.value != pair.second.value),
    )


def cohen_kappa(counts: Floats) -> Floats:
    """Kappa of confusion counts, shape (..., category, category).

    NaN where chance alone would agree always.
    """
    total = counts.sum(axis=(-2, -1))
    shares = counts / np.where(total == 0, np.nan, total)[..., None, None]
    seen = np.trace(shares, axis1=-2, axis2=-1)
    chance = (shares.sum(axis=-1) * shares.sum(axis=-2)).sum(axis=-1)
    room = 1 - chance
    return np.divide(seen - chance, room, out=np.full(np.shape(room), np.nan), where=room > 1e-12)


def _both(stored: Stored, judges: tuple[JudgeKey, JudgeKey]) -> list[tuple[JudgedCase, JudgedCase]]:
    first, second = (
        {case.answer.id: case for case in cases_of(stored, judge) if case.judgement}
        for judge in judges
    )
    return [(case, second[id_]) for id_, case in first.items() if id_ in second]


def _pairs(one: JudgedCase, two: JudgedCase) -> list[Pair]:
    first, second = (_by_spec(case) for case in (one, two))
    return [Pair(one, spec, first[spec.id], second[spec.id]) for spec in one.specs.listed()]


def _by_spec(case: JudgedCase) -> dict[str, Verdict]:
    """Every spec's verdict; one that is missing is unscored."""
    blank = {spec.id: Verdict(rule=spec.id, value="unscored") for spec in case.specs.listed()}
    given = case.judgement.verdicts if case.judgement else ()
    return blank | {one.rule: one for one in given}


def _kappa(pairs: Iterable[Pair], category: Category | None, how: Resampling) -> Kappa:
    mine = [p for p in pairs if category in (None, p.spec.category)]
    scored = [p for p in mine if p.is_scored]
    same = rate(
        (Unit(p.case.cluster, float(p.first.value == p.second.value)) for p in scored), how=how
    )
    return Kappa(category, _kappa_rate(scored, how), same, len(mine) - len(scored))


def _kappa_rate(pairs: Sequence[Pair], how: Resampling) -> Rate:
    # Two counts, not one: kappa is not a rate, so Wilson's interval must not replace its own.
    units = [Unit(p.case.cluster, 2.0, " ".join(p.values)) for p in pairs]
    counts = np.array([sum(p.values == cell for p in pairs) for cell in _CELLS], dtype=np.float64)
    if math.isnan(cohen_kappa(counts.reshape(3, 3))):
        return Rate(None, len(pairs))
    kappa = rate(units, _kappa_of_sums, how)
    varies = (kappa.ci_high or 0.0) - (kappa.ci_low or 0.0) > 1e-9
    return kappa if varies else kappa._replace(ci_low=None, ci_high=None)


def _kappa_of_sums(sums: Floats, weights: Floats, columns: Sequence[str]) -> Floats:
    """A `Summary`: columns are the cells of the confusion table that occur."""
    counts = np.zeros((*np.shape(sums)[:-1], 9))
    for at, (one, two) in enumerate(_CELLS):
        name = f"{one} {two}"
        if name in columns:
            counts[..., at] = sums[..., columns.index(name)]
    return cohen_kappa(counts.reshape(*np.shape(sums)[:-1], 3, 3))


def _compared(
    both: Iterable[tuple[JudgedCase, JudgedCase]],
    score: Callable[[Values], Score],
    compare: Callable[[float, float], float],
) -> Iterator[Unit]:
    """Two judges' scores of each answer, compared; open where one of them is."""
    for one, two in both:
        a, b = score(one.values).value, score(two.values).value
        yield Unit(one.cluster, None if a is None or b is None else compare(a, b))


def differences(agreed: Agreement, answers: Iterable[Answer]) -> Iterator[JudgeDifference]:
    """Every difference: by scenario and spec, then by row and entrant, under the labels that the
    entrants have among all answers of the folder."""
    labels = labels_of(dict.fromkeys(map(EntrantKey.of, answers)))
    for pair in sorted(agreed.differences, key=_place):
        row, answer, spec = pair.case.row, pair.case.answer, pair.spec
        yield JudgeDifference(
            scenario=row.scenario,
            category=spec.category,
            number=spec.number,
            spec=spec.text,
            row=row.number,
            entrant=labels[EntrantKey.of(answer)],
            seed=answer.sampling.seed,
            first=pair.first.value,
            second=pair.second.value,
            first_reason=pair.first.rationale,
            second_reason=pair.second.rationale,
            answer=answer.id,
        )


def _place(pair: Pair) -> tuple[Any, ...]:
    row, answer = pair.case.row, pair.case.answer
    spec = pair.spec.category != "safety", pair.spec.number
    return row.scenario, *spec, row.number, EntrantKey.of(answer).place, answer.id
