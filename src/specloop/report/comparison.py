"""Choose which evaluations to compare, and find their figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from specloop.evaluation.table import find
from specloop.outcomes import outcome_of
from specloop.records import Evaluation, Figure, Outcome, TrainingRun
from specloop.report.data import ReportData
from specloop.report.figure_text import text_of
from specloop.responding.entrant import BASE, has_method, is_bare

PROMPT = "prompt-only"


class Change(NamedTuple):
    """One figure of two evaluations, with their difference `after - before`."""

    before: Figure | None
    after: Figure | None
    difference: Figure | None
    is_paired: bool = True
    """Whether the difference is of the answers that both gave."""

    @property
    def is_measured(self) -> bool:
        """Whether one of the two has a value."""
        return any(end is not None and end.value is not None for end in self[:2])

    @property
    def outcome(self) -> Outcome:
        """What the difference says."""
        return outcome_of(self.difference)

    @property
    def text(self) -> str:
        """`12.0% → 84.0%`; one value if the other was not measured."""
        return " → ".join(text_of(end) for end in (self.before, self.after) if end)

    @property
    def cases(self) -> str:
        """`n 12/14, 3/0 unscored`, with equal numbers written once."""
        ends = [end for end in (self.before, self.after) if end]
        text = "n " + "/".join(dict.fromkeys(str(end.n) for end in ends))
        if not any(end.n_unscored for end in ends):
            return text
        return f"{text}, {'/'.join(str(end.n_unscored) for end in ends)} unscored"


class ShownEvaluations(NamedTuple):
    """The evaluations on one set of probes: `before`, `after` and all others."""

    shown: tuple[Evaluation, ...] = ()
    before: Evaluation | None = None
    after: Evaluation | None = None
    trainings: Mapping[str, TrainingRun] = {}
    """The trainings by what tables call the model that each made."""
    n_other_benchmark: int = 0
    """How many evaluations are left out because they were made on other probes."""

    def change(self, name: str, group: str = "") -> Change:
        """One figure before and after."""
        return change_between(self.before, self.after, name, group)


def contrast_of(data: ReportData) -> ShownEvaluations:
    """The comparison on the newest evaluation's probes: the base before, the trained model
    after."""
    if not data.evaluations:
        return ShownEvaluations()
    benchmark = data.evaluations[-1].benchmark
    newest = {e.label: e for e in data.evaluations if e.benchmark == benchmark}
    trainings = data.trained
    order = list(dict.fromkeys(evaluation.of for evaluation in newest.values()))
    shown = tuple(
        sorted(newest.values(), key=lambda evaluation: _place(evaluation, trainings, order))
    )
    trained = _trained(shown, trainings)
    return ShownEvaluations(
        shown=shown,
        before=newest.get(BASE),
        after=trained[-1] if trained else None,
        trainings=trainings,
        n_other_benchmark=sum(e.benchmark != benchmark for e in data.evaluations),
    )


def label_text(evaluation: Evaluation, contrast: ShownEvaluations) -> str:
    """Who was evaluated, in words: the model, and what it was told or how it answered."""
    model = _model_text(evaluation.of, contrast)
    if is_bare(evaluation):
        return model
    if has_method(evaluation):
        how = evaluation.label.removeprefix(evaluation.of).strip()
        return f"{how}, untrained" if evaluation.of == BASE else f"{model}, {how}"
    told = "document" if evaluation.told == "document" else "rules"
    return (
        f"{told.title()} in the prompt"
        if evaluation.of == BASE
        else f"{model}, {told} in the prompt"
    )


def _model_text(of: str, contrast: ShownEvaluations) -> str:
    """A model in words; a trained one keeps its trainer's name, another its own."""
    training = contrast.trainings.get(of)
    if training is not None and not training.preferences:
        which = of.removeprefix(training.trainer)
        return f"{training.title} on chosen{f',{which}' * bool(which)}"
    if of == BASE:
        return "Before training"
    return of if is_model_name(of) else f"Trained ({of})"


def is_model_name(label: str) -> bool:
    """Whether an evaluation's label names a model (`hf:PATH`), not a training of this run."""
    return ":" in label


def baseline_of(contrast: ShownEvaluations) -> Evaluation | None:
    """The evaluation of what was trained here only on the chosen answers; None if nothing was."""
    labels = {label for label, training in contrast.trainings.items() if not training.preferences}
    own = [one for one in contrast.shown if is_bare(one) and one.of in labels]
    return own[-1] if own else None


def _trained(shown: Sequence[Evaluation], trainings: Mapping[str, TrainingRun]) -> list[Evaluation]:
    """The evaluations of what this run trained, without a method, preference training last; other
    models only if none."""
    alone = [evaluation for evaluation in shown if is_bare(evaluation) and evaluation.of != BASE]
    return [evaluation for evaluation in alone if evaluation.of in trainings] or alone


def figure_of(evaluation: Evaluation | None, name: str, group: str = "") -> Figure | None:
    """One figure of an evaluation."""
    return find(evaluation.metrics, name, group) if evaluation else None


def change_between(
    before: Evaluation | None, after: Evaluation | None, name: str, group: str = ""
) -> Change:
    """One figure of two evaluations, with the difference that one of them records."""
    ends = figure_of(before, name, group), figure_of(after, name, group)
    return Change(*ends, _recorded(after, before, name, group))


def _recorded(
    after: Evaluation | None, other: Evaluation | None, name: str, group: str
) -> Figure | None:
    """The paired difference `after - other`, from the one of the two that records it."""
    if after is None or other is None:
        return None
    if _is_against(after, other):
        return find(after.differences, name, group)
    if _is_against(other, after):
        difference = find(other.differences, name, group)
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


def _place(
    evaluation: Evaluation, trainings: Mapping[str, TrainingRun], order: Sequence[str]
) -> tuple[int, int, bool]:
    """The base first, what was trained on the chosen answers alone before the others; each model
    alone before what it was told."""
    training = trainings.get(evaluation.of)
    rank = 0 if evaluation.of == BASE else 1 + (training is None or training.preferences)
    return rank, order.index(evaluation.of), not is_bare(evaluation)
