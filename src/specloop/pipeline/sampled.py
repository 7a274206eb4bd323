"""Fewer items where there are many: some of them are rehearsed, and stand for the others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from specloop.config import Config
from specloop.pipeline.entrants import entrants
from specloop.pipeline.rehearsed import RehearsedPool
from specloop.pipeline.run import Run
from specloop.pipeline.stand_in import Sample
from specloop.records import Case

_MOST_EXCHANGES = 400
"""Answers of as many are rehearsed one by one; an answer that is judged counts tenfold."""
_MOST_ANSWERS = 800
"""The same for an evaluation."""
_LEAST = 8
"""Exchanges of a wave, or probes, in a sample."""
_JUDGED = 10


def sampled_wave(run: Run) -> int:
    """Exchanges of a wave that are rehearsed: all, unless there are many, and none is there yet."""
    settings = run.config.synthesis
    size = settings.exchanges_per_wave
    answers = (1 + settings.switch_share * (settings.rounds - 1)) * (1 + settings.permitted_share)
    each = settings.waves * answers * (1 + _JUDGED * settings.judged_share)
    fewer = max(_LEAST, round(_MOST_EXCHANGES / each))
    return size if _is_begun(run, "synth") else min(size, fewer)


def parts(run: Run, pool: RehearsedPool, stage: str) -> Iterator[None]:
    """The parts in which a stage is rehearsed: the configuration of each is set, and how many items
    each of its items stands for."""
    if stage == "evaluate":
        yield from _evaluation(run, pool, run.config)
        return
    if stage == "synth":
        size, whole = sampled_wave(run), run.config
        times = whole.synthesis.exchanges_per_wave / size
        pool.sample = Sample(times, size * whole.synthesis.waves)
        run.config = _with(whole, "synthesis", exchanges_per_wave=size)
    elif stage != "pairs":  # Pairs are made of the same exchanges.
        pool.sample = Sample()
    yield


def _evaluation(run: Run, pool: RehearsedPool, whole: Config) -> Iterator[None]:
    """First one probe, with all that is asked beside the probes, then some that stand for the
    rest."""
    settings, pool.sample = whole.evaluate, Sample()
    n = sum(one.is_probe and one.split == "test" for one in run.folder.read(Case))
    n = min(n, settings.n_probes or n)
    answers = len(settings.seeds) * len(entrants(run))
    fewer = round(_MOST_ANSWERS / (answers * (1 + _JUDGED * settings.judged_share)))
    fewer = max(_LEAST, fewer)
    if n <= fewer + 1 or _is_begun(run, "evaluate"):
        yield
        return
    run.config = _with(whole, "evaluate", n_probes=1)
    yield
    run.config = _with(whole, "evaluate", n_probes=fewer + 1, general=False)
    pool.sample = Sample((n - 1) / fewer, fewer)
    yield
    run.config = whole


def _is_begun(run: Run, stage: str) -> bool:
    noted = run.folder.manifest().get("stages", {})
    return any(name.partition("-")[0] == stage for name in noted)


def _with(config: Config, table: str, **fields: Any) -> Config:
    changed = getattr(config, table).model_copy(update=fields)
    return config.model_copy(update={table: changed})
