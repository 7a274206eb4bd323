"""Stage 5: a model on the run's held-out probes -> answers, verdicts and figures with intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from specloop.ended import NOTHING
from specloop.errors import InputError
from specloop.evaluation.answers import answer_probes, answers_under
from specloop.evaluation.compared import compared
from specloop.evaluation.evidence import evidence_of
from specloop.evaluation.general import General, GeneralScore, answer_general, general_under
from specloop.evaluation.inputs import EvaluationSet, Inputs, Target
from specloop.evaluation.score import JudgedAnswer, ask_judge, check_answers, keep_judgements
from specloop.measuring.figures import Sides, differences, figure_from
from specloop.metrics import Cases, cases_in
from specloop.records import Cost, Evaluation, Figure, Verdict
from specloop.stats import Resampling

__all__ = ["EvaluationSet", "Inputs", "Target", "evaluate"]


class _Taken(NamedTuple):
    """A target's answers to the evaluation set, graded."""

    graded: tuple[JudgedAnswer, ...]
    general: tuple[GeneralScore, ...] = ()
    judged: tuple[Verdict, ...] = ()
    left_out: Mapping[str, str] = MappingProxyType({})


async def evaluate(inputs: Inputs) -> Evaluation:
    """Answer, grade and measure; writes every record to the store.

    An earlier evaluation of the same label is replaced. InputError
    where `against` has no answers to the same probes yet.
    """
    folder, target, eval_set = inputs.folder, inputs.target, inputs.eval_set
    if not eval_set.chosen:
        raise InputError("no held-out probes; run `specloop probes` first")
    other = _taken_before(inputs) if inputs.against and not inputs.only_asks else None
    answers = await answer_probes(folder, target, eval_set)
    rules = () if inputs.only_asks else eval_set.rules
    graded = check_answers(answers, eval_set._replace(rules=rules))
    keep_judgements(folder, [g.judgement for g in graded if g.answer.end != "failed"])
    general = await answer_general(folder, target) if eval_set.settings.general else General(())
    judged: tuple[Verdict, ...] = ()
    if inputs.compliance is not None and eval_set.settings.judged_share > 0:
        judged = await ask_judge(folder, graded, eval_set, inputs.compliance)
    left_out = {"perplexity": general.unscored} if general.unscored else {}
    taken = _Taken(graded, general.scores, judged, left_out)
    evaluation = _evaluation(inputs, taken, other)
    every = compared(_with(folder.read(Evaluation), evaluation), eval_set.settings.confidence)
    folder.replace(Evaluation, every)
    return next(one for one in every if one.label == target.label)


def _with(known: Sequence[Evaluation], new: Evaluation) -> list[Evaluation]:
    """In the place of the same entrant's on the same benchmark; a new benchmark's come last."""
    kept = [e for e in known if e.label != new.label or e.benchmark == new.benchmark]
    by_label = {one.label: one for one in kept} | {new.label: new}
    return list(by_label.values())


def _taken_before(inputs: Inputs) -> _Taken:
    """What the target compared with has taken, graded anew from its answers in the folder."""
    label, folder = inputs.against or "", inputs.folder
    answers = answers_under(folder, label, inputs.eval_set)
    if not answers:
        raise InputError(
            f"no answers of {label!r} to these probes with this sampling; evaluate {label!r} first"
        )
    graded = check_answers(answers, inputs.eval_set)
    general = general_under(folder, answers[-1].model)
    return _Taken(graded, general if inputs.eval_set.settings.general else ())


def _evaluation(inputs: Inputs, taken: _Taken, other: _Taken | None) -> Evaluation:
    eval_set, target = inputs.eval_set, inputs.target
    how = Resampling(eval_set.settings.confidence, eval_set.settings.seed)
    cases = [] if inputs.only_asks else _cases(taken, eval_set)
    return Evaluation(
        label=target.label,
        model=target.model.name,
        of=target.entrant.of,
        method=target.entrant.name,
        settings=dict(target.entrant.settings),
        told=target.entrant.told,
        benchmark=eval_set.benchmark,
        against=inputs.against,
        metrics=tuple(figure_from(one, how) for one in cases),
        differences=() if other is None else tuple(_differences(taken, other, eval_set, how)),
        left_out=dict(taken.left_out),
        cost=inputs.meter.cost if inputs.meter else Cost(),
    )


def _cases(taken: _Taken, eval_set: EvaluationSet) -> list[Cases]:
    return list(cases_in(evidence_of(taken.graded, eval_set, taken.general, taken.judged)))


def _differences(
    taken: _Taken, other: _Taken, eval_set: EvaluationSet, how: Resampling
) -> Sequence[Figure]:
    """Paired on the probes, seeds, questions and passages that both answered; what the others leave
    open is in the bounds. How answers ended is compared on all."""
    shared = [_cases(one, eval_set) for one in (_common(taken, other), _common(other, taken))]
    asked = [_cases(one, eval_set) for one in (taken, other)]
    mine, theirs = (
        [one for one in both if one.metric.ending is None]
        + [one for one in every if one.metric.ending is not None]
        for both, every in zip(shared, asked, strict=True)
    )
    return list(differences(Sides(mine, theirs), Sides(*asked), how))


def _common(taken: _Taken, other: _Taken) -> _Taken:
    items = {g.item for g in other.graded if g.answer.end not in NOTHING}
    scored = {s.item for s in other.general if not s.is_missing}
    return _Taken(
        tuple(g for g in taken.graded if g.item in items and g.answer.end not in NOTHING),
        tuple(s for s in taken.general if s.item in scored and not s.is_missing),
    )
