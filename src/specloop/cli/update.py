"""`specloop update RUN DOCUMENT`: carry a run over to another version of its document."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter
from rich.table import Table

from specloop.cli.bill import bill_data, print_bill
from specloop.cli.common import (
    Changes,
    Command,
    JsonOption,
    SpendingOptions,
    by,
    need_all,
    open_run,
    work,
)
from specloop.llm.roles import RoleModels
from specloop.pipeline import Run
from specloop.pipeline.estimate import estimate_update
from specloop.pipeline.updating import (
    NOTHING_LEFT,
    UpdateOptions,
    UpdatePlan,
    check_plan,
    check_update,
    is_other,
    plan_update,
    stages_left,
)
from specloop.pipeline.updating import update as update_run
from specloop.spec.rules_yaml import done_by, edits_by_rule
from specloop.terminal import show, show_json, show_table


def update(  # noqa: PLR0913 - one parameter an option
    run: Path,
    document: Path,
    *,
    anyway: Annotated[
        bool, Parameter(help="Go on where few of the old rules are found again.", negative="")
    ] = False,
    back: Annotated[
        bool, Parameter(help="Go back to an older version of the document.", negative="")
    ] = False,
    json: JsonOption = False,
    spending: SpendingOptions = None,
) -> None:
    """Carry RUN over to another version of its document: what still holds is kept, what does not
    is set aside, and only that is done anew. --dry-run lists it first."""
    opened = open_run(run, None, "update")
    draft = Changes().draft(opened.folder, "update")
    draft.put(("document", "path"), str(document.resolve()), by("DOCUMENT", "update"))
    changed = Run(opened.folder, *draft.built())
    options = UpdateOptions(anyway=anyway, back=back)
    if spending and spending.dry_run:
        _show_plan(changed, options, json=json)
        return
    task = Command(
        partial(update_run, options=options), partial(check_update, options=options), keeps=False
    )
    work(changed, task, spending)


def _show_plan(run: Run, options: UpdateOptions, *, json: bool) -> None:
    """Print what an update would keep, set aside and do anew, and what it would ask."""
    need_all(run.folder.path)
    check_update(run, options)
    plan = asyncio.run(plan_update(run, RoleModels({}))) if is_other(run) else None
    if plan:
        check_plan(run, plan, options)
    is_due = plan or stages_left(run.folder)
    estimates = asyncio.run(estimate_update(run, options)) if is_due else []
    if json:
        told = plan_data(plan) if plan else {}
        show_json(told | {"bill": bill_data(estimates, run.config.prices)})
        return
    if not is_due:
        show(NOTHING_LEFT)
    for line in plan_lines(plan) if plan else ():
        show(line)
    if plan:
        table = Table("file", "kept", "set aside", "back")
        carried = plan.carried
        for name in dict.fromkeys([*plan.kept, *carried.n_aside, *carried.n_back]):
            counts = plan.kept.get(name, 0), carried.n_aside[name], carried.n_back[name]
            if any(counts):
                table.add_row(name, *map(str, counts))
        show_table(table)
    print_bill(estimates, run.config.prices)


def plan_lines(plan: UpdatePlan) -> Iterator[str]:
    """What it does, in sentences."""
    kinds = Counter(one.kind for one in plan.changes)
    rules = ", ".join(f"{n} {kind}" for kind, n in kinds.items())
    yield f"rules: {rules}; {plan.found_again:.0%} of the old ones are found again"
    for one in plan.changes:
        if not one.is_same:
            was = " | ".join(plan.rules.old[rule].text for rule in one.old)
            now = " | ".join(plan.rules.new[rule].text for rule in one.new)
            differs = f", differs in {', '.join(one.differs)}" if one.differs else ""
            yield f"  {one.kind}{differs}: {' -> '.join(dict.fromkeys(filter(None, (was, now))))}"
    for first, *more in edits_by_rule(plan.version.edits.lost).values():
        done = "; ".join(map(done_by, (first, *more)))
        yield f"  lost, edited by hand: {first.wording!r} ({done})"
    if plan.carried.n_shown_before and plan.is_shown:
        yield (
            f"{plan.carried.n_shown_before} exchanges about other rules stay, though the defender"
            " was shown rules that are others now"
        )
    due = plan.carried.due
    n_probes = sum(n for counts in due.probes.values() for n in counts.values())
    yield (
        f"done anew: {n_probes} probes and {sum(due.exchanges.values())} exchanges about"
        f" {len(plan.rules.fresh)} changed or new rules, verdicts on {len(due.verdicts)} stored"
        f" answers, and the pairs of {len(due.pairs)} exchanges"
    )


def plan_data(plan: UpdatePlan) -> dict[str, Any]:
    """The same as data."""
    carried = plan.carried
    return {
        "changes": [one.model_dump(mode="json") for one in plan.changes],
        "found_again": plan.found_again,
        "kept": dict(plan.kept),
        "set_aside": dict(carried.n_aside),
        "back": dict(carried.n_back),
        "due": carried.due.model_dump(mode="json"),
        "shown_before": carried.n_shown_before,
        "edits_lost": [one.model_dump(mode="json") for one in plan.version.edits.lost],
    }
