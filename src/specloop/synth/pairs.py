"""Preference pairs from exchanges: rejected is the defender's violating answer as it is; chosen is
the target's own answer generated under explicit constraints, taken or repaired by the pairing
strategy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from specloop.draws import seed_of
from specloop.ended import NOTHING, with_remedy
from specloop.errors import ModelError
from specloop.items import Loop, each, failures_in, flat, local
from specloop.judges import grader_of
from specloop.judging.base import rule_case
from specloop.pairings import ChosenAnswer, PairCase, Pairing, broken, pairings, sound
from specloop.records import (
    Answer,
    Case,
    Exchange,
    Failure,
    Instance,
    Judgement,
    PreferencePair,
    QualityScore,
    Record,
    Rule,
    Sampling,
    said,
)
from specloop.scorers import quality_of
from specloop.synth.contrast import contrast
from specloop.synth.defender import answer_to, constrained, edited
from specloop.synth.exchange import SynthesisContext
from specloop.synth.instances import priority

_FEW = 3
"""Rules of a constrained prompt under `constrained_by = "broken"`."""


class PairMaterial(NamedTuple):
    """An exchange with the records it points to."""

    exchange: Exchange
    probe: Case
    rejected: Answer
    instance: Instance


def materials(
    exchanges: Sequence[Exchange],
    probes: Iterable[Case],
    answers: Iterable[Answer],
    instances: Iterable[Instance],
) -> list[PairMaterial]:
    """The exchanges that can make a pair: a violation by the model that will be trained, in an
    answer that says something."""
    probe_of = {probe.id: probe for probe in probes}
    answer_of = {answer.id: answer for answer in answers}
    instance_of = {instance.id: instance for instance in instances}
    items: list[PairMaterial] = []
    for exchange in exchanges:
        if exchange.violated and not exchange.switched:
            probe, answer = probe_of[exchange.probe], answer_of[exchange.answer]
            if answer.end not in NOTHING:
                items.append(PairMaterial(exchange, probe, answer, instance_of[probe.scenario]))
    return items


async def make_pairs(items: Sequence[PairMaterial], context: SynthesisContext) -> list[Record]:
    """Per exchange: constrained samples, the repaired answer, its score and the pair."""
    pairing = pairings.build(context.settings.pairing)
    role_model = context.models.get("target")
    assert role_model is not None, "the target is always a model"

    async def pair(item: PairMaterial) -> list[Record]:
        return await _paired(item, context, pairing)

    loop = Loop[PairMaterial, list[Record]](
        "pairs",
        "pairs",
        lambda item: item.exchange.id,
        local(role_model.settings.concurrency),
        context.settings.max_failures,
        failing=failures_in,
    )
    return flat(await each(pair, items, loop))


async def _paired(item: PairMaterial, context: SynthesisContext, pairing: Pairing) -> list[Record]:
    request = item.probe.request
    violated = broken(context.decidable, request, item.rejected, open_too=False)
    violated += tuple(rule.id for rule in _judged_broken(item, context))
    if not violated:
        return [_left_out(item, "the answer breaks no rule that may be trained on")]
    samples = await _samples(item, context) if pairing.uses_samples else []
    answered = [sample for sample in samples if sample.end not in NOTHING]
    if samples and not answered:
        raise ModelError(f"no constrained answer: {with_remedy(samples[0].end)}")
    case = PairCase(request, item.rejected, answered, context.decidable)
    choice = await _choose(item, case, context, pairing)
    answer, found = choice.answer, [*samples, *choice.records]
    if answer is None:
        return [*found, _left_out(item, choice.reason)]
    score = await _quality(item, answer, context)
    if score is not None:
        found.append(score)
        if score.score is not None and score.score < context.settings.min_quality:
            return found
    if not sound(answer.text):
        reason = "the compliant answer has no content of its own or repeats itself"
        return [*found, _left_out(item, reason)]
    pair = _pair(item, violated, answer, context)
    return [*found, *(contrast(pair, answer, context) or (pair,))]


def _left_out(item: PairMaterial, reason: str) -> Failure:
    return Failure(stage="pairs", item=item.exchange.id, reason=reason, kind="left out")


async def _samples(item: PairMaterial, context: SynthesisContext) -> list[Answer]:
    """Answers under the instance's rules and every decidable rule that the answer must keep."""
    role_model = context.models.get("target")
    assert role_model is not None, "the target is always a model"
    settings = context.settings
    by_broken = settings.constrained_by == "broken"
    wanted = item.exchange.violated if by_broken else item.instance.rules
    shown = sorted((rule for rule in context.rules if rule.id in wanted), key=priority)
    messages = constrained(item.probe, shown[:_FEW] if by_broken else shown)
    about = (item.rejected.sampling.seed, item.probe.request)
    found: list[Answer] = []
    for n in range(settings.samples):
        sampling = Sampling(
            temperature=settings.constrained_temperature,
            top_k=role_model.settings.top_k,
            max_tokens=settings.max_tokens,
            seed=seed_of("constrained", *about, n),
        )
        found.append(await answer_to(role_model, item.probe, messages, sampling, "constrained"))
    return found


