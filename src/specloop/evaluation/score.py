"""Verdicts for all answers and all rules that carry a check, plus an unmeasured judge's on a share.

Every decidable rule of the document is applied to every answer, not only the rules a probe targets:
conditional ones say NA by themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from specloop.draws import ranked
from specloop.evaluation.inputs import EvaluationSet, conversation
from specloop.items import Loop, each, local
from specloop.judges import grader_of
from specloop.judging.base import JudgeCase, rule_case
from specloop.judging.grader import check_judgement, unread
from specloop.llm.roles import RoleModel
from specloop.records import CODE, Answer, Case, Failure, Judgement, Rule, Verdict, verdicts_of
from specloop.store import RecordStore
from specloop.tolerance import Legibility


class JudgedAnswer(NamedTuple):
    """An answer with its probe and all verdicts on it."""

    probe: Case
    answer: Answer
    verdicts: tuple[Verdict, ...]
    """Of code."""

    @property
    def judgement(self) -> Judgement:
        """The verdicts as the folder keeps them."""
        return Judgement.of(self.verdicts, answer=self.answer.id, judge="check", model=CODE)

    @property
    def item(self) -> tuple[str, int]:
        """What pairs it with another model's answer: probe and seed."""
        return self.probe.id, self.answer.sampling.seed

    @property
    def cluster(self) -> str:
        """Cases of one cluster are not independent: probes from one seed prompt, rows from one
        prompt before the attacks on it, else one probe."""
        probe = self.probe
        row = "" if probe.is_probe else f"{probe.scenario}\n{probe.query}"
        return probe.seed_prompt or probe.topic or probe.twin_of or row or probe.id


def check_answers(answers: Iterable[Answer], eval_set: EvaluationSet) -> tuple[JudgedAnswer, ...]:
    """Every decidable rule of its document applied to every answer."""
    probes = {probe.id: probe for probe in eval_set.probes}

    def graded(answer: Answer, probe: Case) -> JudgedAnswer:
        rules = [rule for rule in eval_set.document(probe) if rule.check is not None]
        judgement = check_judgement(_judge_case(probe, answer, rules, eval_set))
        return JudgedAnswer(probe, answer, judgement.verdicts)

    return tuple(graded(answer, probes[answer.case]) for answer in answers)


async def ask_judge(
    folder: RecordStore,
    graded: Sequence[JudgedAnswer],
    eval_set: EvaluationSet,
    role_model: RoleModel,
) -> tuple[Verdict, ...]:
    """Verdicts of an unmeasured model on the undecidable rules of a share of the answers.

    They are about the rules of the probe's instance. Verdicts the folder has are kept.
    RunStoppedError where too many cannot be read; what was asked is in the call store.
    """
    grader = grader_of(eval_set.settings.judge, role_model.model)
    if not grader.judge.asks:
        return ()
    share = _share(graded, eval_set.settings.judged_share)
    cases = [case for g in share if (case := _undecided(g, eval_set)).specs]
    had = {one.id: one for one in folder.read(Judgement)}
    new: list[Judgement] = []
    title, most = f"verdicts of {role_model.model.name}", eval_set.settings.max_failures
    legibility = Legibility(title, most, sum(len(case.specs) for case in cases))

    def known(case: JudgeCase) -> Judgement | None:
        """The judgement that the folder has, where it is about the same rules."""
        one = had.get(grader.blank(case.answer).id)
        rules = {spec.id for spec in case.specs}
        return one if one and {verdict.rule for verdict in one.verdicts} == rules else None

    def seen(case: JudgeCase, result: Judgement | Failure) -> None:
        if isinstance(result, Judgement):
            for trouble in unread(case.end, result):
                legibility.add(trouble)

    async def judged(case: JudgeCase) -> Judgement:
        return await grader.ended_judgement(case, role_model.model)

    loop = Loop[JudgeCase, Judgement](
        "verdicts of the unmeasured judge",
        "evaluate",
        lambda case: f"judge:{case.answer}",
        local(role_model.settings.concurrency),
        earlier=known,
        record=folder.append,
        keep=lambda due: new.extend(judgement for _, judgement in due),
        seen=seen,
    )
    found = await each(judged, cases, loop)
    keep_judgements(folder, new)
    return tuple(verdicts_of(one for one in found if isinstance(one, Judgement)))


def judge_label(eval_set: EvaluationSet, role_model: RoleModel | None) -> str:
    """What verdicts call the judge that is asked about every answer; empty where none is."""
    if role_model is None or eval_set.settings.judged_share < 1:
        return ""
    grader = grader_of(eval_set.settings.judge, role_model.model)
    return f"{grader.name}:{grader.model}" if grader.judge.asks else ""


def judged_before(
    folder: RecordStore,
    graded: Iterable[JudgedAnswer],
    eval_set: EvaluationSet,
    role_model: RoleModel,
) -> tuple[Verdict, ...]:
    """The unmeasured judge's verdicts that the folder has."""
    grader = grader_of(eval_set.settings.judge, role_model.model)
    wanted = {grader.blank(one.answer.id).id for one in graded}
    return tuple(verdicts_of(one for one in folder.read(Judgement) if one.id in wanted))


def _undecided(graded: JudgedAnswer, eval_set: EvaluationSet) -> JudgeCase:
    """The answer with the rules of its probe's instance that code cannot decide."""
    rules = tuple(rule for rule in eval_set.instance_rules(graded.probe) if rule.check is None)
    return _judge_case(graded.probe, graded.answer, rules, eval_set)


def _judge_case(
    probe: Case, answer: Answer, rules: Iterable[Rule], eval_set: EvaluationSet
) -> JudgeCase:
    """What a judge is given of an answer to a probe."""
    return rule_case(probe.messages, answer, rules)._replace(
        query=probe.query,
        scenario=eval_set.descriptions.get(probe.scenario, ""),
        reference=probe.reference,
    )


def keep_judgements(folder: RecordStore, fresh: Sequence[Judgement]) -> None:
    """Write judgements, in place of those of the same answers that were about other rules, or that
    an earlier form of a rule's check gave."""
    known = {one.id: one for one in folder.read(Judgement)}
    new = [one for one in fresh if known.get(one.id) != one]
    stale = {one.id for one in new} & known.keys()
    if stale:
        folder.replace(Judgement, [one for one in known.values() if one.id not in stale])
    folder.append(new)


def _share(graded: Sequence[JudgedAnswer], share: float) -> Sequence[JudgedAnswer]:
    """A share of the answers, drawn by probe so that every target is judged on the same ones."""
    there = [g for g in graded if g.answer.end != "failed"]
    drawn = ranked(there, lambda g: f"{g.item[1]} {conversation(g.probe)}")
    return drawn[: round(share * len(drawn))]
