"""What a datum of a run was made from, back to the line of the document, and what hangs on a rule.

Every record names what it was made from. Here they are joined by their ids.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from rapidfuzz import fuzz, process

from specloop.errors import InputError
from specloop.records import Record
from specloop.revision.datums import KINDS, Datum, Joined, data_of

_NEAR = 4
"""Near ids or rules that a message names, at most."""
_LIKE = 50
"""The least likeness, of 100, at which a rule may be meant."""
_CARRIED: Mapping[str, tuple[str, ...]] = {
    "rule": ("edit", "rubric"),
    "probe": ("exchange", "answer"),
    "pair": ("training", "reviewed item", "triage"),
    "training": ("training", "evaluation"),
    "labelled case": ("label",),
    "reviewed item": ("decision",),
}
"""What hangs on a rule because that which it was made from does, by kind; all else hangs on it
where it names the rule."""


class Chain(NamedTuple):
    """A datum with all that it was made from, the document first, and what was made from it."""

    datum: Datum
    about: tuple[str, ...]
    """The rules that it is told for."""
    above: tuple[Datum, ...]
    below: Mapping[str, tuple[str, ...]]
    """Ids by kind."""


class Web:
    """All data of a run."""

    def __init__(self, records: Iterable[Record], document: str, name: str) -> None:
        """Of records, the rules in force among them; `document` is its text, `name` its file's."""
        every = list(records)
        joined = Joined.of(every, document, name)
        self.data: dict[str, Datum] = {}
        for record in every:
            for datum in data_of(record, joined):
                self.data.setdefault(datum.id, datum)

    @cached_property
    def below(self) -> Mapping[str, list[Datum]]:
        """Id -> what was made from that, or names it."""
        below: dict[str, list[Datum]] = {}
        for datum in self.data.values():
            for id_ in dict.fromkeys((*datum.made_from, *datum.rules)):
                below.setdefault(id_, []).append(datum)
        return below

    def find(self, id_: str) -> Datum:
        """The datum with that id, or the only one whose id begins like that. InputError, with near
        ones, if there is none or more than one."""
        if found := _one(id_, _begins(id_, self.data.values())):
            return found
        ids = [datum.id for datum in self.data.values() if datum.kind != "document"]
        close = process.extract(id_, ids, scorer=fuzz.ratio, limit=_NEAR)
        raise InputError(
            f"{id_}: no record of this run has that id; near ones:"
            f" {_listed(self.data[key] for key, *_ in close)}"
        )

    def find_rule(self, words: str) -> Datum:
        """The rule with that id, beginning of an id, or words: of those that are set aside only
        where none of now is meant. InputError as of `find`."""
        rules = [datum for datum in self.data.values() if datum.kind == "rule"]
        now = [rule for rule in rules if not self._is_aside(rule)]
        said = " ".join(words.casefold().split())
        found = (
            _begins(words, rules)
            or [rule for rule in now if rule.text.casefold() == said]
            or [rule for rule in now if said and said in rule.text.casefold()]
            or [rule for rule in rules if said and said in rule.text.casefold()]
        )
        if rule := _one(words, found):
            return rule
        texts = [rule.text for rule in rules]
        scorer = fuzz.partial_ratio
        close = process.extract(words, texts, scorer=scorer, limit=_NEAR, score_cutoff=_LIKE)
        near = _listed(rules[at] for *_, at in close)
        raise InputError(f"{words}: no rule of this run; near ones: {near or 'none'}")

    def _is_aside(self, datum: Datum) -> bool:
        above = (self.data.get(id_) for id_ in datum.made_from)
        return any(one is not None and one.kind == "set aside" for one in above)

    def chain(self, datum: Datum, rule: Datum | None = None) -> Chain:
        """What a datum was made from, as far as it is about one rule where that is given.
        InputError where it is not about that rule."""
        about = self._about(datum)
        if rule is not None:
            if rule.id not in about:
                named = ", ".join(about) or "none"
                raise InputError(
                    f"{datum.kind} {datum.id} is not about the rule {rule.id}, but about {named}"
                )
            about = (rule.id,)
        found = {datum.id: datum}
        waiting = deque([datum])
        while waiting:
            for above in self._above(waiting.popleft(), about):
                if above.id not in found:
                    found[above.id] = above
                    waiting.append(above)
        del found[datum.id]
        ordered = sorted(found.values(), key=_place)
        return Chain(datum, about, tuple(ordered), _by_kind(self._later(datum)))

    def hanging(self, rule: Datum) -> Chain:
        """A rule, and all that hangs on it."""
        return self.chain(rule)._replace(below=_by_kind(self._hanging(rule)))

    def _about(self, datum: Datum) -> tuple[str, ...]:
        """The rules that a datum is about: those that it names, or else those of what it was made
        from."""
        if datum.kind == "rule":
            return (datum.id,)
        seen, level = {datum.id}, [datum]
        while level:
            named = dict.fromkeys(id_ for one in level for id_ in one.rules if id_ in self.data)
            if named:
                return tuple(named)
            ids = dict.fromkeys(id_ for one in level for id_ in one.made_from if id_ not in seen)
            seen |= ids.keys()
            level = [self.data[id_] for id_ in ids if id_ in self.data]
        return ()

    def _above(self, datum: Datum, about: Sequence[str]) -> Iterator[Datum]:
        """What a datum was made from: a pair from the verdicts on its sides too. A training says
        how many pairs it learned from."""
        ids = () if datum.kind == "training" else datum.made_from
        yield from (self.data[id_] for id_ in ids if id_ in self.data)
        if datum.kind == "pair":
            for id_ in ids:
                yield from self._verdicts(id_, about)
        if datum.kind == "rule":
            for one in self.below.get(datum.id, ()):
                if one.kind in ("edit", "rubric"):
                    yield one
        elif datum.kind not in ("document", "section"):
            yield from (self.data[id_] for id_ in about if id_ in self.data)

    def _verdicts(self, id_: str, about: Sequence[str]) -> Iterator[Datum]:
        for one in self.below.get(id_, ()):
            if one.kind == "verdicts" and not set(one.rules).isdisjoint(about):
                yield one

    def _later(self, datum: Datum) -> Iterator[Datum]:
        """What was made from a datum, and from that."""
        seen, waiting = {datum.id}, deque([datum])
        while waiting:
            above = waiting.popleft()
            for one in self.below.get(above.id, ()):
                if one.id not in seen and above.id in one.made_from:
                    seen.add(one.id)
                    waiting.append(one)
                    yield one

    def _hanging(self, rule: Datum) -> Iterator[Datum]:
        seen = {rule.id}
        waiting = deque(one for one in self.below.get(rule.id, ()) if rule.id in one.rules)
        while waiting:
            datum = waiting.popleft()
            if datum.id in seen:
                continue
            seen.add(datum.id)
            yield datum
            carried = _CARRIED.get(datum.kind, ())
            waiting += [one for one in self.below.get(datum.id, ()) if one.kind in carried]


def _begins(id_: str, every: Iterable[Datum]) -> list[Datum]:
    each = list(every)
    exact = [one for one in each if one.id == id_]
    return exact or [one for one in each if id_ and one.id.startswith(id_)]


def _one(said: str, found: Sequence[Datum]) -> Datum | None:
    if len(found) > 1:
        raise InputError(f"{said}: {len(found)} are meant by that: {_listed(found[:_NEAR])}, ...")
    return found[0] if found else None


def _listed(data: Iterable[Datum]) -> str:
    return "; ".join(f"{one.kind} {one.id} {one.text[:60]!r}" for one in data)


def _place(datum: Datum) -> int:
    return KINDS.index(datum.kind)


def _by_kind(data: Iterable[Datum]) -> dict[str, tuple[str, ...]]:
    """Ids by kind, in the order of kinds."""
    by_kind: dict[str, list[str]] = {}
    for datum in sorted(data, key=_place):
        by_kind.setdefault(datum.kind, []).append(datum.id)
    return {kind: tuple(ids) for kind, ids in by_kind.items()}
