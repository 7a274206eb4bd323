"""A judge measured on gold: its verdicts on the cases, and the certificate that they come to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from specloop.calibration.figures import LabelledCase, Placed, figures_of, of_money, sample_of
from specloop.calibration.heads import head_of
from specloop.calibration.judged import Asking, NamedCase, judge_cases
from specloop.calibration.pair_figures import figures_of_pairs
from specloop.calibration.split import GoldSubject, parts_of
from specloop.config import Price
from specloop.draws import ranked
from specloop.judging.base import JudgeCase
from specloop.judging.grader import Grader
from specloop.judging.role_models import reseeded
from specloop.llm.roles import RoleModel
from specloop.records import (
    Certificate,
    Failure,
    GoldLabel,
    GoldPair,
    GoldPart,
    GoldPreference,
    Judgement,
    Labeller,
    LabellerKind,
    Spec,
    beyond_request,
    content_id,
    last_request,
    total_cost,
)
from specloop.stats import Resampling
from specloop.store import RecordStore


class CertifyingPlan(NamedTuple):
    """The labelled cases that a judge is measured on, and how."""

    gold: tuple[str, ...]
    part: GoldPart
    cases: tuple[LabelledCase, ...]
    labels: tuple[GoldLabel | GoldPreference, ...]
    """The labels of these cases."""
    n_left_out: int
    """Labelled cases that say neither kept nor broken, or neither answer better, or on which
    labellers disagree."""

    @property
    def digest(self) -> str:
        """Digest of the cases and labels."""
        return content_id(sorted([one.case.id, str(one.is_kept)] for one in self.cases))


def plan(
    cases: Sequence[GoldSubject],
    labels: Sequence[GoldLabel | GoldPreference],
    gold: Sequence[str] = (),
    part: GoldPart = "all",
    most: int = 0,
) -> CertifyingPlan:
    """The cases of a part, at most so many of them (0: all), drawn by what they hold."""
    by_case: dict[str, list[GoldLabel | GoldPreference]] = {}
    for label in labels:
        of = label.case if isinstance(label, GoldLabel) else label.pair
        by_case.setdefault(of, []).append(label)
    parts = parts_of(cases)
    mine = [case for case in cases if part in ("all", parts[case.id])]
    agreed = [
        LabelledCase(case, _KEEPS[value])
        for case in mine
        if (value := _agreed(by_case[case.id])) in _KEEPS
    ]
    chosen = ranked(agreed, lambda one: one.case.id, "gold")[: most or None]
    used = tuple(label for one in chosen for label in by_case[one.case.id])
    return CertifyingPlan(tuple(gold), part, tuple(chosen), used, len(mine) - len(agreed))


_KEEPS = {"YES": True, "NO": False, "first": True, "second": False}


def _agreed(labels: Iterable[GoldLabel | GoldPreference]) -> str:
    """What all labels say; empty if they differ."""
    values = {label.value for label in labels}
    return values.pop() if len(values) == 1 else ""


async def judge_gold(
    cases: Iterable[GoldSubject],
    grader: Grader,
    role_model: RoleModel | None,
    store: RecordStore,
    max_failures: float,
) -> list[Judgement | Failure]:
    """The judge's verdict on every case; what the store has is kept. RunStoppedError if too many
    fail or cannot be read."""
    asking = Asking(grader, role_model, "judge labelled answers", "calibrate", max_failures)
    named = [NamedCase(case.place or case.id, _judge_case(case)) for case in cases]
    return await judge_cases(named, asking, store)


def repeated(grader: Grader, role_model: RoleModel, repeat: int) -> tuple[Grader, RoleModel]:
    """The judge for a repeat, with seeds and records of its own; the first time, 0, is the judge
    itself."""
    if not repeat:
        return grader, role_model
    again = grader._replace(options=f"{grader.options} repeat {repeat}")
    return again, role_model._replace(model=reseeded(role_model.model, repeat))


def certificate(
    planned: CertifyingPlan,
    grader: Grader,
    results: Sequence[Sequence[Judgement | Failure]],
    how: Resampling,
    prices: Mapping[str, Price] = MappingProxyType({}),
) -> Certificate:
    """What the verdicts on a plan's cases, in their order, are worth; each further sequence has
    those of a repeat. A verdict that failed is unscored, so that a judge does not look better for
    it."""
    rounds = [_by_case(each) for each in results]
    placed = [
        Placed(one, tuple(by_case[one.case.id] for by_case in rounds if one.case.id in by_case))
        if one.case.id in rounds[0]
        else Placed(one)
        for one in planned.cases
    ]
    known = grader.blank("")
    figures = figures_of_pairs if grader.judge.compares else figures_of
    names = grader.judge.part_names if planned.part == "choose" else ()
    return Certificate(
        judge=known.judge,
        settings=known.settings,
        model=known.model,
        request_digest=known.request_digest,
        part=planned.part,
        gold=planned.gold,
        gold_digest=planned.digest,
        labellers=tuple(labellers(planned.labels)),
        figures=(*figures(placed, how), *of_money(placed, prices, how)),
        n_left_out=planned.n_left_out,
        confidence=how.confidence,
        sample=None if grader.judge.compares else sample_of(placed),
        head=head_of(placed, names, how) if names else None,
        cost=total_cost(judgement.cost for judgement in rounds[0].values()),
    )


def _by_case(results: Iterable[Judgement | Failure]) -> dict[str, Judgement]:
    return {one.answer: one for one in results if isinstance(one, Judgement)}


def labellers(labels: Sequence[GoldLabel | GoldPreference]) -> Iterator[Labeller]:
    """Who gave some labels, and how many."""
    kinds: dict[str, LabellerKind] = {label.by: label.kind for label in labels}
    for by, n in Counter(label.by for label in labels).items():
        yield Labeller(by=by, kind=kinds[by], n=n)


def labelled_by(every: Iterable[Labeller]) -> str:
    """Whose labels they are, in words; models are named."""
    by_kind: dict[LabellerKind, list[str]] = {}
    for one in every:
        by_kind.setdefault(one.kind, []).append(one.by)
    people, models, files = (by_kind.get(kind, []) for kind in ("person", "model", "unknown"))
    kinds = (
        f"{len(people)} people" if len(people) > 1 else "one person" if people else "",
        "a document's examples" if "document" in by_kind else "",
        f"the model{'s' * (len(models) > 1)} {', '.join(models)}" if models else "",
        f"unknown labellers ({', '.join(files)})" if files else "",
    )
    return " and ".join(filter(None, kinds))


def _judge_case(case: GoldSubject) -> JudgeCase:
    """The case without its label. Code decides nothing of it: the judge is what is measured."""
    response, rival = case.answers if isinstance(case, GoldPair) else (case.answer, None)
    return JudgeCase(
        specs=(Spec("behavioral", 1, case.rule_text, rule=case.id),),
        query=last_request(case.messages),
        response=response,
        rival=rival,
        answer=case.id,
        conversation=beyond_request(case.messages),
    )
