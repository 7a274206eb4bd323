"""`specloop rejudge RUN`: judge stored answers by another judge, and show where the two differ."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from specloop.cli.common import Command, JsonOption, SpendingOptions, work
from specloop.cli.specbench_options import Options, reopen_bench
from specloop.errors import InputError
from specloop.pipeline import Run
from specloop.pipeline.specbench import configured_judge, stage_judge
from specloop.pipeline.specbench_estimate import estimate_judge
from specloop.pipeline.specbench_preflight import check_judging
from specloop.specbench.agreement import DIFFERENCES_FILE, agreement, differences
from specloop.specbench.cases import JudgeKey, judges_of
from specloop.specbench.comparison_data import agreement_data
from specloop.specbench.stored import read_stored
from specloop.specbench.table import agreement_table, differences_by_spec_table
from specloop.stats import Resampling
from specloop.terminal import console, show, show_json, show_table


def rejudge(
    run: Path,
    *,
    against: Annotated[
        str, Parameter(help="Judge to compare with, by its label; the run's own one without.")
    ] = "",
    json: JsonOption = False,
    options: Options = None,
    spending: SpendingOptions = None,
) -> None:
    """Judge the stored answers with another judge or protocol, and print where the two differ.

    The run keeps its own judge: the judge named here is only for this command.
    """
    opened = reopen_bench(run, options, "rejudge")

    @cache
    def other() -> JudgeKey | None:
        return _other(Run.resume(run), against)

    def check(opened: Run) -> None:
        check_judging(opened)
        other()

    def compare(opened: Run) -> None:
        _compare(opened, other(), json)

    task = Command(stage_judge, check, compare, keeps=False, bill=estimate_judge)
    work(opened, task, spending, json=json)


def _other(run: Run, label: str) -> JudgeKey | None:
    """The judge to compare with: the one with that label, or the run's own if it has judged."""
    stored = read_stored(run.folder)
    if not label:
        return configured_judge(run.config, stored)
    known = judges_of(stored.judgements)
    named = [key for key in known if key.label == label]
    if not named:
        labels = "; ".join(key.label for key in known) or "none"
        raise InputError(f"no judge {label!r} has judged these answers. Judges: {labels}")
    return named[0]


def _compare(run: Run, wanted: JudgeKey | None, json: bool) -> None:
    stored, settings = read_stored(run.folder), run.config.specbench
    mine = configured_judge(run.config, stored)
    if mine is None:
        _tell_none("the new judge has judged no answer, so there is nothing to compare", json)
        return
    others = [key for key in judges_of(stored.judgements) if key != mine]
    if not others:
        _tell_none("no other judge has judged these answers, so there is nothing to compare", json)
        return
    other = next((key for key in others if key == wanted), others[0])
    how = Resampling(confidence=settings.confidence)
    compared = agreement(stored, (other, mine), settings.alpha, how)
    listed = list(differences(compared, stored.answers))
    text = "".join(difference.model_dump_json() + "\n" for difference in listed)
    where = run.folder.write_text(DIFFERENCES_FILE, text)
    if json:
        show_json({"differences": str(where), **agreement_data(compared)})
        return
    show_table(agreement_table(compared))
    show_table(differences_by_spec_table(listed))
    show(f"every one of them with both reasons: {where}")


def _tell_none(reason: str, json: bool) -> None:
    if json:
        show_json({"differences": None, "reason": reason})
    else:
        console.print(reason)
