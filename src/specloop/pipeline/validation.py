"""What a checkpoint is chosen by: how its answers to the validation requests keep the rules.

Code says it and, if one is named, a judge. Training runs in a thread of its own; a judge's model is
asked on the event loop that it was opened on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar

from specloop.checking import AnswerText, applies, decide
from specloop.config import RoleName
from specloop.ended import NOTHING, UNENDED
from specloop.errors import InputError, ModelError
from specloop.evaluation.general import GeneralQuestion, practice
from specloop.items import bounded
from specloop.judges import judges
from specloop.judging.base import rule_case
from specloop.judging.grader import OpenJudge, unread
from specloop.judging.guides import NO_GUIDES, Guides
from specloop.judging.likeness import JudgeId
from specloop.llm.backends import resolve
from specloop.llm.base import Model, Reply
from specloop.pipeline.judge_models import StageJudge, grader_in, judge_model
from specloop.pipeline.model_pool import Served
from specloop.pipeline.run import Run
from specloop.pipeline.synthesis import training_rules
from specloop.records import (
    VALIDATION_JUDGE,
    Answer,
    Case,
    Instance,
    Message,
    Rule,
    Verdict,
    VerdictValue,
)
from specloop.revision.lineage import NOTHING_CHANGED, Changed
from specloop.runrules import current_guides
from specloop.tolerance import Legibility
from specloop.trainers import Trainer
from specloop.training import Generate

T = TypeVar("T")
Scores = dict[str, list[float]]
"""How far each answer keeps a rule, from 0 to 1, by the rule's id; answers to which the rule does
not apply, or that a judge could not be read on, are left out."""


def validation_score(
    plan: ValidationPlan,
    generate: Generate,
    judged: Callable[[Sequence[Reply]], Scores] = lambda _: {},
) -> float:
    """The mean over rules of the share of answers that keep the rule where it applies; `judged`
    has those of rules that code cannot decide.

    Where rules have changed, these count as much as all others, and as much as the general
    questions that are answered right; a rule that is gone is kept by what no longer does what it
    demanded.

    All rules have the same weight, so that a conditional one counts as much as any other. A
    conditional rule applied where it must not be counts as broken, and so does one that applies and
    that a blank or cut answer leaves open: a model that says nothing keeps no rule.
    """
    probes, changed = plan.probes, plan.changed
    asked = [(Message(role="user", content=one.question),) for one in plan.general]
    every = generate([*(probe.messages for probe in probes), *asked])
    replies, answered = every[: len(probes)], every[len(probes) :]
    scores = _by_code(probes, plan.checked, replies) | judged(replies)
    shares = {rule: sum(values) / len(values) for rule, values in scores.items()}
    left = _by_code(probes, changed.gone, replies)
    gone = [1 - sum(values) / len(values) for values in left.values()]
    new = [share for rule, share in shares.items() if rule in changed.rules]
    others = [share for rule, share in shares.items() if rule not in changed.rules]
    known = [one.accepts(reply.text) for one, reply in zip(plan.general, answered, strict=True)]
    means = [sum(each) / len(each) for each in ([*new, *gone], others, known) if each]
    return sum(means) / len(means) if means else 0.0


def _by_code(probes: Sequence[Case], rules: Sequence[Rule], replies: Sequence[Reply]) -> Scores:
    scores: Scores = {}
    for probe, reply in zip(probes, replies, strict=True):
        request = probe.request
        answer = AnswerText.of(reply.text, reply.finish)
        for rule in rules:
            value = _value(rule, request, answer)
            if value != "NA":
                scores.setdefault(rule.id, []).append(float(value == "YES"))
    return scores


def _value(rule: Rule, request: str, answer: AnswerText) -> VerdictValue:
    if rule.check is None:
        return "NA"
    value = decide(rule.check, request, answer).value
    # A cut answer is not counted as over-applying a rule that it might still have applied.
    if value == "unscored" and answer.end in UNENDED and not applies(rule.check, request):
        return "NA"
    return value


class JudgedAnswers(NamedTuple):
    """Validation requests with the rules that a judge is asked about, and the judge."""

    probes: Sequence[Case]
    rules: Mapping[str, Sequence[Rule]]
    """By the probe's id."""
    judge: OpenJudge
    concurrency: int
    max_failures: float
    """Share of the verdicts that may be missing."""

    async def scores(self, replies: Sequence[Reply]) -> Scores:
        """A judge's verdicts on answers, each as its probability where it has one. An answer is
        judged as far as it came; one that holds nothing keeps no rule.

        RunStoppedError where too many verdicts are missing.
        """
        asked = [n for n, probe in enumerate(self.probes) if self.rules.get(probe.id)]
        total = sum(len(self.rules[self.probes[n].id]) for n in asked)
        title = f"verdicts of {self.judge.grader.model} in the validation"
        legibility = Legibility(title, self.max_failures, total)
        by_place: dict[int, Sequence[tuple[str, float]]] = {}

        async def one(n: int) -> Sequence[tuple[str, float]]:
            return await self._one(self.probes[n], replies[n], legibility)

        async for n, found in bounded(one, asked, self.concurrency):
            by_place[n] = found
        scores: Scores = {}
        for n in asked:
            for rule, score in by_place[n]:
                scores.setdefault(rule, []).append(score)
        return scores

    async def _one(
        self, probe: Case, reply: Reply, legibility: Legibility
    ) -> Sequence[tuple[str, float]]:
        """How far an answer keeps each rule that its judge could say it of."""
        rules = self.rules[probe.id]
        answer = Answer(case=probe.id, model="", text=reply.text, finish=reply.finish)
        case = rule_case(probe.messages, answer, rules)
        if case.end in NOTHING:
            return [(rule.id, 0.0) for rule in rules]
        try:
            judgement = await self.judge.grader.judgement(case, self.judge.model)
        except ModelError as error:
            for _ in rules:
                legibility.add(str(error))
            return []
        for trouble in unread("whole", judgement):
            legibility.add(trouble)
        scored = ((verdict.rule, _worth(verdict)) for verdict in judgement.verdicts)
        return [(rule, score) for rule, score in scored if score is not None]


