"""Find the difference between two evaluations from the best record of it in the run.

The best is the one recorded when they were made. Every evaluation records its differences from the
base, so that between a trained model and a baseline is computed from the recorded answers and
verdicts, with the same cases and intervals as in the evaluation stage. Last comes one from two
separate intervals, which is wider than a paired one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from pydantic import ValidationError

from specloop.config import Evaluate
from specloop.evaluation import EvaluationSet, Results, paired
from specloop.evaluation.answers import completed
from specloop.evaluation.believing import shared
from specloop.evaluation.judged import AskedJudge, JudgedAnswer, check_answers
from specloop.measuring.figures import beside, differences
from specloop.metrics import Cases, cases_in
from specloop.records import Answer, Evaluation, Figure, Verdict
from specloop.report.comparison import Change, change_between
from specloop.report.data import ReportData
from specloop.stats import Bounds, Resampling, unpaired

Key = tuple[str, str]
"""A figure's name and group."""


def versus(
    data: ReportData, after: Evaluation, other: Evaluation, keys: Iterable[Key]
) -> dict[Key, Change]:
    """The changes from `other` to `after` on those figures, by name and group, that both have."""
    recorded = {key: change_between(other, after, *key) for key in keys}
    recorded = {key: change for key, change in recorded.items() if change.before and change.after}
    missing = [key for key, change in recorded.items() if change.difference is None]
    paired = paired_differences(data, after, other, missing) if missing else {}
    for key in missing:
        change = recorded[key]
        difference = paired.get(key) or _unpaired(change)
        recorded[key] = change._replace(
            difference=difference and _settled(data, after, difference), is_paired=key in paired
        )
    return recorded


def _settled(data: ReportData, after: Evaluation, difference: Figure) -> Figure:
    """The difference with its outcome, corrected for all recorded differences of the same
    figure."""
    key = difference.name, difference.group
    same = (one for one in data.evaluations if one.benchmark == after.benchmark)
    alike = (d for evaluation in same for d in evaluation.differences if (d.name, d.group) == key)
    return beside(difference, alike, data.manifest.confidence)


def _unpaired(change: Change) -> Figure | None:
    """A difference from two separate intervals, which is conservative because both saw the same
    probes."""
    after, other = change.after, change.before
    if after is None or other is None or after.value is None or other.value is None:
        return None
    low, high = unpaired(
        (after.value, after.ci_low, after.ci_high), (other.value, other.ci_low, other.ci_high)
    )
    if low is None:
        return None
    least, most = Bounds(after.bound_low, after.bound_high).minus(
        Bounds(other.bound_low, other.bound_high)
    )
    return Figure(
        name=after.name,
        group=after.group,
        value=after.value - other.value,
        n=min(after.n, other.n),
        ci_low=low,
        ci_high=high,
        n_unscored=after.n_unscored + other.n_unscored,
        bound_low=least,
        bound_high=most,
    )


def paired_differences(
    data: ReportData, after: Evaluation, other: Evaluation, keys: Collection[Key]
) -> dict[Key, Figure]:
    """`after - other` on the answers that both gave, with bounds for the missing ones; empty if the
    run lacks answers or verdicts."""
    eval_set = eval_set_of(data)
    if eval_set is None or eval_set.benchmark != after.benchmark:
        return {}
    mine, theirs = (Results(judged_answers(data, eval_set, one)) for one in (after, other))
    belief = shared(after.belief, other.belief)
    is_whole = belief is not None and eval_set.settings.judged_share == 1
    by = AskedJudge(belief.judge if belief and is_whole else "", belief)
    evidence = [one.evidence(eval_set, by) for one in (mine, *mine.beside(theirs))]
    cases = ([case for case in cases_in(one) if _key(case) in keys] for one in evidence)
    how = Resampling(eval_set.settings.confidence, eval_set.settings.seed)
    figures = {(m.name, m.group): m for m in differences(*paired(*cases), how)}
    return {key: figure for key, figure in figures.items() if figure.value is not None}


def _key(cases: Cases) -> Key:
    return cases.metric.name, cases.group


def judged_answers(
    data: ReportData, eval_set: EvaluationSet, evaluation: Evaluation
) -> list[JudgedAnswer]:
    """An evaluation's answers with their recorded verdicts, and stand-ins for those that did not
    come; empty if the run lacks them."""
    probes = {probe.id: probe for probe in eval_set.chosen}
    answers = {answer.id: answer for answer in answers_of(data, evaluation, eval_set)}
    verdicts: dict[str, list[Verdict]] = {answer: [] for answer in answers}
    for verdict in data.verdicts:
        by = evaluation.belief.judge if evaluation.belief else "check"
        if verdict.judge in ("check", by) and verdict.answer in verdicts:
            verdicts[verdict.answer].append(verdict)
    judged = [
        JudgedAnswer(probes[answer.case], answer, tuple(verdicts[answer.id]))
        for answer in answers.values()
        if answer.case in probes
    ]
    if not judged:
        return []
    stand_ins = (a for a in completed([j.answer for j in judged], eval_set) if a.end == "failed")
    return [*judged, *check_answers(stand_ins, eval_set)]


def eval_set_of(data: ReportData) -> EvaluationSet | None:
    """What the evaluations were measured on, by the manifest's configuration; None if that cannot
    be read."""
    try:
        settings = Evaluate.model_validate(data.manifest.config.get("evaluate", {}))
    except ValidationError:
        return None
    return EvaluationSet(
        probes=tuple(probe for probe in data.probes if probe.split == "test"),
        instances=data.instances,
        rules=data.rules,
        held_out=data.held_out,
        settings=settings,
    )


def answers_of(
    data: ReportData, evaluation: Evaluation, eval_set: EvaluationSet | None
) -> tuple[Answer, ...]:
    """An evaluation's answers; if the evaluation set has changed, all answers of its model."""
    own = (
        answer
        for answer in data.answers
        if answer.purpose == "evaluation"
        and answer.entrant == evaluation.label
        and answer.model == evaluation.model
    )
    if eval_set is None or eval_set.benchmark != evaluation.benchmark:
        return tuple(own)
    probes = {probe.id for probe in eval_set.chosen}
    return tuple(
        answer for answer in own if answer.case in probes and answer.sampling in eval_set.samplings
    )
