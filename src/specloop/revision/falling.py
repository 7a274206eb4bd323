"""Which records of a run do not hold any more when rules have changed, and for which rules."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, TypeVar, cast

from specloop.pairings import broken
from specloop.records import (
    CODE,
    Answer,
    Case,
    Evaluation,
    Exchange,
    Failure,
    Instance,
    Judgement,
    PreferencePair,
    QualityScore,
    Record,
    RefusalVerdict,
    Rule,
    SeedPrompt,
    Timing,
    Told,
)
from specloop.revision.rulemap import RuleMap, version_of

R = TypeVar("R", bound=Record)

OF_PAIRS = ("constrained", "repaired", "corrupted")
"""What answers are for that are made for a pair."""
OF_SYNTHESIS = ("defender", *OF_PAIRS)
OF_ANSWERS = (Timing, Judgement, QualityScore, RefusalVerdict)
"""The kinds that are about an answer."""


class Records(dict[type[Record], Sequence[Record]]):
    """The records of a run by their kinds."""

    def of(self, kind: type[R]) -> Sequence[R]:
        """Those of a kind."""
        return cast(Sequence[R], self.get(kind, ()))


class Why(NamedTuple):
    """For which rules a record falls out."""

    rules: tuple[str, ...] = ()
    """Old ids of changed rules that it rests on."""
    against: tuple[str, ...] = ()
    """Ids of fresh rules that it does not go with."""
    version: str = ""
    """Digest of all rules of the older version, where it goes with exactly these."""


_Fallen = Mapping[str, Why]
"""By the ids of records."""


@dataclass(frozen=True)
class Falling:
    """Finds what falls out. All ids of records are those of the older version."""

    records: Records
    rules: RuleMap
    shown: Mapping[str, Why]
    """By the ids of the instances that hold other rules now."""
    told: Mapping[str, Told]
    """What entrants are told beside the request, by their labels."""
    decidable: Sequence[Rule]
    """The fresh rules that may be trained on and that code decides."""
    returning: Collection[str] = ()
    """Ids of exchanges that were set aside and return. Pairs that a triage made of them go."""

    @cached_property
    def all(self) -> Why:
        """What falls out with any change: figures, and answers of entrants that were told rules."""
        rules = self.rules
        return Why(tuple(sorted(rules.changed)), rules.fresh, version_of(rules.old))

    @property
    def is_other(self) -> bool:
        """Whether any rule is another, new or gone."""
        return bool(self.all.rules or self.all.against)

    @cached_property
    def fallen(self) -> _Fallen:
        """All that falls out."""
        of = self.records.of
        cases = dict(self._cases())
        exchanges = dict(_about(cases, of(Exchange), lambda one: one.probe))
        pairs = dict(self._pairs(exchanges))
        answers = dict(self._answers(cases, pairs))
        every = cases | exchanges | pairs | answers | dict(self._seeds())
        for kind in OF_ANSWERS:
            every |= dict(_about(answers, of(kind), lambda one: one.answer))
        every |= dict(self._judgements(answers))
        remade = {pair.exchange: why for pair, why in self._of_pairs(pairs)}
        every |= dict(_about(cases | exchanges | remade, of(Failure), lambda one: one.item))
        return every | ({one.id: self.all for one in of(Evaluation)} if self.is_other else {})

    def _changed(self, rules: Iterable[str]) -> tuple[str, ...]:
        return tuple(rule for rule in dict.fromkeys(rules) if rule in self.rules.changed)

    def _cases(self) -> Iterator[tuple[str, Why]]:
        for case in self.records.of(Case):
            if not is_everyday(case) and (why := self._changed(case.targets)):
                yield case.id, Why(why)

    def _seeds(self) -> Iterator[tuple[str, Why]]:
        """Those that name the wording of a changed rule."""
        ids = {self.rules.old[rule].text: rule for rule in self.rules.changed}
        for seed in self.records.of(SeedPrompt):
            if why := tuple(ids[text] for text in seed.rules if text in ids):
                yield seed.id, Why(why)

    def _pairs(self, exchanges: _Fallen) -> Iterator[tuple[str, Why]]:
        """Pairs of fallen exchanges, those about a changed rule, and those whose chosen answer
        breaks a fresh one."""
        for pair in self.records.of(PreferencePair):
            if pair.exchange in exchanges:
                yield pair.id, exchanges[pair.exchange]
            elif pair.exchange in self.returning:
                yield pair.id, self.all._replace(version="")
            elif why := self._changed(pair.violated):
                yield pair.id, Why(why)
            elif against := broken(self.decidable, pair.request, chosen_of(pair)):
                yield pair.id, Why(against=against)

    def _of_pairs(self, fallen: _Fallen) -> Iterator[tuple[PreferencePair, Why]]:
        pairs = self.records.of(PreferencePair)
        return ((pair, fallen[pair.id]) for pair in pairs if pair.id in fallen)

    def _answers(self, cases: _Fallen, pairs: _Fallen) -> Iterator[tuple[str, Why]]:
        """Answers to fallen cases, those made for pairs that have fallen or are not there, and
        those of entrants that were told rules which are others now."""
        remade = {pair.probe: why for pair, why in self._of_pairs(pairs)}
        paired = {pair.probe for pair in self.records.of(PreferencePair)}
        scenario = {case.id: case.scenario for case in self.records.of(Case)}
        for answer in self.records.of(Answer):
            told = self.told.get(answer.entrant, "nothing") if answer.entrant else "nothing"
            if answer.case in cases:
                yield answer.id, cases[answer.case]
            elif goes_with_pair(answer, remade, scenario):
                yield answer.id, remade[answer.case]
            elif (told == "document" and self.is_other) or (
                answer.purpose in OF_SYNTHESIS and answer.case not in scenario.keys() | paired
            ):
                yield answer.id, self.all
            elif told == "rules" and scenario.get(answer.case) in self.shown:
                why = self.shown[scenario[answer.case]]
                yield answer.id, why._replace(version=self.all.version)

    def _judgements(self, answers: Collection[str]) -> Iterator[tuple[str, Why]]:
        """Those of models about a changed rule. Code decides anew."""
        for one in self.records.of(Judgement):
            why = self._changed(verdict.rule for verdict in one.verdicts)
            if why and one.model != CODE and one.answer not in answers:
                yield one.id, Why(why)


def _about(
    fallen: _Fallen, records: Iterable[R], about: Callable[[R], str]
) -> Iterator[tuple[str, Why]]:
    """Records about something that has fallen."""
    return ((one.id, fallen[about(one)]) for one in records if about(one) in fallen)


def goes_with_pair(answer: Answer, probes: Collection[str], cases: Collection[str]) -> bool:
    """Whether an answer goes with the pairs of these probes: it was made for one of them, or
    nothing but a pair names its case."""
    return answer.case in probes and (answer.purpose in OF_PAIRS or answer.case not in cases)


def is_everyday(case: Case) -> bool:
    """Whether a probe is an everyday request as it is: no model has aimed it at a rule."""
    return case.split != "train" and case.attack == "direct" and not case.twin_of


def chosen_of(pair: PreferencePair) -> Answer:
    """The chosen side of a pair as an answer, to hold it against checks."""
    text, finish = pair.chosen_text, pair.finish_chosen
    about = {"id": pair.chosen_id, "case": pair.probe, "purpose": "repaired", "model": ""}
    return Answer.model_validate(about | {"text": text, "finish": finish})


def rejected_of(pair: PreferencePair) -> Answer:
    """The rejected side, likewise."""
    text, finish = pair.rejected_text, pair.finish_rejected
    about = {"id": pair.rejected_id, "case": pair.probe, "purpose": "defender", "model": ""}
    return Answer.model_validate(about | {"text": text, "finish": finish})


def shown_otherwise(
    before: Sequence[Instance], now: Sequence[Instance], rules: RuleMap
) -> dict[str, Why]:
    """Ids of the instances that hold other rules now, with the changed rules that they held and
    the fresh ones that they hold."""
    return {
        old.id: Why(
            tuple(rule for rule in old.rules if rule in rules.changed),
            tuple(rule for rule in new.rules if rule in rules.fresh),
        )
        for old, new in zip(before, now, strict=True)
        if new is not old
    }
