"""What was set aside and holds again when rules have changed once more.

Two versions may have made different answers of one id for a pair of the same request. So answers
that were made for a pair, and what was said of them, return with their own pair or not at all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar, cast

from specloop.records import (
    CODE,
    Answer,
    Case,
    Exchange,
    Instance,
    Judgement,
    PreferencePair,
    Record,
    SetAside,
)
from specloop.revision.falling import OF_ANSWERS, OF_PAIRS, Records
from specloop.revision.names import Names
from specloop.revision.retold import Retold
from specloop.revision.rulemap import RuleMap, version_of
from specloop.synth.pairs import apart

R = TypeVar("R", bound=Record)

_ABOUT: Mapping[type[Record], Sequence[tuple[type[Record], str]]] = {
    Case: [(Instance, "scenario")],
    Answer: [(Case, "case")],
    **{kind: [(Answer, "answer")] for kind in OF_ANSWERS},
    Exchange: [(Case, "probe"), (Answer, "answer")],
    PreferencePair: [(Exchange, "exchange"), (Answer, "chosen_id")],
}
"""The kinds of what a record is about, with the fields that say which."""
Batch = tuple[str, str]
"""A version of the document that was left, and the case of a pair that fell out then."""


class Back(NamedTuple):
    """A record that is back."""

    place: int
    """Its line in the file, from 0."""
    record: Record
    batch: Batch


@dataclass
class Returning:
    """Finds what returns; what does not is in `stays`, under the names of now."""

    asides: Sequence[SetAside]
    rules: RuleMap
    names: Names
    retold: Retold
    live: Records
    """What is carried over so far."""
    stays: list[SetAside] = field(default_factory=list[SetAside])

    def __post_init__(self) -> None:
        rules = self.rules
        gone = (rules.was.keys() | rules.changed) - rules.back.keys() - rules.new.keys()
        self._away, self._version = frozenset(gone), version_of(rules.new)
        self._waiting: defaultdict[Batch, list[tuple[SetAside, Record, Record]]]
        self._waiting = defaultdict(list)
        self._cases: dict[Batch, str] = {}
        """By version and answer: the case of an answer that waits for its pair."""
        self._ids: dict[type[Record], set[str]] = {}

    def of(self, kind: type[Record]) -> Iterator[SetAside]:
        """What is set aside of a kind."""
        return (one for one in self.asides if one.file == kind.FILE)

    def read(self, kind: type[R]) -> Iterator[tuple[SetAside, R]]:
        """The same with the records."""
        return ((one, kind.model_validate(one.content)) for one in self.of(kind))

    def back(self, kind: type[R], told: Callable[[R], R]) -> list[Back]:
        """What is back of a kind, by its places: of pairs of one request the last one, and of a
        judge's verdicts those on rules that are in force."""
        found: dict[str, tuple[SetAside, R, R]] = {}
        for aside, read in self.read(kind):
            record, now = self.names.renamed(read), told(read)
            if self.holds(aside) and isinstance(record, Judgement) and not self._is_of_now(record):
                self.keep(aside, record)
                record = now = cast(R, self.retold.in_force(record))
                if self._goes_with(record, aside) and not self._waits(aside, record, now):
                    _put_fuller(found, aside, record, now)
            elif not self.holds(aside) or not self._goes_with(record, aside):
                self.keep(aside, record)
            elif not self._waits(aside, record, now):
                if isinstance(record, PreferencePair) and record.probe in found:
                    self.keep(*found.pop(record.probe)[:2])
                _put_fuller(found, aside, record, now)
        every = [
            Back(aside.place, now, (aside.document, str(getattr(record, "probe", ""))))
            for aside, record, now in found.values()
        ]
        return sorted(every, key=lambda one: one.place)

    def with_pairs(self, batches: Collection[Batch]) -> dict[type[Record], list[Back]]:
        """What returns with pairs that are back, by kind."""
        found: defaultdict[type[Record], list[Back]] = defaultdict(list)
        for batch, every in self._waiting.items():
            for aside, record, told in every:
                if batch in batches:
                    found[type(record)].append(Back(aside.place, told, batch))
                else:
                    self.keep(aside, record)
        return {kind: sorted(own, key=lambda one: one.place) for kind, own in found.items()}

    def holds(self, aside: SetAside) -> bool:
        """Whether its rules are all in force again, as they were, and none that it does not go
        with."""
        away = self.rules.was.keys() - self.rules.back.keys()
        in_force = (self.rules.back.keys() | self.rules.same.keys()) - away
        against = {self.rules.same.get(rule) for rule in aside.against}
        return (
            bool(aside.rules or aside.against)
            and in_force.issuperset(aside.rules)
            and against <= {None}
            and aside.version in ("", self._version)
        )

    def keep(self, aside: SetAside, record: Record) -> None:
        """Leave it where it is, under the names of now."""
        known = {**self.rules.same, **self.rules.back}
        now = {
            "id": "",
            "content": record.model_dump(mode="json"),
            "rules": [known.get(rule, rule) for rule in aside.rules],
            "against": [self.rules.same.get(rule, rule) for rule in aside.against],
        }
        self.stays.append(SetAside.model_validate(aside.model_dump(mode="json") | now))

    def _waits(self, aside: SetAside, record: Record, told: Record) -> bool:
        """Whether it returns with a pair alone; it is kept for that."""
        if isinstance(record, Answer) and record.purpose in OF_PAIRS:
            self._cases[aside.document, record.id] = record.case
        id_ = record.id if isinstance(record, Answer) else str(getattr(record, "answer", ""))
        case = self._cases.get((aside.document, id_))
        if case is not None:
            self._waiting[aside.document, case].append((aside, record, told))
        return case is not None

    def _goes_with(self, record: Record, aside: SetAside) -> bool:
        """Whether what a record is about is there, and it names no rule that is not in force:
        several may have changed one after the other."""
        if not self._is_of_now(record):
            return False
        about = {kind: getattr(record, name) for kind, name in _ABOUT.get(type(record), ())}
        for kind, id_ in about.items():
            waits = kind is Answer and (aside.document, id_) in self._cases
            if id_ and id_ not in self._there(kind) and not waits:
                return False
        if isinstance(record, PreferencePair):
            held_out = [one for one in self.live.of(Case) if one.split != "train"]
            if len(apart(held_out, [record])) < len(held_out):
                return False
        return not self.retold.breaks_fresh(record)

    def _is_of_now(self, record: Record) -> bool:
        return self._away.isdisjoint(_rules_of(record))

    def _there(self, kind: type[Record]) -> Collection[str]:
        """Ids of the records of now of a kind that is carried over."""
        if kind not in self._ids:
            self._ids[kind] = {one.id for one in self.live.of(kind)}
        return self._ids[kind]


def _put_fuller(
    found: dict[str, tuple[SetAside, R, R]], aside: SetAside, record: R, now: R
) -> None:
    """Put a record among those found; of two judgements of one id the one with more verdicts."""
    key = record.probe if isinstance(record, PreferencePair) else record.id
    other = found.get(key, (aside, record, now))[1]
    if _n_verdicts(record) >= _n_verdicts(other) and _n_verdicts(record):
        found[key] = aside, record, now


def _n_verdicts(record: Record) -> int:
    return len(record.verdicts) if isinstance(record, Judgement) else 1


def _rules_of(record: Record) -> Iterable[str]:
    """Ids of the rules that a record rests on and that nobody tells anew."""
    if isinstance(record, Case):
        return record.targets
    if isinstance(record, PreferencePair):
        return record.violated
    if isinstance(record, Judgement) and record.model != CODE:
        return [verdict.rule for verdict in record.verdicts]
    return ()
