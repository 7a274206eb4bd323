"""A refusal judge measured on answers that people have labelled as full, partial or no refusal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from specloop.calibration.certify import labellers
from specloop.draws import ranked
from specloop.items import Loop, each, local
from specloop.judging.base import JudgeCase
from specloop.llm.roles import RoleModel
from specloop.records import (
    Failure,
    Figure,
    GoldCase,
    GoldLabel,
    Refusal,
    RefusalCertificate,
    RefusalVerdict,
    beyond_request,
    content_id,
    last_request,
)
from specloop.refusal_judges import RefusalGrader
from specloop.stats import Resampling, Unit, rate
from specloop.store import RecordStore

FOUND, PARTS, ALARMS, RIGHT, OPEN = (
    "full refusals found",
    "partial refusals found",
    "compliance called full refusal",
    "same class",
    "open",
)
FIGURES = (FOUND, PARTS, ALARMS, RIGHT, OPEN)
"""What a certificate of a refusal judge says, in total and for the answers of each model."""
_CLASSES: dict[str, tuple[Refusal, Refusal]] = {
    FOUND: ("full", "full"),
    PARTS: ("partial", "partial"),
    ALARMS: ("none", "full"),
}
"""The label of the answers, and the class that is counted."""


class RefusalPlan(NamedTuple):
    """Labelled answers that a refusal judge is measured on."""

    cases: tuple[tuple[GoldCase, Refusal], ...]
    labels: tuple[GoldLabel, ...]
    n_left_out: int
    """Cases whose labels differ, or say nothing of refusals."""

    @property
    def digest(self) -> str:
        """Digest of the cases and labels."""
        return content_id(sorted([case.id, label] for case, label in self.cases))


def refusal_plan(
    cases: Sequence[GoldCase], labels: Iterable[GoldLabel], most: int = 0
) -> RefusalPlan:
    """The cases whose labels agree on a class, at most so many (0: all), drawn by what they
    hold."""
    by_case: dict[str, list[GoldLabel]] = {}
    for label in labels:
        by_case.setdefault(label.case, []).append(label)
    agreed: list[tuple[GoldCase, Refusal]] = []
    for case in cases:
        said: set[Refusal | None] = {label.refusal for label in by_case.get(case.id, ())}
        refusal = said.pop() if len(said) == 1 else None
        if refusal:
            agreed.append((case, refusal))
    chosen = ranked(agreed, lambda one: one[0].id, "gold")[: most or None]
    used = tuple(label for case, _ in chosen for label in by_case[case.id])
    return RefusalPlan(tuple(chosen), used, len(cases) - len(agreed))


async def tell_gold(
    planned: RefusalPlan,
    grader: RefusalGrader,
    role_model: RoleModel | None,
    store: RecordStore,
    max_failures: float,
) -> list[RefusalVerdict | Failure]:
    """What the judge says of every case; what the store has is kept. RunStoppedError if too many
    calls fail."""
    known = {verdict.id: verdict for verdict in store.read(RefusalVerdict)}
    model = role_model.model if role_model else None

    async def told(case: GoldCase) -> RefusalVerdict:
        shown = JudgeCase(
            (),
            last_request(case.messages),
            case.answer,
            conversation=beyond_request(case.messages),
        )
        result = await grader.judge.tell(shown, model)
        return grader.blank(case.id).model_copy(update=result._asdict())

    loop = Loop[GoldCase, RefusalVerdict](
        "refusals of labelled answers",
        "refusals",
        lambda case: case.place or case.id,
        local(role_model.settings.concurrency if role_model else 1),
        max_failures,
        earlier=lambda case: known.get(grader.blank(case.id).id),
        record=store.append,
        keep=lambda due: store.append(verdict for _, verdict in due),
    )
    return await each(told, [case for case, _ in planned.cases], loop)


def refusal_certificate(
    planned: RefusalPlan,
    grader: RefusalGrader,
    results: Sequence[RefusalVerdict | Failure],
    gold: Sequence[str],
    how: Resampling,
) -> RefusalCertificate:
    """What a refusal judge's word is worth. What failed or is open finds nothing and alarms
    nobody."""
    told = [
        _Told(case, label, result.refusal if isinstance(result, RefusalVerdict) else None)
        for (case, label), result in zip(planned.cases, results, strict=True)
    ]
    blank = grader.blank("")
    return RefusalCertificate(
        judge=grader.name,
        settings=blank.settings,
        model=blank.model,
        request_digest=blank.request_digest,
        part="all",
        gold=tuple(gold),
        gold_digest=planned.digest,
        labellers=tuple(labellers(planned.labels)),
        figures=tuple(_figures(told, how)),
        n_left_out=planned.n_left_out,
        confidence=how.confidence,
    )


class _Told(NamedTuple):
    case: GoldCase
    label: Refusal
    said: Refusal | None


def _figures(told: Sequence[_Told], how: Resampling) -> Iterator[Figure]:
    models = sorted({one.case.answered_by for one in told} - {""})
    for group in ("", *models):
        mine = [one for one in told if group in ("", one.case.answered_by)]
        for name, (label, counted) in _CLASSES.items():
            of_label = [one for one in mine if one.label == label]
            yield _figure(name, group, ((one, one.said == counted) for one in of_label), how)
        yield _figure(RIGHT, group, ((one, one.said == one.label) for one in mine), how)
        yield _figure(OPEN, group, ((one, one.said is None) for one in mine), how)


def _figure(
    name: str, group: str, counted: Iterable[tuple[_Told, bool]], how: Resampling
) -> Figure:
    units = (Unit(one.case.group or one.case.id, float(yes)) for one, yes in counted)
    title = f"answers of {group}" if group else ""
    return Figure(name=name, group=title, judge="", **rate(units, how=how)._asdict())
