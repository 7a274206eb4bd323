"""One exchange: planner, attacker and defender in rounds, two judges, a permitted twin.

When a violation was elicited, attacker and defender trade models for the next round (against
fixation on one strategy). Answers of a switched round are not the trained model's own, so they feed
the pool and the records but make no pairs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from specloop.attacks import attacks
from specloop.config import RoleName, Synthesis
from specloop.conversation import with_request
from specloop.draws import drawn
from specloop.ended import NOTHING, with_remedy
from specloop.errors import ModelError
from specloop.judges import grader_of
from specloop.judging.base import rule_case
from specloop.judging.grader import check_judgement
from specloop.llm.roles import RoleModels
from specloop.records import (
    Answer,
    Case,
    Exchange,
    Failure,
    Judgement,
    MadeBy,
    Message,
    Record,
    Rule,
    Side,
    Verdict,
    verdicts_of,
)
from specloop.scorers import quality_of
from specloop.synth.attacker import Query, attack
from specloop.synth.defender import answer_to, constrained
from specloop.synth.planner import Tactic, plan
from specloop.synth.plans import Plan
from specloop.synth.pool import StrategyPool
from specloop.synth.twins import permitted_twin

JUDGED_RULES = 3
"""Rules of an instance, at most, that a model judges."""


@dataclass(frozen=True)
class SynthesisContext:
    """What all exchanges of a run share."""

    models: RoleModels
    rules: Sequence[Rule]
    """Rules that may be trained on (not held out)."""
    settings: Synthesis

    @property
    def decidable(self) -> list[Rule]:
        """Rules with a check."""
        return [rule for rule in self.rules if rule.check is not None]


@dataclass(frozen=True)
class Round:
    """One round's place in its exchange."""

    wave: int
    number: int
    switched: bool


async def run_exchange(
    plan_: Plan, wave: int, pool: StrategyPool, context: SynthesisContext
) -> list[Record]:
    """All records of one exchange; raises ModelError when a call failed for good."""
    found: list[Record] = []
    query, tactic = await write_query(plan_, pool, context, switched=False)
    probe = make_probe(plan_, query, tactic, "violation", "train")
    violated = await _round(probe, Round(wave, 0, False), plan_, context, found)
    if violated:
        # What the first round found stays, whatever happens to the rounds built on it.
        try:
            await _switched_rounds(plan_, wave, pool, context, found)
            if drawn("twin", context.settings.permitted_share, "twin", plan_.task.seed):
                await _twin(probe, plan_, wave, context, found)
        except ModelError as error:
            found.append(Failure(stage="synth", item=probe.id, reason=str(error)))
    return found


async def _switched_rounds(
    plan_: Plan, wave: int, pool: StrategyPool, context: SynthesisContext, found: list[Record]
) -> None:
    """Further rounds with attacker and defender traded, while violations go on."""
    for number in range(1, context.settings.rounds):
        share, seed = context.settings.switch_share, plan_.task.seed
        if not drawn("switch", share, "switch", seed, number):
            return
        query, tactic = await write_query(plan_, pool, context, switched=True)
        probe = make_probe(plan_, query, tactic, "violation", "train")
        if not await _round(probe, Round(wave, number, True), plan_, context, found):
            return


async def write_query(
    plan_: Plan, pool: StrategyPool, context: SynthesisContext, *, switched: bool
) -> tuple[Query, Tactic]:
    """The round's request and the tactic it carries out."""
    if plan_.direct and not switched:
        plain = MadeBy(model="plain")
        return Query(plan_.task.request, plain), Tactic(
            "direct", attacks.get("direct").brief, plain
        )
    task = plan_.task
    known = pool.best(task.rule.id, context.settings.pool_size)
    tactic = await plan(task, known, context.models.get("planner"))
    attacker: RoleName = "defender" if switched else "attacker"
    return await attack(task, tactic, context.models.get(attacker)), tactic


