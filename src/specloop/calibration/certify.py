"""A judge measured on gold: its verdicts on the cases, and the certificate that they come to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from statistics import fmean, median
from typing import NamedTuple

import numpy as np

from specloop.calibration.measures import (
    LEAN,
    MEASUREMENTS,
    OF_MEMBERS,
    THRESHOLD,
    Compared,
    best_threshold,
    doubt,
    lean,
)
from specloop.draws import chance, ranked
from specloop.items import Loop, each, local
from specloop.judging.base import JudgeCase
from specloop.judging.grader import Grader, unread
from specloop.llm.roles import RoleModel
from specloop.records import (
    Certificate,
    Failure,
    Figure,
    GoldCase,
    GoldLabel,
    GoldPart,
    GoldSample,
    Judgement,
    Labeller,
    LabellerKind,
    Spec,
    beyond_request,
    content_id,
    last_request,
    total_cost,
)
from specloop.stats import Rate, Resampling
from specloop.store import RecordStore
from specloop.tolerance import Legibility


class LabelledCase(NamedTuple):
    """A case whose labels agree on kept or broken."""

    case: GoldCase
    is_kept: bool


class CertifyingPlan(NamedTuple):
    """The labelled cases that a judge is measured on, and how."""

    gold: tuple[str, ...]
    part: GoldPart
    cases: tuple[LabelledCase, ...]
    labels: tuple[GoldLabel, ...]
    """The labels of these cases."""
    n_left_out: int
    """Labelled cases that say neither kept nor broken, or on which labellers disagree."""

    @property
    def digest(self) -> str:
        """Digest of the cases and labels."""
        return content_id(sorted([one.case.id, str(one.is_kept)] for one in self.cases))


def part_of(case: GoldCase) -> GoldPart:
    """The part that a case is in: all cases of a section, or else of a group, are in the same. It
    follows from their names, so it is the same in every run."""
    key = " > ".join(case.section) or case.group or case.id
    return "choose" if chance("the part of gold", key) < 0.5 else "certify"


def plan(
    cases: Sequence[GoldCase],
    labels: Sequence[GoldLabel],
    gold: Sequence[str] = (),
    part: GoldPart = "all",
    most: int = 0,
) -> CertifyingPlan:
    """The cases of a part, at most so many of them (0: all), drawn by what they hold."""
    by_case: dict[str, list[GoldLabel]] = {}
    for label in labels:
        by_case.setdefault(label.case, []).append(label)
    mine = [case for case in cases if part in ("all", part_of(case))]
    agreed = [
        LabelledCase(case, values == {"YES"})
        for case in mine
        if (values := {label.value for label in by_case[case.id]}) in ({"YES"}, {"NO"})
    ]
    chosen = ranked(agreed, lambda one: one.case.id, "gold")[: most or None]
    used = tuple(label for one in chosen for label in by_case[one.case.id])
    return CertifyingPlan(tuple(gold), part, tuple(chosen), used, len(mine) - len(agreed))


async def judge_gold(
    cases: Iterable[GoldCase],
    grader: Grader,
    role_model: RoleModel | None,
    store: RecordStore,
    max_failures: float,
) -> list[Judgement | Failure]:
    """The judge's verdict on every case; what the store has is kept. RunStoppedError if too many
    fail or cannot be read."""
    known = {judgement.id: judgement for judgement in store.read(Judgement)}
    legibility = Legibility(f"judge {grader.name}", max_failures)
    model = role_model.model if role_model else None

    async def judged(case: GoldCase) -> Judgement:
        return await grader.ended_judgement(_judge_case(case), model)

    def seen(_: GoldCase, result: Judgement | Failure) -> None:
        if isinstance(result, Judgement):
            for trouble in unread("whole", result):
                legibility.add(trouble)

    loop = Loop[GoldCase, Judgement](
        "judge labelled answers",
        "calibrate",
        lambda case: case.place or case.id,
        local(role_model.settings.concurrency if role_model else 1),
        max_failures,
        earlier=lambda case: known.get(grader.blank(case.id).id),
        record=store.append,
        keep=lambda due: store.append(judgement for _, judgement in due),
        seen=seen,
    )
    return await each(judged, list(cases), loop)


def certificate(
    planned: CertifyingPlan,
    grader: Grader,
    results: Sequence[Judgement | Failure],
    how: Resampling,
) -> Certificate:
    """What the verdicts on a plan's cases, in their order, are worth. One that failed is unscored,
    so that a judge does not look better for it."""
    judgements = [one for one in results if isinstance(one, Judgement)]
    by_case = {judgement.answer: judgement for judgement in judgements}
    compared = [
        _Placed(one.case, _compared(one, by_case.get(one.case.id))) for one in planned.cases
    ]
    known = grader.blank("")
    return Certificate(
        judge=known.judge,
        settings=known.settings,
        model=known.model,
        request_digest=known.request_digest,
        part=planned.part,
        gold=planned.gold,
        gold_digest=planned.digest,
        labellers=tuple(_labellers(planned.labels)),
        figures=(*_figures(compared, how), *_of_members(judgements)),
        n_left_out=planned.n_left_out,
        sample=_sample(compared),
        cost=total_cost(judgement.cost for judgement in judgements),
    )


def _sample(placed: Sequence[_Placed]) -> GoldSample | None:
    """What the labelled answers are like."""
    if not placed:
        return None
    rules = {rule for case, _ in placed for rule in case.rules or (case.rule_text,)}
    low, high = np.percentile([len(case.answer) for case, _ in placed], _TAILS)
    decided = [one.compared for one in placed if one.compared.is_decided]
    unsure = [doubt(p) for _, one in placed if (p := one.probability) is not None]
    return GoldSample(
        rules=tuple(sorted(rules)),
        lengths=(int(low), int(np.ceil(high))),
        said_kept=fmean(one.value == "YES" for one in decided) if decided else None,
        doubt=fmean(unsure) if unsure else None,
    )


_TAILS = (5, 95)


def _of_members(judgements: Sequence[Judgement]) -> Iterator[Figure]:
    """The share of verdicts that a cascade passed on, and of those on which a panel's members
    differ; none where no verdict was."""
    n = sum(len(judgement.verdicts) for judgement in judgements)
    passed = sum(judgement.n_passed_on for judgement in judgements)
    split = sum(judgement.n_split for judgement in judgements)
    for name, count in zip(OF_MEMBERS, (passed, split), strict=True):
        if count:
            yield _figure(name, "", Rate(count / n, n))


def _labellers(labels: Sequence[GoldLabel]) -> Iterator[Labeller]:
    kinds: dict[str, LabellerKind] = {label.by: label.kind for label in labels}
    for by, n in Counter(label.by for label in labels).items():
        yield Labeller(by=by, kind=kinds[by], n=n)


class _Placed(NamedTuple):
    case: GoldCase
    compared: Compared


def _judge_case(case: GoldCase) -> JudgeCase:
    """The case without its label. Code decides nothing of it: the judge is what is measured."""
    return JudgeCase(
        specs=(Spec("behavioral", 1, case.rule_text, rule=case.id),),
        query=last_request(case.messages),
        response=case.answer,
        answer=case.id,
        conversation=beyond_request(case.messages),
    )


def _compared(labelled: LabelledCase, judgement: Judgement | None) -> Compared:
    cluster = labelled.case.group or labelled.case.id
    if judgement is None:
        return Compared(cluster, labelled.is_kept, "unscored")
    verdict = judgement.verdicts[0]
    return Compared(cluster, labelled.is_kept, verdict.value, verdict.probability)


def _figures(placed: Sequence[_Placed], how: Resampling) -> Iterator[Figure]:
    """All figures in total; by family, authority and section; and how the judge leans by the
    answers' length and by who gave them."""
    every = [one.compared for one in placed]
    for name, measure in MEASUREMENTS.items():
        yield _figure(name, "", measure(every, how))
    for group, members in _groups(placed).items():
        for name in ("sensitivity", "specificity", "auc"):
            yield _figure(name, group, MEASUREMENTS[name](members, how))
    yield _figure(LEAN, "", lean(every, how))
    best = best_threshold(every)
    if best is not None:
        yield _figure(THRESHOLD, "", Rate(best, sum(c.probability is not None for c in every)))
    for group, members in _leanings(placed).items():
        yield _figure(LEAN, group, lean(members, how))


def _figure(name: str, group: str, rate: Rate) -> Figure:
    return Figure(name=name, group=group, judge="", **rate._asdict())


def _groups(placed: Sequence[_Placed]) -> Mapping[str, list[Compared]]:
    groups: dict[str, list[Compared]] = {}
    for case, compared in placed:
        for kind, value in (
            ("family", case.family),
            ("authority", case.authority or ""),
            ("section", " > ".join(case.section)),
        ):
            if value:
                groups.setdefault(f"{kind}: {value}", []).append(compared)
    return groups


def _leanings(placed: Sequence[_Placed]) -> Mapping[str, list[Compared]]:
    """Short and long answers, and the answers of each model."""
    middle = median(len(case.answer) for case, _ in placed) if placed else 0
    groups: dict[str, list[Compared]] = {}
    for case, compared in placed:
        long = len(case.answer) > middle
        size = f"answers {'over' if long else 'up to'} {middle:.0f} characters"
        groups.setdefault(size, []).append(compared)
        if case.answered_by:
            groups.setdefault(f"answers of {case.answered_by}", []).append(compared)
    return groups
