"""Stage 5: a model on the run's held-out probes, or on another benchmark -> answers, verdicts and
figures with intervals."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from specloop.ended import NOTHING
from specloop.errors import InputError
from specloop.evaluation.answers import answer_probes, answers_under
from specloop.evaluation.believing import shared
from specloop.evaluation.correcting import Correction
from specloop.evaluation.general import General, GeneralScore, answer_general, general_under
from specloop.evaluation.inputs import EvaluationSet, Inputs, Target
from specloop.evaluation.judged import (
    NOBODY,
    AskedJudge,
    JudgedAnswer,
    ask_judge,
    believed_judge,
    check_answers,
    evidence_of,
    judge_label,
    judged_before,
)
from specloop.evaluation.refused import ask_refusals, refusal_notes, refusals_before
from specloop.evaluation.second_look import look_again
from specloop.measuring.compliance import JUDGED
from specloop.measuring.evidence import Evidence, EvidenceKind
from specloop.measuring.figures import Sides, compared, differences, figure_from
from specloop.metrics import Cases, cases_in, every_metric
from specloop.records import (
    Answer,
    Certificate,
    Cost,
    Evaluation,
    Figure,
    JudgeBelief,
    Judgement,
    SecondLooks,
)
from specloop.stats import Resampling
from specloop.store import put

__all__ = ["EvaluationSet", "Inputs", "Results", "Target", "evaluate", "paired"]

_LACKS: dict[EvidenceKind, str] = {
    "checks": "code can decide none of its rules",
    "judge": "no judge was asked (--judge)",
    "verdicts": "it needs a judge on every rule of every answer (--judge)",
    "safety": "none of its rules is about safety",
    "permitted": "none of its requests is known to be permitted",
    "questions": "it is asked beside the held-out probes",
    "passages": "it is asked beside the held-out probes",
    "calls": "no calls were counted",
}
"""Why a metric has no figure on a benchmark."""


class Results(NamedTuple):
    """An entrant's answers to the evaluation set, graded."""

    graded: Sequence[JudgedAnswer]
    general: Sequence[GeneralScore] = ()

    def beside(self, other: Results) -> tuple[Results, Results, Results]:
        """The other's, and both as far as both answered."""
        return other, self._shared(other), other._shared(self)

    def _shared(self, other: Results) -> Results:
        items = {g.item for g in other.graded if g.answer.end not in NOTHING}
        scored = {s.item for s in other.general if not s.is_missing}
        return Results(
            [g for g in self.graded if g.item in items and g.answer.end not in NOTHING],
            [s for s in self.general if s.item in scored and not s.is_missing],
        )

    def evidence(self, eval_set: EvaluationSet, by: AskedJudge = NOBODY) -> Evidence:
        """What metrics see of them and of the judge's verdicts."""
        return evidence_of(self.graded, eval_set, self.general, by)


async def evaluate(inputs: Inputs) -> Evaluation:
    """Answer, grade and measure; writes every record to the store.

    An earlier evaluation of the same label is replaced. InputError
    where `against` has no answers to the same probes yet.
    """
    folder, target, eval_set = inputs.folder, inputs.target, inputs.eval_set
    if not eval_set.chosen:
        raise InputError("no held-out probes; run `specloop probes` first")
    earlier = _earlier_answers(inputs)
    answers = await answer_probes(folder, target, eval_set)
    settings, general = eval_set.settings, General(())
    if settings.general:
        general = await answer_general(folder, target, settings.n_general)
    is_general = earlier and settings.general
    general_before = general_under(folder, earlier[-1].model) if is_general else ()
    results = Results(await _graded(inputs, answers), general.scores)
    looks = await _looked_again(inputs, results)
    other = Results(_graded_before(inputs, earlier), general_before) if earlier else None
    evaluation = _evaluation(inputs, results, other, general.unscored)
    evaluation = evaluation.model_copy(update={"second_look": looks})
    every = compared(_with(folder.read(Evaluation), evaluation), settings.confidence)
    folder.replace(Evaluation, every)
    return next(one for one in every if one.label == target.label)


def _with(known: Sequence[Evaluation], new: Evaluation) -> list[Evaluation]:
    """In the place of the same entrant's on the same benchmark; a new benchmark's come last."""
    others = [e for e in known if e.label != new.label or e.benchmark == new.benchmark]
    by_label = {one.label: one for one in others} | {new.label: new}
    return list(by_label.values())


def _earlier_answers(inputs: Inputs) -> tuple[Answer, ...]:
    """Those of the entrant compared with; empty if there is none."""
    if not inputs.against or inputs.only_asks:
        return ()
    answers = answers_under(inputs.folder, inputs.against, inputs.eval_set)
    if not answers:
        raise InputError(
            f"no answers of {inputs.against!r} to these probes with this sampling; evaluate"
            f" {inputs.against!r} first"
        )
    return answers


async def _graded(inputs: Inputs, answers: Sequence[Answer]) -> Sequence[JudgedAnswer]:
    folder, eval_set = inputs.folder, inputs.eval_set
    rules = () if inputs.only_asks else eval_set.rules
    graded = check_answers(answers, eval_set._replace(rules=rules))
    # In place of those that were about other rules, or by an earlier form of a check.
    put(folder, Judgement, [g.judgement for g in graded if g.answer.end != "failed"])
    if inputs.compliance is not None and eval_set.settings.judged_share:
        graded = await ask_judge(folder, graded, eval_set, inputs.compliance)
    return await ask_refusals(folder, graded, eval_set, inputs.compliance)


