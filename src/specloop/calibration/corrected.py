"""Rates corrected for the judge's errors, with intervals that hold them. Pure.

If a judge's sensitivity and specificity are known, the true share of kept rules follows from the
share that it says are kept (Rogan and Gladen, 1978). The interval draws all three from what was
counted, with uniform priors (Flor and others, 2020), so it holds the sampling error of each.
Where labels lie on some of the judged cases themselves, the judge's mean error on those is taken
off its rate on all (prediction-powered inference: Angelopoulos and others, 2023), with the weight
of the judge's verdicts that makes the interval shortest.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
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
    """Judged cases, each 1 for kept and 0 for broken, with their clusters."""

    clusters: Sequence[str]
    judged: Sequence[float]
    labels: Sequence[float] = ()
    """The labels of the same cases; empty if they have none."""


def corrected(
    judged: Share, sensitivity: Share, specificity: Share, how: Resampling = DEFAULT
) -> Rate | None:
    """The true share of kept rules, from the judged one; cut to [0, 1].

    None where the judge was measured to be no better than chance, so that nothing can be said.
    """
    point = _true_share(*(np.array([s.value]) for s in (judged, sensitivity, specificity)))
    if math.isnan(point[0]):
        return None
    draws = np.random.default_rng(how.seed)
    parts = (share.drawn(draws, how.draws) for share in (judged, sensitivity, specificity))
    low, high = percentiles(_true_share(*parts), how.confidence)
    value = float(point[0])
    return Rate(value, round(judged.n), min(low, value), max(high, value))


def prediction_powered(
    labelled: JudgedCases, others: JudgedCases, confidence: float = DEFAULT.confidence
) -> Rate | None:
    """The true share of kept rules, where some judged cases have labels and others have none.

    One imagined kept case and one broken one are added to the labels, so that few labels of one
    kind do not look certain (as in Agresti and Coull, 1998). None below two clusters with labels.
    """
    n_clusters = len(set(labelled.clusters))
    if n_clusters < 2:
        return None
    own = np.array(labelled.judged)
    mean = own.mean()
    own, labels = np.append(own, [mean, mean]), np.append(labelled.labels, [1.0, 0.0])
    clusters = [*labelled.clusters, "imagined kept", "imagined broken"]
    rest = np.array(others.judged)
    weight = _weight(labels, own, len(rest)) if len(rest) else 0.0
    point = float(labels.mean() + weight * ((rest.mean() if len(rest) else mean) - mean))
    variance = _clustered(clusters, labels - weight * own)
    if weight:
        variance += weight**2 * _clustered(others.clusters, rest)
    half = _t(confidence, n_clusters - 1) * math.sqrt(variance)
    n = len(labelled.clusters) + len(rest)
    return Rate(_cut(point), n, _cut(point - half), _cut(point + half))


def _true_share(judged: Floats, sensitivity: Floats, specificity: Floats) -> Floats:
    """Rogan and Gladen's estimate; NaN where the judge is no better than chance."""
    better = sensitivity + specificity - 1
    share = np.divide(
        judged + specificity - 1, better, out=np.full(better.shape, np.nan), where=better > 0
    )
    return np.clip(share, 0.0, 1.0)


def _weight(labels: Floats, judged: Floats, n_others: int) -> float:
    """The weight of the judge's verdicts that makes the interval shortest, in [0, 1]."""
    spread = float(judged.var())
    together = float(((labels - labels.mean()) * (judged - judged.mean())).mean())
    return _cut(together / (spread * (1 + len(labels) / n_others))) if spread else 0.0


def _clustered(clusters: Sequence[str], values: Floats) -> float:
    """The sampling variance of a mean of clustered values."""
    names, at = np.unique(np.array(clusters), return_inverse=True)
    sums = np.bincount(at, weights=values - values.mean(), minlength=len(names))
    g = len(names)
    return float((sums**2).sum()) / len(values) ** 2 * g / (g - 1) if g > 1 else math.inf


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


def _t(confidence: float, freedom: int) -> float:
    """The quantile of Student's t, by Cornish and Fisher's expansion."""
    z = _z(confidence)
    one = (z**3 + z) / 4
    two = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    three = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    return z + one / freedom + two / freedom**2 + three / freedom**3


def _cut(value: float) -> float:
    return float(min(1.0, max(0.0, value)))