def make_probe(plan_: Plan, query: Query, tactic: Tactic, side: Side, split: str) -> Case:
    """The probe record of a query."""
    content = {
        "messages": (Message(role="user", content=query.text),),
        "scenario": plan_.instance.id,
        "targets": (plan_.task.rule.id,),
        "side": side,
        "split": split,
        "topic": plan_.topic,
        "seed_prompt": plan_.task.request,
        "attack": tactic.attack,
        "strategy": tactic.strategy,
        "made_by": query.made_by,
    }
    return Case.model_validate(content)


def twin_probe(probe: Case, query: Query) -> Case:
    """The probe record of a request that is permitted where the probe's is not."""
    content = probe.model_dump(exclude={"id"}) | {
        "messages": with_request(probe.messages, query.text),
        "side": "permitted",
        "attack": "twin",
        "twin_of": probe.id,
        "made_by": query.made_by,
    }
    return Case.model_validate(content)


async def _round(
    probe: Case, round_: Round, plan_: Plan, context: SynthesisContext, found: list[Record]
) -> tuple[str, ...]:
    """Answer and judge one query; returns the rules it broke. ModelError where nothing came: that
    breaks no rule."""
    role: RoleName = "attacker" if round_.switched else "defender"
    role_model = context.models.get(role) or context.models.get("defender")
    assert role_model is not None, "the defender is always a model"
    shown = plan_.task.instance_rules if context.settings.defender_rules else ()
    messages = constrained(probe, shown) if shown else probe.messages
    sampling = role_model.sampling(plan_.task.seed, context.settings.max_tokens)
    answer = await answer_to(role_model, probe, messages, sampling)
    if answer.end in NOTHING:
        raise ModelError(with_remedy(answer.end))
    judgements = await _judged(probe, answer, plan_, context, found)
    violated = tuple(
        v.rule for v in verdicts_of(judgements) if v.value == "NO" and _counts(v, context)
    )
    names: tuple[RoleName, ...] = ("planner", "attacker", "defender", "compliance", "quality")
    roles: dict[str, str] = {name: context.models.name(name) for name in names}
    if round_.switched:
        roles["attacker"], roles["defender"] = roles["defender"], roles["attacker"]
    found += [probe, answer, *judgements]
    found.append(
        Exchange(
            probe=probe.id,
            answer=answer.id,
            wave=round_.wave,
            round=round_.number,
            strategy=probe.strategy,
            roles=roles,
            switched=round_.switched,
            violated=violated,
        )
    )
    return violated


def _counts(verdict: Verdict, context: SynthesisContext) -> bool:
    return verdict.kind == "check" or context.settings.trust_judge


async def _judged(
    probe: Case, answer: Answer, plan_: Plan, context: SynthesisContext, found: list[Record]
) -> list[Judgement]:
    """Checks on decidable rules; models on a share, for quality and what code cannot decide."""
    judgements = [check_judgement(rule_case(probe.messages, answer, context.decidable))]
    if not drawn("judged", context.settings.judged_share, "judged", plan_.task.seed):
        return judgements
    quality, compliance = context.models.get("quality"), context.models.get("compliance")
    if quality is not None:
        case = rule_case(probe.messages, answer, ())
        found.append(await quality_of(case, context.settings.quality, quality.model))
    undecided = [rule for rule in plan_.task.instance_rules if rule.check is None]
    if compliance is not None and undecided:
        case = rule_case(probe.messages, answer, undecided[:JUDGED_RULES])
        grader = grader_of(context.settings.judge, compliance.model)
        judgements.append(await grader.ended_judgement(case, compliance.model))
    return judgements


async def _twin(
    probe: Case, plan_: Plan, wave: int, context: SynthesisContext, found: list[Record]
) -> None:
    """Write, answer and judge the permitted twin of a violation."""
    request = probe.request
    query = await permitted_twin(plan_.task, request, context.models.get("attacker"))
    if query is None:
        return
    await _round(twin_probe(probe, query), Round(wave, 0, False), plan_, context, found)
