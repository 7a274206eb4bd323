"""The weights of a judge that puts its members' probabilities together, fitted on labels.

It is a logistic regression of the label on the members' log-odds of YES, with a ridge penalty on
the weights. The penalty's strength is the one that tells labels best which were left out of the
fit. What is left out together is all that hangs together, such as the cases of a section, so that
nothing is told by its neighbours. What is chosen on labels cannot be certified on them.
"""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from specloop.calibration.figures import Placed
from specloop.calibration.measures import Compared, auc, best_threshold
from specloop.calibration.split import together
from specloop.config.inline import inline
from specloop.draws import ranked
from specloop.judging.odds import log_odds
from specloop.records import Certificate, Figure, FittedHead
from specloop.signflip import Floats
from specloop.stats import Resampling

_FOLDS = 5
_RIDGES = (1.0, 0.1, 0.01, 0.001)
"""Strengths of the penalty: half of it times the squared weights of standardised log-odds is added
to the mean loss of a label. Of equally good ones the strongest is taken."""
_STEPS = 50
_SIZES = tuple(0.5**n for n in range(20))
"""What of a step may be taken."""
_CLOSE = 1e-8
"""Smaller differences are none."""
_DIGITS = 4
_FITTED, _MEAN = "fitted, on labels left out of the fit", "mean of the members"


class MemberOdds(NamedTuple):
    """Labelled cases as numbers, one row each."""

    odds: Floats
    """The members' log-odds of YES, shape (case, member)."""
    kept: Floats
    """1 where the label says kept, else 0, shape (case,)."""
    clusters: tuple[str, ...]
    """What each case hangs together with."""

    @property
    def has_both(self) -> bool:
        """Whether there are labels of kept rules and of broken ones."""
        return 0 < self.kept.sum() < len(self.kept)

    def where(self, rows: NDArray[np.bool_]) -> MemberOdds:
        """Some of the cases."""
        clusters = tuple(c for c, row in zip(self.clusters, rows, strict=True) if row)
        return MemberOdds(self.odds[rows], self.kept[rows], clusters)


def head_of(placed: Sequence[Placed], names: Sequence[str], how: Resampling) -> FittedHead:
    """The head that fits the cases best of which every member gave a probability, or why there is
    none."""
    found = [(one, one.judgements[0].verdicts[0].parts) for one in placed if one.judgements]
    heard = [(one, parts) for one, parts in found if parts]
    cluster = together([one.case for one in placed])
    cases = MemberOdds(
        np.array([[log_odds(p) for p in parts] for _, parts in heard]).reshape(-1, len(names)),
        np.array([one.labelled.is_kept for one, _ in heard], dtype=np.float64),
        tuple(cluster[one.case.id] for one, _ in heard),
    )
    return fitted_head(cases, names, how)


def fitted_head(cases: MemberOdds, names: Sequence[str], how: Resampling) -> FittedHead:
    """Weights, bias and threshold of the cases, with what they are worth on cases left out."""
    folds = folds_of(cases.clusters)
    every = np.unique(folds)
    if len(every) < 2 or not all(cases.where(folds != fold).has_both for fold in every):
        n = len(set(cases.clusters))
        return FittedHead(
            why="labels that hang together by section, group or request are left out of a fit"
            f" together, and of {n} such groups with a probability of every member too few hold"
            " labels of kept rules, or of broken ones; label more sections"
        )
    ridge = best_ridge(cases, folds)
    bias, *weights = (round(float(one), _DIGITS) + 0.0 for one in fit(cases, ridge))
    odds = bias + cases.odds @ np.array(weights)
    best = best_threshold(_compared(cases, _probability(odds)))
    threshold = round(0.5 if best is None else best, _DIGITS)
    least = 10.0**-_DIGITS
    scores = {
        _FITTED: _left_out(cases, folds),
        _MEAN: cases.odds.mean(axis=1),
        **{f"{n}. {name}": cases.odds[:, n - 1] for n, name in enumerate(names, 1)},
    }
    return FittedHead(
        weights=tuple(weights),
        bias=bias,
        threshold=min(max(threshold, least), 1 - least),
        ridge=ridge,
        aucs=tuple(_auc(group, _compared(cases, of), how) for group, of in scores.items()),
    )


def folds_of(clusters: Sequence[str]) -> NDArray[np.intp]:
    """The fold of each case, at most five of about the same size; a cluster is in one."""
    sizes = Counter(clusters)
    n = min(_FOLDS, len(sizes))
    filled, fold = [0] * n, dict[str, int]()
    drawn = ranked(sizes, str, "folds of a head")
    for name in sorted(drawn, key=lambda name: -sizes[name]):
        fold[name] = filled.index(min(filled))
        filled[fold[name]] += sizes[name]
    return np.array([fold[name] for name in clusters], dtype=np.intp)


