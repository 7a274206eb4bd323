"""Verdicts for all answers and all rules that carry a check, plus an unmeasured judge's on a share.

Every decidable rule of the document is applied to every answer, not only the rules a probe targets:
conditional ones say NA by themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from specloop.errors import ModelError
from specloop.evaluate.inputs import Exam
from specloop.items import Local, Loop, each
from specloop.judges import RuleCase, ask_about, unread
from specloop.judges.binary import BinaryJudge
from specloop.judges.check import CheckJudge
from specloop.llm.base import Model
from specloop.llm.roles import RoleModel
from specloop.records import Failure, Probe, Response, Verdict, content_id
from specloop.store import RunFolder
from specloop.tolerance import Legibility


class Graded(NamedTuple):
    """An answer with its probe and all verdicts on it."""

    probe: Probe
    response: Response
    verdicts: tuple[Verdict, ...]

    @property
    def item(self) -> tuple[str, int]:
        """What pairs it with another model's answer: probe and seed."""
        sampling = self.response.made_by.sampling
        return self.probe.id, sampling.seed if sampling else 0

    @property
    def cluster(self) -> str:
        """Cases of one cluster are not independent: probes from one seed prompt, else one probe."""
        probe = self.probe
        return probe.seed_prompt or probe.topic or probe.twin_of or probe.id


def check_answers(responses: Iterable[Response], exam: Exam) -> tuple[Graded, ...]:
    """Every decidable rule applied to every answer."""
    judge, probes = CheckJudge(), {probe.id: probe for probe in exam.probes}
    rules = [rule for rule in exam.rules if rule.check is not None]

    def verdicts(response: Response, probe: Probe) -> Iterator[Verdict]:
        for rule in rules:
            yield judge.verdict(RuleCase(probe.messages, response, rule))

    return tuple(Graded(probes[r.probe], r, tuple(verdicts(r, probes[r.probe]))) for r in responses)


async def ask_judge(
    folder: RunFolder, graded: Sequence[Graded], exam: Exam, role_model: RoleModel
) -> tuple[Verdict, ...]:
    """Verdicts of an unmeasured model on the undecidable rules of a share of the answers.

    They are about the rules of the probe's instance. Verdicts the folder has are kept.
    RunStoppedError where too many cannot be read; what was asked is in the call store.
    """
    judge, model = BinaryJudge(), role_model.model
    cases = [
        RuleCase(g.probe.messages, g.response, rule)
        for g in _share(graded, exam.settings.judged_share)
        for rule in exam.instance_rules(g.probe)
        if rule.check is None
    ]
    had = {(v.response, v.rule): v for v in folder.read(Verdict) if _is_from(v, model)}
    new: list[Verdict] = []
    legibility = Legibility(f"verdicts of {model.name}", exam.settings.max_failures, len(cases))

    async def ask(case: RuleCase) -> Verdict:
        return await ask_about(case, judge, model)

    def failure(case: RuleCase, error: ModelError) -> Failure:
        item = f"judge:{case.response.id}:{case.rule.id}"
        return Failure(stage="evaluate", item=item, reason=str(error))

    def seen(case: RuleCase, result: Verdict | Failure) -> None:
        if isinstance(result, Verdict):
            trouble = unread(case.response.end, result)
            if trouble is not None:
                legibility.add(trouble)

    loop = Loop(
        title="verdicts of the unmeasured judge",
        executor=Local(role_model.settings.concurrency),
        failure=failure,
        had=lambda case: had.get((case.response.id, case.rule.id)),
        record=folder.append,
        keep=lambda due: new.extend(verdict for _, verdict in due),
        seen=seen,
    )
    found = await each(ask, cases, loop)
    folder.append(new)
    return tuple(verdict for verdict in found if isinstance(verdict, Verdict))


def keep_verdicts(folder: RunFolder, fresh: Sequence[Verdict]) -> None:
    """Write check verdicts, in place of those an earlier form of a rule's check gave."""
    ids, cells = {v.id for v in fresh}, {(v.response, v.rule) for v in fresh}
    old = folder.read(Verdict)
    stale = {
        v.id for v in old if v.kind == "check" and (v.response, v.rule) in cells and v.id not in ids
    }
    if stale:
        folder.replace(Verdict, [v for v in old if v.id not in stale])
    known = {v.id for v in old}
    folder.append(v for v in fresh if v.id not in known)


def _share(graded: Sequence[Graded], share: float) -> Sequence[Graded]:
    """A share of the answers, drawn by probe so that every target is judged on the same ones."""
    there = [g for g in graded if g.response.end != "failed"]
    drawn = sorted(there, key=lambda g: content_id(list(g.item)))
    return drawn[: round(share * len(drawn))]


def _is_from(verdict: Verdict, model: Model) -> bool:
    return (
        verdict.kind == "llm"
        and verdict.made_by is not None
        and verdict.made_by.model == model.name
    )
