"""Rates corrected for the judge's errors, with intervals that hold them. Pure.

If a judge's sensitivity and specificity are known, the true share of kept rules follows from the
share that it says are kept (Rogan and Gladen, 1978). The interval draws all three from what was
counted, with uniform priors (Flor and others, 2020), so it holds the sampling error of each.
Where labels lie on some of the judged cases themselves, the judge's mean error on those is taken
off its rate on all (prediction-powered inference: Angelopoulos and others, 2023), with the weight
of the judge's verdicts that makes the interval shortest. That is done to both parts of the rate,
how many rules are kept and how many apply, so a judge and labels may differ on either; the
interval is that of a ratio, by the delta method.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import compress
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from specloop.signflip import Floats
from specloop.stats import DEFAULT, Rate, Resampling, percentiles


class Share(NamedTuple):
    """A share with the number of independent cases that it was measured on."""

    value: float
    n: float

    @classmethod
    def of(cls, rate: Rate, confidence: float = DEFAULT.confidence) -> Share | None:
        """A measured rate, with the number of independent cases that would give its interval; None
        where it is undefined. Cases of one cluster count for less than their number."""
        low, high = rate.ci_low, rate.ci_high
        if rate.value is None or low is None or high is None:
            return None
        n = _effective(rate.value, (high - low) / 2, confidence)
        return cls(rate.value, min(float(rate.n), n))

    def drawn(self, draws: np.random.Generator, n: int) -> Floats:
        """What the true share may be: draws of it, given what was counted."""
        counted = self.value * self.n
        return draws.beta(counted + 1, self.n - counted + 1, size=n)


class JudgedCases(NamedTuple):
    """Judged cases with their clusters: 1 for kept, 0 for broken, NaN where no rule applies."""

    clusters: Sequence[str]
    judged: Sequence[float]


class LabelledCases(NamedTuple):
    """Those of them that have labels."""

    clusters: Sequence[str]
    judged: Sequence[float]
    labels: Sequence[float]
    weights: Sequence[float] = ()
    """How many of all cases each stands for, if not each for as many; their mean is 1."""


def corrected(
    judged: Share, sensitivity: Share, specificity: Share, how: Resampling = DEFAULT
) -> Rate | None:
    """The true share of kept rules, from the judged one; cut to [0, 1].

    A draw in which the judge is no better than chance may mean any share. The interval is never
    narrower than that of a judge whose errors are known. None where nothing can be said: the judge
    was measured to be no better than chance, or the judged share is one that no true share gives
    with such a judge, so that the labels do not hold for what was judged.
    """
    known = [np.array([share.value]) for share in (sensitivity, specificity)]
    value = float(_true_share(np.array([judged.value]), *known)[0])
    if math.isnan(value):
        return None
    draws = np.random.default_rng(how.seed)
    said, *errors = (s.drawn(draws, how.draws) for s in (judged, sensitivity, specificity))
    shares = _true_share(said, *errors)
    nothing = np.flatnonzero(np.isnan(shares))
    shares[nothing] = np.arange(len(nothing)) % 2
    ends = percentiles(shares, how.confidence)
    exact = percentiles(_true_share(said, *known), how.confidence)
    low, high = min(*ends, *exact, value), max(*ends, *exact, value)
    return Rate(value, round(judged.n), low, high) if low < high else None


_IMAGINED = ("imagined kept", "imagined broken")
"""The clusters of the cases that are added to the labels."""


class Powered(NamedTuple):
    """A share of kept rules by labels on some of the judged cases, before it is an interval."""

    share: float
    n: int
    adds: Mapping[str, float]
    """What each cluster adds to its deviation."""
    n_labelled: int
    """Clusters with labels of kept or broken rules."""

    def interval(self, confidence: float = DEFAULT.confidence) -> Rate:
        """The share with its interval."""
        half = student_t(confidence, self.n_labelled - 1) * math.hypot(*self.adds.values())
        return Rate(_cut(self.share), self.n, _cut(self.share - half), _cut(self.share + half))

    def minus(self, other: Powered, confidence: float = DEFAULT.confidence) -> Rate:
        """The difference of two shares; clusters that both have are paired, and imagined ones are
        not: each side has its own."""
        adds = Counter(self.adds)
        adds.subtract({name: add for name, add in other.adds.items() if name not in _IMAGINED})
        apart = [other.adds[name] for name in _IMAGINED]
        few = min(self.n_labelled, other.n_labelled)
        half = student_t(confidence, few - 1) * math.hypot(*adds.values(), *apart)
        value = self.share - other.share
        return Rate(value, min(self.n, other.n), max(-1.0, value - half), min(1.0, value + half))


def prediction_powered(labelled: LabelledCases, every: JudgedCases) -> Powered | None:
    """The true share of kept rules among the rules that apply, of judged cases some of which have
    labels.

    One imagined kept case and one broken one are added to the labels, so that few labels of one
    kind do not look certain (as in Agresti and Coull, 1998). None below two clusters with labels of
    rules that apply, or if the labels leave it open whether any does.
    """
    n_labelled = len(set(compress(labelled.clusters, _parts(labelled.labels)[1])))
    if n_labelled < 2:
        return None
    weights = np.array([*(labelled.weights or [1.0] * len(labelled.judged)), 1.0, 1.0])
    labels, own = _parts([*labelled.labels, 1.0, 0.0]), _parts(labelled.judged)
    mean = np.average(own, axis=1, weights=weights[:-2])[:, None]
    own, judged = np.hstack([own, mean, mean]), _parts(every.judged)
    kept, applying = labels @ weights
    trust = _trust(_off(labels, kept / applying), _off(own, kept / applying), weights)
    errors = labels - trust * own
    kept, applying = np.average(errors, axis=1, weights=weights) + trust * judged.mean(axis=1)
    if applying <= 0:
        return None
    share = float(kept / applying)
    clusters = [*labelled.clusters, *_IMAGINED]
    adds = Counter(_influence(clusters, _off(errors, share) / applying, weights))
    said = trust * _off(judged, share) / applying
    adds.update(_influence(every.clusters, said, np.ones(len(said))))
    return Powered(share, len(said), adds, n_labelled)


def _parts(values: Sequence[float]) -> Floats:
    """Whether each case is kept, and whether its rule applies; shape (2, case)."""
    said = np.array(values, dtype=np.float64)
    return np.array([np.nan_to_num(said), ~np.isnan(said)], dtype=np.float64)


def _off(parts: Floats, share: float) -> Floats:
    """How far each case is off a share of kept rules among those that apply."""
    return parts[0] - share * parts[1]


def student_t(confidence: float, freedom: int) -> float:
    """The quantile of Student's t: exact for one degree of freedom and two, else by Cornish and
    Fisher's expansion."""
    if freedom == 1:
        return math.tan(math.pi * confidence / 2)
    if freedom == 2:
        return confidence * math.sqrt(2 / (1 - confidence**2))
    z = _z(confidence)
    one = (z**3 + z) / 4
    two = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    three = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    return z + one / freedom + two / freedom**2 + three / freedom**3