def best_ridge(cases: MemberOdds, folds: NDArray[np.intp]) -> float:
    """The strength of the penalty with the least loss on cases left out of the fit."""

    def loss(ridge: float) -> float:
        total = 0.0
        for fold in np.unique(folds):
            rest, out = cases.where(folds != fold), cases.where(folds == fold)
            if rest.has_both:
                total += _loss(_with_one(out.odds) @ fit(rest, ridge), out.kept).sum()
        return total

    return min(_RIDGES, key=loss)


def fit(cases: MemberOdds, ridge: float) -> Floats:
    """Bias and weights with the least penalised mean loss, by Newton's method; shape (1 + member).

    A member's log-odds are measured by their spread, so that the penalty is the same for each. The
    bias is not penalised. Both kinds of labels are needed.
    """
    spread = _spread(cases.odds)
    x, y = _with_one(cases.odds / spread), cases.kept
    penalty = np.diag([0.0, *[ridge] * len(spread)])

    def objective(at: Floats) -> float:
        return float(_loss(x @ at, y).mean() + at @ penalty @ at / 2)

    found = np.zeros(x.shape[1])
    for _ in range(_STEPS):
        p = _probability(x @ found)
        slope = x.T @ (p - y) / len(y) + penalty @ found
        bend = (x * (p * (1 - p))[:, None]).T @ x / len(y) + penalty
        step = np.linalg.lstsq(bend, slope, rcond=None)[0]
        # A whole step can lead too far where the labels are told apart almost perfectly.
        size = next((s for s in _SIZES if objective(found - s * step) < objective(found)), 0.0)
        found = found - size * step
        if np.abs(size * step).max() < _CLOSE:
            break
    return found / np.array([1.0, *spread])


def advice(certificate: Certificate) -> Iterator[str]:
    """What was fitted on these labels, and the judge with it, to be pasted."""
    head = certificate.head
    if head is None:
        return
    if head.why:
        yield f"no weights are fitted: {head.why}"
        return
    worth = "; ".join(f"{one.group} {_words(one)}" for one in head.aucs)
    yield f"AUC on {head.aucs[0].n} of these labels: {worth}"
    table = inline(fitted_table(certificate.judge, certificate.settings, head))
    pasted = shlex.quote(f"calibrate.judge={table}")
    yield f"weights, bias and threshold fitted on these labels: judge = {table}"
    yield f"certify them with --part certify --set {pasted}"


def fitted_table(judge: str, settings: Mapping[str, Any], head: FittedHead) -> dict[str, Any]:
    """The judge's table with what was fitted."""
    fitted = {"weights": head.weights, "bias": head.bias, "threshold": head.threshold}
    return {"name": judge, **settings, **fitted}


def _with_one(odds: Floats) -> Floats:
    """With a column for the bias."""
    return np.column_stack([np.ones(len(odds)), odds])


def _spread(odds: Floats) -> Floats:
    """The standard deviation over cases; 1 where all are the same but for rounding."""
    spread = odds.std(axis=0)
    return np.where(spread > _CLOSE, spread, 1.0)


def _probability(odds: Floats) -> Floats:
    return np.exp(-np.logaddexp(0, -odds))


def _loss(odds: Floats, kept: Floats) -> Floats:
    """The log-loss of each label."""
    return np.logaddexp(0, odds) - kept * odds


def _left_out(cases: MemberOdds, folds: NDArray[np.intp]) -> Floats:
    """The weighed log-odds of each case by a head that was fitted, its penalty chosen too, without
    the case's fold. They are measured by how all cases score by that head, since bias and scale
    differ from fold to fold and say nothing of a case."""
    scores = np.zeros(len(cases.kept))
    for fold in np.unique(folds):
        rest = cases.where(folds != fold)
        each = cases.odds @ fit(rest, best_ridge(rest, folds[folds != fold]))[1:]
        scores[folds == fold] = ((each - each.mean()) / _spread(each))[folds == fold]
    return scores


def _compared(cases: MemberOdds, scores: Floats) -> list[Compared]:
    rows = zip(cases.clusters, cases.kept, scores, strict=True)
    return [Compared(cluster, bool(kept), "YES", float(score)) for cluster, kept, score in rows]


def _auc(group: str, compared: Sequence[Compared], how: Resampling) -> Figure:
    return Figure(name="auc", group=group, judge="", **auc(compared, how)._asdict())


def _words(one: Figure) -> str:
    value = "-" if one.value is None else f"{one.value:.2f}"
    if one.ci_low is None or one.ci_high is None:
        return value
    return f"{value} [{one.ci_low:.2f}, {one.ci_high:.2f}]"
