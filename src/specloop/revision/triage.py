"""What becomes of stored pairs when rules that they are about change.

Each is held against the rules as they are now: by code where code decides, else by the judge as far
as its word makes pairs (`synth.upheld`), on both sides. Nothing is generated; where the answer that
was chosen will not do any more, checks may repair it, as they repair answers of new pairs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from specloop.items import Loop, each, local
from specloop.pairings import PairCase, broken, pairings, repaired_answer, sound
from specloop.records import (
    Answer,
    Case,
    Exchange,
    Failure,
    Instance,
    Judgement,
    PairTriage,
    PairVerdict,
    PreferencePair,
    Record,
    Rule,
    RuleChange,
    TriageOutcome,
    Verdict,
    said,
)
from specloop.revision.falling import chosen_of, rejected_of
from specloop.synth.defender import edited
from specloop.synth.exchange import SynthesisContext
from specloop.synth.pairs import PairMaterial
from specloop.synth.upheld import JudgedRules, by_code


class Triaged(NamedTuple):
    """What becomes of a pair, with what was made on the way."""

    record: PairTriage
    pair: PreferencePair | None = None
    """The pair to train on; None where a new answer has to be generated, or there is none."""
    violated: tuple[str, ...] = ()
    """The rules that a new pair of the request would be about."""
    rejected: Answer | None = None
    """The answer that a new one is to be chosen against."""
    made: tuple[Record, ...] = ()
    """Judgements, and a repaired answer."""


@dataclass(frozen=True)
class TriageContext:
    """What pairs are held against, and the records that they were made of."""

    synthesis: SynthesisContext
    """With the rules, guides and beliefs of now."""
    probes: Mapping[str, Case]
    answers: Mapping[str, Answer]
    """By id, as the probes are."""


@dataclass(frozen=True)
class Successors:
    """What old rules are now, by their ids."""

    changes: Sequence[RuleChange]

    @cached_property
    def same(self) -> Mapping[str, str]:
        """Old id -> new id of the rules of which everything still holds; an update has put some in
        the place of the others already."""
        kept = [change for change in self.changes if change.is_same]
        every = [pair for one in kept for pair in zip(one.old, one.new, strict=False)]
        return {new: new for _, new in every} | dict(every)

    @cached_property
    def changed(self) -> Mapping[str, tuple[str, ...]]:
        """Old id -> ids of what has come of the rules that are others now; none if it is gone."""
        return {old: one.new for one in self.changes if not one.is_same for old in one.old}

    @cached_property
    def new(self) -> frozenset[str]:
        """Ids of rules that are others than before, or new."""
        return frozenset(new for one in self.changes if not one.is_same for new in one.new)


async def triage(
    pairs: Sequence[PreferencePair], changes: Sequence[RuleChange], context: TriageContext
) -> list[Triaged]:
    """What becomes of each pair. A call that fails leaves its pair to be made anew."""
    after, settings = Successors(changes), context.synthesis.settings

    async def one(pair: PreferencePair) -> Triaged:
        return await _PairTriage(pair, after, context).told()

    loop = Loop[PreferencePair, Triaged](
        "triage",
        "triage",
        lambda pair: pair.id,
        local(context.synthesis.models.concurrency),
        settings.max_failures,
    )
    results = await each(one, pairs, loop)
    return [
        _PairTriage(pair, after, context).failed(result) if isinstance(result, Failure) else result
        for pair, result in zip(pairs, results, strict=True)
    ]


def to_answer(
    triaged: Iterable[Triaged],
    pairs: Mapping[str, PreferencePair],
    context: TriageContext,
    instances: Mapping[str, Instance],
    exchanges: Mapping[str, Exchange],
) -> list[PairMaterial]:
    """What new answers are made of by `synth.pairs.make_pairs`, with the pairs' own exchanges."""
    items: list[PairMaterial] = []
    for one in triaged:
        pair = pairs[one.record.pair]
        exchange, probe = exchanges.get(pair.exchange), context.probes.get(pair.probe)
        instance = instances.get(pair.instance)
        if one.rejected is None or not one.violated or not (exchange and probe and instance):
            continue
        now = exchange.model_copy(update={"violated": one.violated, "answer": one.rejected.id})
        own = tuple(
            record
            for record in one.made
            if isinstance(record, Judgement) and record.answer == one.rejected.id
        )
        items.append(PairMaterial(now, probe, one.rejected, instance, own))
    return items


