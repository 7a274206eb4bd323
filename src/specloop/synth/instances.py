"""Stage 2 of SpecAlign: concrete specifications of 8 to 13 rules under four constraints.

Constraints: every stage the document has is covered; both directions have at least a third of the
rules; at least half as many domains as rules, as far as there are so many; no family has more than
a third. Conflicts are settled by stage, then direction, then exception status, then specificity.

The paper names the constraints and the order, not their thresholds: those are ours.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Sequence

from specloop.config import Instances
from specloop.records import STAGES, Conflict, Instance, Rule, Split

_TRIES = 200


def sample_instances(
    rules: Sequence[Rule], held_out: frozenset[str], settings: Instances
) -> list[Instance]:
    """Distinct instances for every split; held-out rules occur in test instances only."""
    seen: set[frozenset[str]] = set()
    found: list[Instance] = []
    splits: tuple[tuple[Split, int], ...] = (
        ("train", settings.n_train),
        ("validation", settings.n_validation),
        ("test", settings.n_test),
    )
    for split, wanted in splits:
        pool = rules if split == "test" else [r for r in rules if r.id not in held_out]
        for number in range(wanted):
            seed = settings.seed * 1000 + len(found)
            chosen = _sample(pool, settings, random.Random(f"{split}-{number}-{seed}"), seen)
            if chosen:
                seen.add(frozenset(rule.id for rule in chosen))
                found.append(_instance(chosen, pool, seed, split))
    return found


def priority(rule: Rule) -> tuple[int, int, int, int, str]:
    """Sort key of the lexicographic priority; smaller comes first and wins a conflict.

    Stage in processing order, prohibitions before demands, exceptions before what they except, the
    more specific before the more general.
    """
    return (
        STAGES.index(rule.stage),
        int(rule.direction == "positive"),
        int(rule.exception_to is None),
        -rule.specificity,
        rule.id,
    )


def settle(rules: Sequence[Rule]) -> tuple[Conflict, ...]:
    """The conflicts among rules that are known to pull apart (an exception and its base rule)."""
    by_id = {rule.id: rule for rule in rules}
    pairs = [(r, by_id[r.exception_to]) for r in rules if r.exception_to in by_id]
    return tuple(_settled(left, right) for left, right in pairs)


def _settled(left: Rule, right: Rule) -> Conflict:
    # An exception always beats the rule it excepts, whatever their stages: the document says so.
    if left.exception_to == right.id:
        return Conflict(winner=left.id, loser=right.id, settled_by="exception")
    winner, loser = sorted((left, right), key=priority)
    names = ("stage", "direction", "exception", "specificity", "order")
    keys = zip(names, priority(winner), priority(loser), strict=True)
    by = next((name for name, a, b in keys if a != b), "order")
    return Conflict.model_validate({"winner": winner.id, "loser": loser.id, "settled_by": by})


def unmet(chosen: Sequence[Rule], pool: Sequence[Rule]) -> tuple[str, ...]:
    """The constraints a selection breaks although, or because, the pool is what it is."""
    broken: list[str] = []
    missing = {r.stage for r in pool} - {r.stage for r in chosen}
    if missing:
        broken.append("stage coverage: none of " + ", ".join(sorted(missing)))
    directions = Counter(rule.direction for rule in chosen)
    if min(directions["positive"], directions["negative"]) < len(chosen) / 3:
        counts = f"{directions['positive']} positive, {directions['negative']} negative"
        broken.append(f"direction balance: {counts}")
    domains = {rule.domain for rule in chosen}
    if len(domains) < min(len(chosen) / 2, len({rule.domain for rule in pool})):
        broken.append(f"topic coverage: {len(domains)} domains")
    family, count = Counter(rule.family for rule in chosen).most_common(1)[0]
    if count > max(2, len(chosen) / 3):
        broken.append(f"family diversity: {count} of family '{family}'")
    return tuple(broken)


def _sample(
    pool: Sequence[Rule], settings: Instances, rng: random.Random, seen: Iterable[frozenset[str]]
) -> list[Rule]:
    """The selection with the fewest broken constraints out of many drawn."""
    if not pool:
        return []
    best: list[Rule] = []
    best_broken = len(STAGES) + 1
    taken = set(seen)
    for _ in range(_TRIES):
        size = rng.randint(min(settings.min_rules, len(pool)), min(settings.max_rules, len(pool)))
        drawn = rng.sample(list(pool), size)
        if frozenset(rule.id for rule in drawn) in taken and len(pool) > settings.min_rules:
            continue
        broken = len(unmet(drawn, pool))
        if broken < best_broken:
            best, best_broken = drawn, broken
        if broken == 0:
            break
    return best


def _instance(chosen: Sequence[Rule], pool: Sequence[Rule], seed: int, split: Split) -> Instance:
    ordered = sorted(chosen, key=priority)
    return Instance(
        rules=tuple(rule.id for rule in ordered),
        seed=seed,
        split=split,
        conflicts=settle(ordered),
        unmet=unmet(ordered, pool),
    )


def hold_out(rules: Sequence[Rule], settings: Instances) -> frozenset[str]:
    """Ids of the rules held out whole: those the settings name, else a share drawn by seed."""
    if settings.held_out_rules:
        return frozenset(r.id for r in rules if _named(r, settings.held_out_rules))
    decidable = [rule for rule in rules if rule.check is not None]
    other = [rule for rule in rules if rule.check is None]
    rng = random.Random(f"hold-out-{settings.seed}")
    found: list[str] = []
    for group in (decidable, other):
        n = round(len(group) * settings.held_out_share)
        found += [rule.id for rule in rng.sample(group, n)]
    return frozenset(found)


def unknown_names(rules: Sequence[Rule], settings: Instances) -> list[str]:
    """Names of rules to be held out that no rule has."""
    return [name for name in settings.held_out_rules if not any(_named(r, (name,)) for r in rules)]


def _named(rule: Rule, names: Sequence[str]) -> bool:
    return any(name in (rule.id, rule.section) or name in rule.text for name in names)
