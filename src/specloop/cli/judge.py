"""`specloop judge`: measure judges on labelled answers, and compare them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter, validators

from specloop.calibration.belief import standing
from specloop.calibration.needed import MOST, Supposed, labels_needed
from specloop.calibration.table import (
    certificate_data,
    certificates_table,
    cheapest_first,
    groups_tables,
    remarks,
)
from specloop.cli.common import (
    Changes,
    ChangesOption,
    Command,
    JsonOption,
    SpendingOptions,
    planned_run,
    with_options,
    work,
)
from specloop.cli.judge_sets import sets
from specloop.config import ConfigDraft, Configured
from specloop.errors import InputError
from specloop.pipeline import Run
from specloop.pipeline.believed import threshold_of
from specloop.pipeline.calibrating import check_calibrate, lost_by_cascades, stage_calibrate
from specloop.pipeline.estimate import estimate
from specloop.records import Certificate, GoldPart
from specloop.store import RunFolder
from specloop.terminal import show, show_json, show_remarks, show_table

judge = App(name="judge", help="Measure judges on labelled answers.")
judge.command(sets, name="sets")


@dataclass(frozen=True)
class JudgeOptions:
    """Which judge is measured, and on what; the folder remembers it."""

    gold: Annotated[
        list[str] | None,
        Parameter(help="Labelled answers as SOURCE:WHERE; again for more.", negative=""),
    ] = None
    judge: Annotated[str | None, Parameter(help="The judge to measure.")] = None
    model: Annotated[str | None, Parameter(help="The judge's model.")] = None
    part: Annotated[
        GoldPart | None, Parameter(help="Cases to choose on, to certify on, or all.")
    ] = None

    repeats: Annotated[
        int | None, Parameter(help="Times that the judge is asked, to see how consistent it is.")
    ] = None

    def over(self, draft: ConfigDraft) -> Configured:
        """The configuration with the options given."""
        gold = [absolute_gold(one) for one in self.gold or ()] or None
        given = (
            ("--gold", ("calibrate", "gold"), gold),
            ("--judge", ("calibrate", "judge"), self.judge),
            ("--model", ("roles", "judge", "model"), self.model),
            ("--part", ("calibrate", "part"), self.part),
            ("--repeats", ("calibrate", "repeats"), self.repeats),
        )
        return with_options(draft, "judge calibrate", given).built()


@judge.command(name="calibrate")
def calibrate(  # noqa: PLR0913 - one parameter an option
    run: Path,
    *,
    measured: Annotated[JudgeOptions | None, Parameter(name="*")] = None,
    by_group: Annotated[bool, Parameter(help="Print figures by group.", negative="")] = False,
    json: JsonOption = False,
    changes: ChangesOption = None,
    spending: SpendingOptions = None,
) -> None:
    """Measure a judge on labelled answers, and store what it is worth as a certificate in RUN."""
    draft = (changes or Changes()).draft(RunFolder(run, planned=True), "judge calibrate")
    configured = (measured or JudgeOptions()).over(draft)
    made: list[Certificate] = []

    async def stage(run: Run) -> None:
        made.append(await stage_calibrate(run))

    def show(run: Run) -> None:
        if json:
            show_json(certificate_data(made[0]))
            return
        for table in groups_tables(made[0]) if by_group else (certificates_table(made),):
            show_table(table)
        show_remarks(remarks(made[0]))
        if made[0].certifies:
            show_remarks(standing(made[0], threshold_of(run)))

    bill = partial(estimate, stages=["calibrate"])
    task = Command(stage, check_calibrate, show, bill=bill)
    work(planned_run(run, configured), task, spending, json=json)


@judge.command(name="compare")
def compare(run: Path, *, json: JsonOption = False) -> None:
    """Print all certificates of RUN side by side, the judge with the cheapest verdicts first."""
    certificates = RunFolder(run).need(Certificate, "judge calibrate")
    if json:
        show_json({"certificates": [certificate_data(c) for c in cheapest_first(certificates)]})
        return
    show_table(certificates_table(certificates))
    show_remarks(lost_by_cascades(certificates))


Share = Annotated[float, Parameter(validator=validators.Number(gt=0, lt=1))]


@judge.command(name="plan")
def plan_(  # noqa: PLR0913 - one parameter an option
    half_width: Annotated[Share, Parameter(help="Wanted interval: plus or minus this.")] = 0.05,
    *,
    kept: Annotated[Share, Parameter(help="Share of rules kept, as you suppose.")] = 0.8,
    sensitivity: Annotated[Share, Parameter(help="Kept rules the judge says are kept.")] = 0.85,
    specificity: Annotated[Share, Parameter(help="Broken rules it says are broken.")] = 0.85,
    judged: Annotated[
        int, Parameter(help="Verdicts the rate is made of.", validator=validators.Number(gte=1))
    ] = 1000,
    json: JsonOption = False,
) -> None:
    """Say how many labels a corrected rate needs for a wanted interval."""
    supposed = Supposed(kept, sensitivity, specificity, judged)
    n = labels_needed(supposed, half_width)
    least = supposed.half_width(MOST)
    if json:
        show_json({"labels": n, "least_half_width": least, **supposed._asdict()})
        return
    if n is not None:
        show(f"about {n:,} labels for an interval of ±{half_width:g}")
    elif least is None:
        show("no number of labels is enough: such a judge is no better than chance")
    else:
        show(
            f"no number of labels is enough: with {judged:,} verdicts of such a judge the interval"
            f" is ±{least:.3f} at best. Judge more answers, or take a better judge"
        )


def absolute_gold(gold: str) -> str:
    """The same gold from any current folder."""
    source, _, where = gold.partition(":")
    if not where:
        raise InputError(f"--gold {gold}: write SOURCE:WHERE, such as rows:labels.csv")
    return f"{source}:{Path(where).resolve()}"
