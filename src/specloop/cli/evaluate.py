"""`specloop eval RUN [--model M] [--against M]`: measure on the held-out probes."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from specloop.cli.bill import print_bill, print_entrants_bill
from specloop.cli.common import (
    ChangesOption,
    Command,
    JsonOption,
    SpendingOptions,
    only_bill,
    open_run,
    work,
)
from specloop.cli.tables import print_evaluations, print_tables
from specloop.errors import InputError
from specloop.evaluate import Method
from specloop.pipeline import Run, run_stage
from specloop.pipeline.evaluating import (
    EvaluationEntrant,
    check_entrant,
    evaluate_entrant,
    named_entrant,
)
from specloop.pipeline.preflight import preflight


def evaluate(  # noqa: PLR0913 - one parameter an option
    run: Path,
    *,
    model: Annotated[str | None, Parameter(help="Model, or a label such as dpo.")] = None,
    against: Annotated[str | None, Parameter(help="Model or label to compare with.")] = None,
    method: Method = "vanilla",
    by_rule: Annotated[bool, Parameter(help="Print figures rule by rule.", negative="")] = False,
    json: JsonOption = False,
    changes: ChangesOption = None,
    spending: SpendingOptions = None,
) -> None:
    """Measure MODEL on the run's held-out probes; without one, the base and all trained ones."""
    if model is None and (against is not None or method != "vanilla"):
        raise InputError("eval: --against and --method go with --model")
    opened = open_run(run, changes, "eval")

    def found(run: Run) -> tuple[EvaluationEntrant, ...]:
        if model is None:
            return ()
        other = named_entrant(run, against or "base", "vanilla")
        return named_entrant(run, model, method), other

    def check(run: Run) -> None:
        named = ((lambda one=one: check_entrant(run, one)) for one in found(run))
        preflight(run, ["evaluate"], named)

    if only_bill(spending):
        if model is None:
            print_bill(opened, ["evaluate"], check, json=json)
        else:
            print_entrants_bill(opened, _distinct(found(opened)), check, json=json)
        return
    show = print_evaluations if json else partial(print_tables, by_rule=by_rule)
    if model is None:
        work(opened, Command(lambda r: run_stage(r, "evaluate"), check, show), spending)
    else:
        work(opened, Command(lambda r: _compare(r, *found(r)), check, show), spending)


def _distinct(found: tuple[EvaluationEntrant, ...]) -> list[EvaluationEntrant]:
    """The other model first, where it is another."""
    return list({one.label: one for one in reversed(found)}.values())


async def _compare(run: Run, entrant: EvaluationEntrant, other: EvaluationEntrant) -> None:
    is_another = other.label != entrant.label
    if is_another:
        await evaluate_entrant(run, other, None)
    await evaluate_entrant(run, entrant, other.label if is_another else None)


def register(app: App) -> None:
    """Add the command."""
    app.command(evaluate, name="eval")
