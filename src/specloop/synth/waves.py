"""Stage 3 in waves: exchanges of a wave run at once, their successes join the pool when it ends."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple

from specloop.ended import End
from specloop.items import Loop, each, failures_in, flat, local
from specloop.judging.grader import unread
from specloop.records import (
    Answer,
    Exchange,
    Failure,
    Instance,
    Judgement,
    QualityScore,
    Record,
    SeedPrompt,
)
from specloop.synth.exchange import SynthesisContext, run_exchange
from specloop.synth.planner import StrategyPool
from specloop.synth.plans import Plan, make_plans
from specloop.tolerance import Legibility


async def run_waves(
    seeds: Sequence[SeedPrompt],
    instances: Sequence[Instance],
    context: SynthesisContext,
    done: Sequence[Sequence[Record]],
) -> AsyncIterator[list[Record]]:
    """Yield each wave's records once it has ended; `done` are the waves of an earlier run."""
    pool = StrategyPool()
    for records in done:
        pool.merge(records)
    by_id = {rule.id: rule for rule in context.rules}
    settings = context.settings
    size = settings.exchanges_per_wave
    n = settings.waves * size
    draw = settings.direct_share, f"waves-{settings.seed}"
    plans = make_plans(n, seeds, instances, by_id, draw)
    judged = _Judged.of(context)
    for wave in range(len(done), settings.waves):
        wave_plans = plans[wave * size : (wave + 1) * size]
        records = await _wave(wave_plans, wave, pool, judged, context)
        pool.merge(records)
        yield records


async def run_plans(plans: list[Plan], wave: int, context: SynthesisContext) -> list[Record]:
    """The records of exchanges that were planned by themselves, without the finds of others."""
    return await _wave(plans, wave, StrategyPool(), _Judged.of(context), context)


class _Judged(NamedTuple):
    """How far the models that judge can be read, over all waves."""

    verdicts: Legibility
    grades: Legibility

    @classmethod
    def of(cls, context: SynthesisContext) -> _Judged:
        """Of the exchanges' two judges."""
        share, name = context.settings.max_failures, context.models.name
        return cls(
            Legibility(f"verdicts of {name('compliance')}", share),
            Legibility(f"grades of {name('quality')}", share),
        )

    def add(self, records: Sequence[Record]) -> None:
        """Count an exchange; RunStoppedError where a judge cannot be read."""
        ends: dict[str, End] = {
            record.id: record.end for record in records if isinstance(record, Answer)
        }
        for record in records:
            if isinstance(record, Judgement) and record.answer in ends:
                for trouble in unread(ends[record.answer], record):
                    self.verdicts.add(trouble)
            elif isinstance(record, QualityScore) and not record.suspicions:
                self.grades.add(record.reason)


async def _wave(
    plans: list[Plan],
    wave: int,
    pool: StrategyPool,
    judged: _Judged,
    context: SynthesisContext,
) -> list[Record]:
    """Run a wave's exchanges; records are in the order of the plans."""
    n_violated = 0

    async def exchange(number: int) -> list[Record]:
        return await run_exchange(plans[number], wave, pool, context)

    def seen(_: int, records: list[Record] | Failure) -> str:
        nonlocal n_violated
        if not isinstance(records, Failure):
            judged.add(records)
            n_violated += any(isinstance(r, Exchange) and r.violated for r in records)
        return f"{n_violated} with violations"

    loop = Loop[int, list[Record]](
        f"wave {wave + 1} of {context.settings.waves}",
        "synth",
        lambda number: f"wave {wave} exchange {number}",
        local(context.models.concurrency),
        context.settings.max_failures,
        failing=failures_in,
        seen=seen,
    )
    # Written requests first: their models answer several calls at once for the price of one.
    order = sorted(range(len(plans)), key=lambda number: plans[number].direct)
    results = dict(zip(order, await each(exchange, order, loop), strict=True))
    return flat(results[number] for number in sorted(results))
