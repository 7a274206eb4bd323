"""What a triage of pairs is worth beside making all of them anew: pairs, calls, and how far both
say the same of the answers that were rejected."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from specloop.items import Loop, each, local
from specloop.pairings import broken
from specloop.records import (
    Exchange,
    Failure,
    Instance,
    Judgement,
    PreferencePair,
    Rule,
    RuleChange,
    verdicts_of,
)
from specloop.revision.falling import chosen_of
from specloop.revision.triage import Successors, TriageContext, Triaged, to_answer, triage
from specloop.synth.defender import answer_to, constrained
from specloop.synth.instances import priority
from specloop.synth.pairs import PairMaterial, make_pairs


def changed_pairs(
    pairs: Iterable[PreferencePair], changes: Sequence[RuleChange], rules: Iterable[Rule] = ()
) -> list[PreferencePair]:
    """The pairs that a change of rules touches: they are about a changed rule, or their chosen
    answer breaks one of the `rules` of now that is changed or new, as far as code decides."""
    after = Successors(changes)
    others = [rule for rule in rules if rule.id in after.new and rule.check is not None]
    return [
        pair
        for pair in pairs
        if not after.changed.keys().isdisjoint(pair.violated)
        or broken(others, pair.request, chosen_of(pair), open_too=False)
    ]


class MadeFrom(NamedTuple):
    """The records that pairs were made of, by their ids."""

    instances: Mapping[str, Instance]
    exchanges: Mapping[str, Exchange]


class TriageWorth(NamedTuple):
    """A triage beside making all pairs anew, on the same pairs."""

    n: int
    outcomes: Mapping[str, int]
    pairs: int
    """Pairs that the triage leaves, those with new answers among them."""
    calls: int
    remade: int
    """Pairs that were made anew of the same requests."""
    remade_calls: int
    agree: int
    """Pairs of which both say the same: that the defender's answer breaks a rule, or none."""
    differ: tuple[str, ...]
    """Ids of the others."""

    @property
    def per_call(self) -> tuple[float, float]:
        """Pairs for a call, by triage and anew; without a call the number of pairs."""
        return self.pairs / max(1, self.calls), self.remade / max(1, self.remade_calls)


async def triage_worth(
    pairs: Sequence[PreferencePair],
    changes: Sequence[RuleChange],
    context: TriageContext,
    made_from: MadeFrom,
    n_calls: Callable[[], int],
) -> TriageWorth:
    """Do both, and count; `n_calls` says how many calls there were so far."""
    start = n_calls()
    triaged = await triage(pairs, changes, context)
    by_id = {pair.id: pair for pair in pairs}
    items = to_answer(triaged, by_id, context, *made_from)
    answered = await make_pairs(items, context.synthesis)
    middle = n_calls()
    anew = await _materials(pairs, context, made_from)
    remade = await make_pairs([one for one in anew.values() if one], context.synthesis)
    still = {one.record.pair: _still_broken(one, by_id) for one in triaged}
    differ = [id_ for id_, item in anew.items() if still[id_] != (item is not None)]
    kept = sum(one.pair is not None for one in triaged)
    return TriageWorth(
        n=len(pairs),
        outcomes=Counter(one.record.outcome for one in triaged),
        pairs=kept + _n_pairs(answered),
        calls=middle - start,
        remade=_n_pairs(remade),
        remade_calls=n_calls() - middle,
        agree=len(anew) - len(differ),
        differ=tuple(differ),
    )


async def _materials(
    pairs: Sequence[PreferencePair], context: TriageContext, made_from: MadeFrom
) -> dict[str, PairMaterial | None]:
    """By pair: the defender's answer of now with what it breaks; None where it breaks nothing, and
    no entry where nobody knows what a pair was made of."""
    known = [
        pair
        for pair in pairs
        if pair.exchange in made_from.exchanges and pair.instance in made_from.instances
    ]

    async def material(pair: PreferencePair) -> list[PairMaterial]:
        return await _answered(pair, context, made_from)

    loop = Loop[PreferencePair, list[PairMaterial]](
        "pairs anew", "triage", lambda pair: pair.id, local(context.synthesis.models.concurrency)
    )
    results = await each(material, known, loop)
    return {
        pair.id: found[0] if found else None
        for pair, found in zip(known, results, strict=True)
        if not isinstance(found, Failure)
    }


async def _answered(
    pair: PreferencePair, context: TriageContext, made_from: MadeFrom
) -> list[PairMaterial]:
    synthesis = context.synthesis
    exchange = made_from.exchanges[pair.exchange]
    instance, probe = made_from.instances[pair.instance], context.probes[pair.probe]
    before = context.answers[exchange.answer]
    defender = synthesis.models.get("defender") or synthesis.models.get("target")
    assert defender is not None, "the target is always a model"
    own = sorted((rule for rule in synthesis.rules if rule.id in instance.rules), key=priority)
    messages = constrained(probe, own) if synthesis.settings.defender_rules else probe.messages
    answer = await answer_to(defender, probe, messages, before.sampling)
    judged = [rule for rule in own if rule.check is None and rule.id in synthesis.counted]
    judgement = await synthesis.judge(probe, answer, judged)
    judgements: tuple[Judgement, ...] = (judgement,) if judgement else ()
    found = [v.rule for v in verdicts_of(judgements) if v.value == "NO"]
    violated = (*broken(synthesis.decidable, pair.request, answer, open_too=False), *found)
    if not violated:
        return []
    now = exchange.model_copy(update={"violated": violated, "answer": answer.id})
    return [PairMaterial(now, probe, answer, instance, judgements)]


def _still_broken(one: Triaged, pairs: Mapping[str, PreferencePair]) -> bool:
    """Whether a triage says that the answer which was rejected breaks a rule."""
    if one.rejected is not None:
        return one.rejected.id == pairs[one.record.pair].rejected_id
    return one.record.outcome in ("right", "new answer")


def _n_pairs(records: Sequence[object]) -> int:
    return sum(isinstance(one, PreferencePair) for one in records)
