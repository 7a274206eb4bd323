"""Labels by a person on the answers of a run: the stage behind `specloop review`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Literal, NamedTuple

from specloop.errors import InputError
from specloop.gold import keep_gold, load_gold
from specloop.pipeline.run import Run
from specloop.records import GoldCase, GoldLabel, Judgement, Rule
from specloop.review.agreement import LabellerAgreement, agreements
from specloop.review.candidates import (
    Candidate,
    differing,
    judged_candidates,
    labelled_candidates,
)
from specloop.review.choosing import Pick, chosen
from specloop.review.pairs import pair_sides
from specloop.review.reviewing import Review, ReviewItem, check_name
from specloop.runrules import current_rules
from specloop.stats import Resampling
from specloop.store import BENCHMARKS, GOLD, RunFolder

Shown = Literal["evaluation", "synthesis", "pairs"]
"""What of a run is labelled: answers that models have judged, or both sides of its pairs."""
Sitting = Callable[[Review], Awaitable[None]]
"""Shows a review to a person until the person ends it."""


class ReviewPlan(NamedTuple):
    """Who labels what."""

    reviewer: str
    gold: tuple[str, ...] = ()
    """Labelled cases to be labelled again, by their sources; none: the run's verdicts."""
    answers: Shown = "evaluation"
    n: int = 300
    pick: Pick = "doubtful"
    settling: bool = False
    """Show only cases on which labels differ, with the labels."""


async def stage_review(
    run: Run, plan: ReviewPlan, items: Sequence[ReviewItem], sit: Sitting
) -> Review:
    """Let a person label the planned items; every decision is kept at once in the run's gold."""
    folder = run.folder.part(GOLD)
    folder.make()
    if plan.gold:
        gold = load_gold(plan.gold, _rules(run.folder))
        keep_gold(folder, gold.cases, gold.labels)
    review = Review(items, plan.reviewer, folder, settling=plan.settling)
    await sit(review)
    return review


def planned_items(run: Run, plan: ReviewPlan) -> list[ReviewItem]:
    """What a person is shown, in order; a second person gets the same. InputError if there is
    nothing, or the name will not do."""
    labels = run.folder.part(GOLD).read(GoldLabel)
    if plan.gold:
        labels += load_gold(plan.gold, _rules(run.folder)).labels
    check_name(plan.reviewer, labels)
    if items := _items(run, plan):
        return items
    if plan.settling:
        raise InputError(
            f"{run.folder.path}: nothing to settle: no two people have labelled a case differently"
        )
    if plan.answers == "pairs":
        raise InputError(f"{run.folder.path}: no pairs to train on; run `specloop pairs` first")
    raise InputError(
        f"{run.folder.path}: no verdicts of a model in its {plan.answers} to label; name a judge as"
        " compliance under [roles], set evaluate.judged_share and run `specloop eval`; or take"
        " other answers with --answers or --gold"
    )


def _items(run: Run, plan: ReviewPlan) -> list[ReviewItem]:
    if plan.settling:
        return _to_settle(run.folder.part(GOLD), plan.reviewer)
    if plan.gold:
        judged = run.folder.part(GOLD).read(Judgement)
        cases = load_gold(plan.gold, _rules(run.folder)).cases
        candidates = labelled_candidates(cases, judged)
    else:
        candidates = {one.case.id: one for one in _candidates(run.folder, plan.answers)}.values()
    return [ReviewItem(case) for case in chosen(candidates, plan.n, plan.pick)]


def agreements_in(run: Run) -> tuple[list[LabellerAgreement], list[GoldCase]]:
    """How far those agree who have labelled here, and the cases that are left to settle.
    InputError where no case has two labels."""
    folder = run.folder.part(GOLD)
    cases, labels = folder.read(GoldCase), folder.read(GoldLabel)
    how = Resampling(confidence=run.config.calibrate.confidence)
    if not (every := agreements(cases, labels, how)):
        names = ", ".join(sorted({one.by for one in labels if one.kind != "model"})) or "nobody"
        raise InputError(
            f"{run.folder.path}: no case has labels by two people (labels by {names});"
            f" a second person labels with `specloop review {run.folder.path} --by NAME`"
        )
    return every, differing(cases, labels)


def _to_settle(folder: RunFolder, reviewer: str) -> list[ReviewItem]:
    """The cases on which labels differ, and those that this person has settled."""
    cases, labels = folder.read(GoldCase), folder.read(GoldLabel)
    others = [one for one in labels if not (one.settles and one.by == reviewer)]
    return [
        ReviewItem(
            case, tuple(one for one in others if one.case == case.id and one.kind != "model")
        )
        for case in sorted(differing(cases, others), key=lambda case: case.id)
    ]


def _candidates(folder: RunFolder, stage: Shown) -> Iterator[Candidate]:
    """The run's own answers, then those on other benchmarks."""
    if stage == "pairs":
        yield from (Candidate(one.case) for one in pair_sides(folder, _rules(folder)))
        return
    yield from judged_candidates(folder, _rules(folder), stage)
    for path in sorted((folder / BENCHMARKS).glob("*")):
        if path.is_dir():
            part = folder.part(f"{BENCHMARKS}/{path.name}")
            yield from judged_candidates(part, part.read(Rule), stage)


def _rules(folder: RunFolder) -> Sequence[Rule]:
    return current_rules(folder) if folder.has(Rule) else ()
