"""Held-out probes: other seed prompts and instances, and nothing from the pool.

Every everyday request of the split's topics is a probe as it is. In addition there are attacks
written as in synthesis, each with its permitted twin if there is one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from specloop.checking import applies
from specloop.config import Synthesis
from specloop.draws import drawn, picked
from specloop.items import Loop, each, local
from specloop.records import Case, Failure, Instance, MadeBy, Message, Rule, SeedPrompt, Split
from specloop.synth.attacker import Query, permitted_twin
from specloop.synth.exchange import SynthesisContext, make_probe, twin_probe, write_query
from specloop.synth.planner import StrategyPool
from specloop.synth.plans import Plan

Taken = Callable[[Case], int]
"""Whether a probe's request may stand: 0 if it may, more the less it may."""


def everyday_probes(
    seeds: Sequence[SeedPrompt], instances: Sequence[Instance], rules: Sequence[Rule]
) -> list[Case]:
    """The seed prompts themselves, on the permitted side if no conditional rule applies and they
    name no rule that they put to the test."""
    conditional = [rule for rule in rules if rule.check and rule.check.when]
    probes: list[Case] = []
    for seed in seeds:
        hit = tuple(r.id for r in conditional if r.check and applies(r.check, seed.text))
        own = tuple(r.id for r in rules if r.check is None and r.text in seed.rules)
        probes.append(
            Case(
                messages=(Message(role="user", content=seed.text),),
                scenario=picked(_with_most(own, instances), _seed, seed.text).id,
                targets=(*hit, *own),
                side="violation" if hit or own else "permitted",
                split=seed.split,
                topic=seed.topic,
                seed_prompt=seed.text,
                attack="direct",
                made_by=seed.made_by or MadeBy(model="plain"),
            )
        )
    return probes


def _with_most(rules: Sequence[str], instances: Sequence[Instance]) -> Sequence[Instance]:
    """The instances that hold most of some rules: only an instance's rules are judged."""
    held = [len(set(rules) & set(instance.rules)) for instance in instances]
    return [i for i, n in zip(instances, held, strict=True) if n == max(held, default=0)]


def _seed(instance: Instance) -> str:
    return str(instance.seed)


def attack_draw(split: Split, settings: Synthesis) -> tuple[float, str]:
    """The draw of a split's plans: none is a request as it is."""
    return 0.0, f"{split}-{settings.seed}"


async def attack_probes(
    split: Split,
    plans: Sequence[Sequence[Plan]],
    context: SynthesisContext,
    record: Callable[[Sequence[Failure]], object],
    taken: Taken = lambda _: 0,
) -> list[list[Case]]:
    """Write the planned attacks on a held-out split's seeds, each with its twin if it has one: by
    the first of its plans whose request may stand. `record` gets each failure at once; of such an
    attack there is nothing."""
    settings = context.settings

    async def write(number: int) -> list[Case]:
        return await _written(plans[number], split, context, taken)

    loop = Loop[int, list[Case]](
        f"{split} probes",
        "probes",
        lambda number: f"{split} {number}",
        local(context.models.concurrency),
        settings.max_failures,
        record=record,
    )
    results = await each(write, range(len(plans)), loop)
    return [[] if isinstance(result, Failure) else result for result in results]


async def _written(
    plans: Sequence[Plan], split: Split, context: SynthesisContext, taken: Taken
) -> list[Case]:
    written: list[tuple[Case, Query, Plan]] = []
    for plan in plans:
        query, tactic = await write_query(plan, StrategyPool(), context, switched=False)
        probe = make_probe(plan, query, tactic, "violation", split)
        written.append((probe, query, plan))
        is_last = plan is plans[-1]
        if is_last or not drawn("taken", float(taken(probe) > 0), "taken", plan.seed):
            break
    probe, query, plan = min(written, key=lambda one: taken(one[0]))
    twin = await permitted_twin(plan, query.text, context.models.get("attacker"))
    return [probe] if twin is None else [probe, twin_probe(probe, twin)]
