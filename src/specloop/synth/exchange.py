"""One exchange: planner, attacker and defender in rounds, two judges, a permitted twin.

When a violation was elicited, attacker and defender trade models for the next round (against
fixation on one strategy). Answers of a switched round are not the trained model's own, so they feed
the pool and the records but make no pairs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from specloop.attacks import attacks
from specloop.config import RoleName, Synthesis
from specloop.draws import drawn
from specloop.ended import NOTHING, with_remedy
from specloop.errors import ModelError
from specloop.judges import grader_of
from specloop.judging.base import rule_case
from specloop.judging.grader import Grader, OpenJudge, check_judgement
from specloop.judging.guides import NO_GUIDES, Guides
from specloop.judging.second_look import SecondLook
from specloop.llm.roles import RoleModels
from specloop.records import (
    Answer,
    Case,
    Exchange,
    Failure,
    Judgement,
    MadeBy,
    Message,
    QualityScore,
    Record,
    Rule,
    Side,
    verdicts_of,
)
from specloop.records.conversation import with_request
from specloop.scorers import quality_of
from specloop.synth.attacker import Query, attack, permitted_twin
from specloop.synth.defender import answer_to, constrained
from specloop.synth.planner import StrategyPool, Tactic, choose_tactic
from specloop.synth.plans import Plan
from specloop.synth.trust import Beliefs, is_enough, level_of

_ROLES: tuple[RoleName, ...] = ("planner", "attacker", "defender", "compliance", "quality")


@dataclass(frozen=True)
class SynthesisContext:
    """What all exchanges of a run share."""

    models: RoleModels
    rules: Sequence[Rule]
    """Rules that may be trained on (not held out)."""
    settings: Synthesis
    guides: Guides = NO_GUIDES
    """What the judge is shown with the rules."""
    beliefs: Beliefs = field(default_factory=dict)
    """How far the judge is believed on rules."""
    second_judge: OpenJudge | None = None
    """Must agree on both sides of a pair."""
    second_look: SecondLook | None = None
    """Looks again at what a judge found broken before it makes a pair."""

    @cached_property
    def counted(self) -> frozenset[str]:
        """Ids of the rules on which verdicts make pairs."""
        least = self.settings.trust_judge
        return frozenset(r.id for r in self.rules if is_enough(level_of(r, self.beliefs), least))

    @property
    def grader(self) -> Grader | None:
        """The judge of rules that code cannot decide; None without its model."""
        role_model = self.models.get("compliance")
        if role_model is None:
            return None
        return grader_of(self.settings.judge, role_model.model, self.guides)

    @property
    def decidable(self) -> list[Rule]:
        """Rules with a check."""
        return [rule for rule in self.rules if rule.check is not None]

    async def score(self, probe: Case, answer: Answer) -> QualityScore | None:
        """The quality of an answer; None where no model says."""
        role_model = self.models.get("quality")
        if role_model is None:
            return None
        case = rule_case(probe.messages, answer, ())
        return await quality_of(case, self.settings.quality, role_model.model)

    async def judge(self, probe: Case, answer: Answer, rules: Sequence[Rule]) -> Judgement | None:
        """Verdicts on an answer under rules that code cannot decide; None without a rule or
        judge."""
        role_model, grader = self.models.get("compliance"), self.grader
        if role_model is None or grader is None or not rules:
            return None
        case = rule_case(probe.messages, answer, rules)
        return await grader.ended_judgement(case, role_model.model)


async def run_exchange(
    plan: Plan, wave: int, pool: StrategyPool, context: SynthesisContext
) -> list[Record]:
    """All records of one exchange; raises ModelError when a call failed for good."""
    exchange = _RunningExchange(plan, wave, pool, context)
    await exchange.run()
    return exchange.records


async def write_query(
    plan: Plan, pool: StrategyPool, context: SynthesisContext, *, switched: bool
) -> tuple[Query, Tactic]:
    """The round's request and the tactic it carries out."""
    if plan.direct and not switched:
        plain = MadeBy(model="plain")
        return Query(plan.request, plain), Tactic("direct", attacks.get("direct").brief, plain)
    experiences = pool.best(plan.rule.id, context.settings.pool_size)
    tactic = await choose_tactic(plan, experiences, context.models.get("planner"))
    attacker: RoleName = "defender" if switched else "attacker"
    return await attack(plan, tactic, context.models.get(attacker)), tactic


