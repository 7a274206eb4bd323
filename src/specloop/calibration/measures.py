"""What a judge's verdicts are worth against labels. Pure.

A label and a verdict both say whether the rule is kept. *Sensitivity* is the share of kept rules
that the judge says are kept, *specificity* the share of broken ones that it says are broken.
Verdicts that say neither (NA, unscored) are in neither share; they are counted by themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from specloop.records import VerdictValue
from specloop.signflip import Floats
from specloop.stats import (
    DEFAULT,
    Rate,
    Resampling,
    Unit,
    draw_clusters,
    percentiles,
    rate,
    unpaired,
    wilson,
)


class Compared(NamedTuple):
    """A judge's verdict on a case with the label."""

    cluster: str
    """Cases of one cluster are not independent."""
    is_kept: bool
    """Whether the label says that the rule is kept."""
    value: VerdictValue
    probability: float | None = None
    """Of YES, if the judge gives one."""
    rule: str = ""
    """What the answer is judged by."""

    @property
    def is_decided(self) -> bool:
        """Whether the verdict says that the rule is kept, or that it is broken."""
        return self.value in ("YES", "NO")

    @property
    def is_right(self) -> bool:
        """Whether label and verdict agree."""
        return self.value == ("YES" if self.is_kept else "NO")


def sensitivity(cases: Iterable[Compared], how: Resampling = DEFAULT) -> Rate:
    """The share of kept rules that the judge says are kept."""
    return _right([case for case in cases if case.is_kept], how)


def specificity(cases: Iterable[Compared], how: Resampling = DEFAULT) -> Rate:
    """The share of broken rules that the judge says are broken."""
    return _right([case for case in cases if not case.is_kept], how)


def accuracy(cases: Iterable[Compared], how: Resampling = DEFAULT) -> Rate:
    """The share of verdicts that agree with the label."""
    return _right(list(cases), how)


def unscored_share(cases: Iterable[Compared], how: Resampling = DEFAULT) -> Rate:
    """The share of verdicts that say neither kept nor broken."""
    return rate((Unit(case.cluster, float(not case.is_decided)) for case in cases), how=how)


def kappa(cases: Iterable[Compared], how: Resampling = DEFAULT) -> Rate:
    """Agreement beyond chance (Cohen, 1960): 0 is chance, 1 is perfect."""
    units = (
        Unit(case.cluster, 1.0, f"{case.is_kept} {case.value}") for case in cases if case.is_decided
    )
    return rate(units, _kappa, how)


def auc(cases: Iterable[Compared], how: Resampling = DEFAULT) -> Rate:
    """The chance that a kept rule has a higher probability of YES than a broken one.

    Ties count half. The interval draws clusters; where that shows no spread, as of a perfect judge,
    it is Wilson's for the clusters of the rarer kind. `n` counts the cases with a probability;
    without both kinds of them the figure is undefined.
    """
    scored = _with_probability(cases)
    return _won([scored], how)._replace(n=len(scored))


def auc_within(cases: Iterable[Compared], how: Resampling = DEFAULT) -> Rate:
    """The same among pairs of a kept and a broken answer to one rule: a judge that only knows which
    rules are often broken has a half. `n` counts the pairs."""
    of_rule: dict[str, list[Compared]] = {}
    for case in _with_probability(cases):
        of_rule.setdefault(case.rule, []).append(case)
    kinds = ((rule, {case.is_kept for case in each}) for rule, each in of_rule.items())
    both = [of_rule[rule] for rule, kind in kinds if len(kind) == 2]
    n_kept = ((len(each), sum(case.is_kept for case in each)) for each in both)
    return _won(both, how)._replace(n=sum(kept * (n - kept) for n, kept in n_kept))


def _with_probability(cases: Iterable[Compared]) -> list[Compared]:
    """Those with a probability of YES; none where other verdicts came without one, as those of a
    cascade's strong judge: the rest are the easy ones, and say nothing of the whole judge."""
    every = list(cases)
    scored = [case for case in every if case.probability is not None]
    is_whole = all(case.probability is not None for case in every if case.is_decided)
    return scored if is_whole else []


