"""Learns the weights by which refusals are told, from answers labelled by people.

Strengths and thresholds are chosen by cross-validation over prompts and models at once: a user's
model is none of these.
"""

# pyright: basic
from __future__ import annotations

import hashlib
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from typing import NamedTuple

import numpy as np

from specloop.records import Refusal
from specloop.refusals import LinearScore, RefusalClassifier
from specloop.refusals.features import features, only_declines

N_FOLDS = 5
N_PROMPTS, N_KINDS, N_MODELS = 12, 5, 2
"""A feature counts if it stands in answers to so many prompts, of so many of XSTest's ten kinds, of
so many models."""
STRENGTHS = (0.002, 0.001, 0.0005, 0.0002)
"""Weights of the sum of absolute weights, which makes most of them zero; strongest first."""
AS_GOOD = 0.01
"""The strongest is taken whose recall is so near to the best."""
RIDGE = 0.0005
FEW = 10
"""Answers of one model and label, below which each weighs no more for their being few."""
FALSE_ALARMS = 0.02
"""Share of compliant answers that may be called refusals. It is larger on others, as features that
were made on answers suit these best."""
FALSE_PARTS = 0.08
"""Share of full refusals that may be called partial."""
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n+")


class Labelled(NamedTuple):
    """An answer of XSTest."""

    model: str
    prompt: str
    kind: str
    text: str
    label: Refusal
    is_part: bool = False
    """Whether it is sentences from within an answer."""

    @property
    def digest(self) -> int:
        return int(hashlib.sha256(self.prompt.encode()).hexdigest(), 16)

    @property
    def is_for_training(self) -> bool:
        return self.digest % 2 == 0

    @property
    def fold(self) -> int:
        return (self.digest >> 8) % N_FOLDS


def train(answers: Sequence[Labelled]) -> RefusalClassifier:
    """A classifier of these answers alone."""
    refuses = learn([*answers, *parts(answers)], "none", "full", FALSE_ALARMS)
    return RefusalClassifier(refuses, learn(answers, "full", "partial", FALSE_PARTS))


def parts(answers: Iterable[Labelled]) -> Iterator[Labelled]:
    """Two sentences from within each compliant answer.

    No refusal either, they begin in all ways. Without them the openings of five models' answers
    would decide: any "It is" would be half a refusal.
    """
    for answer in answers:
        sentences = _SENTENCE_END.split(answer.text.strip())
        if answer.label == "none" and len(sentences) > 1:
            yield answer._replace(text=" ".join(sentences[1:3]), is_part=True)


def learn(
    answers: Sequence[Labelled], no: Refusal, yes: Refusal, false_alarms: float
) -> LinearScore:
    """A score that tells one class from another, with the strength that predicts best."""
    rows = [a for a in answers if a.label in (no, yes) and not only_declines(a.text)]
    present = [features(answer.text, answer.prompt) for answer in rows]
    names = wide_features(rows, present)
    matrix = Sparse.of(present, names)
    target = np.array([answer.label == yes for answer in rows], float)
    scores = {s: held_out_scores(rows, matrix, target, s) for s in STRENGTHS}
    weight = weights_of(rows)
    is_no = np.array([answer.label == no and not answer.is_part for answer in rows])

    def threshold_of(strength: float) -> float:
        return threshold_at(scores[strength][is_no], false_alarms)

    recalls = {s: mean_recall(rows, yes, scores[s] >= threshold_of(s)) for s in STRENGTHS}
    strength = next(s for s in STRENGTHS if recalls[s] >= max(recalls.values()) - AS_GOOD)
    threshold = threshold_of(strength)
    fitted, bias = fit(matrix, target, weight, strength)
    kept = {
        name: round(float(w), 3) for name, w in zip(names, fitted, strict=True) if abs(w) > 5e-4
    }
    return LinearScore(round(bias, 3), round(threshold, 3), kept)


def mean_recall(answers: Sequence[Labelled], label: Refusal, called: np.ndarray) -> float:
    """The mean over models of the share of a label's answers that are called so, of models that
    have more than a few."""
    by_model: dict[str, list[float]] = defaultdict(list)
    for answer, is_called in zip(answers, called, strict=True):
        if answer.label == label:
            by_model[answer.model].append(float(is_called))
    return float(np.mean([np.mean(own) for own in by_model.values() if len(own) >= FEW]))


