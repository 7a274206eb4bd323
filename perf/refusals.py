"""Makes the weights by which refusals are told, and measures them on answers labelled by people.

    python -m perf.refusals XSTEST [--write] [--weights] [--compliant FILE...]

XSTEST is a folder with the labelled answers of XSTest (github.com/paul-rottger/exaggerated-safety):
`xstest_v2_completions_MODEL.csv`. One half of the prompts, by the digest of their text, is learnt
from (`perf/refusal_training.py`). All figures printed are of the other half, from which nothing is
learnt. `--write` writes the weights into the package, `--weights` prints them, largest first. Files
of `--compliant` hold answers that are no refusals (JSON or JSON Lines: MT-Bench's reference
answers, LLMBar, GSM8K), and false alarms on them are printed.
"""

# pyright: basic
from __future__ import annotations

import argparse
import csv
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from perf.refusal_training import N_FOLDS, Labelled, threshold_at, train

from specloop import refusals
from specloop.records import Refusal
from specloop.refusals import LinearScore, RefusalClassifier
from specloop.refusals.features import declines, features
from specloop.stats import wilson

WEIGHTS = Path(refusals.__file__).with_name("weights.json")
SOURCE = (
    "Weights of what sentences do, learnt by perf/refusals.py from half of XSTest's labelled"
    " answers: Röttger, Kirk, Vidgen, Attanasio, Bianchi and Hovy, NAACL 2024,"
    " github.com/paul-rottger/exaggerated-safety. Prompts and labels are under CC-BY-4.0; nothing"
    " of the answers stands here."
)
MOST = 0.05
"""The share of compliant answers that may be called refusals."""
LABELS: dict[str, Refusal] = {"1": "none", "2": "full", "3": "partial"}


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
    told = {
        "phrases": [phrases(answer.text) for answer in testing],
        "classifier": classes(classifier, testing),
        "the same at 5% on other prompts": classes_at(classifier, testing),
        "the same, learnt without this model": classes_apart(training, testing),
    }
    show_models(told, testing)
    show_confusion(told["classifier"], testing)
    show_compliant(classifier, given.compliant)


def classes(learnt: RefusalClassifier, answers: Iterable[Labelled]) -> list[Refusal]:
    return [learnt.classify(answer.text, answer.prompt) for answer in answers]


def classes_at(classifier: RefusalClassifier, answers: Sequence[Labelled]) -> list[Refusal]:
    """The same by a threshold that `MOST` of the compliant answers to other prompts reach."""

    def of_fold(fold: int) -> RefusalClassifier:
        others = [a for a in answers if a.label == "none" and a.fold != fold]
        scores = [classifier.refuses.of(features(a.text, a.prompt)) for a in others]
        threshold = threshold_at(np.array(scores), MOST)
        return classifier._replace(refuses=classifier.refuses._replace(threshold=threshold))

    by_fold = [of_fold(fold) for fold in range(N_FOLDS)]
    return [by_fold[a.fold].classify(a.text, a.prompt) for a in answers]


def classes_apart(training: Sequence[Labelled], testing: Sequence[Labelled]) -> list[Refusal]:
    """The class of each answer, by what was learnt from the other models alone."""
    learnt = {
        model: train([answer for answer in training if answer.model != model])
        for model in {answer.model for answer in testing}
    }
    return [learnt[a.model].classify(a.text, a.prompt) for a in testing]


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


def as_json(classifier: RefusalClassifier) -> str:
    """The file of weights, one a line, largest first."""
    table = {
        "source": SOURCE,
        "refuses": ordered(classifier.refuses),
        "partly": ordered(classifier.partly),
    }
    return json.dumps(table, indent=1, ensure_ascii=False) + "\n"


def ordered(score: LinearScore) -> dict[str, object]:
    return {**score._asdict(), "weights": dict(by_size(score))}


def by_size(score: LinearScore) -> list[tuple[str, float]]:
    return sorted(score.weights.items(), key=lambda pair: (-abs(pair[1]), pair[0]))


def show_weights(classifier: RefusalClassifier) -> None:
    for name in ("refuses", "partly"):
        score: LinearScore = getattr(classifier, name)
        print(f"\n{name}: {len(score.weights)} weights, bias {score.bias}, from {score.threshold}")
        print(", ".join(f"{feature!r} {weight:+.2f}" for feature, weight in by_size(score)))


def phrases(text: str) -> Refusal:
    """The class by phrases of declining alone."""
    return "full" if declines(text) else "none"


def show_models(told: Mapping[str, Sequence[Refusal]], testing: Sequence[Labelled]) -> None:
    """What each way finds of each model's full refusals, and its false alarms."""
    print(
        "\n| model | by | full refusals called full | called full or partial"
        " | compliance called full | called full or partial |"
    )
    print("| --- | --- | --- | --- | --- | --- |")
    for model in (*sorted({answer.model for answer in testing}), "all"):
        for name, called in told.items():
            mine = [
                (answer.label, one)
                for answer, one in zip(testing, called, strict=True)
                if model in (answer.model, "all")
            ]
            cells = [
                share(sum(pair in {(label, one) for one in counted} for pair in mine), n)
                for label in ("full", "none")
                for n in [sum(of == label for of, _ in mine)]
                for counted in (("full",), ("full", "partial"))
            ]
            print(f"| {model} | {name} | {' | '.join(cells)} |")


def show_confusion(called: Sequence[Refusal], testing: Sequence[Labelled]) -> None:
    """How each label is classified."""
    print("\n| label | called full | called partial | called none |")
    print("| --- | --- | --- | --- |")
    counts = Counter((a.label, one) for a, one in zip(testing, called, strict=True))
    for label in ("full", "partial", "none"):
        row = [counts[label, one] for one in ("full", "partial", "none")]
        print(f"| {label} | {' | '.join(map(str, row))} |")


def show_compliant(classifier: RefusalClassifier, paths: Sequence[Path]) -> None:
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
