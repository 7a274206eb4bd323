"""What a judge's verdicts are worth against labels. Pure.

A label and a verdict both say whether the rule is kept. *Sensitivity* is the share of kept rules
that the judge says are kept, *specificity* the share of broken ones that it says are broken.
Verdicts that say neither (NA, unscored) are in neither share; they are counted by themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np

from specloop.records import VerdictValue
from specloop.signflip import Floats
from specloop.stats import DEFAULT, Rate, Resampling, Unit, draw_clusters, percentiles, rate


class Compared(NamedTuple):
    """A judge's verdict on a case with the label."""

    cluster: str
    """Cases of one cluster are not independent."""
    is_kept: bool
    """Whether the label says that the rule is kept."""
    value: VerdictValue
    probability: float | None = None
    """Of YES, if the judge gives one."""

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

    Ties count half. The interval draws clusters. `n` counts the cases with a probability; without
    both kinds of them the figure is undefined.
    """
    scored = [case for case in cases if case.probability is not None]
    names = sorted({case.cluster for case in scored})
    row = {name: i for i, name in enumerate(names)}
    wins = np.zeros((len(names), len(names)))
    kept, broken = np.zeros(len(names)), np.zeros(len(names))
    probabilities: dict[bool, list[tuple[int, float]]] = {True: [], False: []}
    for case in scored:
        probabilities[case.is_kept].append((row[case.cluster], case.probability or 0.0))
    for at, high in probabilities[True]:
        kept[at] += 1
        for beside, low in probabilities[False]:
            wins[at, beside] += 1.0 if high > low else 0.5 if high == low else 0.0
    for at, _ in probabilities[False]:
        broken[at] += 1
    if not (kept.any() and broken.any()):
        return Rate(None, len(scored))

    def figure(draws: Floats) -> Floats:
        pairs = (draws @ kept) * (draws @ broken)
        won = ((draws @ wins) * draws).sum(axis=-1)
        return np.divide(won, pairs, out=np.full(pairs.shape, np.nan), where=pairs > 0)

    value = float(figure(np.ones((1, len(names))))[0])
    low, high = percentiles(figure(draw_clusters(len(names), how)), how.confidence)
    return Rate(value, len(scored), low, high)


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
OF_MEMBERS = ("passed on", "members differ")
"""Figures of judges that are made of judges."""


def lean(cases: Iterable[Compared], how: Resampling = DEFAULT) -> Rate:
    """The share of rules that the judge says are kept, minus the share that are: above 0 it is too
    kind, below 0 too strict."""
    units = (
        Unit(case.cluster, float(case.value == "YES") - float(case.is_kept))
        for case in cases
        if case.is_decided
    )
    return rate(units, how=how)


Measurement = Callable[[Iterable[Compared], Resampling], Rate]
MEASUREMENTS: dict[str, Measurement] = {
    "accuracy": accuracy,
    "sensitivity": sensitivity,
    "specificity": specificity,
    "kappa": kappa,
    "auc": auc,
    "unscored": unscored_share,
}
"""All figures of a certificate, in the order of tables."""


def _right(cases: Sequence[Compared], how: Resampling) -> Rate:
    units = (Unit(case.cluster, float(case.is_right)) for case in cases if case.is_decided)
    return rate(units, how=how)


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
    return np.divide(agreed - chance, 1 - chance, out=undefined, where=chance < 1)
