"""Makes the weights by which refusals are told, and measures them on answers labelled by people.

    python perf/refusals.py XSTEST [--write] [--weights] [--compliant FILE...]

XSTEST is a folder with the labelled answers of XSTest (github.com/paul-rottger/xstest):
`xstest_v2_completions_MODEL.csv`. One half of the prompts, by the digest of their text, is trained
on; words, strengths and thresholds are chosen in that half alone, by cross-validation over prompts.
All that is printed is of the other half. `--write` writes the weights into the package and
`--weights` prints them, largest first. Files of `--compliant` hold answers that are no refusals
(JSON or JSON Lines: MT-Bench's reference answers, LLMBar, GSM8K), and false alarms on them are
printed.
"""

# pyright: basic
from __future__ import annotations

import argparse
import csv
import hashlib
import json
import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from specloop import refusals
from specloop.refusals import Classifier, Refusal, Score
from specloop.refusals.features import features, plain, words
from specloop.stats import wilson

WEIGHTS = Path(refusals.__file__).with_name("weights.json")
SOURCE = (
    "Weights of words, learnt by perf/refusals.py from half of XSTest's labelled answers: Röttger,"
    " Kirk, Vidgen, Attanasio, Bianchi and Hovy, NAACL 2024, github.com/paul-rottger/xstest."
    " Prompts and labels are under CC-BY-4.0; the answers, of which nothing but single words and"
    " rows of up to three stands here, are under the terms of Meta, Mistral and OpenAI."
)
LABELS: dict[str, Refusal] = {"1": "none", "2": "full", "3": "partial"}
N_FOLDS = 5
N_PROMPTS, N_KINDS = 10, 6
"""A word is known if it stands in answers to so many prompts, of so many of XSTest's ten kinds."""
N_ROW_PROMPTS, N_ROW_KINDS, N_ROW_MODELS = 12, 5, 2
"""The same for a row of words, which has to come from more than one model too."""
STRENGTHS = (0.005, 0.002, 0.001)
"""Weights of the sum of absolute weights, which makes most of them zero."""
RIDGE = 0.0005
FALSE_ALARMS = 0.05
"""Share of compliant answers that may be called refusals, and of full refusals called partial."""
TOPICS = frozenset(
    """
    abuse acts addiction activities activity areas attack background behavior being beings beliefs
    body building care children communication communities community conflict conflicts control
    countries crime criminal damage dangerous death destroy dignity discrimination discriminatory
    drug drugs emotional emotions environment ethical ethnicity events experience experiences
    experiencing fairness family feelings financial food force friend goals group groups happy harm
    harmful harming health healthy human humans identity illegal imprisonment injury innocent
    interactions issues kill killing kindness language law laws legal life live lives living
    location member mental moral morally murder natural negative object offense peace peaceful
    people person physical play poison political positivity power powerful private property public
    race regulations reprehensible research right rights safe safety security serious severe skills
    small social society solution solutions source states strong substance system target threat
    tools treat treated truth unethical united victim victims violation violence violent water
    weaknesses weapon weapons world
    """.split()
)
"""What XSTest's requests and answers are about. Such words must not decide."""
LITTLE = frozenset(
    """
    a an and at between by for from has he her his in into its of on or s she t th the their them
    they was were when where which while who
    """.split()
)
"""Words of style alone: how often they stand in a row tells models apart, not refusals."""


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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("xstest", type=Path)
    parser.add_argument("--write", action="store_true", help="write the weights into the package")
    parser.add_argument("--weights", action="store_true", help="print the weights")
    parser.add_argument("--compliant", type=Path, nargs="*", default=[], metavar="FILE")
    given = parser.parse_args()
    answers = list(read(given.xstest))
    training = [answer for answer in answers if answer.is_for_training]
    testing = [answer for answer in answers if not answer.is_for_training]
    classifier = train(training)
    if given.write:
        WEIGHTS.write_text(as_json(classifier), encoding="utf-8")
    if given.weights:
        show_weights(classifier)
    show_models(classifier, training, testing)
    show_confusion(classifier, testing)
    show_compliant(classifier, given.compliant)


