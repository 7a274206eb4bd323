"""Stage 2 of SpecAlign: concrete specifications of 8 to 13 rules under four constraints.

Constraints: every stage of the document is covered; both directions have at least a third of the
rules; at least half as many domains as rules, as far as there are so many; no family has more than
a third. Conflicts are settled by stage, then direction, then exception status, then specificity.

The paper names the constraints and the order, not their thresholds: those are ours.

Each instance ranks the rules by a hash of its seed and their wordings and takes the best that the
constraints allow. Removing a rule from the document does not change an instance without it; one
with it loses it and gains the next.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from types import MappingProxyType

from specloop.config import PLAIN, Config, Instances
from specloop.draws import ranked, seed_of
from specloop.errors import InputError
from specloop.records import ANSWERING_STAGES, Conflict, Instance, Rule, Split
from specloop.synth.trust import Beliefs, is_enough, level_of

_TRIES = 20
"""How often an instance with the rules of another one is drawn again."""


def sample_instances(
    rules: Sequence[Rule], held_out: frozenset[str], settings: Instances
) -> list[Instance]:
    """Distinct instances for every split; held-out rules occur in test instances only."""
    if settings.rules == "judged":
        rules = [rule for rule in rules if rule.check is None]
    seen: set[frozenset[str]] = set()
    instances: list[Instance] = []
    splits: tuple[tuple[Split, int], ...] = (
        ("train", settings.n_train),
        ("validation", settings.n_validation),
        ("test", settings.n_test),
    )
    for split, n in splits:
        pool = rules if split == "test" else [r for r in rules if r.id not in held_out]
        for number in range(n):
            seed = seed_of(settings.seed, split, number)
            draws = (_draw(pool, settings, seed, again) for again in range(_TRIES))
            chosen = next((d for d in draws if _ids(d) not in seen), _draw(pool, settings, seed))
            if chosen:
                seen.add(_ids(chosen))
                instances.append(_instance(chosen, pool, seed, split))
    return instances


def priority(rule: Rule) -> tuple[int, int, int, int, str]:
    """Sort key of the lexicographic priority; smaller comes first and wins a conflict.

    Stage in processing order, prohibitions before demands, exceptions before what they except, the
    more specific before the more general.
    """
    return (
        ANSWERING_STAGES.index(rule.stage),
        int(rule.direction == "positive"),
        int(rule.exception_to is None),
        -rule.specificity,
        rule.text,
    )


def settle(rules: Sequence[Rule]) -> tuple[Conflict, ...]:
    """The known conflicts among rules (an exception and its base rule)."""
    by_id = {rule.id: rule for rule in rules}
    pairs = [(r, by_id[r.exception_to]) for r in rules if r.exception_to in by_id]
    return tuple(_settled(left, right) for left, right in pairs)


def _settled(left: Rule, right: Rule) -> Conflict:
    # An exception always beats its base rule, at any stage, because the document says so.
    if left.exception_to == right.id:
        return Conflict(winner=left.id, loser=right.id, settled_by="exception")
    winner, loser = sorted((left, right), key=priority)
    names = ("stage", "direction", "exception", "specificity", "order")
    keys = zip(names, priority(winner), priority(loser), strict=True)
    by = next((name for name, a, b in keys if a != b), "order")
    return Conflict.model_validate({"winner": winner.id, "loser": loser.id, "settled_by": by})


def unmet(chosen: Sequence[Rule], pool: Sequence[Rule]) -> tuple[str, ...]:
    """The constraints that a selection from the pool breaks."""
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


def _ids(rules: Sequence[Rule]) -> frozenset[str]:
    return frozenset(rule.id for rule in rules)


def _draw(pool: Sequence[Rule], settings: Instances, seed: int, again: int = 0) -> list[Rule]:
    """A selection that keeps the constraints as far as the pool allows: first a rule of each stage,
    then rules of new domains until there are enough, then the best ranked of all."""
    sizes = range(settings.min_rules, settings.max_rules + 1)
    size = min(len(pool), sizes[seed_of("size", seed, again) % len(sizes)])
    order = ranked(pool, lambda rule: rule.text, seed, again)
    chosen = _Selection(size)
    for stage in ANSWERING_STAGES:
        if all(rule.stage != stage for rule in chosen.rules):
            any(chosen.take(rule) for rule in order if rule.stage == stage)
    n_domains = min(size / 2, len({rule.domain for rule in pool}))
    for rule in order:
        domains = {rule.domain for rule in chosen.rules}
        if len(domains) < n_domains and rule.domain not in domains:
            chosen.take(rule)
    for balanced in (("family", "direction"), ("direction",), ()):
        for rule in order:
            chosen.take(rule, balanced)
    return chosen.rules


class _Selection:
    """Rules taken one by one, up to a size."""

    def __init__(self, size: int) -> None:
        self.rules: list[Rule] = []
        self._size = size
        self._most = {"direction": size - math.ceil(size / 3), "family": max(2, size // 3)}

    def take(self, rule: Rule, balanced: Sequence[str] = ("family", "direction")) -> bool:
        """Add a rule if there is room for it, and for one more of its kind by each of the fields
        that are to be balanced."""
        counts = {name: Counter(getattr(held, name) for held in self.rules) for name in balanced}
        has_room = all(counts[name][getattr(rule, name)] < self._most[name] for name in balanced)
        fits = has_room and len(self.rules) < self._size and rule not in self.rules
        if fits:
            self.rules.append(rule)
        return fits


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
    """The ids of the held-out rules: those that the settings name, or else a share drawn by seed;
    and those that code decides where instances hold none of them."""
    decidable = [rule for rule in rules if rule.check is not None]
    other = [rule for rule in rules if rule.check is None]
    left = [other] if settings.rules == "judged" else [decidable, other]
    left_out = () if settings.rules == "all" else decidable
    if settings.held_out_rules:
        held_out = [r for r in rules if _named(r, settings.held_out_rules)]
    else:
        held_out = [rule for group in left for rule in _share(group, settings)]
    return frozenset(rule.id for rule in (*held_out, *left_out))


def _share(group: Sequence[Rule], settings: Instances) -> Sequence[Rule]:
    n = round(len(group) * settings.held_out_share)
    return ranked(group, lambda rule: rule.text, "hold-out", settings.seed)[:n]


def unknown_names(rules: Sequence[Rule], settings: Instances) -> list[str]:
    """Names of rules to hold out that no rule has."""
    return [name for name in settings.held_out_rules if not any(_named(r, (name,)) for r in rules)]


def _named(rule: Rule, names: Sequence[str]) -> bool:
    return any(name in (rule.id, rule.section) or name in rule.text for name in names)


def need_lessons(
    config: Config,
    rules: Sequence[Rule],
    held_out: frozenset[str],
    beliefs: Beliefs = MappingProxyType({}),
    *,
    for_pairs: bool,
) -> None:
    """InputError if no rule can be trained on, or measured if no pairs are made. `beliefs` are how
    far the judge that makes pairs is believed."""
    taught = [rule for rule in rules if rule.id not in held_out]
    n_checks = sum(rule.check is not None for rule in rules)
    if any(rule.check is not None for rule in taught):
        return
    least = config.synthesis.trust_judge
    is_believed = any(is_enough(level_of(rule, beliefs), least) for rule in taught)
    missing = _missing_for_judge(config, is_believed)
    measured = config.roles.compliance.model != PLAIN and config.evaluate.judged_share > 0
    if taught and (not missing or (measured and not for_pairs)):
        return
    held = " (and held out, by instances.held_out_rules or held_out_share)" if n_checks else ""
    raise InputError(
        f"{n_checks} of {len(rules)} rules are decided by code{held}, and "
        f"{missing or 'all rules are held out'}; or write rules that code can decide, in the "
        "document or in rules.yaml (docs/reading.md)"
    )


def need_rules(rules: Sequence[Rule]) -> None:
    """InputError if there is no rule at all."""
    if not rules:
        raise InputError(
            "no rule was found in the document: write obligations as sentences or list entries "
            "('The assistant must ...', 'Never ...'), or name a model as roles.extractor to read "
            "freer wording (docs/reading.md)"
        )


_BELIEVE = (
    "measure the judge until it is certified (specloop judge calibrate), or set"
    ' synthesis.trust_judge = "unmeasured", and every pair says so'
)


def _missing_for_judge(config: Config, is_believed: bool) -> str:
    """What prevents the judge's verdicts from making pairs, with the remedy; empty if nothing."""
    settings = config.synthesis
    todo = [] if is_believed else [_BELIEVE]
    todo += [] if settings.judged_share else ["set synthesis.judged_share above 0"]
    if config.roles.compliance.model == PLAIN:
        steps = " and ".join(["name a model as roles.compliance", *todo])
        return f"no judge is configured: {steps}"
    return f"the judge's verdicts make no pairs: {' and '.join(todo)}" if todo else ""
