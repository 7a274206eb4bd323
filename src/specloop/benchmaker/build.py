"""Build a benchmark from a document's rules.

The steps: choose specs, write drafts, leave out training data, check relevance, choose by variety,
balance labels, attack. Every call depends only on the requests and replies before it, so a stopped
run finds its calls in the cache and ends the same.
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
from specloop.records import Case, Failure, Scenario, ScenarioRow, Value

_SPARE = 1.5
"""Least drafts that the selection by variety keeps for each wanted row, because some attacks fail.
Of many drafts half stay, as in SpecBench."""


class BuildCounts(Value):
    """How many drafts passed each step."""

    n_rules: int
    n_specs: int
    n_drafts: int
    """Prompts written; then those left out as duplicates, as not being messages, as training data,
    and by the relevance check (including its unreadable and failed replies)."""
    n_duplicates: int
    n_odd: int
    n_leaks: int
    n_irrelevant: int
    n_varied: int
    """Drafts left by the selection by variety."""
    n_attacked: int
    """Drafts on which attacks were tried, and the number of attempts."""
    n_attempts: int
    n_lost: int
    """Those whose meaning survived no attack, or whose attack failed, was training data or asked
    the same as another row."""
    n_unsafe: int
    n_safe: int


class Built(NamedTuple):
    """A benchmark and how it was made."""

    scenario: Scenario
    rows: tuple[BuiltRow, ...]
    """Where each row comes from, in the order of the scenario's rows."""
    failures: tuple[Failure, ...]
    """What was left out and what failed, with reasons."""
    counts: BuildCounts
    leaks: LeakReport
    shortfalls: tuple[str, ...]
    """Where there are fewer rows than asked for, in words."""


class BuildContext(NamedTuple):
    """What all steps need."""

    models: BuildModels
    embed: Embedding
    known: Known
    """Training data that no prompt may repeat."""


class _Pool(NamedTuple):
    """The drafts that passed, and what happened to the others."""

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

    There are fewer if fewer drafts passed; `failures` has the reason for each of the others.
    InputError if the document has no spec, RunStoppedError if too many calls failed or no row is
    left.
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
    made = [
        _attacked_row(scene.key, place, relevant) for place, relevant in enumerate(results.attacked)
    ]
    made += [
        _plain_row(scene.key, place, relevant) for place, relevant in enumerate(calm, len(made))
    ]
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
    texts = [text for row in rows for text in (row.query, row.request)]
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
    """Which rows are missing, and why."""
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
    """The most varied unsafe and safe drafts, in the order in which rows are taken."""

    def ordered(pool: Sequence[RelevantDraft], wanted: int) -> list[RelevantDraft]:
        if not pool:
            return []
        k = max(math.ceil(len(pool) / 2), math.ceil(_SPARE * wanted))
        kept = most_varied(embed([relevant.draft.text for relevant in pool]), k)
        varied = [pool[i] for i in kept]
        return in_turn(
            varied,
            lambda relevant: relevant.draft.spec.text,
            lambda relevant: relevant.draft.text,
            settings.seed,
        )

    unsafe = [relevant for relevant in fit if relevant.draft.unsafe]
    safe = [relevant for relevant in fit if not relevant.draft.unsafe]
    return ordered(unsafe, settings.n_unsafe), ordered(safe, settings.n_safe)


def _attacked_row(scenario: str, place: int, attacked: Attacked) -> tuple[Case, BuiltRow]:
    row = _row(scenario, place, attacked.original, attacked.text)
    made = _built(row, attacked.original).model_copy(
        update={
            "tactics": attacked.tactics,
            "attempts": attacked.n_attempts,
            "votes": attacked.votes,
            "attacked_by": attacked.made_by,
        }
    )
    return row, made


def _plain_row(scenario: str, place: int, relevant: RelevantDraft) -> tuple[Case, BuiltRow]:
    row = _row(scenario, place, relevant, relevant.draft.text)
    return row, _built(row, relevant)


def _row(scenario: str, place: int, fit: RelevantDraft, asked: str) -> Case:
    row = ScenarioRow(
        adversarial_prompt=asked,
        prompt=fit.draft.text,
        label="unsafe" if fit.draft.unsafe else "safe",
        source=fit.draft.spec.label,
    )
    return row.as_case(scenario, place)


def _built(row: Case, fit: RelevantDraft) -> BuiltRow:
    draft = fit.draft
    return BuiltRow(
        row=row.id,
        rules=draft.spec.rules,
        category=draft.spec.category,
        number=draft.spec.number,
        side=draft.side,
        intent=draft.intent.text,
        intended_by=draft.intent.made_by,
        written_by=draft.made_by,
        checked_by=fit.made_by,
    )


def _reasons(failures: Sequence[Failure]) -> str:
    """The most frequent reasons."""
    counted = Counter(failure.reason.partition(": ")[0] for failure in failures).most_common(3)
    reasons = "; ".join(f"{n} x {reason}" for reason, n in counted)
    return reasons or "too few were written; raise n_per_spec"
