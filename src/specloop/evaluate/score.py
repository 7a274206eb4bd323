"""Verdicts for all answers and all rules that carry a check, plus an unmeasured judge's on a share.

Every decidable rule of the document is applied to every answer, not only the rules a probe targets:
conditional ones say NA by themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from specloop.draws import ranked
from specloop.evaluate.inputs import EvaluationSet, conversation
from specloop.items import Loop, each, local
from specloop.judges import rule_judge
from specloop.judging.rules import RuleCase, check_verdicts, unread
from specloop.llm.roles import RoleModel
from specloop.records import Answer, Failure, Probe, Verdict
from specloop.store import RunFolder
from specloop.tolerance import Legibility


class JudgedAnswer(NamedTuple):
    """An answer with its probe and all verdicts on it."""

    probe: Probe
    answer: Answer
    verdicts: tuple[Verdict, ...]

    @property
    def item(self) -> tuple[str, int]:
        """What pairs it with another model's answer: probe and seed."""
        return self.probe.id, self.answer.sampling.seed

    @property
    def cluster(self) -> str:
        """Cases of one cluster are not independent: probes from one seed prompt, else one probe."""
        probe = self.probe
        return probe.seed_prompt or probe.topic or probe.twin_of or probe.id


def check_answers(answers: Iterable[Answer], eval_set: EvaluationSet) -> tuple[JudgedAnswer, ...]:
    """Every decidable rule applied to every answer."""
    probes = {probe.id: probe for probe in eval_set.probes}
    rules = tuple(rule for rule in eval_set.rules if rule.check is not None)

    def graded(answer: Answer, probe: Probe) -> JudgedAnswer:
        verdicts = check_verdicts(RuleCase(probe.messages, answer, rules))
        return JudgedAnswer(probe, answer, tuple(verdicts))

    return tuple(graded(answer, probes[answer.case]) for answer in answers)


async def ask_judge(
    folder: RunFolder,
    graded: Sequence[JudgedAnswer],
    eval_set: EvaluationSet,
    role_model: RoleModel,
) -> tuple[Verdict, ...]:
    """Verdicts of an unmeasured model on the undecidable rules of a share of the answers.

    They are about the rules of the probe's instance. Verdicts the folder has are kept.
    RunStoppedError where too many cannot be read; what was asked is in the call store.
    """
    judge = rule_judge(eval_set.settings.judge, role_model.model)
    if not judge.judge.asks:
        return ()
    share = _share(graded, eval_set.settings.judged_share)
    cases = [case for g in share if (case := _undecided(g, eval_set)).rules]
    had = {(v.answer, v.rule): v for v in folder.read(Verdict) if v.made_by == judge.made_by}
    new: list[Verdict] = []
    title, most = f"verdicts of {role_model.model.name}", eval_set.settings.max_failures
    legibility = Legibility(title, most, sum(len(case.rules) for case in cases))

    def known(case: RuleCase) -> list[Verdict] | None:
        keys = [(case.answer.id, rule.id) for rule in case.rules]
        return [had[key] for key in keys] if had.keys() >= set(keys) else None

    def seen(case: RuleCase, result: list[Verdict] | Failure) -> None:
        for verdict in [] if isinstance(result, Failure) else result:
            trouble = unread(case.answer.end, verdict)
            if trouble is not None:
                legibility.add(trouble)

    loop = Loop[RuleCase, list[Verdict]](
        "verdicts of the unmeasured judge",
        "evaluate",
        lambda case: f"judge:{case.answer.id}",
        local(role_model.settings.concurrency),
        had=known,
        record=folder.append,
        keep=lambda due: new.extend(verdict for _, verdicts in due for verdict in verdicts),
        seen=seen,
    )
    found = await each(judge.verdicts, cases, loop)
    folder.append(new)
    return tuple(v for verdicts in found if not isinstance(verdicts, Failure) for v in verdicts)


def _undecided(graded: JudgedAnswer, eval_set: EvaluationSet) -> RuleCase:
    """The answer with the rules of its probe's instance that code cannot decide."""
    rules = tuple(rule for rule in eval_set.instance_rules(graded.probe) if rule.check is None)
    return RuleCase(graded.probe.messages, graded.answer, rules)


def keep_verdicts(folder: RunFolder, fresh: Sequence[Verdict]) -> None:
    """Write check verdicts, in place of those an earlier form of a rule's check gave."""
    ids, cells = {v.id for v in fresh}, {(v.answer, v.rule) for v in fresh}
    old = folder.read(Verdict)
    stale = {
        v.id for v in old if v.kind == "check" and (v.answer, v.rule) in cells and v.id not in ids
    }
    if stale:
        folder.replace(Verdict, [v for v in old if v.id not in stale])
    known = {v.id for v in old}
    folder.append(v for v in fresh if v.id not in known)


def _share(graded: Sequence[JudgedAnswer], share: float) -> Sequence[JudgedAnswer]:
    """A share of the answers, drawn by probe so that every target is judged on the same ones."""
    there = [g for g in graded if g.answer.end != "failed"]
    drawn = ranked(there, lambda g: f"{g.item[1]} {conversation(g.probe)}")
    return drawn[: round(share * len(drawn))]
