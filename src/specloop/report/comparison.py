"""Choose which evaluations to compare, and find their figures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from specloop.records import Evaluation, Figure, TrainingRun
from specloop.report.data import ReportData
from specloop.responding.entrant import BASE, has_method, is_bare

PROMPT = "prompt-only"


class ShownEvaluations(NamedTuple):
    """The evaluations on one set of probes: `before`, `after` and all others."""

    shown: tuple[Evaluation, ...] = ()
    before: Evaluation | None = None
    after: Evaluation | None = None
    trainings: Mapping[str, TrainingRun] = {}
    """The trainings by what tables call the model that each made."""
    n_other_benchmark: int = 0
    """How many evaluations are left out because they were made on other probes."""


def contrast_of(data: ReportData) -> ShownEvaluations:
    """The comparison on the newest evaluation's probes: the base before, the trained model
    after."""
    if not data.evaluations:
        return ShownEvaluations()
    benchmark = data.evaluations[-1].benchmark
    newest = {e.label: e for e in data.evaluations if e.benchmark == benchmark}
    trainings = {training.trainer: training for training in data.trainings}
    order = list(dict.fromkeys(one.of for one in newest.values()))
    shown = tuple(sorted(newest.values(), key=lambda one: _place(one, trainings, order)))
    trained = _trained(shown, trainings)
    return ShownEvaluations(
        shown=shown,
        before=newest.get(BASE),
        after=trained[-1] if trained else None,
        trainings=trainings,
        n_other_benchmark=sum(e.benchmark != benchmark for e in data.evaluations),
    )


def label_text(one: Evaluation, contrast: ShownEvaluations) -> str:
    """Who was evaluated, in words: the model, and what it was told or how it answered."""
    model = _model_text(one.of, contrast)
    if is_bare(one):
        return model
    if has_method(one):
        how = one.label.removeprefix(one.of).strip()
        return f"{how}, untrained" if one.of == BASE else f"{model}, {how}"
    told = "document" if one.told == "document" else "rules"
    return f"{told.title()} in the prompt" if one.of == BASE else f"{model}, {told} in the prompt"


def _model_text(of: str, contrast: ShownEvaluations) -> str:
    """A model in words; a trained one keeps its trainer's name, another its own."""
    training = contrast.trainings.get(of)
    if training is not None and not training.preferences:
        return f"{training.title} on chosen"
    if of == BASE:
        return "Before training"
    return of if is_model_name(of) else f"Trained ({of})"


def is_model_name(label: str) -> bool:
    """Whether an evaluation's label names a model (`hf:PATH`), not a training of this run."""
    return ":" in label


def cases_text(before: Figure | None, after: Figure | None) -> str:
    """`n 12/14, 3/0 unscored`: the cases of a rule's two figures, with equal numbers written
    once."""
    ends = [figure for figure in (before, after) if figure]
    text = f"n {'/'.join(dict.fromkeys(str(m.n) for m in ends))}"
    if not any(m.n_unscored for m in ends):
        return text
    return f"{text}, {'/'.join(str(m.n_unscored) for m in ends)} unscored"


def unscored_text(ends: Mapping[str, Figure | None], noun: str = "cases") -> str:
    """The unscored cases of each side by its name; empty if all were scored."""
    measured = {name: figure for name, figure in ends.items() if figure}
    if not any(figure.n_unscored for figure in measured.values()):
        return ""
    parts = [f"{m.n_unscored:,} of {m.n + m.n_unscored:,} {name}" for name, m in measured.items()]
    return f"Unscored {noun}: {', '.join(parts)}."


def baseline_of(contrast: ShownEvaluations) -> Evaluation | None:
    """The evaluation of what was trained here only on the chosen answers; None if nothing was."""
    labels = {label for label, one in contrast.trainings.items() if not one.preferences}
    return next((one for one in contrast.shown if is_bare(one) and one.of in labels), None)


def _trained(shown: Sequence[Evaluation], trainings: Mapping[str, TrainingRun]) -> list[Evaluation]:
    """The evaluations of what this run trained, without a method, preference training last; other
    models only if none."""
    alone = [one for one in shown if is_bare(one) and one.of != BASE]
    return [one for one in alone if one.of in trainings] or alone


def figure_of(evaluation: Evaluation | None, name: str, group: str = "") -> Figure | None:
    """One figure of an evaluation."""
    return _find(evaluation.metrics, name, group) if evaluation else None


def difference_between(
    after: Evaluation | None, other: Evaluation | None, name: str, group: str = ""
) -> Figure | None:
    """The recorded paired difference `after - other`, from the one of the two that records it."""
    if after is None or other is None:
        return None
    if _is_against(after, other):
        return _find(after.differences, name, group)
    if _is_against(other, after):
        difference = _find(other.differences, name, group)
        return _negated(difference) if difference else None
    return None


_TURNED = {"better": "worse", "worse": "better"}


def _negated(figure: Figure) -> Figure:
    def minus(value: float | None) -> float | None:
        return None if value is None else -value

    return figure.model_copy(
        update={
            "value": minus(figure.value),
            "ci_low": minus(figure.ci_high),
            "ci_high": minus(figure.ci_low),
            "bound_low": minus(figure.bound_high),
            "bound_high": minus(figure.bound_low),
            "outcome": _TURNED.get(figure.outcome or "", figure.outcome),
        }
    )


def _is_against(evaluation: Evaluation, other: Evaluation) -> bool:
    return evaluation.against in (other.id, other.label)


def _find(figures: Iterable[Figure], name: str, group: str) -> Figure | None:
    return next((m for m in figures if m.name == name and m.group == group), None)


def _place(
    one: Evaluation, trainings: Mapping[str, TrainingRun], order: Sequence[str]
) -> tuple[int, int, bool]:
    """The base first, what was trained on the chosen answers alone before the others; each model
    alone before what it was told."""
    training = trainings.get(one.of)
    rank = 0 if one.of == BASE else 1 + (training is None or training.preferences)
    return rank, order.index(one.of), not is_bare(one)
