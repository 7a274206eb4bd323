"""Estimate how long replies will be: as long as those in the folder, or else as the papers'.

What is told from is told with it: a bill without any answer in the folder rests on other people's
models and tasks.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean
from typing import NamedTuple

from specloop.pipeline.rehearsal import Amount
from specloop.records import Answer, Step
from specloop.responding.base import SCORE

ENOUGH = 3
"""Answers or judgements from which means are taken."""
PUBLISHED: Mapping[str, float] = {
    "answer": 850,
    "candidate": 950,
    "refine": 850,
    "feedback": 1500,
    "think": 350,
    "compare": 1800,
    "advise": 1800,
}
"""Completion tokens a call by purpose, from those an answer takes in SpecBench's paper (Zhang et
al., arXiv 2509.14760): vanilla 798 and 946, 15 candidates 14,231, an answer with 15 reviews and
refinements 37,626, Align3's three calls 1,832, TPO's 19 calls 21,583."""
_OTHER = 850.0
_PIECE = re.compile(r"[^\W\d_]+|\d{1,3}|[^\w\s]|_|\n+")


class Spread(NamedTuple):
    """Factors by which the real use may be more or less than the likely one."""

    prompt: float
    completion: float

    def over(self, other: Spread) -> Spread:
        """The wider of both."""
        return Spread(max(self.prompt, other.prompt), max(self.completion, other.completion))


MEASURED = Spread(1.3, 1.5)
"""By means of the same entrant or judge."""
ALIKE = Spread(1.5, 1.73)
"""By means of the same model with other methods: from least to most it is a factor of three."""
ASSUMED = Spread(2.0, 3.0)
"""By none of the model."""


class ReplyLengths(NamedTuple):
    """Tokens of a model's replies."""

    by_purpose: Mapping[str, float]
    """Measured."""
    scale: float
    """The model's answers over the published ones, for purposes that were not measured."""
    most: float
    """What a reply may take."""
    chars: float
    """Characters a token."""
    n: int
    """Answers that were measured."""

    def of(self, purpose: str) -> float:
        """A reply's tokens."""
        usual = self.by_purpose.get(purpose, self.scale * PUBLISHED.get(purpose, _OTHER))
        return min(usual, self.most)


def measured(answers: Iterable[Answer]) -> list[Answer]:
    """Those whose calls and tokens are known."""
    return [answer for answer in answers if sum(s.completion_tokens for s in answer.steps)]


def lengths_of(answers: Sequence[Answer], most: float, chars: float) -> ReplyLengths:
    """Reply lengths by the answers of one model with any method; `chars` are those of a token."""
    found: dict[str, list[int]] = {}
    for step in (step for answer in answers for step in answer.steps if step.purpose != SCORE):
        found.setdefault(step.purpose, []).append(step.completion_tokens)
    means = {purpose: fmean(tokens) for purpose, tokens in found.items()}
    ratios = [mean / PUBLISHED[name] for name, mean in means.items() if name in PUBLISHED]
    return ReplyLengths(
        by_purpose=means,
        scale=fmean(ratios) if ratios else 1.0,
        most=most,
        chars=chars,
        n=len(answers),
    )


def amounts_of(answers: Sequence[Answer]) -> tuple[Amount, Amount]:
    """Means an answer: what was asked of the target, and of the scorer."""
    target, scoring = Amount(), Amount()
    for one in answers:
        target = target.plus(_amount(one.steps, scoring=False), 1 / len(answers))
        scoring = scoring.plus(_amount(one.steps, scoring=True), 1 / len(answers))
    return target, scoring


def _amount(steps: Iterable[Step], *, scoring: bool) -> Amount:
    mine = [step for step in steps if (step.purpose == SCORE) is scoring]
    return Amount(
        len(mine), sum(s.prompt_tokens for s in mine), sum(s.completion_tokens for s in mine)
    )


def chars_per_token(texts: Sequence[str]) -> float:
    """Of texts like these, by a rule of thumb for tokenizers that models have: common words are one
    token, long ones several, and so are letters beyond ASCII."""
    n_chars = sum(map(len, texts))
    n_tokens = sum(_pieces(match[0]) for text in texts for match in _PIECE.finditer(text))
    return n_chars / n_tokens if n_tokens else 4.0


def _pieces(piece: str) -> int:
    if not piece[0].isalpha():
        return 1
    if piece.isascii():
        return math.ceil(len(piece) / 8)
    return math.ceil(len(piece) / 1.5) if ord(piece[0]) > 0x2E7F else math.ceil(len(piece) / 4)
