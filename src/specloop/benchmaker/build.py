"""The whole way from a document's rules to a benchmark.

Specs, drafts, training data left out, relevance, variety, balance of labels, attack. Every call
follows from the requests and replies before it, so a run that was stopped finds its calls in the
cache and comes to the same end.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from specloop.benchmaker.attack import Attacked, attack_all
from specloop.benchmaker.embedding import Embedding
from specloop.benchmaker.leaks import Known, LeakReport, Near, report, without_known
from specloop.benchmaker.relevance import RelevantDraft, check_drafts
from specloop.benchmaker.rows import BuiltRow
from specloop.benchmaker.scene import Scene, describe
from specloop.benchmaker.select import in_turn, most_varied
from specloop.benchmaker.specs import BenchMaterial, RuleSpec, choose_specs
from specloop.benchmaker.steps import BuildModels
from specloop.benchmaker.write import write_drafts
from specloop.config import Benchmaker
from specloop.errors import RunStoppedError
from specloop.records import BenchRow, Failure, Scenario, Value

_SPARE = 1.5
"""Drafts that the selection by variety leaves for each row wanted, at least, since some attacks
fail. Of many drafts half stay, as in SpecBench."""


class BuildCounts(Value):
    """How many came through each step."""

    n_rules: int
    n_specs: int
    n_drafts: int
    """Prompts written; then those left out as duplicates, as no message at all, as training data,
    and by the relevance check (its unreadable and failed replies included)."""
    n_duplicates: int
    n_odd: int
    n_leaks: int
    n_irrelevant: int
    n_varied: int
    """Drafts left by the selection by variety."""
    n_attacked: int
    """Drafts on which attacks were tried, and the attempts it took."""
    n_attempts: int
    n_lost: int
    """Those whose meaning survived no attack, or whose attack failed, was training data or asked
    what another row asks."""
    n_unsafe: int
    n_safe: int


class Built(NamedTuple):
    """A benchmark and how it came about."""

    scenario: Scenario
    rows: tuple[BuiltRow, ...]
    """In the order of the scenario's rows."""
    failures: tuple[Failure, ...]
    """What was left out and what failed, with reasons."""
    counts: BuildCounts
    leaks: LeakReport
    shortfalls: tuple[str, ...]
    """Where there are fewer rows than asked, in words."""


class BuildContext(NamedTuple):
    """What the steps work with."""

    models: BuildModels
    embed: Embedding
    known: Known
    """Training data that no prompt may be part of."""


class _Pool(NamedTuple):
    """The drafts that are fit, and what became of the others."""

    n_drafts: int
    n_duplicates: int
    n_odd: int
    leaks: Sequence[Near]
    irrelevant: Sequence[Failure]
    fit: Sequence[RelevantDraft]
    failures: Sequence[Failure]


async def build_benchmark(
    material: BenchMaterial, settings: Benchmaker, context: BuildContext
) -> Built:
    """A scenario with up to `n_unsafe` attacked rows and then up to `n_safe` plain ones.

    Fewer where fewer drafts were fit; `failures` says why each of the others was not. InputError
    where the document has no spec, RunStoppedError where too many calls failed or no row is left.
    """
    chosen = choose_specs(material, settings.max_specs)
    scene, undescribed = await describe(material, chosen, settings, context.models.planner)
    pool = await _pool(scene, chosen.specs, settings, context)
    unsafe, safe = _taken(pool.fit, settings, context.embed)
    calm = safe[: settings.n_safe]
    results = await attack_all(unsafe, settings, context.models, context.known, calm)
    failures = (*chosen.left_out, *undescribed, *pool.failures, *results.failures)
    if not results.attacked and not calm:
        raise RunStoppedError(f"no prompt was fit for the benchmark: {_reasons(failures)}")
    made = [_attacked_row(scene.key, place, one) for place, one in enumerate(results.attacked)]
    made += [_plain_row(scene.key, place, one) for place, one in enumerate(calm, len(made))]
    rows = tuple(row for row, _ in made)
    counts = BuildCounts(
        n_rules=len(material.rules),
        n_specs=len(chosen.specs),
        n_drafts=pool.n_drafts,
        n_duplicates=pool.n_duplicates,
        n_odd=pool.n_odd,
        n_leaks=len(pool.leaks),
        n_irrelevant=len(pool.irrelevant),
        n_varied=len(unsafe) + len(safe),
        n_attacked=results.n_tried,
        n_attempts=results.n_attempts,
        n_lost=results.n_tried - len(results.attacked),
        n_unsafe=len(results.attacked),
        n_safe=len(calm),
    )
    texts = [text for row in rows for text in (row.prompt, row.adversarial_prompt)]
    leaks = report(
        context.known, pool.n_drafts + results.n_tried, [*pool.leaks, *results.leaks], texts
    )
    scenario = Scenario(
        key=scene.key,
        name=scene.name,
        description=scene.description,
        specs=chosen.texts(),
        rows=rows,
    )
    short = tuple(_shortfalls(counts, scenario, settings, [*pool.failures, *results.failures]))
    return Built(scenario, tuple(row for _, row in made), failures, counts, leaks, short)


