"""How many labels a wanted interval needs. Pure."""

from __future__ import annotations

from typing import NamedTuple

from specloop.calibration.corrected import Share, corrected
from specloop.stats import Resampling, wilson

MOST = 1_000_000
_HOW = Resampling(draws=8000)


class Supposed(NamedTuple):
    """What is supposed of a judge and of what it judges, before it is measured."""

    kept: float
    """The true share of kept rules, among the labelled cases too."""
    sensitivity: float
    specificity: float
    n_judged: int

    def half_width(self, n_labels: float) -> float | None:
        """Half the width of the corrected rate's interval with so many labels; None for a judge no
        better than chance."""
        kept = max(self.kept * n_labels, 1.0)
        broken = max((1 - self.kept) * n_labels, 1.0)
        said = self.kept * self.sensitivity + (1 - self.kept) * (1 - self.specificity)
        interval = corrected(
            Share(said, self.n_judged),
            Share(self.sensitivity, kept),
            Share(self.specificity, broken),
            _HOW,
        )
        if interval is None or interval.ci_low is None or interval.ci_high is None:
            return None
        return (interval.ci_high - interval.ci_low) / 2


def labels_needed(supposed: Supposed, half_width: float) -> int | None:
    """The least number of labels for an interval of plus or minus `half_width`, to two digits.

    None if no number of labels is enough: the judge is too weak, or too few answers are judged.
    """
    least, most = 4, MOST
    if not _reaches(supposed, most, half_width):
        return None
    while most - least > max(1, least // 50):
        middle = (least + most) // 2
        least, most = (least, middle) if _reaches(supposed, middle, half_width) else (middle, most)
    digits = max(0, len(str(most)) - 2)
    step = 10**digits
    return -(-most // step) * step


def _reaches(supposed: Supposed, n: int, half_width: float) -> bool:
    width = supposed.half_width(n)
    return width is not None and width <= half_width


def labels_to_certify(share: float, bar: float, confidence: float = 0.95) -> int | None:
    """How many labels of kept rules (or of broken ones) put the interval of such a share of right
    verdicts above a bar; None if no number does."""
    if not _is_above(share, bar, MOST, confidence):
        return None
    least, most = 1, MOST
    while least < most:
        middle = (least + most) // 2
        is_enough = _is_above(share, bar, middle, confidence)
        least, most = (least, middle) if is_enough else (middle + 1, most)
    return most


def _is_above(share: float, bar: float, n: int, confidence: float) -> bool:
    low = wilson(share * n, n, confidence).ci_low
    return low is not None and low >= bar