def _worth(verdict: Verdict) -> float | None:
    if verdict.value == "NA":
        return None
    if verdict.probability is not None:
        return verdict.probability
    return None if verdict.value == "unscored" else float(verdict.value == "YES")


class ValidationPlan(NamedTuple):
    """What a training is validated by."""

    probes: Sequence[Case]
    checked: Sequence[Rule]
    """Rules that code decides."""
    judge: StageJudge | None = None
    judged: Mapping[str, Sequence[Rule]] = MappingProxyType({})
    """Rules that the judge is asked about, by the probe's id."""
    guides: Guides = NO_GUIDES
    concurrency: int = 1
    max_failures: float = 0.2
    changed: Changed = NOTHING_CHANGED
    """What has changed since the model that training goes on from."""
    general: Sequence[GeneralQuestion] = ()
    """What such a training must not forget."""

    def judge_id(self, run: Run) -> dict[str, str]:
        """What tells the judge from others; empty without one."""
        if self.judge is None:
            return {}
        grader = grader_in(run.config.roles, self.judge.table, self.judge.role, self.guides)
        return JudgeId.of(grader.blank(""))._asdict()

    def answers(self, models: Mapping[RoleName, Model]) -> JudgedAnswers | None:
        """What the judge is asked, by the open models; InputError where its model cannot tell what
        it reads."""
        if self.judge is None:
            return None
        judge = self.judge.opened(models, self.guides)
        if judge.model:
            judge.grader.judge.need(judge.model)
        return JudgedAnswers(self.probes, self.judged, judge, self.concurrency, self.max_failures)

    def score(self, models: Mapping[RoleName, Model]) -> Callable[[Generate], float] | None:
        """Scores a model in training, from any thread; None where nothing can be scored."""
        answers, loop = self.answers(models), asyncio.get_running_loop()

        def judged(replies: Sequence[Reply]) -> Scores:
            return on_loop(loop, answers.scores(replies)) if answers else {}

        def score(generate: Generate) -> float:
            return validation_score(self, generate, judged)

        return score if self.checked or answers else None


def validation_plan(
    run: Run, trainer: Trainer, changed: Changed = NOTHING_CHANGED
) -> ValidationPlan:
    """The run's validation requests, with the rules that may be trained on."""
    folder = run.folder
    probes = [case for case in folder.read(Case) if case.is_probe and case.split == "validation"]
    rules = training_rules(run)
    checked = [rule for rule in rules if rule.check is not None]
    general = practice().validation if changed else ()
    plan = ValidationPlan(probes, checked, changed=changed, general=general)
    if not trainer.validation_judge:
        return plan
    judge = StageJudge.another(trainer.validation_judge)
    undecided = {rule.id: rule for rule in rules if rule.check is None}
    own = {instance.id: instance.rules for instance in folder.read(Instance)}
    judged = {
        probe.id: [undecided[rule] for rule in own.get(probe.scenario, ()) if rule in undecided]
        for probe in probes
    }
    if not (judge.judge.asks and any(judged.values())):
        return plan
    return plan._replace(
        judge=judge,
        judged=judged,
        guides=current_guides(folder),
        concurrency=run.config.roles.of(judge.role).concurrency,
        max_failures=run.config.synthesis.max_failures,
    )


def check_validation(run: Run) -> None:
    """InputError where the model of the judge that validates cannot tell what that reads, as far as
    it is known before the model is opened."""
    table = run.config.train[VALIDATION_JUDGE]
    if not table:
        return
    judge = StageJudge.another(table)
    if not judge.judge.asks:
        name = judges.name_of(judge.judge)
        raise InputError(
            f"train.{VALIDATION_JUDGE}: the judge {name!r} asks no model, so it decides no rule"
            " that code cannot; take another, such as likelihood, or none"
        )
    models: dict[RoleName, Model] = {}
    for role in judge.roles:
        settings = run.config.roles.of(role)
        models[role] = resolve(settings.model, **settings.options)
    model = judge_model(judge.table, judge.role, models)
    if model and not any(isinstance(one, Served) for one in models.values()):
        judge.judge.need(model)


def on_loop(loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, T]) -> T:
    """Do asynchronous work on a loop that another thread runs, and wait for it.

    RuntimeError where the loop is closed: the run has been stopped.
    """
    try:
        waiting = asyncio.run_coroutine_threadsafe(work, loop)
    except RuntimeError:
        work.close()
        raise
    return waiting.result()
