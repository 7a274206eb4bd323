"""Preference pairs from exchanges: rejected is the defender's violating answer as it is; chosen is
the target's own answer generated under explicit constraints, taken or repaired by the pairing
strategy.

A share of the pairs becomes contrast pairs, whose two sides differ only in one conditional rule. A
rule that says "only when" can be broken in two ways: left out where it applies, or applied where
it must not be. A model that has never written the rule's wording does not break it in the second
way, so no exchange finds that violation before training, but training makes it likely. A contrast
pair has another rejected answer: the chosen one without what the rule demands, or with it where it
does not belong. This is ours; the paper has permitted twins against over-refusal, but nothing
against the over-application of other rules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, NamedTuple

from rapidfuzz import fuzz, process, utils

from specloop.checking import leave_out, overapply
from specloop.draws import drawn, ranked, seed_of
from specloop.ended import NOTHING, with_remedy
from specloop.errors import ModelError
from specloop.items import Loop, each, failures_in, flat, local
from specloop.llm.roles import RoleModel
from specloop.pairings import ChosenAnswer, PairCase, Pairing, broken, pairings, sound
from specloop.records import (
    Answer,
    Case,
    CheckCall,
    Exchange,
    Failure,
    Instance,
    Judgement,
    PreferencePair,
    Record,
    Rule,
    Sampling,
    said,
    strategy_text,
)
from specloop.synth.defender import answer_to, constrained, edited
from specloop.synth.exchange import SynthesisContext
from specloop.synth.instances import priority
from specloop.synth.upheld import by_code, judged_broken

_FEW = 3
"""Rules of a constrained prompt under `constrained_by = "broken"`."""
_LEAK = 92
"""The least token-set similarity (0 to 100) at which two requests count as the same."""
_Edit = Callable[[CheckCall, Sequence[CheckCall], str, str], str | None]


class PairMaterial(NamedTuple):
    """An exchange with the records it points to."""

    exchange: Exchange
    probe: Case
    rejected: Answer
    instance: Instance
    judgements: tuple[Judgement, ...] = ()
    """Of the rejected answer."""


def materials(
    exchanges: Sequence[Exchange],
    probes: Iterable[Case],
    answers: Iterable[Answer],
    instances: Iterable[Instance],
    judgements: Iterable[Judgement] = (),
) -> list[PairMaterial]:
    """The exchanges that can make a pair: a violation by the model that will be trained, in an
    answer that says something."""
    probe_of = {probe.id: probe for probe in probes}
    answer_of = {answer.id: answer for answer in answers}
    instance_of = {instance.id: instance for instance in instances}
    judged: dict[str, list[Judgement]] = {}
    for judgement in judgements:
        judged.setdefault(judgement.answer, []).append(judgement)
    items: list[PairMaterial] = []
    for exchange in exchanges:
        if exchange.violated and not exchange.switched:
            probe, answer = probe_of[exchange.probe], answer_of[exchange.answer]
            if answer.end not in NOTHING:
                own, instance = tuple(judged.get(answer.id, ())), instance_of[probe.scenario]
                items.append(PairMaterial(exchange, probe, answer, instance, own))
    return items


async def make_pairs(items: Sequence[PairMaterial], context: SynthesisContext) -> list[Record]:
    """Per exchange: constrained samples, the repaired answer, its score and the pair."""
    pairing, target = pairings.build(context.settings.pairing), context.models.get("target")
    assert target is not None, "the target is always a model"

    async def pair(item: PairMaterial) -> list[Record]:
        return await _PairMaker(item, context, pairing, target).made()

    loop = Loop[PairMaterial, list[Record]](
        "pairs",
        "pairs",
        lambda item: item.exchange.id,
        local(target.settings.concurrency),
        context.settings.max_failures,
        failing=failures_in,
    )
    return flat(await each(pair, items, loop))


@dataclass
class _PairMaker:
    """Makes the pair of one exchange."""

    item: PairMaterial
    context: SynthesisContext
    pairing: Pairing
    target: RoleModel
    records: list[Record] = field(default_factory=list)

    async def made(self) -> list[Record]:
        """The pair with the records made on the way, or why there is none."""
        exchange, own = self.item.exchange, self.item.judgements
        self.judged = judged_broken(exchange, own, self.item.probe, self.context)
        reason = await self._make()
        self.records += self.judged.records
        if reason:
            item = self.item.exchange.id
            failure = Failure(stage="pairs", item=item, reason=reason, kind="left out")
            self.records.append(failure)
        return self.records

    async def _make(self) -> str:
        """Make the pair; why there is none, unless the answer's quality is too low."""
        item, context = self.item, self.context
        decided = broken(context.decidable, item.probe.request, item.rejected, open_too=False)
        await self.judged.agree(item.rejected)
        if not decided and not self.judged.found:
            return self.judged.doubt or "the answer breaks no rule that may be trained on"
        answer = await self._answer()
        if isinstance(answer, str):
            return answer
        score = await context.score(item.probe, answer) if context.settings.min_quality else None
        if score:
            self.records.append(score)
            if score.score is not None and score.score < context.settings.min_quality:
                return ""
        if not sound(answer.text):
            return "the compliant answer has no content of its own or repeats itself"
        pair = self._pair(decided, answer)
        self.records += contrast(pair, answer, context) or (pair,)
        return ""

    async def _answer(self) -> Answer | str:
        """The pairing's answer, or why there is none; where a judge's word counts, its first that
        the judge finds to keep every rule that it found broken. An answer that it cannot tell about
        is none."""
        item, context = self.item, self.context
        samples = await self._samples() if self.pairing.uses_samples else []
        answered = [sample for sample in samples if sample.end not in NOTHING]
        if samples and not answered:
            raise ModelError(f"no constrained answer: {with_remedy(samples[0].end)}")
        self.records += samples
        case = PairCase(item.probe.request, item.rejected, answered, context.decidable)
        reason = "no compliant answer could be made"
        while (chosen := self.pairing.choose(case)) is not None:
            answer = _as_answer(chosen)
            if answer.text == item.rejected.text:
                return "the compliant answer is the violating one"
            self.records += [answer] if chosen.repairs else []
            reason = await self.judged.against(answer)
            if not reason:
                return answer
            if chosen.source not in case.samples:
                break
            left = [sample for sample in case.samples if sample != chosen.source]
            case = case._replace(samples=left)
        return reason

    async def _samples(self) -> list[Answer]:
        """Answers under the instance's rules and every decidable rule that the answer must keep."""
        item, settings = self.item, self.context.settings
        by_broken = settings.constrained_by == "broken"
        ids = item.exchange.violated if by_broken else item.instance.rules
        shown = sorted((rule for rule in self.context.rules if rule.id in ids), key=priority)
        messages = constrained(item.probe, shown[:_FEW] if by_broken else shown)
        about = (item.rejected.sampling.seed, item.probe.request)
        samplings = (
            Sampling(
                temperature=settings.constrained_temperature,
                top_k=self.target.settings.top_k,
                max_tokens=settings.max_tokens,
                seed=seed_of("constrained", *about, n),
            )
            for n in range(settings.samples)
        )
        return [
            await answer_to(self.target, item.probe, messages, sampling, "constrained")
            for sampling in samplings
        ]

    def _pair(self, decided: tuple[str, ...], chosen: Answer) -> PreferencePair:
        item, judged = self.item, self.judged
        return PreferencePair(
            prompt=item.probe.messages,
            chosen=said(chosen.text),
            rejected=said(item.rejected.text),
            finish_chosen=chosen.finish,
            finish_rejected=item.rejected.finish,
            chosen_id=chosen.id,
            rejected_id=item.rejected.id,
            probe=item.probe.id,
            exchange=item.exchange.id,
            instance=item.instance.id,
            violated=(*decided, *(rule.id for rule in judged.rules)),
            verdicts=(*by_code(decided), *judged.verdicts()),
            pairing=_in_words(self.context.settings.pairing),
            side=item.probe.side,
            split=item.probe.split,
        )