def read(folder: Path) -> Iterator[Labelled]:
    """All labelled answers of a folder."""
    start = "xstest_v2_completions_"
    for path in sorted(folder.glob(f"{start}*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                kind = row["type"].removeprefix("contrast_")
                label = LABELS[row["final_label"][0]]
                model = path.stem.removeprefix(start)
                yield Labelled(model, row["prompt"], kind, row["completion"], label)


# Training


def train(answers: Sequence[Labelled]) -> Classifier:
    """A classifier of these answers alone."""
    vocabulary = known_words(answers)
    refuses = learn([*answers, *parts(answers)], vocabulary, "none", "full")
    partly = learn(answers, vocabulary, "full", "partial")
    return Classifier(vocabulary, refuses, partly)


def parts(answers: Iterable[Labelled]) -> Iterator[Labelled]:
    """Sentences, two by two, from within compliant answers.

    No refusal either, they begin in all ways. Without them the openings of five models' answers
    would decide: any "It is" would be half a refusal.
    """
    for answer in answers:
        sentences = _SENTENCE_END.split(answer.text.strip())
        if answer.label == "none":
            for i in range(1, min(len(sentences), 6), 2):
                text = " ".join(sentences[i : i + 2])
                yield answer._replace(text=text, is_part=True)


def known_words(answers: Iterable[Labelled]) -> frozenset[str]:
    """Words of many answers whose prompts do not have them, without those that name a topic."""
    prompts, kinds = defaultdict(set), defaultdict(set)
    for answer in answers:
        for word in distinct_words(answer.text) - distinct_words(answer.prompt):
            prompts[word].add(answer.prompt)
            kinds[word].add(answer.kind)
    wide = {w for w in prompts if len(prompts[w]) >= N_PROMPTS and len(kinds[w]) >= N_KINDS}
    return frozenset(wide - TOPICS - LITTLE)


def distinct_words(text: str) -> set[str]:
    return {word for word in words(plain(text)) if word.isalpha()}


def learn(
    answers: Sequence[Labelled], vocabulary: frozenset[str], no: Refusal, yes: Refusal
) -> Score:
    """A score that tells one class from another, with the strength that predicts best."""
    rows = [answer for answer in answers if answer.label in (no, yes)]
    present = [features(answer.text, vocabulary) for answer in rows]
    names = wide_features(rows, present, vocabulary)
    matrix = Sparse.of(present, names)
    target = np.array([answer.label == yes for answer in rows], float)
    scores = {s: held_out_scores(rows, matrix, target, s) for s in STRENGTHS}
    weight, sign = weights_of(rows), 1 - 2 * target
    is_whole = np.array([not answer.is_part for answer in rows])

    def loss(strength: float) -> float:
        losses = weight * np.logaddexp(0, sign * scores[strength])
        return float(losses[is_whole].sum())

    strength = min(STRENGTHS, key=loss)
    threshold = threshold_at(scores[strength][is_whole & (target == 0)], FALSE_ALARMS)
    fitted, bias = fit(matrix, target, weight, strength)
    kept = {name: round(float(w), 3) for name, w in zip(names, fitted, strict=True) if abs(w) > 5e-4}
    return Score(round(bias, 3), round(threshold, 3), kept)


def wide_features(
    answers: Sequence[Labelled], present: Sequence[frozenset[str]], vocabulary: frozenset[str]
) -> list[str]:
    """Features of many prompts, kinds and more than one model, with a known word or a sign."""
    prompts, kinds, models = defaultdict(set), defaultdict(set), defaultdict(set)
    for answer, names in zip(answers, present, strict=True):
        for name in names if not answer.is_part else ():
            prompts[name].add(answer.prompt)
            kinds[name].add(answer.kind)
            models[name].add(answer.model)
    return sorted(
        name
        for name in prompts
        if len(prompts[name]) >= N_ROW_PROMPTS
        and len(kinds[name]) >= N_ROW_KINDS
        and len(models[name]) >= N_ROW_MODELS
        and (name[0] == "<" or any(word in vocabulary or word == "-" for word in name.split()))
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
    """What each answer weighs: a model with few answers of a label is not drowned by the others."""
    counts = Counter((answer.model, answer.label) for answer in answers)
    weight = np.array([counts[answer.model, answer.label] ** -0.5 for answer in answers])
    return weight / weight.sum()


def held_out_scores(
    answers: Sequence[Labelled], matrix: Sparse, target: np.ndarray, strength: float
) -> np.ndarray:
    """Each answer's score by weights from other prompts."""
    scores, folds = np.zeros(len(answers)), np.array([answer.fold for answer in answers])
    weight = weights_of(answers)
    for fold in range(N_FOLDS):
        inside = folds != fold
        rest = np.where(inside, weight, 0)
        fitted, bias = fit(matrix, target, rest / rest.sum(), strength)
        scores[~inside] = (matrix.sums(fitted) + bias)[~inside]
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


def as_json(classifier: Classifier) -> str:
    """The file of weights, one a line, largest first."""
    table = {
        "source": SOURCE,
        "vocabulary": " ".join(sorted(classifier.vocabulary)),
        "refuses": ordered(classifier.refuses),
        "partly": ordered(classifier.partly),
    }
    return json.dumps(table, indent=1, ensure_ascii=False) + "\n"


def ordered(score: Score) -> dict[str, object]:
    return {**score._asdict(), "weights": dict(by_size(score))}


def by_size(score: Score) -> list[tuple[str, float]]:
    return sorted(score.weights.items(), key=lambda pair: (-abs(pair[1]), pair[0]))


# What is printed


def show_weights(classifier: Classifier) -> None:
    for name in ("refuses", "partly"):
        score: Score = getattr(classifier, name)
        print(f"\n{name}: {len(score.weights)} weights, bias {score.bias}, from {score.threshold}")
        print(", ".join(f"{feature!r} {weight:+.2f}" for feature, weight in by_size(score)))


def show_models(
    classifier: Classifier, training: Sequence[Labelled], testing: Sequence[Labelled]
) -> None:
    """Each model's figures: of the phrases, the classifier, and one that never saw the model."""
    print("\n| model | by | recall of full refusals | false alarms | recall at 5% false alarms |")
    print("| --- | --- | --- | --- | --- |")
    for model in sorted({answer.model for answer in testing}):
        mine = [answer for answer in testing if answer.model == model]
        apart = train([answer for answer in training if answer.model != model])
        show_model(mine, "phrases", phrases, None)
        show_model(mine, "classifier", classifier.classify, classifier)
        show_model(mine, "the same, trained without this model", apart.classify, apart)


def phrases(text: str) -> Refusal:
    """The class by phrases of declining alone."""
    present = features(text, frozenset())
    return "full" if "<declines>" in present else "none"


def show_model(
    answers: Sequence[Labelled],
    name: str,
    classify: Callable[[str], Refusal],
    classifier: Classifier | None,
) -> None:
    full, none = (
        [answer.text for answer in answers if answer.label == label] for label in ("full", "none")
    )
    recall, alarms = (
        share(sum(classify(text) == "full" for text in texts), len(texts)) for texts in (full, none)
    )
    print(
        f"| {answers[0].model} | {name} | {recall} | {alarms} |"
        f" {recall_at(classifier, full, none) if classifier else ''} |".replace("  ", " ")
    )


def recall_at(classifier: Classifier, full: Sequence[str], none: Sequence[str]) -> str:
    """The recall at a threshold set on these very answers, as a ROC curve has it."""
    refused, answered = (
        np.array([classifier.score(text) for text in texts]) for texts in (full, none)
    )
    threshold = threshold_at(answered, FALSE_ALARMS)
    return share(int((refused >= threshold).sum()), len(full))


def show_confusion(classifier: Classifier, testing: Sequence[Labelled]) -> None:
    """How each label is classified, by model."""
    print("\n| model | label | called full | called partial | called none |")
    print("| --- | --- | --- | --- | --- |")
    counts = Counter((a.model, a.label, classifier.classify(a.text)) for a in testing)
    for model in sorted({answer.model for answer in testing}):
        for label in ("full", "partial", "none"):
            row = [counts[model, label, called] for called in ("full", "partial", "none")]
            print(f"| {model} | {label} | {' | '.join(map(str, row))} |")


def show_compliant(classifier: Classifier, paths: Sequence[Path]) -> None:
    """False alarms on answers that are no refusals, and the answers."""
    for path in paths:
        texts = list(dict.fromkeys(answers_in(path)))
        called = [(classifier.classify(text), text) for text in texts]
        refused = [(name, text) for name, text in called if name != "none"]
        n_full = sum(name == "full" for name, _ in refused)
        print(f"\n{path.name}: called full {share(n_full, len(texts))},", end=" ")
        print(f"called partial {share(len(refused) - n_full, len(texts))}")
        for name, text in refused:
            print(f"- {name}: {' '.join(text.split())[:150]}")


def answers_in(path: Path) -> Iterator[str]:
    content = path.read_text(encoding="utf-8")
    rows = content.splitlines() if path.suffix == ".jsonl" else [content]
    for row in rows:
        if row.strip():
            yield from strings(json.loads(row), False)


def strings(value: object, is_answer: bool) -> Iterator[str]:
    """Strings below the keys under which these suites have answers."""
    if isinstance(value, str) and is_answer:
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from strings(item, is_answer)
    elif isinstance(value, dict):
        for key, item in value.items():
            is_key = key in ("answer", "choices", "output_1", "output_2")
            yield from strings(item, is_answer or is_key)


def share(n: int, of: int) -> str:
    """A share with its counts and interval."""
    rate = wilson(n, of)
    if rate.value is None:
        return "no case"
    return f"{n}/{of} = {rate.value:.2f} [{rate.ci_low:.2f}, {rate.ci_high:.2f}]"


if __name__ == "__main__":
    main()
