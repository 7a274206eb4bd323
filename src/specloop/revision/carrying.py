"""A run's records for another version of its document: what holds stays, under the names of now;
what does not is set aside; what was set aside and holds again is back.

Pure. Instances keep their draw (`placing`), `falling` says what does not hold. What code says of
stored answers is told anew (`retold`), since that costs nothing; what models are to be asked is in
`due`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import NamedTuple, TypeVar

from specloop.config import Instances
from specloop.records import (
    CODE,
    Answer,
    Case,
    Certificate,
    Evaluation,
    Exchange,
    Failure,
    Instance,
    Judgement,
    Message,
    PreferencePair,
    QualityScore,
    Record,
    RefusalVerdict,
    Rule,
    SeedPrompt,
    SetAside,
    Split,
    Timing,
    Told,
)
from specloop.revision.due import Due, due_work
from specloop.revision.falling import Falling, Records, Why, is_everyday, shown_otherwise
from specloop.revision.names import Names
from specloop.revision.placing import Placing, held_out_now
from specloop.revision.retold import Retold
from specloop.revision.rulemap import RuleMap, version_of
from specloop.synth.pairs import apart
from specloop.synth.probes import everyday_probes

R = TypeVar("R", bound=Record)

KINDS: tuple[type[Record], ...] = (
    SeedPrompt,
    Instance,
    Case,
    Answer,
    Timing,
    Judgement,
    QualityScore,
    RefusalVerdict,
    Exchange,
    PreferencePair,
    Failure,
    Evaluation,
    Certificate,
)
"""What is carried over, each kind after those that it names."""


_ABOUT: Mapping[type[Record], Sequence[tuple[type[Record], str]]] = {
    Case: [(Instance, "scenario")],
    Answer: [(Case, "case")],
    Timing: [(Answer, "answer")],
    Judgement: [(Answer, "answer")],
    QualityScore: [(Answer, "answer")],
    RefusalVerdict: [(Answer, "answer")],
    Exchange: [(Case, "probe"), (Answer, "answer")],
    PreferencePair: [(Exchange, "exchange"), (Answer, "chosen_id")],
}
"""The kinds of what a record is about, with the fields that say which."""


class Before(NamedTuple):
    """A run for the older version."""

    records: Records
    asides: Sequence[SetAside]
    document: str
    """Digest of the older version."""
    held_out: frozenset[str]
    settings: Instances
    told: Mapping[str, Told] = MappingProxyType({})
    """What entrants are told beside the request, by their labels."""
    digests: Mapping[str, str] = MappingProxyType({})
    """Digests of what judges and entrants are shown, each with the one in its place."""


class Carried(NamedTuple):
    """The run for the newer version."""

    records: Records
    asides: tuple[SetAside, ...]
    held_out: frozenset[str]
    due: Due
    fell: tuple[SetAside, ...]
    """What this update sets aside."""
    n_back: Mapping[str, int]
    """How many are back."""
    n_shown_before: int
    """Exchanges that hold, in instances whose rules were others when the defender answered."""
    names: Names
    """Old ids, each with the one in its place."""

    @property
    def n_aside(self) -> Counter[str]:
        """How many records this update sets aside, by file."""
        return Counter(one.file for one in self.fell)


def carry(before: Before, rules: RuleMap) -> Carried:
    """Carry a run over to the rules of now."""
    return _Carrying(before, rules).carried()


@dataclass
class _Carrying:
    before: Before
    rules: RuleMap
    live: Records = field(default_factory=Records)
    asides: list[SetAside] = field(default_factory=list[SetAside])
    fell: list[SetAside] = field(default_factory=list[SetAside])
    n_back: Counter[str] = field(default_factory=Counter[str])
    ids: dict[type[Record], set[str]] = field(default_factory=dict[type[Record], set[str]])

    def __post_init__(self) -> None:
        rules, before = self.rules, self.before
        self.names = Names({**rules.back, **rules.same, **before.digests})
        former = [_read(Instance, one) for one in before.asides if one.file == Instance.FILE]
        self.held_out = held_out_now(before.held_out, rules, before.settings, former)
        self.was_placed = before.records.of(Instance)
        placing = Placing(rules, before.settings, self.held_out, former)
        self.placed = placing.placed(self.was_placed)
        self.shown = shown_otherwise(self.was_placed, self.placed, rules)
        self.taught = [rule for rule in rules.new.values() if rule.id not in self.held_out]
        fresh = set(rules.fresh)
        decidable = [rule for rule in self.taught if rule.check and rule.id in fresh]
        returning = {one.content["id"] for one in self._asides_of(Exchange) if self._holds(one)}
        falling = Falling(before.records, rules, self.shown, before.told, decidable, returning)
        self.fallen = falling.fallen
        self.retold = Retold(rules, self.names, self.taught)

    @cached_property
    def is_same(self) -> bool:
        """Whether all rules are the same, though not all under the same names."""
        return not self.rules.changed and not self.rules.fresh

    @cached_property
    def away(self) -> frozenset[str]:
        """Ids of the rules that are not in force."""
        rules = self.rules
        return frozenset((rules.was.keys() | rules.changed) - rules.back.keys() - rules.new.keys())

    @cached_property
    def version(self) -> str:
        """Digest of all rules of now."""
        return version_of(self.rules.new)

    def carried(self) -> Carried:
        """All kinds, one after the other."""
        own: dict[type[Record], Callable[[], None]] = {
            SeedPrompt: self._seeds,
            Instance: self._instances,
            Case: self._cases,
            Judgement: self._judgements,
            Exchange: lambda: self._plain(Exchange, self.retold.exchange),
            PreferencePair: lambda: self._plain(PreferencePair, self.retold.pair),
        }
        self._rules()
        for kind in KINDS:
            if kind in own:
                own[kind]()
            else:
                self._plain(kind)
        due = due_work(self.before.records, self.live, self.rules, self.held_out, self.names)
        verdicts = self.retold.due(self.live.of(Exchange), self.live.of(Judgement))
        due = due.model_copy(update={"verdicts": verdicts})
        told = tuple(self.fell), self.n_back, self._n_shown_before(), self.names
        return Carried(self.live, (*self.asides, *self.fell), self.held_out, due, *told)

    def _plain(self, kind: type[R], told: Callable[[R], R] | None = None) -> None:
        """What holds is renamed, or told anew where rules have changed; the rest is set aside."""
        tell = self.names.renamed if told is None or self.is_same else told
        if kind in (Case, Answer):
            self._name(kind)
        kept: list[R] = []
        for place, record in enumerate(self.before.records.of(kind)):
            if record.id in self.fallen:
                self._set_aside(self.names.renamed(record), self.fallen[record.id], place)
            else:
                kept.append(tell(record))
        self._keep(kind, kept, told)

    def _name(self, kind: type[Record]) -> None:
        """Know the new ids of a kind whose records name others of it: of what is set aside too, and
        again, since one may come before the one that it names."""
        every = [*self.before.records.of(kind), *(_read(kind, a) for a in self._asides_of(kind))]
        for _ in range(2):
            for one in every:
                if not (isinstance(one, Case) and is_everyday(one)):
                    self.names.renamed(one)

    def _keep(self, kind: type[R], kept: Sequence[R], told: Callable[[R], R] | None = None) -> None:
        """Keep those that hold with those that are back, which come in the place of others of the
        same id or for the same request."""
        back = self._returned(kind, told or self.names.renamed)
        self.n_back[kind.FILE] += len(back)
        slots = {slot for _, record in back for slot in _slots(record)}
        every: list[R] = []
        for place, record in enumerate(kept):
            if slots.isdisjoint(_slots(record)):
                every.append(record)
            elif isinstance(record, PreferencePair):
                self._set_aside(record, Why(tuple(sorted(self.rules.changed))), place)
        for place, record in back:
            every.insert(place, record)
        self.live[kind] = list({record.id: record for record in every}.values())

    def _returned(self, kind: type[R], told: Callable[[R], R]) -> list[tuple[int, R]]:
        """What was set aside of a kind and holds again, by its places; the rest stays there."""
        found: list[tuple[int, R]] = []
        for aside in self._asides_of(kind):
            read = _read(kind, aside)
            record = self.names.renamed(read)
            if self._holds(aside) and self._goes_with(record):
                found.append((aside.place, told(read)))
            else:
                self.asides.append(self._now(aside, record))
        return sorted(found, key=lambda one: one[0])

    def _goes_with(self, record: Record) -> bool:
        """Whether what a record is about is there, and it names no rule that is not in force:
        several may have changed one after the other."""
        if not self.away.isdisjoint(_rules_of(record)):
            return False
        about = {kind: getattr(record, name) for kind, name in _ABOUT.get(type(record), ())}
        there = all(id_ in self._there(kind) for kind, id_ in about.items() if id_)
        if isinstance(record, PreferencePair):
            held_out = [one for one in self.live.of(Case) if one.split != "train"]
            there = there and len(apart(held_out, [record])) == len(held_out)
        return there and not self.retold.breaks_fresh(record)

    def _there(self, kind: type[Record]) -> Collection[str]:
        """Ids of the records of now of a kind that is carried over."""
        if kind not in self.ids:
            self.ids[kind] = {one.id for one in self.live.of(kind)}
        return self.ids[kind]

    def _asides_of(self, kind: type[Record]) -> Iterator[SetAside]:
        return (one for one in self.before.asides if one.file == kind.FILE)

    def _holds(self, aside: SetAside) -> bool:
        """Whether its rules are all in force again, as they were, and none that it does not go
        with."""
        away = self.rules.was.keys() - self.rules.back.keys()
        in_force = (self.rules.back.keys() | self.rules.same.keys()) - away
        against = {self.rules.same.get(rule) for rule in aside.against}
        return (
            bool(aside.rules or aside.against)
            and in_force.issuperset(aside.rules)
            and against <= {None}
            and aside.version in ("", self.version)
        )

    def _now(self, aside: SetAside, record: Record) -> SetAside:
        """What stays set aside, under the names of now."""
        known = {**self.rules.same, **self.rules.back}
        now = {
            "id": "",
            "content": record.model_dump(mode="json"),
            "rules": [known.get(rule, rule) for rule in aside.rules],
            "against": [self.rules.same.get(rule, rule) for rule in aside.against],
        }
        return SetAside.model_validate(aside.model_dump(mode="json") | now)

    def _set_aside(self, record: Record, why: Why, place: int) -> None:
        self.fell.append(
            SetAside(
                file=record.FILE,
                content=record.model_dump(mode="json"),
                reason=self.rules.reason(why.rules, why.against),
                rules=why.rules,
                against=why.against,
                version=why.version,
                document=self.before.document,
                place=place,
            )
        )

    def _rules(self) -> None:
        for place, rule in enumerate(self.rules.old.values()):
            if rule.id in self.rules.changed:
                self._set_aside(rule, Why((rule.id,)), place)
        rules = self._asides_of(Rule)
        self.asides += [one for one in rules if one.content["id"] not in self.rules.back]

    def _seeds(self) -> None:
        """One that names a changed rule names the one in its place."""
        kept: list[SeedPrompt] = []
        for place, seed in enumerate(self.before.records.of(SeedPrompt)):
            texts: Collection[str] = seed.rules
            if seed.id in self.fallen:
                self._set_aside(seed, self.fallen[seed.id], place)
                texts = self.retold.wordings(seed.rules)
            if texts or not seed.rules:
                kept.append(self.names.told(seed, rules=list(texts)))
        self._keep(SeedPrompt, kept)

    def _instances(self) -> None:
        """As they are placed; the former ones are set aside, to know where a rule was."""
        kept: list[Instance] = []
        for place, (old, now) in enumerate(zip(self.was_placed, self.placed, strict=True)):
            if why := self.shown.get(old.id):
                self._set_aside(self.names.told(old), why, place)
            made = self.names.renamed(old) if now is old else now
            self.names.put(old.id, made.id)
            kept += [made] if made.rules else []
        for aside in self._asides_of(Instance):
            if not self._holds(aside):
                self.asides.append(self._now(aside, self.names.told(_read(Instance, aside))))
        self.live[Instance] = kept

    def _cases(self) -> None:
        """Everyday requests are told anew what they put to the test."""
        now = {} if self.is_same else dict(self._everyday())

        def told(case: Case) -> Case:
            made = now.get((case.split, case.messages)) if is_everyday(case) else None
            if made is not None:
                self.names.put(case.id, made.id)
            return made or self.names.renamed(case)

        self._plain(Case, told)

    def _everyday(self) -> Iterator[tuple[tuple[Split, tuple[Message, ...]], Case]]:
        every = list(self.rules.new.values())
        splits: tuple[tuple[Split, Sequence[Rule]], ...] = (
            ("validation", self.taught),
            ("test", every),
        )
        for split, rules in splits:
            seeds = [seed for seed in self.live.of(SeedPrompt) if seed.split == split]
            instances = [one for one in self.live.of(Instance) if one.split == split]
            for case in everyday_probes(seeds, instances, rules) if instances else ():
                yield (split, case.messages), case

    def _judgements(self) -> None:
        """Of a judge's verdicts those on changed rules fall out, and the others on an exchange's
        answer stay."""
        kept: list[Judgement] = []
        self.retold.see(self.live.of(Case), self.live.of(Answer))
        for place, one in enumerate(self.before.records.of(Judgement)):
            if one.id in self.fallen:
                self._set_aside(self.names.renamed(one), self.fallen[one.id], place)
                kept += self.retold.rest(one)
            else:
                kept.append(self.names.renamed(one) if self.is_same else self.retold.judgement(one))
        self._keep(Judgement, kept, self.retold.judgement)

    def _n_shown_before(self) -> int:
        shown = {self.names.of(instance) for instance in self.shown}
        cases = {case.id for case in self.live.of(Case) if case.scenario in shown}
        return sum(one.probe in cases for one in self.live.of(Exchange))


def _slots(record: Record) -> tuple[str, ...]:
    """What only one record of its kind may have."""
    if isinstance(record, SeedPrompt):
        return record.id, f"{record.topic}\n{record.text}"
    if isinstance(record, PreferencePair):
        return record.id, record.probe, f"{record.request}\n{record.chosen_text}"
    return (record.id,)


def _rules_of(record: Record) -> Iterable[str]:
    """Ids of the rules that a record rests on and that nobody tells anew."""
    if isinstance(record, Case):
        return record.targets
    if isinstance(record, PreferencePair):
        return record.violated
    if isinstance(record, Judgement) and record.model != CODE:
        return [verdict.rule for verdict in record.verdicts]
    return ()


def _read(kind: type[R], aside: SetAside) -> R:
    return kind.model_validate(aside.content)
