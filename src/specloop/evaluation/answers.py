"""Answers of an entrant to the held-out probes, resumed by what the folder has."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from specloop.evaluation.inputs import EvaluationSet, Target
from specloop.records import Answer, Case, Failure, Rule, Sampling, content_id
from specloop.responding.answers import Answering, CaseToAnswer, answer_all
from specloop.responding.base import Task, Wording
from specloop.responding.entrant import Entrant
from specloop.scorers import Scorer
from specloop.store import RecordStore


async def answer_probes(
    folder: RecordStore, target: Target, eval_set: EvaluationSet
) -> tuple[Answer, ...]:
    """One answer for every probe and seed, in the set's order (see `answer_all`). Where a call
    failed, a blank stand-in of the kind `failed` stands for the answer and is not written."""
    entrant = target.entrant._replace(
        model=target.model.name, request_digest=_request_digest(target, eval_set)
    )
    asks = [
        _ask(entrant, eval_set, probe, sampling)
        for probe in eval_set.chosen
        for sampling in eval_set.samplings
    ]
    title, settings = f"answers of {target.label}", eval_set.settings
    place = Answering(folder, "evaluate", title, target.concurrency, settings.max_failures)
    answers = await answer_all(asks, target.entrant, target.context, place)
    return tuple(
        ask.blank.failed(ask.blank.case, ask.blank.sampling)
        if isinstance(answer, Failure)
        else answer
        for ask, answer in zip(asks, answers, strict=True)
    )


def answers_under(folder: RecordStore, label: str, eval_set: EvaluationSet) -> tuple[Answer, ...]:
    """The answers another entrant has given to the same probes with the same sampling, stand-ins
    where it gave none; none at all where it has not answered any.

    Where a label has been used for several models, those of the last one count.
    """
    samplings, probes = set(eval_set.samplings), {probe.id for probe in eval_set.chosen}
    answers = [
        answer
        for answer in folder.read(Answer)
        if (answer.purpose, answer.entrant) == ("evaluation", label)
        and answer.sampling in samplings
        and answer.case in probes
    ]
    return completed(answers, eval_set) if answers else ()


def completed(answers: Sequence[Answer], eval_set: EvaluationSet) -> tuple[Answer, ...]:
    """An entrant's answers in the set's order, with a stand-in for each that is not there; those of
    the last answer's model and wording count. There must be one."""
    last, known = answers[-1], {answer.id: answer for answer in answers}
    failed = (
        last.failed(probe.id, sampling)
        for probe in eval_set.chosen
        for sampling in eval_set.samplings
    )
    return tuple(known.get(one.id, one) for one in failed)


def _ask(
    entrant: Entrant, eval_set: EvaluationSet, probe: Case, sampling: Sampling
) -> CaseToAnswer:
    specs, label = eval_set.specs(probe, entrant.told), entrant.label
    task = Task(probe.request, specs, probe.conversation)
    blank = entrant.blank(probe.id, sampling, label)
    return CaseToAnswer(task, blank, f"{label}:{probe.id}:{sampling.seed}")


def _request_digest(target: Target, eval_set: EvaluationSet) -> str:
    context = target.context
    return told_digest(target.entrant, context.wording, context.scorer, eval_set.rules)


def told_digest(
    entrant: Entrant, wording: Wording, scorer: Scorer | None, rules: Iterable[Rule]
) -> str:
    """Digest of the wording and of the rules that may be told; empty for a model alone."""
    if entrant.is_bare:
        return ""
    texts = [(rule.category, rule.text) for rule in rules]
    return content_id([wording.digest, scorer.digest if scorer else "", entrant.told, texts])