def _in_words(pairing: str | Mapping[str, Any]) -> str:
    options = {"name": pairing} if isinstance(pairing, str) else dict(pairing)
    return strategy_text(str(options.pop("name")), options)


def _as_answer(chosen: ChosenAnswer) -> Answer:
    if not chosen.repairs:
        return chosen.source
    return edited(chosen.source, chosen.text, "repaired", chosen.repairs)


def contrast(
    pair: PreferencePair, chosen: Answer, context: SynthesisContext
) -> tuple[Answer, PreferencePair] | None:
    """A corrupted answer and the pair against it, for a share of pairs drawn by their request."""
    about = ("contrast", context.settings.seed, pair.request)
    if not drawn("contrast", context.settings.contrast_share, *about):
        return None
    conditional = [rule for rule in context.decidable if rule.check and rule.check.only]
    order = ranked(conditional, lambda rule: rule.text, *about)
    edits = (_corrupted(edit, order, pair, context) for edit in (leave_out, overapply))
    corrupted = next(chain.from_iterable(edits), None)
    if corrupted is None:
        return None
    rule, text = corrupted
    answer = edited(chosen, text, "corrupted", (rule.id,))
    update = {
        "id": "",
        "rejected": said(text),
        "finish_rejected": chosen.finish,
        "rejected_id": answer.id,
        "violated": (rule.id,),
        "verdicts": tuple(by_code([rule.id])),
        "pairing": "contrast",
    }
    return answer, PreferencePair.model_validate(pair.model_dump() | update)


