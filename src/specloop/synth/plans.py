"""Which exchanges a wave holds: seed prompt, instance and target rule, drawn by seed.

Target rules go round, rules that code can decide first, so that every one is probed about as often.
Seed prompts go round too: a repeated one makes a duplicate pair, and what lies outside a rule's
condition is learnt from the variety of the requests.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from specloop.checks import applies
from specloop.records import Instance, Rule, SeedPrompt
from specloop.synth.planner import Task


class Plan(NamedTuple):
    """One exchange to run."""

    task: Task
    instance: Instance
    topic: str
    direct: bool
    """Put the seed prompt as it is."""


def make_plans(
    n: int,
    seeds: Sequence[SeedPrompt],
    instances: Sequence[Instance],
    rules: Mapping[str, Rule],
    draw: tuple[float, str],
) -> list[Plan]:
    """`n` plans; `draw` is (share of direct requests, name of the random stream)."""
    direct_share, stream = draw
    rng = random.Random(stream)
    plans: list[Plan] = []
    order: list[tuple[Instance, Rule]] = []
    uses: Counter[str] = Counter()
    while len(plans) < n:
        if not order:
            order = _targets(instances, rules, rng)
        instance, rule = order.pop()
        direct = rng.random() < direct_share
        seed = _seed_for(rule, seeds, uses, rng) if direct else rng.choice(list(seeds))
        if seed is None:
            direct, seed = False, rng.choice(list(seeds))
        uses[seed.text] += direct
        ordered = [rules[rule_id] for rule_id in instance.rules]
        task = Task(seed.text, rule, ordered, rng.randrange(2**31))
        plans.append(Plan(task, instance, seed.topic, direct))
    return plans


def _targets(
    instances: Sequence[Instance], rules: Mapping[str, Rule], rng: random.Random
) -> list[tuple[Instance, Rule]]:
    """Every decidable rule of every instance once, and one undecidable rule an instance."""
    targets: list[tuple[Instance, Rule]] = []
    for instance in instances:
        members = [rules[rule_id] for rule_id in instance.rules]
        decidable = [rule for rule in members if rule.check is not None]
        other = [rule for rule in members if rule.check is None]
        chosen = decidable + (rng.sample(other, 1) if other else [])
        targets += [(instance, rule) for rule in chosen]
    rng.shuffle(targets)
    return targets


def _seed_for(
    rule: Rule, seeds: Sequence[SeedPrompt], uses: Counter[str], rng: random.Random
) -> SeedPrompt | None:
    """The least used seed prompt that the rule applies to as it stands, or None."""
    fitting = [s for s in seeds if rule.check is None or applies(rule.check, s.text)]
    fewest = min((uses[seed.text] for seed in fitting), default=0)
    fresh = [seed for seed in fitting if uses[seed.text] == fewest]
    return rng.choice(fresh) if fresh else None
