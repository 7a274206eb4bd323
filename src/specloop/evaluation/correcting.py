"""Judged figures without the judge's errors: by labels on the same answers where there are enough,
else by the judge's certificate."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from math import isnan, nan
from statistics import fmean
from typing import NamedTuple

from specloop.calibration.belief import USUAL, errors_of, undecided
from specloop.calibration.certify import labelled_by
from specloop.calibration.corrected import (
    JudgedCases,
    LabelledCases,
    Powered,
    prediction_powered,
)
from specloop.calibration.correcting import (
    Errors,
    JudgedUnit,
    Mixed,
    corrected,
)
from specloop.calibration.transport import MOST_DOUBT, MOST_OUTSIDE
from specloop.measuring.base import Cases
from specloop.measuring.evidence import Mark
from specloop.records import Certificate, Corrected, Figure
from specloop.stats import Rate, Resampling, Unit, pooled

_LEAST_CLUSTERS = 10
_LEAST_LABELS = 40
"""Of kept and broken rules. Below, intervals do not hold as often as they say."""

NO_MEAN = "no mean of verdicts"
"""Why some figures are never corrected."""


class Correction(NamedTuple):
    """What takes a judge's errors off figures."""

    certificate: Certificate | None
    how: Resampling
    labelled_by: str = ""
    """Who gave the labels on the same answers, in words."""

    def figure(self, figure: Figure, cases: Cases) -> Figure:
        """A figure with its corrected value, if code alone did not decide it."""
        return figure.model_copy(update={"corrected": self._corrected([cases])})

    def difference(self, figure: Figure, mine: Cases, other: Cases) -> Figure:
        """A difference with its corrected value, which has both sides share the judge's errors."""
        return figure.model_copy(update={"corrected": self._corrected([mine, other])})

    def aside(self, judged: Figure, cases: Cases) -> str:
        """Why the labels on these answers do not correct the judge's total, and what does instead;
        empty where they do."""
        why = _on_answers(cases).trouble
        if not why:
            return ""
        done = judged.corrected and judged.corrected.value is not None
        instead = "its certificate corrects instead" if done else "nothing is corrected"
        return f"{why}: {instead}"

    def _corrected(self, sides: Sequence[Cases]) -> Corrected | None:
        if not any(cases.marks for cases in sides):
            return None
        labelled = [one for cases in sides if (one := _by_labels(cases))]
        if len(labelled) == len(sides):
            return self._powered(labelled)
        if self.certificate is None:
            return None
        if not all(cases.metric.is_linear for cases in sides):
            return Corrected(why=NO_MEAN)
        return self._by_certificate(self.certificate, sides)

    def _powered(self, sides: Sequence[_Labelled]) -> Corrected:
        first, *others = (side.powered for side in sides)
        level = self.how.confidence
        rate = first.minus(others[0], level) if others else first.interval(level)
        n = sum(side.n for side in sides)
        return _as_record(rate, by="labels", n_labels=n, labelled_by=self.labelled_by)

    def _by_certificate(self, certificate: Certificate, sides: Sequence[Cases]) -> Corrected:
        judged = [(unit, mark) for cases in sides for unit, mark in _measured(cases) if mark]
        groups = {mark.group for _, mark in judged}
        known = {group: e for group in groups | {""} if (e := errors_of(certificate, group))}
        unknown = sum(mark.group not in known for _, mark in judged)
        if "" not in known or unknown > MOST_OUTSIDE * len(judged):
            share = unknown / len(judged) if judged else 1.0
            return Corrected(
                why=f"{share:.0%} of its verdicts are on rules of families with fewer than"
                f" {USUAL.least} labels of kept rules or of broken ones"
            )
        if any(known[group].better <= 0 for group in groups & set(known)):
            return Corrected(why="on the labels the judge is no better than chance")
        if aside := next(filter(None, (undecided(certificate, g) for g in sorted(groups))), ""):
            return Corrected(why=f"on the labels the judge says neither kept nor broken of {aside}")
        mixed = [Mixed(list(_units(cases, known)), cases.summary) for cases in sides]
        rate = corrected(mixed, known, self.how)
        if rate is None and judged:
            return Corrected(
                why="the labels do not hold here: with such a judge no true share gives this rate"
            )
        if rate is None:
            return Corrected(why="nothing was judged")
        n = sum(_n_labels(certificate, group) for group in groups & set(known) or {""})
        whose = labelled_by(certificate.labellers)
        return _as_record(rate, by="certificate", n_labels=n, labelled_by=whose)


class _Labelled(NamedTuple):
    powered: Powered
    n: int
    """Cases with labels."""