async def _looked_again(inputs: Inputs, results: Results) -> SecondLooks | None:
    look = inputs.second_look
    if look is None:
        return None
    return await look_again(inputs.folder, results.graded, inputs.eval_set, look)


def _graded_before(inputs: Inputs, answers: Sequence[Answer]) -> Sequence[JudgedAnswer]:
    """The answers of the entrant compared with: code decides anew, and what a judge has said of
    them is read."""
    graded = check_answers(answers, inputs.eval_set)
    if inputs.compliance is not None:
        graded = judged_before(inputs.folder, graded, inputs.eval_set, inputs.compliance)
    return refusals_before(inputs.folder, graded, inputs.eval_set, inputs.compliance)


def _evaluation(
    inputs: Inputs, results: Results, other: Results | None, unscored: str
) -> Evaluation:
    """The figures of an entrant; `unscored` says why passages have no scores."""
    eval_set, target = inputs.eval_set, inputs.target
    judge = judge_label(eval_set, inputs.compliance)
    belief = believed_judge(results.graded, eval_set, inputs.compliance)
    evidence = results.evidence(eval_set, AskedJudge(judge, belief))
    cases = _cases(inputs, evidence)
    sides = _compared_cases(inputs, results, other) if other else ()
    how = Resampling(eval_set.settings.confidence, eval_set.settings.seed)
    known = _certificate(eval_set, belief)
    correction = Correction(known, how, eval_set.worth.labelled_by)
    figures = tuple(correction.figure(figure_from(one, how), one) for one in cases)
    told = _with_labels_aside(belief, correction, cases, figures)
    left_out = {"perplexity": unscored} if unscored else {}
    return Evaluation(
        label=target.label,
        model=target.model.name,
        of=target.entrant.of,
        method=target.entrant.name,
        settings=dict(target.entrant.settings),
        told=target.entrant.told,
        benchmark=eval_set.benchmark,
        source=eval_set.source,
        against=inputs.against,
        metrics=figures,
        differences=tuple(_compared(sides, correction)) if sides else (),
        left_out=_left_out(figures, evidence) if eval_set.source else left_out,
        belief=told,
        notes=tuple(refusal_notes(results.graded, eval_set)),
        cost=inputs.meter.cost if inputs.meter else Cost(),
    )


def _with_labels_aside(
    belief: JudgeBelief | None,
    correction: Correction,
    cases: Sequence[Cases],
    figures: Sequence[Figure],
) -> JudgeBelief | None:
    """The belief, with why the run's labels do not correct what this judge says."""
    if belief is None or not correction.labelled_by:
        return belief
    every = zip(figures, cases, strict=True)
    lines = (correction.aside(f, c) for f, c in every if (f.name, f.group) == (JUDGED, ""))
    remarks = (*belief.remarks, *filter(None, lines))
    return belief.model_copy(update={"remarks": remarks})


def _cases(inputs: Inputs, evidence: Evidence) -> list[Cases]:
    return [] if inputs.only_asks else list(cases_in(evidence))


def _compared_cases(inputs: Inputs, mine: Results, other: Results) -> list[list[Cases]]:
    """Those of the entrant, and of both as far as both answered. A verdict counts in them if the
    judge is believed about both."""
    eval_set = inputs.eval_set
    judge = judge_label(eval_set, inputs.compliance)
    beliefs = [believed_judge(r.graded, eval_set, inputs.compliance) for r in (mine, other)]
    by = AskedJudge(judge, shared(*beliefs))
    return [_cases(inputs, one.evidence(eval_set, by)) for one in (mine, *mine.beside(other))]


def _compared(sides: Sequence[list[Cases]], correction: Correction) -> Iterator[Figure]:
    """The paired differences."""
    both = paired(*sides)
    shown = differences(*both, correction.how)
    for figure, (one, two) in zip(shown, both[0].pairs(), strict=True):
        yield correction.difference(figure, one, two)


def _certificate(eval_set: EvaluationSet, belief: JudgeBelief | None) -> Certificate | None:
    known = eval_set.worth.certificates if belief else ()
    return next((one for one in known if belief and one.id == belief.certificate), None)


def _left_out(figures: Iterable[Figure], evidence: Evidence) -> dict[str, str]:
    """The metrics without any case on a benchmark, with the reason."""
    measured = {one.name for one in figures if one.n or one.n_unscored}
    return {
        metric.name: next(
            (_LACKS[need] for need in metric.needs if need not in evidence.has),
            "the benchmark has no case of it",
        )
        for metric in every_metric()
        if metric.ending is None and metric.name not in measured
    }


def paired(
    mine: Sequence[Cases],
    other: Sequence[Cases],
    mine_shared: Sequence[Cases],
    other_shared: Sequence[Cases],
) -> tuple[Sides, Sides]:
    """Two entrants' cases on what both answered, and on all that was asked: the former are
    compared, and what the others leave open is in the bounds. How answers ended is compared on
    all."""
    pairs = (
        [one for one in shared if one.metric.ending is None]
        + [one for one in asked if one.metric.ending is not None]
        for shared, asked in ((mine_shared, mine), (other_shared, other))
    )
    return Sides(*pairs), Sides(mine, other)