@dataclass
class _PairTriage:
    """A pair under triage."""

    pair: PreferencePair
    after: Successors
    context: TriageContext
    made: list[Record] = field(default_factory=list)

    def __post_init__(self) -> None:
        pair, context = self.pair, self.context
        self.synthesis = context.synthesis
        self.decidable = self.synthesis.decidable
        self.chosen = _side(chosen_of(pair), context.answers)
        self.rejected = _side(rejected_of(pair), context.answers)
        self.probe = context.probes.get(pair.probe) or _probe(pair)
        ids = {id_ for old in pair.violated for id_ in self.after.changed.get(old, ())}
        self.now = [rule for rule in self.synthesis.rules if rule.id in ids]
        kept = {self.after.same[old] for old in pair.violated if old in self.after.same}
        self.kept = [r.id for r in self.synthesis.rules if r.id in kept and r.check is None]
        """Judged rules that it is about and that are as they were: their verdicts hold."""

    async def told(self) -> Triaged:
        """What becomes of it; ModelError if a call failed for good."""
        synthesis = self.synthesis
        open_rules = [rule for rule in self.now if rule.check is None]
        judged = [rule for rule in open_rules if rule.id in synthesis.counted]
        found = await self._found(self.rejected, judged)
        upheld = await self._upheld(found, self.rejected)
        rest = [rule for rule in judged if rule.id not in upheld.found]
        against = await self._found(self.chosen, rest)
        decided = broken(self.decidable, self.pair.request, self.rejected, open_too=False)
        violated = (*decided, *self.kept, *upheld.found)
        if violated:
            return await self._still_broken(violated, decided, upheld, against)
        broken_now = broken(self.decidable, self.pair.request, self.chosen, open_too=False)
        other = await self._upheld(against, self.chosen)
        if broken_now or other.found:
            return await self._turned(broken_now, other)
        return self._end("irrelevant", self._nothing_broken(open_rules, judged, upheld, other))

    async def _still_broken(
        self,
        violated: tuple[str, ...],
        decided: tuple[str, ...],
        upheld: JudgedRules,
        against: Mapping[str, Verdict],
    ) -> Triaged:
        """The rejected answer breaks rules still."""
        verdicts = (*self._kept_verdicts(), *by_code(decided), *upheld.verdicts())
        fails = broken(self.decidable, self.pair.request, self.chosen)
        reason = self._names(fails) or self._names(tuple(against))
        if not reason:
            reason = await self._against(upheld, self.chosen)
        if not reason:
            update = {"violated": violated, "verdicts": verdicts}
            told = f"the rejected answer breaks {self._which(violated)}, the chosen one keeps it"
            return self._end("right", told, update)
        if repaired := await self._repaired(upheld, against):
            update = {
                "chosen": said(repaired.text),
                "chosen_id": repaired.id,
                "violated": violated,
                "verdicts": verdicts,
            }
            return self._end("new answer", f"the chosen answer is repaired: {reason}", update)
        return self._to_answer(f"the chosen answer will not do: {reason}", violated, self.rejected)

    async def _turned(self, decided: tuple[str, ...], upheld: JudgedRules) -> Triaged:
        """The rejected answer breaks nothing now, and the chosen one does."""
        violated = (*decided, *upheld.found)
        reason = self._names(broken(self.decidable, self.pair.request, self.rejected))
        reason = reason or await self._against(upheld, self.rejected)
        if not reason and not sound(self.rejected.text):
            reason = "it has no content of its own or repeats itself"
        if reason:
            told = f"the answer that was rejected breaks nothing now, but will not do: {reason}"
            return self._to_answer(told, violated, self.chosen)
        pair = self.pair
        update = {
            "chosen": pair.rejected,
            "rejected": pair.chosen,
            "chosen_id": pair.rejected_id,
            "rejected_id": pair.chosen_id,
            "finish_chosen": pair.finish_rejected,
            "finish_rejected": pair.finish_chosen,
            "violated": violated,
            "verdicts": (*by_code(decided), *upheld.verdicts()),
        }
        told = f"the chosen answer breaks {self._which(violated)}, the rejected one keeps it"
        return self._end("inverted", f"{told}: the sides are swapped", update)

    def failed(self, failure: Failure) -> Triaged:
        """Where a call failed: as if nothing were known of it, so that its answer is made anew."""
        about = (*(rule.id for rule in self.now), *self.kept)
        self.made.append(failure)
        return self._to_answer(f"not told: {failure.reason}", about, self.rejected)

    async def _found(self, answer: Answer, rules: Sequence[Rule]) -> dict[str, Verdict]:
        """What the judge finds broken."""
        judgement = await self.synthesis.judge(self.probe, answer, rules)
        self.made += [judgement] if judgement else []
        verdicts = judgement.verdicts if judgement else ()
        return {verdict.rule: verdict for verdict in verdicts if verdict.value == "NO"}

    async def _upheld(self, found: Mapping[str, Verdict], broke: Answer) -> JudgedRules:
        """What is found broken in the eyes of all who are asked."""
        upheld = JudgedRules(self.probe, self.synthesis, dict(found))
        await upheld.agree(broke)
        self.made += upheld.records
        return upheld

    async def _against(self, upheld: JudgedRules, chosen: Answer) -> str:
        """What speaks against a chosen answer, by the judges; empty if nothing does."""
        before = len(upheld.records)
        reason = await upheld.against(chosen)
        self.made += upheld.records[before:]
        return reason

    async def _repaired(self, upheld: JudgedRules, against: Mapping[str, Verdict]) -> Answer | None:
        """The chosen answer with the edits of checks, where these alone make it do; None for a
        pairing that takes answers as they are."""
        if against or not pairings.build(self.synthesis.settings.pairing).edits:
            return None
        case = PairCase(self.pair.request, self.rejected, (), self.decidable)
        repaired = repaired_answer(case, self.chosen)
        if repaired is None or not repaired.repairs or not sound(repaired.text):
            return None
        answer = edited(self.chosen, repaired.text, "repaired", repaired.repairs)
        if answer.text == self.rejected.text or await self._against(upheld, answer):
            return None
        self.made.append(answer)
        return answer

    def _kept_verdicts(self) -> list[PairVerdict]:
        """The verdicts on judged rules that are as they were, under their present ids."""
        now = {old: self.after.same.get(old) for old in self.pair.violated}
        return [
            verdict.model_copy(update={"rule": now[verdict.rule]})
            for verdict in self.pair.verdicts
            if now.get(verdict.rule) in self.kept
        ]

    def _which(self, rules: tuple[str, ...]) -> str:
        """What is broken: the changed rule, or another by its words."""
        if any(rule.id in rules for rule in self.now):
            return "it"
        return next(repr(rule.text) for rule in self.synthesis.rules if rule.id in rules)

    def _names(self, rules: tuple[str, ...]) -> str:
        texts = {rule.id: rule.text for rule in self.synthesis.rules}
        return f"it breaks {texts[rules[0]]!r}" if rules else ""

    def _nothing_broken(
        self,
        open_rules: Sequence[Rule],
        judged: Sequence[Rule],
        upheld: JudgedRules,
        other: JudgedRules,
    ) -> str:
        if doubt := upheld.doubt or other.doubt:
            return doubt
        if not self.now:
            return "its rule is gone"
        if len(open_rules) == len(self.now) and not judged:
            return "code cannot decide its rule now, and no judge is believed on it"
        return "neither answer is found to break it"

    def _to_answer(self, reason: str, violated: tuple[str, ...], rejected: Answer) -> Triaged:
        record = self._record("new answer", reason)
        return Triaged(record, None, violated, rejected, tuple(self.made))

    def _end(
        self, outcome: TriageOutcome, reason: str, update: Mapping[str, object] | None = None
    ) -> Triaged:
        record = self._record(outcome, reason)
        if update is None:
            return Triaged(record, made=tuple(self.made))
        content = self.pair.model_dump(exclude={"id"}) | dict(update)
        pair = PreferencePair.model_validate(content)
        return Triaged(
            record.model_copy(update={"made": pair.id}), pair, pair.violated, made=tuple(self.made)
        )

    def _record(self, outcome: TriageOutcome, reason: str) -> PairTriage:
        old = tuple(id_ for id_ in self.pair.violated if id_ in self.after.changed)
        new = tuple(rule.id for rule in self.now)
        return PairTriage(pair=self.pair.id, old=old, new=new, outcome=outcome, reason=reason)


def _side(side: Answer, answers: Mapping[str, Answer]) -> Answer:
    """A side of a pair as the answer that it was made of, if that is known, with its own text."""
    known = answers.get(side.id)
    return known.model_copy(update={"text": side.text, "finish": side.finish}) if known else side


def _probe(pair: PreferencePair) -> Case:
    """The probe of a pair that was made elsewhere."""
    return Case(id=pair.probe, messages=pair.prompt, side=pair.side, split=pair.split)
