"""Answers of a target to the held-out probes, resumed by what the folder has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from specloop.ended import NOTHING, silence, with_remedy
from specloop.evaluate.inputs import EvaluationSet, Target
from specloop.items import Loop, each, local
from specloop.llm.base import Request
from specloop.prompt import Prompt
from specloop.records import Failure, MadeBy, Message, Probe, Response, Rule, Sampling, Verdict
from specloop.store import RunFolder

_Key = tuple[str, MadeBy]


class _Ask(NamedTuple):
    probe: Probe
    messages: tuple[Message, ...]
    made_by: MadeBy
    sampling: Sampling

    @property
    def key(self) -> _Key:
        """What tells its answer from others of the target."""
        return self.probe.id, self.made_by


async def answer_probes(
    folder: RunFolder, target: Target, eval_set: EvaluationSet
) -> tuple[Response, ...]:
    """One answer for every probe and seed, in the set's order; what the same model answered the
    same way before is kept.

    Answers are written in that order once all are there: until then the call cache has them. Where
    a call failed, a blank stand-in of the kind `failed` stands for the answer and is not written.
    A failed call, and one that brought nothing, is recorded in `failures.jsonl` and tried again at
    the next run; a blank reply then comes from the call cache, at no cost, until the target's
    options or sampling change. RunStoppedError where too large a share fails.
    """
    asks = [_ask(target, eval_set, p, s) for p in eval_set.chosen for s in eval_set.samplings]
    mine = _answers_of(folder.read(Response), target.label)
    had = {(r.probe, r.made_by): r for r in mine if r.end not in NOTHING}
    loop = Loop[_Ask, Response](
        f"answers of {target.label}",
        "evaluate",
        lambda ask: f"{target.label}:{ask.probe.id}:{ask.sampling.seed}",
        local(target.concurrency),
        eval_set.settings.max_failures,
        had=lambda ask: had.get(ask.key),
        failing=lambda answer: with_remedy(answer.end) if answer.end in NOTHING else "",
        record=folder.append,
    )
    results = await each(partial(_answered, target=target), asks, loop)
    answers = {
        ask.key: answer
        for ask, answer in zip(asks, results, strict=True)
        if not isinstance(answer, Failure)
    }
    _write(folder, mine, {key: answers[key] for key in answers if key not in had})
    return tuple(answers.get(ask.key) or _stand_in(target.label, *ask.key) for ask in asks)


def answers_under(folder: RunFolder, label: str, eval_set: EvaluationSet) -> tuple[Response, ...]:
    """The answers another target has given to the same probes with the same sampling, stand-ins
    where it gave none; none at all where it has not answered any.

    Where a label has been used for several models, those of the last one count.
    """
    wanted, probes = set(eval_set.samplings), {probe.id for probe in eval_set.chosen}
    mine = _answers_of(folder.read(Response), label)
    fit = [r for r in mine if r.made_by.sampling in wanted and r.probe in probes]
    return completed(fit, eval_set) if fit else ()


def completed(answers: Sequence[Response], eval_set: EvaluationSet) -> tuple[Response, ...]:
    """A target's answers in the set's order, with a stand-in for each that is not there; those of
    the last answer's model and prompt count. There must be one."""
    last = answers[-1]
    had = {(r.probe, r.made_by): r for r in answers}
    keys = [
        (probe.id, last.made_by.model_copy(update={"sampling": sampling}))
        for probe in eval_set.chosen
        for sampling in eval_set.samplings
    ]
    return tuple(had.get(key) or _stand_in(last.target, *key) for key in keys)


async def _answered(ask: _Ask, target: Target) -> Response:
    request = Request(messages=ask.messages, sampling=ask.sampling)
    reply = await target.model.generate(request)
    return Response(
        probe=ask.probe.id,
        text=reply.text,
        finish=reply.finish,
        silent=silence(reply.text, reply.finish, reply.reasoning),
        purpose="evaluation",
        target=target.label,
        made_by=ask.made_by,
    )


def _stand_in(label: str, probe: str, made_by: MadeBy) -> Response:
    """In place of an answer that could not be had."""
    return Response(
        probe=probe,
        text="",
        finish="other",
        silent="call",
        purpose="evaluation",
        target=label,
        made_by=made_by,
    )


def _write(folder: RunFolder, old: Iterable[Response], new: Mapping[_Key, Response]) -> None:
    """Add the answers, in place of those in which nothing came."""
    again = {r.id for r in old if r.end in NOTHING and (r.probe, r.made_by) in new}
    if again:
        # Verdicts first: after a kill in between it is seen that the answers are still to go.
        folder.replace(Verdict, [v for v in folder.read(Verdict) if v.response not in again])
        folder.replace(Response, [r for r in folder.read(Response) if r.id not in again])
    folder.append(new.values())


def _answers_of(responses: Iterable[Response], label: str) -> list[Response]:
    return [r for r in responses if r.purpose == "evaluation" and r.target == label]


def _ask(target: Target, eval_set: EvaluationSet, probe: Probe, sampling: Sampling) -> _Ask:
    if target.method == "vanilla":
        made_by = MadeBy(model=target.model.name, sampling=sampling)
        return _Ask(probe, probe.messages, made_by, sampling)
    prompt = Prompt.beside(__file__, "prompt_only")
    made_by = MadeBy(model=target.model.name, prompt=prompt.digest, sampling=sampling)
    system = prompt.render(rules=_numbered(eval_set.instance_rules(probe)))
    return _Ask(probe, _with_system(system, probe.messages), made_by, sampling)


def _numbered(rules: Iterable[Rule]) -> str:
    return "\n".join(f"{i}. {rule.text}" for i, rule in enumerate(rules, 1))


def _with_system(system: tuple[Message, ...], messages: tuple[Message, ...]) -> tuple[Message, ...]:
    """The rules in front, joined with the probe's own system turn: many templates allow one."""
    if messages and messages[0].role == "system":
        joined = f"{system[0].content}\n\n{messages[0].content}"
        return (Message(role="system", content=joined), *messages[1:])
    return (*system, *messages)
