"""`specloop review`: label answers of a run by hand, and see how far two people agree."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter, validators

from specloop.cli.common import Command, JsonOption, work
from specloop.cli.judge import absolute_gold
from specloop.errors import InputError, MissingExtraError
from specloop.pipeline import Run
from specloop.pipeline.reviewing import (
    DECIDED,
    ReviewPlan,
    Shown,
    Sitting,
    agreements_in,
    planned_items,
    stage_review,
)
from specloop.pipeline.run import known_config
from specloop.review.agreement import agreement_data, agreement_table, differences_table
from specloop.review.choosing import Pick
from specloop.review.reviewing import Review, ReviewItem
from specloop.store import RunFolder
from specloop.terminal import errors, show, show_json, show_table


@dataclass(frozen=True)
class ReviewOptions:
    """What is labelled, and where it is shown."""

    gold: Annotated[
        list[str] | None,
        Parameter(help="Label these again instead, as SOURCE:WHERE; again for more.", negative=""),
    ] = None
    answers: Annotated[
        Shown, Parameter(help="A stage's answers, sides of pairs, whole pairs, or rules.")
    ] = "evaluation"
    n: Annotated[int, Parameter(help="Cases to label.", validator=validators.Number(gte=1))] = 300
    pick: Annotated[
        Pick, Parameter(help="Where judges disagree or are unsure first, or any alike.")
    ] = "doubtful"
    settle: Annotated[
        bool, Parameter(help="Only cases on which labels differ, with the labels.", negative="")
    ] = False
    model: Annotated[
        bool, Parameter(help="A model labels, no person; its labels say so.", negative="")
    ] = False
    page: Annotated[
        bool, Parameter(help="In the browser instead of the terminal.", negative="")
    ] = False
    port: Annotated[
        int,
        Parameter(help="The page's port; 0: any.", validator=validators.Number(gte=0, lte=65535)),
    ] = 0

    def plan(self, by: str) -> ReviewPlan:
        """Who labels what."""
        gold = tuple(absolute_gold(one) for one in self.gold or ())
        kind = "model" if self.model else "person"
        return ReviewPlan(by, gold, self.answers, self.n, self.pick, self.settle, kind)

    def sitting(self) -> Sitting:
        """How it is shown; MissingExtraError where the terminal's part is not installed."""
        return _page(self.port) if self.page else _terminal()


def review(
    run: Path,
    *,
    by: Annotated[str, Parameter(help="Who labels.")] = "",
    agreement: Annotated[
        bool, Parameter(help="Print how far labellers agree, and stop.", negative="")
    ] = False,
    json: JsonOption = False,
    options: Annotated[ReviewOptions | None, Parameter(name="*")] = None,
) -> None:
    """Label answers of RUN: does each keep its rule?"""
    chosen = options or ReviewOptions()
    folder = RunFolder(run, planned=not agreement or bool(chosen.gold))
    opened = Run(folder, *known_config(folder))
    if agreement:
        _show_agreement(opened, chosen, json)
        return
    plan, sit = chosen.plan(by.strip()), chosen.sitting()
    planned: list[ReviewItem] = []
    ended: list[Review] = []

    def check(run: Run) -> None:
        planned.extend(planned_items(run, plan))

    async def stage(run: Run) -> None:
        ended.append(await stage_review(run, plan, planned, sit))

    def tell(_: Run) -> None:
        last = ended[0]
        if json:
            show_json({"by": last.reviewer, "labelled": last.done, "cases": len(last.items)})
        else:
            show(f"{last.reviewer}: {last.progress}")

    work(opened, Command(stage, check, tell, keeps=False))


def _terminal() -> Sitting:
    try:
        from specloop.review.terminal import ReviewApp
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "textual":
            raise
        raise MissingExtraError("reviewing in the terminal (--page needs none)", "review") from None

    if not sys.stdin.isatty():
        raise InputError("standard input is no terminal; review in the browser with --page")

    async def sit(review: Review) -> None:
        if error := await ReviewApp(review).run_async():
            raise error

    return sit


def _page(port: int) -> Sitting:
    from specloop.review.page import ReviewPage  # loads aiohttp's server

    async def sit(review: Review) -> None:
        await ReviewPage(review).serve(_tell_address, port)

    return sit


def _tell_address(url: str) -> None:
    errors.print(f"specloop: open {url}", markup=False, soft_wrap=True)


def _show_agreement(run: Run, options: ReviewOptions, json: bool) -> None:
    answers, gold = options.answers, [absolute_gold(one) for one in options.gold or ()]
    every, unsettled = agreements_in(run, answers, gold)
    if json:
        show_json(agreement_data(every, unsettled))
        return
    show_table(agreement_table(every))
    for one in every:
        if one.differences:
            show_table(differences_table(one), keys=2)
    if unsettled:
        what = f" --answers {answers}" if answers in DECIDED else ""
        command = f"specloop review {run.folder.path}{what} --settle --by NAME"
        show(f"{len(unsettled)} to settle: `{command}`")