def _true_share(judged: Floats, sensitivity: Floats, specificity: Floats) -> Floats:
    """Rogan and Gladen's estimate; NaN where the judge is no better than chance."""
    above, better = np.broadcast_arrays(judged + specificity - 1, sensitivity + specificity - 1)
    share = np.divide(above, better, out=np.full(better.shape, np.nan), where=better > 0)
    return np.clip(share, 0.0, 1.0)


def _trust(labels: Floats, judged: Floats, weights: Floats) -> float:
    """The weight of the judge's verdicts that makes the interval shortest, in [0, 1]."""
    off = judged - np.average(judged, weights=weights)
    spread = float(np.average(off * off, weights=weights))
    return _cut(float(np.average(labels * off, weights=weights)) / spread) if spread else 0.0


def _influence(clusters: Sequence[str], values: Floats, weights: Floats) -> dict[str, float]:
    """What each cluster adds to a mean's deviation: their squares sum up to its variance. A cluster
    that stands in two means adds to both, so the squares are those of its sums."""
    names, at = np.unique(np.array(clusters), return_inverse=True)
    g = len(names)
    if g < 2:
        return {str(names[0]): math.inf}
    off = weights * (values - np.average(values, weights=weights))
    adds = np.bincount(at, weights=off, minlength=g) / weights.sum() * math.sqrt(g / (g - 1))
    return dict(zip(map(str, names), map(float, adds), strict=True))


def _effective(value: float, half: float, confidence: float) -> float:
    """The number of independent cases that give a Wilson interval of this half width."""
    if half <= 0:
        return math.inf
    # half = z / (n + z^2) * sqrt(n p (1 - p) + z^2 / 4), solved for n.
    z2, a, b = _z(confidence) ** 2, half * half, value * (1 - value)
    middle, last = z2 * (2 * a - b), z2 * z2 * (a - 0.25)
    root = math.sqrt(max(0.0, middle * middle - 4 * a * last))
    return max(1.0, (root - middle) / (2 * a))


def _z(confidence: float) -> float:
    return NormalDist().inv_cdf((1 + confidence) / 2)


def _cut(value: float) -> float:
    return float(min(1.0, max(0.0, value)))
