"""A run's records for another version of its document: what holds stays, under the names of now;
what does not is set aside; what was set aside and holds again is back.

Pure. Instances keep their draw (`placing`), `falling` says what does not hold. What code says of
stored answers is told anew (`retold`), since that costs nothing; what models are to be asked is in
`due`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import NamedTuple, TypeVar

from specloop.config import Instances
from specloop.records import (
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
from specloop.revision.falling import (
    OF_ANSWERS,
    OF_PAIRS,
    Falling,
    Records,
    Why,
    is_everyday,
    shown_otherwise,
)
from specloop.revision.names import Names
from specloop.revision.placing import Placing, held_out_now
from specloop.revision.retold import Retold
from specloop.revision.returning import Back, Batch, Returning
from specloop.revision.rulemap import RuleMap
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
    fell: list[SetAside] = field(default_factory=list[SetAside])
    n_back: Counter[str] = field(default_factory=Counter[str])

    def __post_init__(self) -> None:
        rules, before = self.rules, self.before
        self.names = Names({**rules.back, **rules.same, **before.digests})
        places = [one.content for one in before.asides if one.file == Instance.FILE]
        former = [Instance.model_validate(one) for one in places]
        self.held_out = held_out_now(before.held_out, rules, before.settings, former)
        self.was_placed = before.records.of(Instance)
        placing = Placing(rules, before.settings, self.held_out, former)
        self.placed = placing.placed(self.was_placed)
        self.shown = shown_otherwise(self.was_placed, self.placed, rules)
        self.taught = [rule for rule in rules.new.values() if rule.id not in self.held_out]
        fresh = set(rules.fresh)
        decidable = [rule for rule in self.taught if rule.check and rule.id in fresh]
        self.retold = Retold(rules, self.names, self.taught)
        self.returning = Returning(before.asides, rules, self.names, self.retold, self.live)
        exchanges = self.returning.of(Exchange)
        returning = {one.content["id"] for one in exchanges if self.returning.holds(one)}
        falling = Falling(before.records, rules, self.shown, before.told, decidable, returning)
        self.fallen = falling.fallen

    @cached_property
    def is_same(self) -> bool:
        """Whether all rules are the same, though not all under the same names."""
        return not self.rules.changed and not self.rules.fresh

    @cached_property
    def by_change(self) -> Why:
        """What goes with none of the changes."""
        return Why(tuple(sorted(self.rules.changed)))

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
        return Carried(self.live, (*self.returning.stays, *self.fell), self.held_out, due, *told)

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
        every = [*self.before.records.of(kind), *(one for _, one in self.returning.read(kind))]
        for _ in range(2):
            for one in every:
                if not (isinstance(one, Case) and is_everyday(one)):
                    self.names.renamed(one)

    def _keep(self, kind: type[R], kept: Sequence[R], told: Callable[[R], R] | None = None) -> None:
        """Keep those that hold with those that are back, which come in the place of others of the
        same id or for the same request."""
        back = self.returning.back(kind, told or self.names.renamed)
        gave_way = self._join(kind, kept, back)
        if kind is PreferencePair:
            self._with_pairs({one.batch for one in back}, {one.probe for one in gave_way})

    def _join(
        self, kind: type[Record], kept: Sequence[Record], back: Sequence[Back]
    ) -> list[PreferencePair]:
        """Put what is back among what is kept; the pairs that give way are set aside."""
        self.n_back[kind.FILE] += len(back)
        slots = {slot for one in back for slot in _slots(one.record)}
        every: list[Record] = []
        gave_way: list[PreferencePair] = []
        for place, record in enumerate(kept):
            if slots.isdisjoint(_slots(record)):
                every.append(record)
            elif isinstance(record, PreferencePair):
                self._set_aside(record, self.by_change, place)
                gave_way.append(record)
        for one in back:
            every.insert(one.place, one.record)
        self.live[kind] = list({record.id: record for record in every}.values())
        return gave_way

    def _with_pairs(self, batches: Collection[Batch], probes: Collection[str]) -> None:
        """What was made for a pair comes with it, and goes with one that gives way."""
        back = self.returning.with_pairs(batches)
        gone: set[str] = set()
        for kind in (Answer, *OF_ANSWERS):
            kept: list[Record] = []
            for place, one in enumerate(self.live.of(kind)):
                if isinstance(one, Answer) and one.purpose in OF_PAIRS and one.case in probes:
                    gone.add(one.id)
                if gone.isdisjoint((one.id, getattr(one, "answer", ""))):
                    kept.append(one)
                else:
                    self._set_aside(one, self.by_change, place)
            self._join(kind, kept, back.get(kind, []))

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
        rules = self.returning.of(Rule)
        self.returning.stays += [one for one in rules if one.content["id"] not in self.rules.back]

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
        for aside, former in self.returning.read(Instance):
            if not self.returning.holds(aside):
                self.returning.keep(aside, self.names.told(former))
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
                tell = self.retold.renamed if self.is_same else self.retold.judgement
                kept.append(tell(one))
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
