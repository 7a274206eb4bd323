"""Answers of an entrant to the held-out probes, resumed by what the folder has."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from specloop.evaluation.inputs import EvaluationSet, Target
from specloop.records import Answer, Case, Failure, Sampling, content_id
from specloop.responding.answers import Answering, CaseToAnswer, answer_all
from specloop.responding.base import Task
from specloop.store import RecordStore


async def answer_probes(
    folder: RecordStore, target: Target, eval_set: EvaluationSet
) -> tuple[Answer, ...]:
    """One answer for every probe and seed, in the set's order (see `answer_all`). Where a call
    failed, a blank stand-in of the kind `failed` stands for the answer and is not written."""
    digest = _request_digest(target, eval_set)
    asks = [
        _ask(target, eval_set, probe, _blank(target, probe, sampling, digest))
        for probe in eval_set.chosen
        for sampling in eval_set.samplings
    ]
    title, settings = f"answers of {target.label}", eval_set.settings
    place = Answering(folder, "evaluate", title, target.concurrency, settings.max_failures)
    found = await answer_all(asks, target.entrant, target.context, place)
    return tuple(
        ask.blank.failed(ask.blank.case, ask.blank.sampling) if isinstance(one, Failure) else one
        for ask, one in zip(asks, found, strict=True)
    )


def answers_under(folder: RecordStore, label: str, eval_set: EvaluationSet) -> tuple[Answer, ...]:
    """The answers another entrant has given to the same probes with the same sampling, stand-ins
    where it gave none; none at all where it has not answered any.

    Where a label has been used for several models, those of the last one count.
    """
    wanted, probes = set(eval_set.samplings), {probe.id for probe in eval_set.chosen}
    mine = _answers_of(folder.read(Answer), label)
    fit = [one for one in mine if one.sampling in wanted and one.case in probes]
    return completed(fit, eval_set) if fit else ()


def completed(answers: Sequence[Answer], eval_set: EvaluationSet) -> tuple[Answer, ...]:
    """An entrant's answers in the set's order, with a stand-in for each that is not there; those of
    the last answer's model and wording count. There must be one."""
    last, had = answers[-1], {answer.id: answer for answer in answers}
    failed = (
        last.failed(probe.id, sampling)
        for probe in eval_set.chosen
        for sampling in eval_set.samplings
    )
    return tuple(had.get(one.id, one) for one in failed)


def _ask(target: Target, eval_set: EvaluationSet, probe: Case, blank: Answer) -> CaseToAnswer:
    specs = eval_set.specs(probe, target.entrant.told)
    task = Task(probe.request, specs, probe.conversation)
    return CaseToAnswer(task, blank, f"{target.label}:{probe.id}:{blank.sampling.seed}")


def _blank(target: Target, probe: Case, sampling: Sampling, digest: str) -> Answer:
    entrant = target.entrant
    return Answer(
        case=probe.id,
        entrant=entrant.label,
        method=entrant.name,
        settings=dict(entrant.settings),
        model=target.model.name,
        sampling=sampling,
        request_digest=digest,
        text="",
    )


def _request_digest(target: Target, eval_set: EvaluationSet) -> str:
    """Digest of the wording and of the rules that may be told; empty for a model alone."""
    if target.entrant.is_bare:
        return ""
    wording, scorer = target.context.wording, target.context.scorer
    rules = [(rule.category, rule.text) for rule in eval_set.rules]
    return content_id([wording.digest, scorer.digest if scorer else "", target.entrant.told, rules])


def _answers_of(answers: Iterable[Answer], label: str) -> list[Answer]:
    return [
        answer for answer in answers if answer.purpose == "evaluation" and answer.entrant == label
    ]