class _Choice(NamedTuple):
    """The chosen answer, or why there is none, with the records made on the way."""

    answer: Answer | None
    records: list[Record]
    reason: str = ""


async def _choose(
    item: PairMaterial, case: PairCase, context: SynthesisContext, pairing: Pairing
) -> _Choice:
    """The pairing's answer; where a judge's word counts, its first that the judge finds to keep
    every rule that it found broken. An answer that it cannot tell about is none."""
    records: list[Record] = []
    reason = "no compliant answer could be made"
    while (chosen := pairing.choose(case)) is not None:
        answer = _as_answer(chosen)
        if answer.text == item.rejected.text:
            return _Choice(None, records, "the compliant answer is the violating one")
        judgement = await _judged(item, answer, context)
        records += [answer] if chosen.repairs else []
        records += [judgement] if judgement else []
        against = [v for v in judgement.verdicts if v.value != "YES"] if judgement else []
        if not against:
            return _Choice(answer, records)
        reason = f"the judge's verdict on the compliant answer is {against[0].value}"
        if chosen.source not in case.samples:
            break
        left = [sample for sample in case.samples if sample != chosen.source]
        case = case._replace(samples=left)
    return _Choice(None, records, reason)


def _judged_broken(item: PairMaterial, context: SynthesisContext) -> list[Rule]:
    """Rules without a check that the exchange's judge found broken; none where its word does not
    count."""
    violated = item.exchange.violated if context.settings.trust_judge else ()
    return [rule for rule in context.rules if rule.id in violated and rule.check is None]


async def _judged(
    item: PairMaterial, answer: Answer, context: SynthesisContext
) -> Judgement | None:
    """The same judge's verdicts on the chosen answer; None where it found nothing broken."""
    rules = _judged_broken(item, context)
    if not rules:
        return None
    role_model = context.models.get("compliance")
    assert role_model is not None, "without a judge its word counts nowhere"
    grader = grader_of(context.settings.judge, role_model.model)
    case = rule_case(item.probe.messages, answer, rules)
    return await grader.ended_judgement(case, role_model.model)


def _as_answer(chosen: ChosenAnswer) -> Answer:
    source = chosen.source
    if not chosen.repairs:
        return source
    return edited(source, chosen.text, "repaired", chosen.repairs)


async def _quality(
    item: PairMaterial, answer: Answer, context: SynthesisContext
) -> QualityScore | None:
    role_model = context.models.get("quality")
    if role_model is None or context.settings.min_quality <= 0:
        return None
    case = rule_case(item.probe.messages, answer, ())
    return await quality_of(case, context.settings.quality, role_model.model)


def _pair(
    item: PairMaterial, violated: tuple[str, ...], chosen: Answer, context: SynthesisContext
) -> PreferencePair:
    return PreferencePair(
        prompt=item.probe.messages,
        chosen=said(chosen.text),
        rejected=said(item.rejected.text),
        finish_chosen=chosen.finish,
        finish_rejected=item.rejected.finish,
        chosen_id=chosen.id,
        rejected_id=item.rejected.id,
        probe=item.probe.id,
        exchange=item.exchange.id,
        instance=item.instance.id,
        violated=violated,
        pairing=str(context.settings.pairing),
        side=item.probe.side,
        split=item.probe.split,
    )
