"""The p-value of a paired difference: a sign-flip test without a floor at the number of draws.

Under the null hypothesis two models' results on a cluster may be exchanged. With few clusters all
exchanges are computed, and the p-value is exact. With more clusters exchanges are drawn, half of
them evenly and half leaning towards one model (exponential tilting), each with its weight. So large
differences occur often enough to be counted even if they are rare under the null hypothesis. The
observed assignment counts with its own weight, which makes the p-value valid at every level and for
any number of draws (Harrison, 2012, "Conservative hypothesis tests and confidence intervals using
importance sampling"): a model that is no better gets p <= a in at most a share a of cases.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Exchange = Callable[[Floats], Floats]
"""The share of each cluster that is exchanged between the models, shape (draw, cluster) -> their
difference after it, shape (draw,); NaN where it is undefined."""

_ENUMERATED = 13
"""Most clusters for which all exchanges are computed: one half of 2 ** 13, which the other
mirrors."""
_REACHES = np.array([0.0, 1.5, 3.0, 4.5, 6.0, 8.0])
"""The average of the draws' differences, in standard deviations."""
_SHARES = np.array([0.5, 0.1, 0.1, 0.1, 0.1, 0.1])
_ALIKE = 1e-12


def sign_flip_p(difference: Exchange, moving: NDArray[np.bool_], draws: int, seed: int) -> float:
    """Two-sided p-value of the difference without exchanges.

    `moving`: clusters whose exchange changes something, shape (cluster,). A difference that is
    undefined under an exchange counts as far from zero.
    """
    n = int(moving.sum())

    def exchanged(flips: Floats) -> Floats:
        whole = np.zeros((len(flips), len(moving)))
        whole[:, moving] = flips
        return difference(whole)

    value = abs(float(exchanged(np.zeros((1, n)))[0]))
    least = value - _ALIKE * max(1.0, value)

    def far(flips: Floats) -> NDArray[np.bool_]:
        return ~(np.abs(exchanged(flips)) < least)

    if n <= _ENUMERATED:
        return float(far(_all_flips(n)).mean())
    # The pull of one cluster with all others halfway: it changes its sign with the cluster and
    # does not depend on the results of the others, as the test's validity requires.
    flips, weights, observed = _draw(exchanged(0.5 - np.eye(n) / 2), draws, seed)
    counted = observed + float(weights[far(flips)].sum())
    return min(1.0, max(counted / (1 + draws), 2.0 ** (1 - n)))


def _all_flips(n: int) -> Floats:
    """Every set of clusters without the first, which is never exchanged."""
    n_free = max(0, n - 1)
    bits = (np.arange(2**n_free)[:, None] >> np.arange(n_free)) & 1
    return np.hstack([np.zeros((len(bits), n - n_free)), bits.astype(np.float64)])


def _draw(pulls: Floats, draws: int, seed: int) -> tuple[Floats, Floats, float]:
    """Which clusters each draw exchanges, as 0 or 1, shape (draw, cluster); the draws' weights, the
    probability under the null hypothesis divided by that of being drawn; and the weight of the
    assignment without exchanges."""
    pulls = np.nan_to_num(pulls)
    pulls[np.abs(pulls) < _ALIKE] = 0.0
    sizes = np.abs(pulls)
    leanings = _REACHES / (float(np.sqrt(np.sum(sizes**2))) or 1.0)
    which, uniform = _uniform(len(pulls), draws, seed)
    up = uniform < 1 / (1 + np.exp(-2 * leanings[which][:, None] * sizes))
    sums = np.where(up, 1.0, -1.0) @ sizes
    weights = _weights(np.append(sums, pulls.sum()), sizes, leanings)
    return (up != (pulls >= 0)).astype(np.float64), weights[:-1], float(weights[-1])


def _weights(sums: Floats, sizes: Floats, leanings: Floats) -> Floats:
    """Weights of assignments by the sum of their signed pulls; an assignment and its mirror image
    weigh the same."""
    norm = _log_cosh(leanings[:, None] * sizes).sum(axis=1)
    logs = _log_cosh(leanings * sums[:, None]) - norm
    top = logs.max(axis=1, keepdims=True)
    return np.exp(-top[:, 0]) / (np.exp(logs - top) @ _SHARES)


def _log_cosh(x: Floats) -> Floats:
    return np.abs(x) + np.log1p(np.exp(-2 * np.abs(x))) - np.log(2)


@lru_cache(maxsize=4)
def _uniform(n: int, draws: int, seed: int) -> tuple[NDArray[np.int64], Floats]:
    """Which way each draw leans, shape (draw,), and numbers in [0, 1), shape (draw, cluster)."""
    random = np.random.default_rng((seed, 1))
    which = random.choice(len(_SHARES), size=draws, p=_SHARES)
    return which, random.random((draws, n))
