"""Build a benchmark from a document's rules.

The steps: choose specs, write drafts, leave out training data, check relevance, choose by variety,
balance labels, attack. Every call depends only on the requests and replies before it, so a stopped
run finds its calls in the cache and ends the same.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from specloop.benchmaker.attack import Attacked, attack_all
from specloop.benchmaker.embedding import Embedding
from specloop.benchmaker.kept import NOTHING_KEPT, EarlierRow, KeptRows, keep, placed, renumbered
from specloop.benchmaker.leaks import Known, LeakReport, Near, report, without_known
from specloop.benchmaker.relevance import Relevant, check_drafts
from specloop.benchmaker.rows import BuiltRow
from specloop.benchmaker.scene import Scene, describe
from specloop.benchmaker.select import in_turn, most_varied
from specloop.benchmaker.specs import BenchMaterial, RuleSpec, choose_specs
from specloop.benchmaker.steps import BuildModels
from specloop.benchmaker.text import normal
from specloop.benchmaker.write import Drafts, PromptDraft, write_drafts
from specloop.config import Benchmaker
from specloop.errors import RunStoppedError
from specloop.records import (
    Case,
    Failure,
    Scenario,
    ScenarioRow,
    Value,
    optional,
)

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
    n_kept: int = optional(0)
    """Rows of an earlier version that still hold; and those that were dropped."""
    n_dropped: int = optional(0)


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
    kept: KeptRows = NOTHING_KEPT
    """What became of an earlier version's rows."""


class _Pool(NamedTuple):
    """The drafts that passed, and what happened to the others."""

    written: Drafts
    leaks: Sequence[Near]
    leaked: Sequence[Failure]
    checked: Relevant

    @property
    def failures(self) -> list[Failure]:
        return [*self.written.failures, *self.leaked, *self.checked.failures]


async def build_benchmark(
    material: BenchMaterial,
    settings: Benchmaker,
    models: BuildModels,
    embed: Embedding,
    known: Known,
) -> Built:
    """A scenario with up to `n_unsafe` attacked rows and then up to `n_safe` plain ones.

    No row repeats the training data that is `known`. There are fewer rows if fewer drafts passed;
    `failures` has the reason for each of the others. InputError if the document has no spec,
    RunStoppedError if too many calls failed or no row is left.
    """
    chosen, kept = choose_specs(material, settings.max_specs), NOTHING_KEPT
    if material.earlier:
        chosen = renumbered(chosen, material.earlier.scenario)
        kept = keep(material.earlier, chosen, settings, known)
        scene, undescribed = material.earlier.scene, ()
    else:
        scene, undescribed = await describe(material, chosen, settings, models.planner)
    wanted = kept.missing(settings)
    new = [spec for spec in chosen.specs if spec.text not in kept.specs]
    due = new if wanted.n_unsafe + wanted.n_safe else []
    pool = await _pool(scene, due, settings, models, known)
    fit = [draft for draft in pool.checked.kept if normal(draft.text) not in kept.texts]
    unsafe, safe = _taken(fit, wanted, embed)
    calm = safe[: wanted.n_safe]
    taken = [*(draft.text for draft in calm), *kept.texts]
    results = await attack_all(unsafe, wanted, models, known, taken)
    failures = (*chosen.left_out, *undescribed, *pool.failures, *results.failures)
    made = [_made(scene.key, one.original, one) for one in results.attacked]
    plain = [_made(scene.key, draft, None) for draft in calm]
    both = list(placed([*_as_pairs(kept.unsafe), *made, *_as_pairs(kept.safe), *plain]))
    rows, built = tuple(row for row, _ in both), tuple(how for _, how in both)
    if not rows:
        raise RunStoppedError(f"no prompt was fit for the benchmark: {_reasons(failures)}")
    counts = BuildCounts(
        n_rules=len(material.rules),
        n_specs=len(chosen.specs),
        n_drafts=pool.written.n_written,
        n_duplicates=pool.written.n_duplicates,
        n_odd=pool.written.n_odd,
        n_leaks=len(pool.leaks),
        n_irrelevant=len(pool.checked.failures),
        n_varied=len(unsafe) + len(safe),
        n_attacked=results.n_tried,
        n_attempts=results.n_attempts,
        n_lost=results.n_tried - len(results.attacked),
        n_unsafe=len(kept.unsafe) + len(results.attacked),
        n_safe=len(kept.safe) + len(calm),
        n_kept=len(kept.unsafe) + len(kept.safe),
        n_dropped=len(kept.dropped),
    )
    texts = [text for row in rows for text in (row.query, row.request)]
    n_prompts = counts.n_drafts + results.n_tried
    leaks = report(known, n_prompts, [*pool.leaks, *results.leaks], texts)
    scenario = Scenario(
        key=scene.key,
        name=scene.name,
        description=scene.description,
        specs=chosen.texts(),
        rows=rows,
    )
    short = tuple(_shortfalls(counts, scenario, settings, [*pool.failures, *results.failures]))
    return Built(scenario, built, failures, counts, leaks, short, kept)


