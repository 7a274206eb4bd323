"""Judges on the exact sets of broken rules: the stage behind `specloop judge sets`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from specloop.calibration.judged import Asking, NamedCase, judge_cases
from specloop.calibration.policy_items import BUNDLED, items_digest, read_items
from specloop.calibration.sets import READING, JudgedItem, above, policy_case, set_figures
from specloop.config import PLAIN
from specloop.draws import ranked
from specloop.errors import InputError
from specloop.judges import judges
from specloop.judging.grader import Grader
from specloop.pipeline.judge_models import SETS as SETS_STAGE
from specloop.pipeline.judge_models import (
    Table,
    grader_in,
    judges_of_stage,
    roles_of_judge,
    with_judge,
)
from specloop.pipeline.labelled_sets import labelled_items
from specloop.pipeline.preflight import preflight
from specloop.pipeline.run import Run, StageLog
from specloop.records import (
    Failure,
    Figure,
    Judgement,
    PolicyItem,
    SetScore,
    content_id,
    total_cost,
)
from specloop.stats import Resampling
from specloop.store import SETS, RunFolder, put


class Items(NamedTuple):
    """What judges are measured on."""

    source: str
    items: tuple[PolicyItem, ...]


class SetsResult(NamedTuple):
    """What judges are worth, in the order in which they were named."""

    scores: tuple[SetScore, ...]
    differences: tuple[Figure, ...] = ()
    """By how much more exact sets each judge after the first one finds; its label is the group."""


async def stage_sets(run: Run) -> SetsResult:
    """The configured judges on the items; verdicts that are there are kept."""
    planned, folder = items_of(run), run.folder.part(SETS)
    folder.make()
    put(folder, PolicyItem, planned.items)
    how = Resampling(confidence=run.config.sets.confidence)
    scores: list[SetScore] = []
    judged: list[Sequence[JudgedItem]] = []
    for number, table in enumerate(run.config.sets.judges, 1):
        results, grader = await _judged(run, f"{SETS_STAGE}-{number}", table, planned, folder)
        by_item = {one.answer: one for one in results if isinstance(one, Judgement)}
        judged.append([JudgedItem.of(item, by_item.get(item.id)) for item in planned.items])
        cost = total_cost(one.cost for one in by_item.values())
        figures = tuple(set_figures(judged[-1], how))
        score = _score(grader, planned, figures, how.confidence)
        scores.append(score.model_copy(update={"cost": cost}))
    put(run.folder, SetScore, scores)
    differences = [
        Figure(name="exact", group=score.label, judge="", **above(one, judged[0], how)._asdict())
        for score, one in zip(scores[1:], judged[1:], strict=True)
    ]
    return SetsResult(tuple(scores), tuple(differences))


def items_of(run: Run) -> Items:
    """The items that judges are measured on; InputError where there is none that can be used."""
    settings = run.config.sets
    if settings.labelled and settings.items:
        raise InputError("sets.items names a file, and sets.labelled is set: leave one of them out")
    if settings.labelled:
        every, n_partly = labelled_items(run.folder)
        others = f"; {n_partly} others have labels of some of their rules" if n_partly else ""
        source = f"labelled answers of the run{others}"
    else:
        path = Path(settings.items) if settings.items else BUNDLED
        source, every = settings.items or "bundled", read_items(path)
    chosen = ranked(every, lambda item: item.id, "sets")[: settings.n or None]
    return Items(source, tuple(chosen))


def check_sets(run: Run) -> None:
    """InputError if something is missing: the items, a judge or its model."""
    preflight(run, ["sets"], (lambda: items_of(run), lambda: _check_judges(run)))


def _check_judges(run: Run) -> None:
    every = [one.judge for one in judges_of_stage(run.config, SETS_STAGE)]
    for judge in every:
        name = judges.name_of(judge)
        if not judge.asks:
            raise InputError(f"{name}: it asks no model, and code decides none of these rules")
        if every.count(judge) > 1:
            raise InputError(f"{name}: this judge is named twice; name it once")
    if run.config.roles.judge.model == PLAIN:
        raise InputError("no judge: name its model with --model, or as judge under [roles]")


async def _judged(
    run: Run, stage: str, table: Table, planned: Items, folder: RunFolder
) -> tuple[list[Judgement | Failure], Grader]:
    """One judge's verdicts on the items."""
    grader = grader_in(run.config.roles, table, "judge")
    grader = grader._replace(options=f"{grader.options} {content_id(READING)}")
    note = StageLog(run, stage, [grader.request_digest, items_digest(planned.items)])
    note.begin()
    named = [NamedCase(item.name, policy_case(item)) for item in planned.items]
    async with run.models(stage, *roles_of_judge(table, "judge")) as opened:
        model = with_judge(opened.models, table, "judge").get("judge")
        title = f"judge {grader.name} on sets of broken rules"
        asking = Asking(grader, model, title, stage, run.config.sets.max_failures)
        results = await judge_cases(named, asking, folder)
    note.finish(opened.meters, done=not any(isinstance(one, Failure) for one in results))
    return results, grader


def _score(
    grader: Grader, planned: Items, figures: tuple[Figure, ...], confidence: float
) -> SetScore:
    known = grader.blank("")
    return SetScore(
        judge=known.judge,
        settings=known.settings,
        model=known.model,
        request_digest=known.request_digest,
        items=planned.source,
        items_digest=items_digest(planned.items),
        n_items=len(planned.items),
        figures=figures,
        confidence=confidence,
    )
