"""`specloop eval RUN [--model M ...] [--method M ...] [--benchmark SOURCE]`: measure on the
held-out probes, or on another benchmark."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from specloop.cli.common import (
    Changes,
    ChangesOption,
    Command,
    JsonOption,
    SpendingOptions,
    by,
    open_run,
    work,
)
from specloop.cli.tables import print_evaluations, print_tables
from specloop.config import ConfigDraft
from specloop.pipeline import Run, run_stage
from specloop.pipeline.entrants import (
    EntrantNames,
    PlannedEntrant,
    check_entrant,
    planned_entrants,
)
from specloop.pipeline.estimate import estimate, estimate_entrants
from specloop.pipeline.evaluating import EvaluationPlan, evaluate_all
from specloop.pipeline.preflight import Check, preflight
from specloop.records import Told
from specloop.sources import load_benchmark
from specloop.store import RunFolder


@dataclass(frozen=True)
class Who:
    """Who is measured: every combination of models, methods and what they are told."""

    model: Annotated[
        list[str] | None, Parameter(help="Model, or a label such as dpo; repeatable.", negative="")
    ] = None
    method: Annotated[
        list[str] | None, Parameter(help="Test-time method; repeatable.", negative="")
    ] = None
    told: Annotated[
        list[Told] | None,
        Parameter(
            help="What the model has before it; repeatable. Usually what its method needs.",
            negative="",
        ),
    ] = None
    against: Annotated[
        str | None, Parameter(help="Model or label to compare all with; else each model alone.")
    ] = None

    @property
    def named(self) -> EntrantNames:
        """Who is named."""
        return EntrantNames(self.model or (), self.method or (), self.told or ())


WhoOptions = Annotated[Who | None, Parameter(name="*")]


def evaluate(  # noqa: PLR0913 - one parameter an option
    run: Path,
    *,
    who: WhoOptions = None,
    judge: Annotated[
        str | None, Parameter(help="Judge of the rules that code cannot decide.")
    ] = None,
    benchmark: Annotated[
        str | None,
        Parameter(help="SOURCE:WHERE, such as folder:PATH, in place of the held-out probes."),
    ] = None,
    by_rule: Annotated[bool, Parameter(help="Print figures rule by rule.", negative="")] = False,
    json: JsonOption = False,
    changes: ChangesOption = None,
    spending: SpendingOptions = None,
) -> None:
    """Measure entrants on the run's held-out probes or on another benchmark; if none is named,
    those of the configuration."""
    asked = who or Who()
    given = changes or Changes()
    if judge is not None:
        given = _Judged(given.config, given.set_, judge)
    opened = open_run(run, given, "eval")
    cases = None if benchmark is None else load_benchmark(benchmark)
    part = EvaluationPlan.of(opened, cases).folder if cases else None
    is_all = asked == Who() and not cases

    @cache
    def planned() -> list[PlannedEntrant]:
        return planned_entrants(opened, asked.named, asked.against or "")

    def checks() -> Iterator[Check]:
        yield from () if is_all else (partial(check_entrant, opened, one) for one in planned())

    def check(run: Run) -> None:
        preflight(run, ["benchmark" if cases else "evaluate"], checks())

    show = partial(print_evaluations if json else partial(print_tables, by_rule=by_rule), of=part)
    if is_all:
        bill = partial(estimate, stages=["evaluate"])
        task = Command(partial(run_stage, name="evaluate"), check, show, bill=bill)
    else:
        task = Command(
            lambda run: evaluate_all(run, planned(), cases),
            check,
            show,
            bill=lambda run: estimate_entrants(run, planned(), cases),
        )
    work(opened, task, spending, json=json)


@dataclass(frozen=True)
class _Judged(Changes):
    """With a judge, who is asked about every answer where the run asks none about any."""

    judge: str = ""

    def draft(self, folder: RunFolder, command: str) -> ConfigDraft:
        """The configuration with the judge that is named, and its options there."""
        draft, origin = super().draft(folder, command), by("--judge", command)
        draft.put(("evaluate", "judge", "name"), self.judge, origin)
        if not draft.raw["evaluate"].get("judged_share"):
            draft.put(("evaluate", "judged_share"), 1.0, origin)
        return draft
