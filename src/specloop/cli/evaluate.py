"""`specloop eval RUN [--model M] [--against M]`: measure on the held-out probes."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from specloop.cli.bill import print_bill
from specloop.cli.common import (
    ConfigOption,
    JsonOption,
    SetOption,
    SpendingOptions,
    configured,
    only_bill,
    open_run,
    work,
)
from specloop.cli.tables import print_evaluations, print_tables
from specloop.evaluate import Method
from specloop.pipeline import Run, run_stage
from specloop.pipeline.evaluating import Entrant, entrants, evaluate_entrant


def evaluate(  # noqa: PLR0913 - one parameter an option
    run: Path,
    *,
    model: Annotated[str | None, Parameter(help="Model, or a label such as dpo.")] = None,
    against: Annotated[str | None, Parameter(help="Model or label to compare with.")] = None,
    method: Method = "vanilla",
    by_rule: Annotated[bool, Parameter(help="Print figures rule by rule.", negative="")] = False,
    json: JsonOption = False,
    config: ConfigOption = None,
    set_: SetOption = None,
    spending: SpendingOptions = None,
) -> None:
    """Measure MODEL on the run's held-out probes; without one, the base and all trained ones."""
    if only_bill(spending):
        print_bill(configured(run, config, set_), run, ["evaluate"])
        return
    opened = open_run(run, config, set_)
    show = print_evaluations if json else partial(print_tables, by_rule=by_rule)
    if model is None:
        work(opened, lambda r: run_stage(r, "evaluate"), spending, show)
    else:
        one = _entrant(opened, model, method)
        work(opened, lambda r: _compare(r, one, against), spending, show)


async def _compare(run: Run, entrant: Entrant, against: str | None) -> None:
    other = _entrant(run, against or "base", "vanilla")
    if other.label != entrant.label:
        await evaluate_entrant(run, other, None)
    await evaluate_entrant(run, entrant, other.label if other.label != entrant.label else None)


def _entrant(run: Run, name: str, method: Method) -> Entrant:
    """A known label, or any model by its name."""
    known = {entrant.label: entrant for entrant in entrants(run)}
    by_model = {entrant.model: entrant for entrant in reversed(known.values())}
    if name in known:
        return known[name]
    if name in by_model and by_model[name].method == method:
        return by_model[name]
    label = name if method == "vanilla" else f"{name} {method}"
    return Entrant(label, name, method)


def register(app: App) -> None:
    """Add the command."""
    app.command(evaluate, name="eval")
