"""What models have to be asked anew after a revision: probes and exchanges aimed at fresh rules,
verdicts on stored answers, pairs of exchanges that have lost theirs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from pydantic import Field

from specloop.records import Case, Exchange, PreferencePair, Split, Value
from specloop.revision.falling import Records, is_everyday
from specloop.revision.names import Names
from specloop.revision.rulemap import RuleMap


class Due(Value):
    """Work that is left, by the ids of now."""

    probes: dict[str, dict[str, int]] = Field(default_factory=dict)
    """By split: how many attacks to write on each fresh rule."""
    exchanges: dict[str, int] = Field(default_factory=dict)
    """How many exchanges to aim at each fresh rule."""
    verdicts: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """The rules to judge an exchange's answer by, besides those it was judged by, by the answer's
    id."""
    pairs: tuple[str, ...] = ()
    """Cases of exchanges whose pair is to be made, or made anew."""


class Aimed(NamedTuple):
    """How often rules were aimed at in a split."""

    counts: Counter[str]
    """By the old id of the rule; each attack once, without its further rounds and its twin."""
    pool: Collection[str]
    """Ids of the rules of now that may be."""

    def at(self, rule: str, rules: RuleMap) -> int:
        """How often to aim at a fresh rule: as often as at what it has come of, but at most as a
        full run does at others of its kind on average; pairs of the further exchanges stay as far
        as they hold. A new one is aimed at as often as these; code's are a kind, since they are
        more often."""
        is_open = rules.new[rule].check is None
        alike = [id_ for id_, old in rules.old.items() if (old.check is None) is is_open]
        # As many in all as before, over all that may be: also those at which none happens to aim.
        n_now = sum((rules.new[one].check is None) is is_open for one in self.pool)
        usual = round(sum(self.counts[old] for old in alike) / n_now)
        came_of = [self.counts[old] for old, new in rules.successors.items() if new == rule]
        if not came_of:
            return usual
        return min(sum(came_of), usual) if alike else sum(came_of)


def due_work(
    before: Records, live: Records, rules: RuleMap, held_out: Collection[str], names: Names
) -> Due:
    """All but the verdicts."""
    cases = {case.id: case for case in before.of(Case)}
    taught = rules.new.keys() - held_out
    splits: dict[Split, Collection[str]] = {"validation": taught, "test": rules.new}
    probes = {
        split: _aimed(Aimed(_of_probes(cases.values(), split), pool), rules)
        for split, pool in splits.items()
    }
    exchanges = _aimed(Aimed(_of_exchanges(before, cases), taught), rules)
    return Due(probes=probes, exchanges=exchanges, pairs=_without_pair(before, live, names))


def _aimed(aimed: Aimed, rules: RuleMap) -> dict[str, int]:
    """How often to aim at each fresh rule that may be: once at least, which those give up that are
    aimed at most often. What was aimed at one that is back is back as well."""
    back = set(rules.back.values())
    fresh = [rule for rule in rules.fresh if rule in aimed.pool and rule not in back]
    wanted = {rule: aimed.at(rule, rules) for rule in fresh} if aimed.counts else {}
    for rule in [rule for rule, n in wanted.items() if not n]:
        most = max(wanted, key=lambda one: wanted[one])
        wanted[most] -= wanted[most] > 1
        wanted[rule] = 1
    return wanted


def _of_probes(cases: Iterable[Case], split: str) -> Counter[str]:
    own = (case for case in cases if case.split == split and case.is_probe)
    return Counter(_target(case) for case in own if not is_everyday(case) and not case.twin_of)


def _of_exchanges(before: Records, cases: Mapping[str, Case]) -> Counter[str]:
    first = (one for one in before.of(Exchange) if one.round == 0 and one.probe in cases)
    return Counter(_target(cases[e.probe]) for e in first if not cases[e.probe].twin_of)


def _target(case: Case) -> str:
    return case.targets[0] if case.targets else ""


def _without_pair(before: Records, live: Records, names: Names) -> tuple[str, ...]:
    """Cases of kept exchanges that have lost their pair, or that break a rule only now."""
    paired = {pair.probe for pair in live.of(PreferencePair)}
    had = {names.of(pair.probe) for pair in before.of(PreferencePair)}
    was_kept = {names.of(one.id) for one in before.of(Exchange) if not one.violated}
    return tuple(
        one.probe
        for one in live.of(Exchange)
        if one.violated
        and not one.switched
        and one.probe not in paired
        and (one.probe in had or one.id in was_kept)
    )