def _corrupted(
    edit: _Edit, order: Sequence[Rule], pair: PreferencePair, context: SynthesisContext
) -> Iterator[tuple[Rule, str]]:
    """The rules that the edit can break in the chosen answer, with the edited answer."""
    for rule in order:
        others = [r.check for r in context.decidable if r.check and r.id != rule.id]
        text = edit(rule.check, others, pair.request, pair.chosen_text) if rule.check else None
        if text is not None:
            yield rule, text


class FilteredPairs(NamedTuple):
    """The pairs kept, and how many were left out, by reason."""

    pairs: list[PreferencePair]
    n_duplicates: int
    n_leaks: int


def filter_pairs(pairs: Sequence[PreferencePair], held_out: Sequence[Case]) -> FilteredPairs:
    """Drop pairs of the same request and chosen text, and requests close to a held-out probe."""
    seen: set[tuple[str, str]] = set()
    held_out_requests = [utils.default_process(probe.request) for probe in held_out]
    kept: list[PreferencePair] = []
    n_duplicates = n_leaks = 0
    for pair in pairs:
        request = pair.request
        if (request, pair.chosen_text) in seen:
            n_duplicates += 1
        elif _leaks(request, held_out_requests):
            n_leaks += 1
        else:
            seen.add((request, pair.chosen_text))
            kept.append(pair)
    return FilteredPairs(kept, n_duplicates, n_leaks)


def apart(probes: Sequence[Case], pairs: Sequence[PreferencePair]) -> list[Case]:
    """Held-out probes that are not close to the request of a pair, and without the twins of those
    that are."""
    requests = [utils.default_process(pair.request) for pair in pairs]
    close = {probe.id for probe in probes if _leaks(probe.request, requests)}
    return [one for one in probes if one.id not in close and one.twin_of not in close]


def _leaks(request: str, known: Sequence[str]) -> bool:
    query = utils.default_process(request)
    return process.extractOne(query, known, scorer=fuzz.ratio, score_cutoff=_LEAK) is not None