def _shortfalls(
    counts: BuildCounts, scenario: Scenario, settings: Benchmaker, failures: Sequence[Failure]
) -> Iterator[str]:
    """Rows asked for that there are not, and why."""
    got = (("unsafe", settings.n_unsafe, counts.n_unsafe), ("safe", settings.n_safe, counts.n_safe))
    for label, wanted, n in got:
        if n < wanted:
            no_spec = label == "unsafe" and not scenario.specs.safety
            why = "the document has no safety spec" if no_spec else _reasons(failures)
            yield f"asked {wanted} {label} rows, got {n}: {why}"


async def _pool(
    scene: Scene, specs: Sequence[RuleSpec], settings: Benchmaker, context: BuildContext
) -> _Pool:
    written = await write_drafts(scene, specs, settings, context.models.planner)
    fresh, leaks, leaked = without_known(written.drafts, context.known)
    checked = await check_drafts(scene, fresh, settings, context.models.judge)
    return _Pool(
        n_drafts=written.n_written,
        n_duplicates=written.n_duplicates,
        n_odd=written.n_odd,
        leaks=leaks,
        irrelevant=checked.failures,
        fit=checked.kept,
        failures=[*written.failures, *leaked, *checked.failures],
    )


def _taken(
    fit: Sequence[RelevantDraft], settings: Benchmaker, embed: Embedding
) -> tuple[list[RelevantDraft], list[RelevantDraft]]:
    """Unsafe and safe drafts, the most varied ones, in the order in which rows are taken."""

    def ordered(pool: Sequence[RelevantDraft], wanted: int) -> list[RelevantDraft]:
        if not pool:
            return []
        k = max(math.ceil(len(pool) / 2), math.ceil(_SPARE * wanted))
        kept = most_varied(embed([one.draft.text for one in pool]), k)
        varied = [pool[i] for i in kept]
        return in_turn(
            varied, lambda one: one.draft.spec.text, lambda one: one.draft.text, settings.seed
        )

    unsafe = [one for one in fit if one.draft.unsafe]
    safe = [one for one in fit if not one.draft.unsafe]
    return ordered(unsafe, settings.n_unsafe), ordered(safe, settings.n_safe)


def _attacked_row(scenario: str, place: int, one: Attacked) -> tuple[BenchRow, BuiltRow]:
    row = _row(scenario, place, one.original, one.text)
    made = _built(row, one.original).model_copy(
        update={
            "tactics": one.tactics,
            "attempts": one.n_attempts,
            "votes": one.votes,
            "attacked_by": one.made_by,
        }
    )
    return row, made


def _plain_row(scenario: str, place: int, one: RelevantDraft) -> tuple[BenchRow, BuiltRow]:
    row = _row(scenario, place, one, one.draft.text)
    return row, _built(row, one)


def _row(scenario: str, place: int, one: RelevantDraft, asked: str) -> BenchRow:
    return BenchRow(
        scenario=scenario,
        adversarial_prompt=asked,
        prompt=one.draft.text,
        label="unsafe" if one.draft.unsafe else "safe",
        source=one.draft.spec.label,
        number=place,
    )


def _built(row: BenchRow, one: RelevantDraft) -> BuiltRow:
    draft = one.draft
    return BuiltRow(
        row=row.id,
        rules=draft.spec.rules,
        category=draft.spec.category,
        number=draft.spec.number,
        side=draft.side,
        intent=draft.intent.text,
        intended_by=draft.intent.made_by,
        written_by=draft.made_by,
        checked_by=one.made_by,
    )


def _reasons(failures: Sequence[Failure]) -> str:
    """The most frequent reasons."""
    counted = Counter(failure.reason.partition(": ")[0] for failure in failures).most_common(3)
    told = "; ".join(f"{n} x {reason}" for reason, n in counted)
    return told or "too few were written; raise n_per_spec"
