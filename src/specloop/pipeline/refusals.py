"""A refusal judge measured on labelled answers: the stage behind `specloop judge refusals`."""

from __future__ import annotations

from specloop.calibration.refused import (
    RefusalPlan,
    refusal_certificate,
    refusal_plan,
    tell_gold,
)
from specloop.config import PLAIN, RoleName
from specloop.errors import InputError
from specloop.gold import in_force, load_gold
from specloop.pipeline.judge_models import REFUSALS
from specloop.pipeline.run import Run, StageLog
from specloop.records import Failure, RefusalCertificate
from specloop.refusal_judges import RefusalGrader, refusal_judges
from specloop.stats import Resampling
from specloop.store import GOLD


def refusal_plan_of(run: Run) -> RefusalPlan:
    """The labelled answers of the configured gold; InputError if none has a class."""
    settings = run.config.calibrate
    gold = load_gold(settings.gold)
    planned = refusal_plan(gold.cases, in_force(gold.labels), settings.n)
    if not planned.cases:
        raise InputError(
            f"{', '.join(settings.gold)}: no label says how far an answer refuses; name such labels"
            " with --gold, such as xstest:FOLDER"
        )
    return planned


def check_refusals(run: Run) -> None:
    """InputError if the labels or the judge's model are missing."""
    refusal_plan_of(run)
    role = run.config.roles.judge
    if not refusal_judges.build(run.config.calibrate.refusals).asks:
        return
    if role.model == PLAIN:
        raise InputError("no judge: name its model with --model, or as judge under [roles]")
    run.pool.check(role.model, role.options)


async def stage_refusals(run: Run) -> RefusalCertificate:
    """The configured refusal judge on the configured gold; what it has said is kept."""
    settings, planned = run.config.calibrate, refusal_plan_of(run)
    asks = refusal_judges.build(settings.refusals).asks
    note = StageLog(run, "judge-refusals", [settings.refusals, planned.digest])
    note.begin()
    folder = run.folder.part(GOLD)
    folder.make()
    roles: list[RoleName] = ["judge"] if asks else []
    async with run.models(REFUSALS, *roles) as opened:
        model = opened.models.get("judge") if asks else None
        grader = RefusalGrader.of(settings.refusals, model.model if model else None)
        results = await tell_gold(planned, grader, model, folder, settings.max_failures)
    how = Resampling(confidence=settings.confidence)
    made = refusal_certificate(planned, grader, results, settings.gold, how)
    others = [one for one in run.folder.read(RefusalCertificate) if one.id != made.id]
    run.folder.replace(RefusalCertificate, [*others, made])
    note.finish(opened.meters, done=not any(isinstance(one, Failure) for one in results))
    return made
