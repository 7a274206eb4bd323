"""How far a certificate allows a judge to be believed. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

import numpy as np

from specloop.calibration.corrected import Share, corrected
from specloop.records import Certificate, Figure
from specloop.stats import DEFAULT, Rate, Resampling

Belief = Literal["certified", "weak", "unmeasured"]
"""Certified: both shares of right verdicts are above the bar, their intervals included. Weak: they
are measured, and not that good. Unmeasured: too few labels to say, or none."""

_TAILS = (5, 95)
_MOST_OUTSIDE = 0.2
"""The share of answers that may be shorter or longer than nearly all labelled ones."""


class Threshold(NamedTuple):
    """What a certified judge has to reach."""

    sensitivity: float = 0.8
    specificity: float = 0.8
    least: int = 20
    """Labels of kept rules, and of broken ones, below which nothing is measured."""


USUAL = Threshold()


def belief(
    certificate: Certificate | None, group: str = "", threshold: Threshold = USUAL
) -> Belief:
    """How far a judge is believed, in total or in one group of a certificate."""
    figures = [certificate and certificate.figure(name, group) for name in _SHARES]
    if any(figure is None or figure.n < threshold.least for figure in figures):
        return "unmeasured"
    lows = [figure.ci_low for figure in figures if figure]
    bars = (threshold.sensitivity, threshold.specificity)
    reached = all(low is not None and low >= at for low, at in zip(lows, bars, strict=True))
    return "certified" if reached else "weak"


_SHARES = ("sensitivity", "specificity")


def corrected_rate(
    judged: Rate, certificate: Certificate, group: str = "", how: Resampling = DEFAULT
) -> Rate | None:
    """A judged rate, corrected by what the judge was measured to be worth; None if that was too
    little to say anything."""
    shares = [_share(certificate.figure(name, group), how) for name in _SHARES]
    said = Share.of(judged, how.confidence)
    if said is None or any(share is None for share in shares):
        return None
    return corrected(said, *(share for share in shares if share), how=how)


def _share(figure: Figure | None, how: Resampling) -> Share | None:
    if figure is None:
        return None
    return Share.of(Rate(figure.value, figure.n, figure.ci_low, figure.ci_high), how.confidence)


class AnswerSample(NamedTuple):
    """What a certificate rests on, or what is judged by it."""

    lengths: Sequence[int]
    """Characters of each answer."""
    models: frozenset[str] = frozenset()
    """The models that answered; empty if not known."""
    sections: frozenset[str] = frozenset()
    """The sections of the rules; empty if not known."""


def differences(labelled: AnswerSample, judged: AnswerSample) -> Iterator[str]:
    """How what is judged differs from what the judge was measured on, in words: a certificate says
    nothing about that."""
    for what, known, new in (
        ("answers of", labelled.models, judged.models),
        ("rules of", labelled.sections, judged.sections),
    ):
        others = sorted(new - known)
        if others:
            more = f" and {len(others) - 3} more" if len(others) > 3 else ""
            yield f"no labels on {what} {', '.join(others[:3])}{more}"
    if len(labelled.lengths) and len(judged.lengths):
        low, high = np.percentile(labelled.lengths, _TAILS)
        outside = float(np.mean([not low <= length <= high for length in judged.lengths]))
        if outside > _MOST_OUTSIDE:
            yield (
                f"{outside:.0%} of the answers are shorter than {low:.0f} or longer than"
                f" {high:.0f} characters, as few labelled ones are"
            )
