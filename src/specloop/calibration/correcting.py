"""Figures of judged cases, and their differences, corrected by what a judge was measured to be
worth. Pure.

Rogan and Gladen's correction is linear in the verdicts, so it is applied to the sums of each draw
before they are summed up: a figure may hold verdicts of code beside judged ones, count each rule
once, or be a difference. Clusters are weighed by exponential draws (the Bayesian bootstrap of
Rubin, 1981), with an imagined kept case and an imagined broken one for each kind of judged case: if
each case is its own cluster, that is the uniform prior of `corrected`. The same draw holds the same
sensitivity and specificity for all that is judged by them, so the two sides of a difference share
the judge's errors.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple, Self
from zlib import crc32

import numpy as np

from specloop.calibration.corrected import Share
from specloop.signflip import Floats
from specloop.stats import DEFAULT, Rate, Resampling, Summary, Unit, percentiles, rate


class Errors(NamedTuple):
    """What a judge was measured to be worth on one kind of case."""

    sensitivity: Share
    specificity: Share

    @property
    def n(self) -> int:
        """About how many independent labels they rest on."""
        return round(self.sensitivity.n + self.specificity.n)

    @property
    def better(self) -> float:
        """How much better than chance: 1 is perfect, 0 is chance."""
        return self.sensitivity.value + self.specificity.value - 1


class JudgedUnit(NamedTuple):
    """A case of a figure, and by which errors it is corrected."""

    unit: Unit
    by: str | None
    """The key of its errors; None if code decided it."""


class Mixed(NamedTuple):
    """The cases of a figure of one entrant."""

    cases: Sequence[JudgedUnit]
    summary: Summary


def corrected(
    sides: Sequence[Mixed], errors: Mapping[str, Errors], how: Resampling = DEFAULT
) -> Rate | None:
    """The figure of one side, or of the first minus that of the second, without the judge's errors,
    which both share. It is cut to what is possible.

    None where nothing can be said: a judge no better than chance, or a judged share that no true
    share gives with such a judge, also as a part of a total or on one side of a difference.
    """
    least = 1.0 - len(sides)
    used = {case.by for side in sides for case in side.cases if case.by is not None}
    if not all(side.cases for side in sides) or any(errors[key].better <= 0 for key in used):
        return None
    clusters = sorted({case.unit.cluster for side in sides for case in side.cases})
    tables = [_Tables.of(side, clusters, how, number) for number, side in enumerate(sides)]
    exact = {key: _Error.exact(errors[key]) for key in used}
    drawn = {key: _Error.drawn(errors[key], key, how) for key in used}
    weights = _weights(len(clusters), how)
    value = float(_minus([table.value(exact) for table in tables])[0])
    if math.isnan(value):
        return None
    if not all(table.is_possible(weights, (exact, drawn), how) for table in tables):
        return None
    reached = [min(1.0, max(least, value))]
    for one in (exact, drawn):
        figures = _minus([table.drawn(weights, one, how) for table in tables])
        reached += percentiles(np.clip(figures, least, 1.0), how.confidence)
    n = min(len(side.cases) for side in sides)
    low, high = min(reached), max(reached)
    return Rate(reached[0], n, low, high) if low < high else None


class _Error(NamedTuple):
    """What a judge may be worth: one value, or draws, shape (draw, 1)."""

    chance: Floats
    """The share of broken cases that it says are kept."""
    better: Floats

    @classmethod
    def exact(cls, errors: Errors) -> Self:
        """As it was measured."""
        return cls(np.array([[1 - errors.specificity.value]]), np.array([[errors.better]]))

    @classmethod
    def drawn(cls, errors: Errors, key: str, how: Resampling) -> Self:
        """As it may be, given what was counted; the same for all figures."""
        draws = _generator(how, key)
        right = [share.drawn(draws, how.draws)[:, None] for share in errors]
        return cls(1 - right[1], right[0] + right[1] - 1)

    def taken_off(self, kept: Floats, n: Floats) -> Floats:
        """The sums that are truly kept; no better than chance, any share may be true."""
        is_better = self.better > 0
        true = (kept - self.chance * n) / np.where(is_better, self.better, 1.0)
        return np.where(is_better, true, n * (np.arange(len(n)) % 2)[:, None])


class _Sums(NamedTuple):
    """Sums over cases by cluster and column."""

    kept: Floats
    n: Floats


class _Tables(NamedTuple):
    """The sums of one side by what decided the cases."""

    by: Mapping[str | None, _Sums]
    imagined: Mapping[str, float]
    """How many cases an imagined one is worth: as many as are alike for belonging together."""
    columns: tuple[str, ...]
    summary: Summary
    number: int

    @classmethod
    def of(cls, mixed: Mixed, clusters: Sequence[str], how: Resampling, number: int) -> Self:
        """The sums of the cases that could be measured."""
        measured = [case for case in mixed.cases if case.unit.value is not None]
        columns = tuple(sorted({case.unit.column for case in measured}))
        row, column = ({name: i for i, name in enumerate(names)} for names in (clusters, columns))
        by: dict[str | None, _Sums] = {}
        judged: dict[str, list[Unit]] = {}
        for unit, key in measured:
            shape = (len(clusters), len(columns))
            own = by.setdefault(key, _Sums(np.zeros(shape), np.zeros(shape)))
            at = row[unit.cluster], column[unit.column]
            own.kept[at] += (unit.value or 0.0) * unit.weight
            own.n[at] += unit.weight
            if key is not None:
                judged.setdefault(key, []).append(unit)
        alike = {key: _alike(units, how) for key, units in judged.items()}
        return cls(by, alike, columns, mixed.summary, number)

    def value(self, errors: Mapping[str, _Error]) -> Floats:
        """The figure of the cases as they are."""
        whole = (
            (key, own.kept.sum(axis=0, keepdims=True), own.n.sum(axis=0, keepdims=True))
            for key, own in self.by.items()
        )
        return self._figure(whole, errors)

    def drawn(self, weights: Floats, errors: Mapping[str, _Error], how: Resampling) -> Floats:
        """The figure of each draw of clusters."""
        return self._figure(self._weighed(weights, how), errors)

    def is_possible(
        self, weights: Floats, errors: Sequence[Mapping[str, _Error]], how: Resampling
    ) -> bool:
        """Whether some true share of the judged cases gives what is said of them."""
        judged = [(key, kept, n) for key, kept, n in self._weighed(weights, how) if key is not None]
        reached: list[float] = []
        for by in errors if judged else ():
            true = np.sum([by[key].taken_off(kept, n).sum(axis=1) for key, kept, n in judged], 0)
            share = true / np.sum([n.sum(axis=1) for _, _, n in judged], 0)
            reached += percentiles(np.clip(share, 0.0, 1.0), how.confidence)
        return not judged or min(reached) < max(reached)

    def _weighed(self, weights: Floats, how: Resampling) -> Iterator[_Part]:
        for key, (kept, n) in self.by.items():
            kept_drawn, n_drawn = weights @ kept, weights @ n
            if key is not None:
                two = _generator(how, key, 1 + self.number).exponential(size=(how.draws, 2))
                more = n.sum(axis=0) / n.sum() * self.imagined[key]
                kept_drawn = kept_drawn + two[:, :1] * more
                n_drawn = n_drawn + two.sum(axis=1, keepdims=True) * more
            yield key, kept_drawn, n_drawn

    def _figure(self, parts: Iterable[_Part], errors: Mapping[str, _Error]) -> Floats:
        sums = weights = np.zeros((1, len(self.columns)))
        for key, kept, n in parts:
            sums = sums + (kept if key is None else errors[key].taken_off(kept, n))
            weights = weights + n
        return self.summary(sums, weights, self.columns)


_Part = tuple[str | None, Floats, Floats]
"""A key of errors with the sums of kept cases and of all, shape (draw, column)."""


def _minus(figures: Sequence[Floats]) -> Floats:
    return figures[0] if len(figures) == 1 else figures[0] - figures[1]


def _alike(units: Sequence[Unit], how: Resampling) -> float:
    """How many cases count as one, since cases of a cluster are alike."""
    share = Share.of(rate(units, how=how), how.confidence)
    return sum(unit.weight for unit in units) / share.n if share else 1.0


def _generator(how: Resampling, key: str, number: int = 0) -> np.random.Generator:
    return np.random.default_rng([how.seed, crc32(key.encode()), number])


@lru_cache(maxsize=8)
def _weights(n_clusters: int, how: Resampling) -> Floats:
    """How much each draw holds of each cluster, shape (draw, cluster)."""
    return np.random.default_rng(how.seed).exponential(size=(how.draws, n_clusters))