class _OnAnswers(NamedTuple):
    """A judge's verdicts with the labels on the same answers."""

    judged: Sequence[tuple[Unit, Mark]]
    labelled: Sequence[tuple[Unit, float, Mark]]
    is_rate: bool = True
    """Whether they are a plain mean of verdicts by one judge."""

    @property
    def trouble(self) -> str:
        """Why the labels correct no rate of these verdicts, in words; empty where they do."""
        applying = [unit.cluster for unit, label, _ in self.labelled if not isnan(label)]
        n, n_clusters = len(applying), len(set(applying))
        if n < _LEAST_LABELS or n_clusters < _LEAST_CLUSTERS:
            return (
                f"{n} labels of kept and broken rules lie on these answers, on {n_clusters}"
                f" requests; {_LEAST_LABELS} on {_LEAST_CLUSTERS} requests are needed to correct"
                " the judge's rates by them"
            )
        known = {unit.column for unit, *_ in self.labelled}
        without = sum(unit.column not in known for unit, _ in self.judged)
        if without > MOST_OUTSIDE * len(self.judged):
            share = without / len(self.judged)
            return (
                f"{share:.0%} of the judge's verdicts are on rules without a label on these"
                f" answers; at most {MOST_OUTSIDE:.0%} may be, for the {n} labels on others to"
                " correct its rates"
            )
        if not _is_alike(self.judged, [mark for *_, mark in self.labelled]):
            return (
                f"the {n} labels on these answers are on those of which the judge is more or less"
                " sure than of all, so they correct no rate; label some that are drawn evenly"
                " (review with --pick even)"
            )
        return ""


def _on_answers(cases: Cases) -> _OnAnswers:
    judged = [(unit, mark) for unit, mark in _measured(cases) if mark]
    linear = cases.metric.is_linear and cases.summary is pooled
    is_rate = linear and len(judged) == _n_measured(cases)
    judged += cases.not_applying
    labelled = [(unit, mark.label, mark) for unit, mark in judged if mark.label is not None]
    return _OnAnswers(judged, labelled, is_rate)


def _by_labels(cases: Cases) -> _Labelled | None:
    """The rate by labels on the same answers; None if they are too few, are about other rules than
    the verdicts, or are on answers of which the judge is more or less sure."""
    judged, labelled, is_rate = known = _on_answers(cases)
    if not is_rate or known.trouble:
        return None
    every, own = (Counter(unit.column for unit, *_ in some) for some in (judged, labelled))
    # Each labelled case stands for as many cases of its rule as there are for each label.
    weights = [every[unit.column] / own[unit.column] for unit, _, _ in labelled]
    powered = prediction_powered(
        LabelledCases(
            [unit.cluster for unit, _, _ in labelled],
            [_said(unit) for unit, _, _ in labelled],
            [label for _, label, _ in labelled],
            [weight / fmean(weights) for weight in weights],
        ),
        JudgedCases([u.cluster for u, _ in judged], [_said(u) for u, _ in judged]),
    )
    return _Labelled(powered, len(labelled)) if powered else None


def _said(unit: Unit) -> float:
    return nan if unit.value is None else unit.value


def _is_alike(judged: Sequence[tuple[Unit, Mark]], labelled: Sequence[Mark]) -> bool:
    """Whether the judge is as sure of the labelled cases as of all: those picked because it doubts
    say little about the others."""
    every = [mark.doubt for _, mark in judged if mark.doubt is not None]
    own = [mark.doubt for mark in labelled if mark.doubt is not None]
    return not (every and own) or abs(fmean(own) - fmean(every)) <= MOST_DOUBT


def _n_measured(cases: Cases) -> int:
    """How many could be measured."""
    return sum(unit.value is not None for unit in cases.units)


def _measured(cases: Cases) -> Iterator[tuple[Unit, Mark | None]]:
    marks = cases.marks or (None,) * len(cases.units)
    for unit, mark in zip(cases.units, marks, strict=True):
        if unit.value is not None:
            yield unit, mark


def _units(cases: Cases, known: dict[str, Errors]) -> Iterator[JudgedUnit]:
    for unit, mark in _measured(cases):
        by = None if mark is None else mark.group if mark.group in known else ""
        yield JudgedUnit(unit, by)


def _n_labels(certificate: Certificate, group: str) -> int:
    both = (certificate.figure(name, group) for name in ("sensitivity", "specificity"))
    return sum(figure.n for figure in both if figure)


def _as_record(rate: Rate, **more: object) -> Corrected:
    ends = {"value": rate.value, "ci_low": rate.ci_low, "ci_high": rate.ci_high}
    return Corrected.model_validate(ends | more)
