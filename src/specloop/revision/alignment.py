"""Which rule of an older version of a document became which of a newer one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import get_args

from specloop.benchmaker.embedding import Embedding
from specloop.records import RuleChange
from specloop.records.revision import ChangeKind, Differing
from specloop.revision.effect import effect_of
from specloop.revision.facets import Surroundings, differing
from specloop.revision.links import Link, Linking
from specloop.spec.edits import DocumentRules

FOUND = 0.2
"""Where less of the old rules is found again, the texts are hardly versions of one document."""


def align(
    old: DocumentRules, new: DocumentRules, meaning: Embedding | None = None
) -> tuple[RuleChange, ...]:
    """Each old rule once and each new rule once, in the order of the newer version; rules that are
    gone stand where they were. `meaning` finds rules again that share too few words."""
    return tuple(_Alignment(old, new, meaning).changes())


def found_again(changes: Sequence[RuleChange]) -> float:
    """The share of the old rules that became something; 1 if there were none."""
    n = sum(len(change.old) for change in changes)
    return sum(len(change.old) for change in changes if change.new) / n if n else 1.0


class _Alignment:
    def __init__(self, old: DocumentRules, new: DocumentRules, meaning: Embedding | None) -> None:
        self._old, self._new = old, new
        self._linking = Linking(old, new)
        self._links = self._linking.links(meaning)
        self._around = (Surroundings(old), Surroundings(new))
        became: defaultdict[str, list[str]] = defaultdict(list)
        for link in self._links:
            became[old.rules[link.old].id].append(new.rules[link.new].id)
        self._became = became

    def changes(self) -> Iterator[RuleChange]:
        of_new: defaultdict[int, list[Link]] = defaultdict(list)
        of_old: defaultdict[int, list[Link]] = defaultdict(list)
        for link in self._links:
            of_new[link.new].append(link)
            of_old[link.old].append(link)
        gone = [at for at in range(len(self._old.rules)) if at not in of_old]
        after = self._places_of(gone)
        yield from self._gone(after[-1])
        done: set[int] = set()
        for to, rule in enumerate(self._new.rules):
            links = of_new[to] if len(of_new[to]) != 1 else of_old[of_new[to][0].old]
            if not links:
                yield RuleChange(kind="new", new=(rule.id,))
            elif to not in done:
                yield self._change(links)
            done |= {link.new for link in links}
            yield from self._gone(after[to])

    def _places_of(self, gone: Sequence[int]) -> defaultdict[int, list[int]]:
        """New rule -> the gone rules that stood behind what became it; -1: at the beginning."""
        went = {link.old: link.new for link in self._links}
        after: defaultdict[int, list[int]] = defaultdict(list)
        for at in gone:
            before = next((went[n] for n in range(at - 1, -1, -1) if n in went), -1)
            after[before].append(at)
        return after

    def _gone(self, rules: Sequence[int]) -> Iterator[RuleChange]:
        for at in rules:
            yield RuleChange(kind="gone", old=(self._old.rules[at].id,))

    def _change(self, links: Sequence[Link]) -> RuleChange:
        first = max(links, key=lambda link: link.likeness)
        one, other = self._old.rules[first.old], self._new.rules[first.new]
        kind = self._kind(links)
        differs = set(differing(one, other, self._around, self._became))
        if kind in ("kept", "moved"):
            differs.update(self._by_context(first))
        change = RuleChange(
            kind=kind,
            old=tuple(dict.fromkeys(self._old.rules[link.old].id for link in links)),
            new=tuple(dict.fromkeys(self._new.rules[link.new].id for link in links)),
            found_by=first.found_by,
            likeness=round(first.likeness, 3),
            differs=tuple(name for name in get_args(Differing) if name in differs),
        )
        judged = effect_of(
            change,
            [self._old.rules[at] for at in sorted({link.old for link in links})],
            [self._new.rules[at] for at in sorted({link.new for link in links})],
            (self._around[0].exceptions(one), self._around[1].exceptions(other)),
        )
        if judged is None:
            return change
        return change.model_copy(update={"effect": judged.effect, "reason": judged.reason})

    def _kind(self, links: Sequence[Link]) -> ChangeKind:
        if len(links) > 1:
            return "split" if len({link.old for link in links}) == 1 else "merged"
        (link,) = links
        old, new = self._linking.old[link.old], self._linking.new[link.new]
        by_context = link.found_by == "id" and old.holds_own and new.holds_own
        if old.folded != new.folded and not by_context:
            return "reworded"
        return "kept" if self._linking.places.together(link.old, link.new) else "moved"

    def _by_context(self, link: Link) -> Iterator[Differing]:
        """What differs around the same words."""
        if self._linking.old[link.old].folded != self._linking.new[link.new].folded:
            yield "condition"
        if self._old.rules[link.old].check != self._new.rules[link.new].check:
            yield "check"
