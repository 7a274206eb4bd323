"""Answers of a target to the held-out probes, resumed by what the folder has."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from specloop.errors import ModelError
from specloop.evaluate.inputs import Exam, Target
from specloop.llm.base import Request
from specloop.llm.wrap import bounded
from specloop.progress import progress
from specloop.prompt import Prompt
from specloop.records import Failure, MadeBy, Message, Probe, Response, Rule, Sampling
from specloop.store import RunFolder
from specloop.tolerance import Tolerance


class Answers(NamedTuple):
    """A target's answers in the exam's order, and how many could not be had."""

    responses: tuple[Response, ...]
    n_failed: int = 0


class _Ask(NamedTuple):
    probe: Probe
    messages: tuple[Message, ...]
    made_by: MadeBy
    sampling: Sampling


async def answer_probes(folder: RunFolder, target: Target, exam: Exam) -> Answers:
    """Ask every probe with every seed; what the same model answered the same way before is kept.

    Answers are written in the exam's order once all are there: until then the call cache has them.
    A failed call is recorded in `failures.jsonl` and tried again at the next run. RunStoppedError
    where too large a share fails.
    """
    asks = [_ask(target, exam, p, s) for p in exam.chosen for s in exam.samplings]
    had = {(r.probe, r.made_by): r for r in _answers_of(folder.read(Response), target.label)}
    todo = [ask for ask in asks if (ask.probe.id, ask.made_by) not in had]
    new: dict[tuple[str, MadeBy], Response] = {}
    failures: list[Failure] = []
    tolerance = Tolerance(f"answers of {target.label}", len(todo), exam.settings.max_failures)

    async def answer(ask: _Ask) -> Response | Failure:
        try:
            reply = await target.model.generate(
                Request(messages=ask.messages, sampling=ask.sampling)
            )
        except ModelError as error:
            item = f"{target.label}:{ask.probe.id}:{ask.sampling.seed}"
            return Failure(stage="evaluate", item=item, reason=str(error))
        return Response(
            probe=ask.probe.id,
            text=reply.text,
            finish=reply.finish,
            purpose="evaluation",
            target=target.label,
            made_by=ask.made_by,
        )

    with progress(f"answers of {target.label}", len(todo)) as advance:
        async for ask, result in bounded(answer, todo, target.concurrency):
            if isinstance(result, Failure):
                folder.append([result])
                failures.append(result)
                tolerance.add(result)
            else:
                new[ask.probe.id, ask.made_by] = result
            advance()
    keys = [(ask.probe.id, ask.made_by) for ask in todo]
    folder.append(new[key] for key in keys if key in new)
    had |= new
    found = (had.get((ask.probe.id, ask.made_by)) for ask in asks)
    return Answers(tuple(r for r in found if r is not None), len(failures))


def answers_under(folder: RunFolder, label: str, exam: Exam) -> Answers:
    """The answers another target has given to the same probes with the same sampling.

    Where a label has been used for several models, those of the last one count.
    """
    wanted, probes = set(exam.samplings), {probe.id for probe in exam.chosen}
    mine = _answers_of(folder.read(Response), label)
    fit = [r for r in mine if r.made_by.sampling in wanted and r.probe in probes]
    last = fit[-1].made_by if fit else None
    return Answers(
        tuple(
            r
            for r in fit
            if last and (r.made_by.model, r.made_by.prompt) == (last.model, last.prompt)
        )
    )


def _answers_of(responses: Iterable[Response], label: str) -> list[Response]:
    return [r for r in responses if r.purpose == "evaluation" and r.target == label]


def _ask(target: Target, exam: Exam, probe: Probe, sampling: Sampling) -> _Ask:
    if target.method == "vanilla":
        made_by = MadeBy(model=target.model.name, sampling=sampling)
        return _Ask(probe, probe.messages, made_by, sampling)
    prompt = Prompt.beside(__file__, "prompt_only")
    made_by = MadeBy(model=target.model.name, prompt=prompt.digest, sampling=sampling)
    system = prompt.render(rules=_numbered(exam.instance_rules(probe)))
    return _Ask(probe, _with_system(system, probe.messages), made_by, sampling)


def _numbered(rules: Iterable[Rule]) -> str:
    return "\n".join(f"{i}. {rule.text}" for i, rule in enumerate(rules, 1))


def _with_system(system: tuple[Message, ...], messages: tuple[Message, ...]) -> tuple[Message, ...]:
    """The rules in front, joined with the probe's own system turn: many templates allow one."""
    if messages and messages[0].role == "system":
        joined = f"{system[0].content}\n\n{messages[0].content}"
        return (Message(role="system", content=joined), *messages[1:])
    return (*system, *messages)
