"""Choose the exchanges of a wave: seed prompt, instance and target rule.

Target rules are used in turn, rules that code can decide first, so that each is probed about as
often. A rule that code cannot decide gets the seed prompts that name it, if there are any; those
that name other rules are not used for it. Seed prompts used as they are also take turns: a repeated
one makes a duplicate pair, and the variety of the requests teaches what is outside a rule's
condition. The instance and the sampling seed of such a request follow from its text, so that it
does not depend on the other rules of the document.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import count, islice
from operator import attrgetter
from typing import NamedTuple

from specloop.checking import applies
from specloop.draws import drawn, picked, ranked, seed_of
from specloop.records import Instance, Rule, SeedPrompt


class Plan(NamedTuple):
    """What one exchange is about."""

    request: str
    rule: Rule
    instance: Instance
    instance_rules: Sequence[Rule]
    topic: str
    seed: int
    """Also seeds every draw made for it."""
    direct: bool
    """Whether the seed prompt is used as it is."""


class _Target(NamedTuple):
    """A rule of an instance, in one of the rounds."""

    instance: Instance
    rule: Rule
    turn: int

    @property
    def name(self) -> str:
        """The name from which its draws follow."""
        return f"{self.turn} {self.instance.seed} {self.rule.text}"


_text, _name = attrgetter("text"), attrgetter("name")
_Fitting = tuple[str, ...]
"""The texts of the seed prompts to which a rule applies as they are."""


def make_plans(
    n: int,
    seeds: Sequence[SeedPrompt],
    instances: Sequence[Instance],
    rules: Mapping[str, Rule],
    draw: tuple[float, str],
) -> list[Plan]:
    """`n` plans; `draw` is (share of direct requests, name of the random stream)."""
    direct_share, stream = draw
    fitting = {rule.id: _fitting(rule, seeds) for rule in rules.values()}
    groups: defaultdict[_Fitting, list[_Target]] = defaultdict(list)
    aimed: list[tuple[_Target, _Fitting]] = []
    for target in islice(_targets(instances, rules, stream), n):
        is_direct = drawn("direct", direct_share, stream, "direct", target.name)
        group = fitting[target.rule.id] if is_direct else ()
        aimed.append((target, group))
        groups[group].append(target)
    requests = {fits: iter(made) for fits, made in _requests(groups, seeds, stream)}
    plans: list[Plan] = []
    for target, group in aimed:
        if group:
            target, seed, use = next(requests[group])
            number = seed_of(stream, seed.text, use)
        else:
            seed = picked(_for(target.rule, seeds), _text, stream, target.name)
            number = seed_of(stream, target.name)
        instance = target.instance
        ordered = [rules[rule_id] for rule_id in instance.rules]
        about = (seed.text, target.rule, instance, ordered)
        plans.append(Plan(*about, topic=seed.topic, seed=number, direct=bool(group)))
    return plans


def aimed_plans(
    counts: Mapping[str, int],
    seeds: Sequence[SeedPrompt],
    instances: Sequence[Instance],
    rules: Mapping[str, Rule],
    draw: tuple[float, str],
) -> list[Plan]:
    """Plans that aim at some rules alone, each so often; none at a rule that no instance holds."""
    plans: list[Plan] = []
    for rule, n in counts.items():
        own = {one.seed: one for one in instances if rule in one.rules}
        alone = [one.model_copy(update={"rules": (rule,)}) for one in own.values()]
        for plan in make_plans(n, seeds, alone, {rule: rules[rule]}, draw) if own else ():
            whole = own[plan.instance.seed]
            shown = [rules[rule_id] for rule_id in whole.rules]
            plans.append(plan._replace(instance=whole, instance_rules=shown))
    return plans


def _fitting(rule: Rule, seeds: Sequence[SeedPrompt]) -> _Fitting:
    if rule.check is None:
        return tuple(seed.text for seed in _for(rule, seeds))
    return tuple(seed.text for seed in seeds if applies(rule.check, seed.text))


def _for(rule: Rule, seeds: Sequence[SeedPrompt]) -> Sequence[SeedPrompt]:
    """The seed prompts that name the rule; of a rule that none names, those that name none, if
    there are such."""
    own = [seed for seed in seeds if rule.text in seed.rules]
    return own or [seed for seed in seeds if not seed.rules] or seeds


def _targets(
    instances: Sequence[Instance], rules: Mapping[str, Rule], stream: str
) -> Iterator[_Target]:
    """Round after round: every decidable rule of every instance, and one undecidable rule of
    each."""
    for turn in count() if instances else ():
        targets: list[_Target] = []
        for instance in instances:
            members = [rules[rule_id] for rule_id in instance.rules]
            chosen = [rule for rule in members if rule.check is not None]
            other = [rule for rule in members if rule.check is None]
            chosen += ranked(other, _text, stream, instance.seed, turn)[:1]
            targets += [_Target(instance, rule, turn) for rule in chosen]
        yield from ranked(targets, _name, stream)


def _requests(
    groups: Mapping[_Fitting, Sequence[_Target]], seeds: Sequence[SeedPrompt], stream: str
) -> Iterator[tuple[_Fitting, list[tuple[_Target, SeedPrompt, int]]]]:
    """As many requests for each group of targets as it has: the least used of the seed prompts that
    fit it, each with its target and how often it was used before. Groups with few fitting prompts
    choose first."""
    order = ranked(seeds, _text, stream)
    uses: Counter[str] = Counter()
    for fitting in sorted(groups, key=lambda texts: (len(texts), texts)):
        known = set(fitting)
        fit = [seed for seed in order if seed.text in known]
        made: list[tuple[_Target, SeedPrompt, int]] = []
        for _ in groups[fitting] if fit else ():
            seed = min(fit, key=lambda seed: uses[seed.text])
            target = _aim(groups[fitting], stream, seed.text, uses[seed.text])
            made.append((target, seed, uses[seed.text]))
            uses[seed.text] += 1
        yield fitting, made


def _aim(targets: Sequence[_Target], *about: object) -> _Target:
    """The target for which a request counts: an instance is drawn, then a target in it."""
    instance = picked({target.instance.seed for target in targets}, str, *about)
    own = (target for target in targets if target.instance.seed == instance)
    return picked(own, _name, *about)