def wide_features(answers: Sequence[Labelled], present: Sequence[frozenset[str]]) -> list[str]:
    """Features of many prompts, kinds and more than one model."""
    prompts, kinds, models = defaultdict(set), defaultdict(set), defaultdict(set)
    for answer, names in zip(answers, present, strict=True):
        for name in names if not answer.is_part else ():
            prompts[name].add(answer.prompt)
            kinds[name].add(answer.kind)
            models[name].add(answer.model)
    return sorted(
        name
        for name in prompts
        if len(prompts[name]) >= N_PROMPTS
        and len(kinds[name]) >= N_KINDS
        and len(models[name]) >= N_MODELS
    )


class Sparse(NamedTuple):
    """A matrix of ones and zeros: which answer (row) has which feature (column)."""

    rows: np.ndarray
    columns: np.ndarray
    shape: tuple[int, int]

    @classmethod
    def of(cls, present: Sequence[frozenset[str]], names: Sequence[str]) -> Sparse:
        column = {name: i for i, name in enumerate(names)}
        cells = [(i, column[f]) for i, row in enumerate(present) for f in row if f in column]
        rows, columns = np.array(cells, np.intp).reshape(-1, 2).T.copy()
        return cls(rows, columns, (len(present), len(names)))

    def sums(self, by_column: np.ndarray) -> np.ndarray:
        """The sum of each row's values."""
        return np.bincount(self.rows, by_column[self.columns], self.shape[0])

    def column_sums(self, by_row: np.ndarray) -> np.ndarray:
        """The sum of each column's values."""
        return np.bincount(self.columns, by_row[self.rows], self.shape[1])


def weights_of(answers: Sequence[Labelled]) -> np.ndarray:
    """What each answer weighs: every model weighs the same in each label, unless it has few."""
    counts = Counter((answer.model, answer.label) for answer in answers)
    weight = np.array([1 / max(counts[answer.model, answer.label], FEW) for answer in answers])
    return weight / weight.sum()


def held_out_scores(
    answers: Sequence[Labelled], matrix: Sparse, target: np.ndarray, strength: float
) -> np.ndarray:
    """Each answer's score by weights from other prompts and other models."""
    scores, weight = np.zeros(len(answers)), weights_of(answers)
    models, folds = (np.array([getattr(a, of) for a in answers]) for of in ("model", "fold"))
    for model, fold in product(sorted(set(models)), range(N_FOLDS)):
        rest = np.where((models != model) & (folds != fold), weight, 0)
        fitted, bias = fit(matrix, target, rest / rest.sum(), strength)
        here = (models == model) & (folds == fold)
        scores[here] = (matrix.sums(fitted) + bias)[here]
    return scores


def fit(
    matrix: Sparse, target: np.ndarray, weight: np.ndarray, strength: float, n_steps: int = 300
) -> tuple[np.ndarray, float]:
    """Logistic regression with most weights zero, by FISTA (Beck and Teboulle, 2009)."""
    step = 1 / (0.3 * curvature(matrix, weight) + RIDGE + 0.25)
    fitted, bias = np.zeros(matrix.shape[1]), 0.0
    ahead, bias_ahead, pace = fitted, bias, 1.0
    for _ in range(n_steps):
        error = weight * (1 / (1 + np.exp(-(matrix.sums(ahead) + bias_ahead))) - target)
        moved = ahead - step * (matrix.column_sums(error) + RIDGE * ahead)
        moved = np.sign(moved) * np.maximum(np.abs(moved) - step * strength, 0)
        bias_moved = bias_ahead - step * error.sum()
        next_pace = (1 + math.sqrt(1 + 4 * pace * pace)) / 2
        momentum = (pace - 1) / next_pace
        ahead = moved + momentum * (moved - fitted)
        bias_ahead = bias_moved + momentum * (bias_moved - bias)
        fitted, bias, pace = moved, bias_moved, next_pace
    return fitted, float(bias)


def curvature(matrix: Sparse, weight: np.ndarray) -> float:
    """The largest eigenvalue of the weighted squares, by power iteration."""
    vector, size = np.ones(matrix.shape[1]), 1.0
    for _ in range(10):
        vector = matrix.column_sums(weight * matrix.sums(vector / np.linalg.norm(vector)))
        size = float(np.linalg.norm(vector))
    return size


def threshold_at(scores: np.ndarray, share: float) -> float:
    """The lowest threshold that at most this share of the scores reaches."""
    n_over = math.floor(share * len(scores))
    ordered = np.sort(scores)[::-1]
    return float(np.nextafter(ordered[n_over], np.inf)) + 5e-4