def _shortfalls(
    counts: BuildCounts, scenario: Scenario, settings: Benchmaker, failures: Sequence[Failure]
) -> Iterator[str]:
    """Which rows are missing, and why."""
    rows = (
        ("unsafe", settings.n_unsafe, counts.n_unsafe),
        ("safe", settings.n_safe, counts.n_safe),
    )
    for label, n_wanted, n in rows:
        if n < n_wanted:
            no_spec = label == "unsafe" and not scenario.specs.safety
            why = "the document has no safety spec" if no_spec else _reasons(failures)
            yield f"asked {n_wanted} {label} rows, got {n}: {why}"


async def _pool(
    scene: Scene,
    specs: Sequence[RuleSpec],
    settings: Benchmaker,
    models: BuildModels,
    known: Known,
) -> _Pool:
    written = await write_drafts(scene, specs, settings, models.planner)
    fresh, leaks, leaked = without_known(written.drafts, known)
    checked = await check_drafts(scene, fresh, settings, models.judge)
    return _Pool(written, leaks, leaked, checked)


def _taken(
    fit: Sequence[PromptDraft], settings: Benchmaker, embed: Embedding
) -> tuple[list[PromptDraft], list[PromptDraft]]:
    """The most varied unsafe and safe drafts, in the order in which rows are taken."""

    def ordered(pool: Sequence[PromptDraft], n_rows: int) -> list[PromptDraft]:
        if not pool:
            return []
        k = max(math.ceil(len(pool) / 2), math.ceil(_SPARE * n_rows))
        varied = [pool[i] for i in most_varied(embed([draft.text for draft in pool]), k)]
        return in_turn(
            varied, lambda draft: draft.spec.text, lambda draft: draft.text, settings.seed
        )

    unsafe = [draft for draft in fit if draft.unsafe]
    safe = [draft for draft in fit if not draft.unsafe]
    return ordered(unsafe, settings.n_unsafe), ordered(safe, settings.n_safe)


def _row(scenario: str, place: int, draft: PromptDraft, attacked: Attacked | None) -> Case:
    row = ScenarioRow(
        adversarial_prompt=attacked.text if attacked else draft.text,
        prompt=draft.text,
        label="unsafe" if draft.unsafe else "safe",
        source=draft.spec.label,
    )
    return row.as_case(scenario, place)


def _made(scenario: str, draft: PromptDraft, attacked: Attacked | None) -> tuple[Case, BuiltRow]:
    row = _row(scenario, 0, draft, attacked)
    return row, _built(row.id, draft, attacked)


def _as_pairs(kept: Iterable[EarlierRow]) -> list[tuple[Case, BuiltRow]]:
    return [(row.case, row.built) for row in kept]


def _built(row: str, draft: PromptDraft, attacked: Attacked | None) -> BuiltRow:
    return BuiltRow(
        row=row,
        rules=draft.spec.rules,
        category=draft.spec.category,
        number=draft.spec.number,
        side=draft.side,
        intent=draft.intent.text,
        intended_by=draft.intent.made_by,
        written_by=draft.made_by,
        checked_by=draft.checked_by,
        tactics=attacked.tactics if attacked else (),
        attempts=attacked.n_attempts if attacked else 0,
        votes=attacked.votes if attacked else None,
        attacked_by=attacked.made_by if attacked else None,
    )


def _reasons(failures: Sequence[Failure]) -> str:
    """The most frequent reasons."""
    counted = Counter(failure.reason.partition(": ")[0] for failure in failures).most_common(3)
    reasons = "; ".join(f"{n} x {reason}" for reason, n in counted)
    return reasons or "too few were written; raise n_per_spec"