def make_probe(plan: Plan, query: Query, tactic: Tactic, side: Side, split: str) -> Case:
    """The probe record of a query."""
    content = {
        "messages": (Message(role="user", content=query.text),),
        "scenario": plan.instance.id,
        "targets": (plan.rule.id,),
        "side": side,
        "split": split,
        "topic": plan.topic,
        "seed_prompt": plan.request,
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


@dataclass
class _RunningExchange:
    """An exchange under way."""

    plan: Plan
    wave: int
    pool: StrategyPool
    context: SynthesisContext
    records: list[Record] = field(default_factory=list)

    async def run(self) -> None:
        """The first round; after a violation further rounds and the permitted twin."""
        probe = await self._probe(switched=False)
        if not await self._round(probe, 0):
            return
        # What the first round found stays, whatever happens to the rounds built on it.
        try:
            await self._switched_rounds()
            if drawn("twin", self.context.settings.permitted_share, "twin", self.plan.seed):
                await self._twin(probe)
        except ModelError as error:
            self.records.append(Failure(stage="synth", item=probe.id, reason=str(error)))

    async def _probe(self, *, switched: bool) -> Case:
        query, tactic = await write_query(self.plan, self.pool, self.context, switched=switched)
        return make_probe(self.plan, query, tactic, "violation", "train")

    async def _switched_rounds(self) -> None:
        """Further rounds with attacker and defender traded, while violations go on."""
        settings, seed = self.context.settings, self.plan.seed
        for number in range(1, settings.rounds):
            if not drawn("switch", settings.switch_share, "switch", seed, number):
                return
            if not await self._round(await self._probe(switched=True), number):
                return

    async def _twin(self, probe: Case) -> None:
        """Write, answer and judge the permitted twin of a violation."""
        attacker = self.context.models.get("attacker")
        query = await permitted_twin(self.plan, probe.request, attacker)
        if query is not None:
            await self._round(twin_probe(probe, query), 0)

    async def _round(self, probe: Case, number: int) -> bool:
        """Answer and judge one query; returns whether it broke a rule. ModelError where nothing
        came: that breaks no rule."""
        switched = number > 0
        answer = await self._answer(probe, "attacker" if switched else "defender")
        judgements = await self._judged(probe, answer)
        verdicts = [v for v in verdicts_of(judgements) if v.value == "NO"]
        counted = self.context.counted
        violated = tuple(v.rule for v in verdicts if v.kind == "check" or v.rule in counted)
        roles: dict[str, str] = {name: self.context.models.name(name) for name in _ROLES}
        if switched:
            roles["attacker"], roles["defender"] = roles["defender"], roles["attacker"]
        exchange = Exchange(
            probe=probe.id,
            answer=answer.id,
            wave=self.wave,
            round=number,
            strategy=probe.strategy,
            roles=roles,
            switched=switched,
            violated=violated,
        )
        self.records += [probe, answer, *judgements, exchange]
        return bool(violated)

    async def _answer(self, probe: Case, role: RoleName) -> Answer:
        models, settings = self.context.models, self.context.settings
        role_model = models.get(role) or models.get("defender")
        assert role_model is not None, "the defender is always a model"
        shown = self.plan.instance_rules if settings.defender_rules else ()
        messages = constrained(probe, shown) if shown else probe.messages
        sampling = role_model.sampling(self.plan.seed, settings.max_tokens)
        answer = await answer_to(role_model, probe, messages, sampling)
        if answer.end in NOTHING:
            raise ModelError(with_remedy(answer.end))
        return answer

    async def _judged(self, probe: Case, answer: Answer) -> list[Judgement]:
        """Checks on decidable rules; models on a share, for quality and what code cannot decide."""
        context, plan = self.context, self.plan
        checked = check_judgement(rule_case(probe.messages, answer, context.decidable))
        if not drawn("judged", context.settings.judged_share, "judged", plan.seed):
            return [checked]
        if score := await context.score(probe, answer):
            self.records.append(score)
        # The rule that the request is about comes first.
        ordered = sorted(plan.instance_rules, key=lambda rule: rule.id != plan.rule.id)
        undecided = [rule for rule in ordered if rule.check is None]
        judged = await context.judge(probe, answer, undecided[: context.settings.judged_rules])
        return [checked, judged] if judged else [checked]
