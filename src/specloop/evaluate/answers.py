"""Answers of a target to the held-out probes, resumed by what the folder has."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import NamedTuple

from specloop.ended import NOTHING, silence, with_remedy
from specloop.evaluate.inputs import EvaluationSet, Target
from specloop.items import Loop, each, local
from specloop.llm.base import Request
from specloop.prompt import Prompt
from specloop.records import Answer, Case, Failure, Judgement, Message, Rule, Sampling
from specloop.store import RunFolder


class _Ask(NamedTuple):
    probe: Case
    messages: tuple[Message, ...]
    blank: Answer
    """The record without its text: it has its id already."""


async def answer_probes(
    folder: RunFolder, target: Target, eval_set: EvaluationSet
) -> tuple[Answer, ...]:
    """One answer for every probe and seed, in the set's order; what the same model answered the
    same way before is kept.

    Answers are written in that order once all are there: until then the call cache has them. Where
    a call failed, a blank stand-in of the kind `failed` stands for the answer and is not written.
    A failed call, and one that brought nothing, is recorded in `failures.jsonl` and tried again at
    the next run; a blank reply then comes from the call cache, at no cost, until the target's
    options or sampling change. RunStoppedError where too large a share fails.
    """
    asks = [_ask(target, eval_set, p, s) for p in eval_set.chosen for s in eval_set.samplings]
    mine = _answers_of(folder.read(Answer), target.label)
    had = {one.id: one for one in mine if one.end not in NOTHING}
    loop = Loop[_Ask, Answer](
        f"answers of {target.label}",
        "evaluate",
        lambda ask: f"{target.label}:{ask.probe.id}:{ask.blank.sampling.seed}",
        local(target.concurrency),
        eval_set.settings.max_failures,
        had=lambda ask: had.get(ask.blank.id),
        failing=lambda answer: with_remedy(answer.end) if answer.end in NOTHING else "",
        record=folder.append,
    )
    results = await each(partial(_answered, target=target), asks, loop)
    answers = {one.id: one for one in results if not isinstance(one, Failure)}
    _write(folder, mine, [one for one in answers.values() if one.id not in had])
    return tuple(answers.get(ask.blank.id) or _stand_in(ask.blank) for ask in asks)


def answers_under(folder: RunFolder, label: str, eval_set: EvaluationSet) -> tuple[Answer, ...]:
    """The answers another target has given to the same probes with the same sampling, stand-ins
    where it gave none; none at all where it has not answered any.

    Where a label has been used for several models, those of the last one count.
    """
    wanted, probes = set(eval_set.samplings), {probe.id for probe in eval_set.chosen}
    mine = _answers_of(folder.read(Answer), label)
    fit = [one for one in mine if one.sampling in wanted and one.case in probes]
    return completed(fit, eval_set) if fit else ()


def completed(answers: Sequence[Answer], eval_set: EvaluationSet) -> tuple[Answer, ...]:
    """A target's answers in the set's order, with a stand-in for each that is not there; those of
    the last answer's model and prompt count. There must be one."""
    last = answers[-1]
    had = {one.id: one for one in answers}
    blanks = [
        _blank(last, probe, sampling)
        for probe in eval_set.chosen
        for sampling in eval_set.samplings
    ]
    return tuple(had.get(blank.id) or _stand_in(blank) for blank in blanks)


async def _answered(ask: _Ask, target: Target) -> Answer:
    request = Request(messages=ask.messages, sampling=ask.blank.sampling)
    reply = await target.model.generate(request)
    update = {
        "text": reply.text,
        "finish": reply.finish,
        "silent": silence(reply.text, reply.finish, reply.reasoning),
    }
    return ask.blank.model_copy(update=update)


def _blank(known: Answer, probe: Case, sampling: Sampling) -> Answer:
    """The record of the same entrant's answer to another probe, without its text."""
    return Answer(
        case=probe.id,
        entrant=known.entrant,
        method=known.method,
        model=known.model,
        sampling=sampling,
        request_digest=known.request_digest,
        text="",
    )


def _stand_in(blank: Answer) -> Answer:
    """In place of an answer that could not be had."""
    return blank.model_copy(update={"finish": "other", "silent": "call"})


def _write(folder: RunFolder, old: Iterable[Answer], new: Sequence[Answer]) -> None:
    """Add the answers, in place of those in which nothing came."""
    again = {one.id for one in old} & {one.id for one in new}
    if again:
        # Judgements first: after a kill in between it is seen that the answers are still to go.
        folder.replace(
            Judgement, [one for one in folder.read(Judgement) if one.answer not in again]
        )
        folder.replace(Answer, [one for one in folder.read(Answer) if one.id not in again])
    folder.append(new)


def _answers_of(answers: Iterable[Answer], label: str) -> list[Answer]:
    return [one for one in answers if one.purpose == "evaluation" and one.entrant == label]


def _ask(target: Target, eval_set: EvaluationSet, probe: Case, sampling: Sampling) -> _Ask:
    messages, digest = probe.messages, ""
    if target.method == "prompt-only":
        prompt = Prompt.beside(__file__, "prompt_only")
        system = prompt.render(rules=_numbered(eval_set.instance_rules(probe)))
        messages, digest = _with_system(system, messages), prompt.digest
    blank = Answer(
        case=probe.id,
        entrant=target.label,
        method=target.method,
        model=target.model.name,
        sampling=sampling,
        request_digest=digest,
        text="",
    )
    return _Ask(probe, messages, blank)


def _numbered(rules: Iterable[Rule]) -> str:
    return "\n".join(f"{i}. {rule.text}" for i, rule in enumerate(rules, 1))


def _with_system(system: tuple[Message, ...], messages: tuple[Message, ...]) -> tuple[Message, ...]:
    """The rules in front, joined with the probe's own system turn: many templates allow one."""
    if messages and messages[0].role == "system":
        joined = f"{system[0].content}\n\n{messages[0].content}"
        return (Message(role="system", content=joined), *messages[1:])
    return (*system, *messages)
