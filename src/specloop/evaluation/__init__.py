"""Stage 5: a model on the run's held-out probes, or on another benchmark -> answers, verdicts and
figures with intervals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from specloop.ended import NOTHING
from specloop.errors import InputError
from specloop.evaluation.answers import answer_probes, answers_under
from specloop.evaluation.compared import compared
from specloop.evaluation.evidence import evidence_of
from specloop.evaluation.general import General, GeneralScore, answer_general, general_under
from specloop.evaluation.inputs import EvaluationSet, Inputs, Target
from specloop.evaluation.score import (
    JudgedAnswer,
    ask_judge,
    check_answers,
    judge_label,
    judged_before,
    keep_judgements,
)
from specloop.measuring.evidence import Evidence, EvidenceKind
from specloop.measuring.figures import Sides, differences, figure_from
from specloop.metrics import Cases, cases_in, every_metric
from specloop.records import Cost, Evaluation, Figure, Verdict
from specloop.stats import Resampling

__all__ = ["EvaluationSet", "Inputs", "Target", "evaluate"]

_LACKS: dict[EvidenceKind, str] = {
    "checks": "code can decide none of its rules",
    "judge": "no judge was asked (--judge)",
    "verdicts": "it needs a judge on every rule (--judge)",
    "permitted": "none of its requests is known to be permitted",
    "questions": "it is asked beside the held-out probes",
    "passages": "it is asked beside the held-out probes",
    "calls": "no calls were counted",
}
"""Why a metric has no figure on a benchmark."""


class _Results(NamedTuple):
    """An entrant's answers to the evaluation set, graded."""

    graded: tuple[JudgedAnswer, ...]
    general: tuple[GeneralScore, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    """Of the unmeasured judge."""
    judge: str = ""
    """The judge that was asked about every answer."""
    left_out: Mapping[str, str] = MappingProxyType({})

    def evidence(self, eval_set: EvaluationSet) -> Evidence:
        """What metrics see of them."""
        return evidence_of(self.graded, eval_set, self.general, self.verdicts, self.judge)


async def evaluate(inputs: Inputs) -> Evaluation:
    """Answer, grade and measure; writes every record to the store.

    An earlier evaluation of the same label is replaced. InputError
    where `against` has no answers to the same probes yet.
    """
    folder, target, eval_set = inputs.folder, inputs.target, inputs.eval_set
    if not eval_set.chosen:
        raise InputError("no held-out probes; run `specloop probes` first")
    other = _earlier_results(inputs) if inputs.against and not inputs.only_asks else None
    answers = await answer_probes(folder, target, eval_set)
    rules = () if inputs.only_asks else eval_set.rules
    graded = check_answers(answers, eval_set._replace(rules=rules))
    keep_judgements(folder, [g.judgement for g in graded if g.answer.end != "failed"])
    general = await answer_general(folder, target) if eval_set.settings.general else General(())
    verdicts: tuple[Verdict, ...] = ()
    if inputs.compliance is not None and eval_set.settings.judged_share > 0:
        verdicts = await ask_judge(folder, graded, eval_set, inputs.compliance)
    judge = judge_label(eval_set, inputs.compliance)
    left_out = {"perplexity": general.unscored} if general.unscored else {}
    results = _Results(graded, general.scores, verdicts, judge, left_out)
    evaluation = _evaluation(inputs, results, other)
    every = compared(_with(folder.read(Evaluation), evaluation), eval_set.settings.confidence)
    folder.replace(Evaluation, every)
    return next(one for one in every if one.label == target.label)


def _with(known: Sequence[Evaluation], new: Evaluation) -> list[Evaluation]:
    """In the place of the same entrant's on the same benchmark; a new benchmark's come last."""
    kept = [e for e in known if e.label != new.label or e.benchmark == new.benchmark]
    by_label = {one.label: one for one in kept} | {new.label: new}
    return list(by_label.values())


def _earlier_results(inputs: Inputs) -> _Results:
    """Those of the target compared with: its answers in the folder are graded anew."""
    label, folder, eval_set = inputs.against or "", inputs.folder, inputs.eval_set
    answers = answers_under(folder, label, eval_set)
    if not answers:
        raise InputError(
            f"no answers of {label!r} to these probes with this sampling; evaluate {label!r} first"
        )
    graded = check_answers(answers, eval_set)
    general = general_under(folder, answers[-1].model) if eval_set.settings.general else ()
    if not eval_set.source or inputs.compliance is None:
        return _Results(graded, general)
    verdicts = judged_before(folder, graded, eval_set, inputs.compliance)
    return _Results(graded, general, verdicts, judge_label(eval_set, inputs.compliance))


def _evaluation(inputs: Inputs, results: _Results, other: _Results | None) -> Evaluation:
    eval_set, target = inputs.eval_set, inputs.target
    how = Resampling(eval_set.settings.confidence, eval_set.settings.seed)
    evidence = results.evidence(eval_set)
    figures = [] if inputs.only_asks else [figure_from(one, how) for one in cases_in(evidence)]
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
        metrics=tuple(figures),
        differences=() if other is None else tuple(_differences(results, other, eval_set, how)),
        left_out=_left_out(figures, evidence) if eval_set.source else dict(results.left_out),
        cost=inputs.meter.cost if inputs.meter else Cost(),
    )


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


def _cases(results: _Results, eval_set: EvaluationSet) -> list[Cases]:
    return list(cases_in(results.evidence(eval_set)))


def _differences(
    mine: _Results, other: _Results, eval_set: EvaluationSet, how: Resampling
) -> Sequence[Figure]:
    """Paired on the probes, seeds, questions and passages that both answered; what the others leave
    open is in the bounds. How answers ended is compared on all."""
    shared = [_cases(one, eval_set) for one in (_common(mine, other), _common(other, mine))]
    asked = [_cases(one, eval_set) for one in (mine, other)]
    own, theirs = (
        [one for one in both if one.metric.ending is None]
        + [one for one in every if one.metric.ending is not None]
        for both, every in zip(shared, asked, strict=True)
    )
    return list(differences(Sides(own, theirs), Sides(*asked), how))


def _common(mine: _Results, other: _Results) -> _Results:
    """Mine, where the other answered too."""
    items = {g.item for g in other.graded if g.answer.end not in NOTHING}
    scored = {s.item for s in other.general if not s.is_missing}
    common = _Results(
        tuple(g for g in mine.graded if g.item in items and g.answer.end not in NOTHING),
        tuple(s for s in mine.general if s.item in scored and not s.is_missing),
    )
    return common._replace(verdicts=mine.verdicts, judge=mine.judge) if other.judge else common
