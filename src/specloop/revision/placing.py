"""Instances for another version of a document: their draw stays, and only changed rules give way.

A rule takes the places of the one that it has come of: of those in held-out splits at most as many
as a full run gives a rule on average, rounded up, since all answers there are judged by it anew.
One that is back takes the places that it had. Any other joins as many instances of a split as a
rule is in on average, one at least, those with the fewest rules first; so it may be one more than
`max_rules`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from specloop.config import Instances
from specloop.draws import ranked
from specloop.records import Instance, Rule, Split
from specloop.revision.rulemap import RuleMap
from specloop.synth.instances import hold_out, priority, settle, unmet

_Place = tuple[int, Split]
"""What an instance is known by in all versions: its seed and its split."""


@dataclass(frozen=True)
class Placing:
    """What decides which rules an instance holds now."""

    rules: RuleMap
    settings: Instances
    held_out: frozenset[str]
    """New ids of the rules that no training instance may hold."""
    former: Sequence[Instance]
    """Instances as they were in earlier versions, with the ids of the rules of then."""

    def placed(self, instances: Sequence[Instance]) -> list[Instance]:
        """Each instance as it is now, in their order: the same where its rules are, and empty where
        they are gone."""
        members = {_place(one): self._kept(one) for one in instances}
        splits: set[Split] = {one.split for one in instances}
        for split in splits:
            own = [one for one in instances if one.split == split]
            # Many rules are in no instance: they count, since a full run draws from them too.
            n_places = sum(len(members[_place(one)]) for one in own)
            usual = n_places / max(1, len(self._pool(split)))
            for rule in self._joining(split):
                if split != "train":
                    self._leave(rule, ceil(usual), own, members)
                self._join(rule, max(1, round(usual)), own, members)
        return [self._made(one, members[_place(one)]) for one in instances]

    def _kept(self, instance: Instance) -> list[str]:
        """The rules that it holds already, by their new ids."""
        known = {**self.rules.successors, **self.rules.same}
        return list(dict.fromkeys(known[rule] for rule in instance.rules if rule in known))

    def _joining(self, split: Split) -> list[str]:
        pool = {rule.id for rule in self._pool(split)}
        return [rule for rule in self.rules.fresh if rule in pool]

    def _join(
        self,
        rule: str,
        n: int,
        instances: Sequence[Instance],
        members: Mapping[_Place, list[str]],
    ) -> None:
        """Put a fresh rule where it was, or else into the first `n` instances."""
        if any(rule in members[_place(one)] for one in instances):
            return
        if rule in self.rules.back.values():
            was = self._places_before(rule)
            chosen = [one for one in instances if _place(one) in was]
        else:
            chosen = self._ordered(rule, instances, members)[:n]
        for one in chosen:
            members[_place(one)].append(rule)

    def _leave(
        self,
        rule: str,
        most: int,
        instances: Sequence[Instance],
        members: Mapping[_Place, list[str]],
    ) -> None:
        """Take a fresh rule out of all but so many of the instances that hold it."""
        own = [one for one in instances if rule in members[_place(one)]]
        for one in self._ordered(rule, own, members)[most:]:
            members[_place(one)].remove(rule)

    def _ordered(
        self, rule: str, instances: Sequence[Instance], members: Mapping[_Place, list[str]]
    ) -> list[Instance]:
        """Those with the fewest rules first, others in an order that follows from the rule."""
        order = ranked(instances, lambda one: str(one.seed), "joins", self.rules.new[rule].text)
        return sorted(order, key=lambda one: len(members[_place(one)]))

    def _places_before(self, rule: str) -> set[_Place]:
        old = {was for was, now in self.rules.back.items() if now == rule}
        return {_place(one) for one in self.former if old & set(one.rules)}

    def _made(self, instance: Instance, ids: Sequence[str]) -> Instance:
        fresh = {rule for rule in ids if rule not in self.rules.same.values()}
        if not fresh and len(ids) == len(instance.rules):
            return instance  # Only names may differ.
        chosen = sorted((self.rules.new[rule] for rule in ids), key=priority)
        return Instance(
            rules=tuple(rule.id for rule in chosen),
            seed=instance.seed,
            split=instance.split,
            conflicts=settle(chosen),
            unmet=unmet(chosen, self._pool(instance.split)) if chosen else (),
        )

    def _pool(self, split: Split) -> list[Rule]:
        pool = self.rules.new.values()
        if self.settings.rules == "judged":
            pool = [rule for rule in pool if rule.check is None]
        return [rule for rule in pool if split == "test" or rule.id not in self.held_out]


def _place(instance: Instance) -> _Place:
    return instance.seed, instance.split


def held_out_now(
    before: Collection[str],
    rules: RuleMap,
    settings: Instances,
    former: Iterable[Instance],
) -> frozenset[str]:
    """The held-out rules of the newer version: what has come of those of the older one, those that
    the settings name, and those that are back and stood in test instances alone."""
    came_of = {new for one in rules.changes for new in one.new if set(one.old) & set(before)}
    named = settings.held_out_rules or settings.rules == "judged"
    fresh = set(rules.fresh)
    by_settings = hold_out(list(rules.new.values()), settings) & fresh if named else frozenset()
    splits: dict[str, set[Split]] = {}
    for instance in former:
        for rule in rules.back.keys() & set(instance.rules):
            splits.setdefault(rules.back[rule], set()).add(instance.split)
    only_test = {rule for rule, own in splits.items() if own == {"test"}}
    return frozenset((came_of | by_settings | only_test) & rules.new.keys())