def _won(strata: Sequence[Sequence[Compared]], how: Resampling) -> Rate:
    """The share of pairs within strata in which the kept one has the higher probability."""
    scored = [case for each in strata for case in each]
    of_kind = [{case.cluster for case in scored if case.is_kept is kept} for kept in (True, False)]
    if not all(of_kind):
        return Rate(None, 0)
    names = sorted(set().union(*of_kind))
    row = {name: i for i, name in enumerate(names)}
    ranked = [_Ranked.of(each, row) for each in strata]

    def share(draws: Floats) -> Floats:
        each = [one.won(draws) for one in ranked]
        won, pairs = (np.sum([part[i] for part in each], axis=0) for i in (0, 1))
        return np.divide(won, pairs, out=np.full(pairs.shape, np.nan), where=pairs > 0)

    value = float(share(np.ones((1, len(names))))[0])
    draws = draw_clusters(len(names), how)
    parts = np.array_split(draws, 1 + draws.shape[0] * len(scored) // _AT_ONCE)
    low, high = percentiles(np.concatenate([share(part) for part in parts]), how.confidence)
    if low < high:
        return Rate(value, 0, low, high)
    n = min(map(len, of_kind))
    return wilson(value * n, n, how.confidence)


_FEW_CLUSTERS = 10
_AT_ONCE = 4_000_000
"""Cases of draws that are weighed at once: it bounds memory."""


class _Ranked(NamedTuple):
    """Cases in the order of their probabilities."""

    rows: NDArray[np.intp]
    """The cluster of each, by number."""
    kept: Floats
    """1 where the label says kept, else 0."""
    starts: NDArray[np.intp]
    """Where each probability begins."""

    @classmethod
    def of(cls, cases: Sequence[Compared], row: Mapping[str, int]) -> Self:
        """Cases with a probability; `row` numbers the clusters."""
        scored = sorted(cases, key=lambda case: case.probability or 0.0)
        return cls(
            np.array([row[case.cluster] for case in scored]),
            np.array([case.is_kept for case in scored], dtype=np.float64),
            np.unique([case.probability or 0.0 for case in scored], return_index=True)[1],
        )

    def won(self, draws: Floats) -> tuple[Floats, Floats]:
        """Of each draw of clusters: pairs in which the kept one is higher, and all pairs."""
        counts = draws[:, self.rows]
        kept, broken = (
            np.add.reduceat(counts * of, self.starts, axis=1) for of in (self.kept, 1 - self.kept)
        )
        won = (kept * (broken.cumsum(axis=1) - broken / 2)).sum(axis=1)
        return won, kept.sum(axis=1) * broken.sum(axis=1)


def doubt(probability: float) -> float:
    """How unsure a judge is: 0 if certain, 1 at a probability of a half."""
    return 1 - 2 * abs(probability - 0.5)


def best_threshold(cases: Iterable[Compared]) -> float | None:
    """The threshold on the probability of YES that gives the highest mean of sensitivity and
    specificity on these cases; None without both kinds of labels. It is chosen on them, so they
    cannot certify it."""
    scored = [(c.probability, c.is_kept) for c in cases if c.probability is not None]
    kept = np.sort([p for p, is_kept in scored if is_kept])
    broken = np.sort([p for p, is_kept in scored if not is_kept])
    if not (len(kept) and len(broken)):
        return None
    every = np.unique([p for p, _ in scored])
    between = (every[1:] + every[:-1]) / 2
    if not len(between):
        return None
    above = 1 - np.searchsorted(kept, between) / len(kept)
    below = np.searchsorted(broken, between) / len(broken)
    return float(between[np.argmax(above + below)])


LEAN = "lean"
THRESHOLD = "threshold"
LENGTH_BIAS = "length bias"
IDENTITY_BIAS = "identity bias"
CONSISTENCY = "consistency"
ORDERS_DIFFER = "orders differ"
PASSED_ON = "passed on"
STRONG_AGREES = "strong judge agrees"
TOKENS_SAVED = "tokens saved"
MEMBERS_DIFFER = "members differ"
USD = "usd a thousand verdicts"
TIES = "ties"
HALF_FOR_TIES = "accuracy with half for ties"
POSITION_LEAN = "position lean"
OF_SOME = (
    HALF_FOR_TIES,
    TIES,
    POSITION_LEAN,
    LENGTH_BIAS,
    CONSISTENCY,
    ORDERS_DIFFER,
    PASSED_ON,
    STRONG_AGREES,
    TOKENS_SAVED,
    MEMBERS_DIFFER,
    USD,
)
"""Figures that not every judge or gold has, in the order of tables."""
TOKENS = "tokens"
"""Mean tokens of the verdicts that a model was asked for and gave."""


def lean(cases: Iterable[Compared], how: Resampling = DEFAULT) -> Rate:
    """The share of rules that the judge says are kept, minus the share that are: above 0 it is too
    kind, below 0 too strict."""
    leans = [
        (case.cluster, float(case.value == "YES") - float(case.is_kept))
        for case in cases
        if case.is_decided
    ]
    return signed(leans, how)


def signed(leans: Sequence[tuple[str, float]], how: Resampling = DEFAULT) -> Rate:
    """The mean of figures from -1 to 1, each with its cluster.

    What lies on a side that was not seen may come still: then Newcombe's interval holds both.
    """
    found = rate((Unit(cluster, way) for cluster, way in leans), how=how)
    above, below = (
        rate((Unit(cluster, max(0.0, way * sign)) for cluster, way in leans), how=how)
        for sign in (1, -1)
    )
    if found.value is None or (above.value and below.value):
        return found
    ends = ((one.value, one.ci_low, one.ci_high) for one in (above, below))
    low, high = unpaired(*ends)
    return Rate(found.value, found.n, low, high)


def kinder(
    cases: Sequence[Compared], others: Sequence[Compared], how: Resampling = DEFAULT
) -> Rate:
    """How much more often the judge says kept of some cases than of others with the same label.

    That some are kept more often than others is no bias, so kept rules are compared with kept ones
    and broken with broken ones, each kind weighted by n x m / (n + m) (Mantel and Haenszel, 1959);
    undefined where no label is on both sides. The interval is made of those of all shares, as if
    they were independent: it is rather too wide where cases of one cluster are on both sides.
    """
    sides = [[case for case in side if case.is_decided] for side in (cases, others)]
    found: list[tuple[float, ...]] = []
    for is_kept in (True, False):
        a, b = (_said_kept([c for c in side if c.is_kept is is_kept], how) for side in sides)
        value, _, low, high = minus(a, b)
        if value is not None and low is not None and high is not None:
            found.append((a.n * b.n / (a.n + b.n), value, low, high))
    n = min(map(len, sides))
    if not found:
        return Rate(None, n)
    weights, values, lows, highs = np.array(found).T
    share = weights / weights.sum()
    value = float(share @ values)
    below, above = (float(np.linalg.norm(share * (values - ends))) for ends in (lows, highs))
    return Rate(value, n, value - below, value + above)


def minus(first: Rate, second: Rate) -> Rate:
    """The difference of two figures of other cases each, with Newcombe's interval."""
    n = min(first.n, second.n)
    if first.value is None or second.value is None:
        return Rate(None, n)
    ends = ((one.value, one.ci_low, one.ci_high) for one in (first, second))
    return Rate(first.value - second.value, n, *unpaired(*ends))


def _said_kept(cases: Iterable[Compared], how: Resampling) -> Rate:
    return rate((Unit(case.cluster, float(case.value == "YES")) for case in cases), how=how)


Measurement = Callable[[Iterable[Compared], Resampling], Rate]
MEASUREMENTS: dict[str, Measurement] = {
    "accuracy": accuracy,
    "sensitivity": sensitivity,
    "specificity": specificity,
    "kappa": kappa,
    "auc": auc,
    "auc_within": auc_within,
    "unscored": unscored_share,
}
"""All figures of a certificate, in the order of tables."""
OF_GROUP = tuple(name for name in MEASUREMENTS if name != "auc_within")
"""Those that are told by group; there are too few pairs within a rule and a group."""
OF_KEPT = {"sensitivity": True, "specificity": False}
"""The figures that are of one kind of rules: of kept ones, or of broken ones."""


def _right(cases: Sequence[Compared], how: Resampling) -> Rate:
    """The share of right verdicts."""
    return share(
        [Unit(case.cluster, float(case.is_right)) for case in cases if case.is_decided], how
    )


def share(units: Sequence[Unit], how: Resampling = DEFAULT) -> Rate:
    """The share of cases of value 1. A few clusters do not show how far clusters differ, so with
    them the interval is no narrower than Wilson's for that many cases."""
    found = rate(units, how=how)
    n = len({unit.cluster for unit in units if unit.value is not None})
    if found.value is None or found.ci_low is None or found.ci_high is None or n >= _FEW_CLUSTERS:
        return found
    wide = wilson(found.value * n, n, how.confidence)
    low, high = min(found.ci_low, wide.ci_low or 0.0), max(found.ci_high, wide.ci_high or 0.0)
    return Rate(found.value, found.n, low, high)


def _kappa(sums: Floats, weights: Floats, columns: Sequence[str]) -> Floats:
    """Kappa from the number of cases of each pair of label and verdict."""
    total = weights.sum(axis=-1)

    def share(*names: str) -> Floats:
        at = [i for i, name in enumerate(columns) if name in names]
        return weights[..., at].sum(axis=-1) / total

    agreed = share("True YES", "False NO")
    kept, said = share("True YES", "True NO"), share("True YES", "False YES")
    chance = kept * said + (1 - kept) * (1 - said)
    undefined = np.full(np.shape(chance), np.nan)
    # Rounded, and with 0 added, so that chance is 0 and never -0.
    beyond = np.round(agreed - chance, 12) + 0.0
    return np.divide(beyond, 1 - chance, out=undefined, where=chance < 1)
