"""List where two judges differ: each verdict by itself, in the order of the specs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from specloop.records import Answer, Category, Value, VerdictValue
from specloop.specbench.agreement import Agreement, Pair
from specloop.specbench.cases import EntrantKey, labels_of

DIFFERENCES_FILE = "differences.jsonl"


class JudgeDifference(Value):
    """One spec and answer on which two judges differ, or which one of them left unscored."""

    scenario: str
    category: Category
    number: int
    """The spec's, from 1 within its category."""
    spec: str
    row: int
    """From 0 within the scenario's file."""
    entrant: str
    seed: int
    first: VerdictValue
    second: VerdictValue
    first_reason: str
    second_reason: str
    answer: str
    """Id of the answer."""


def differences(found: Agreement, answers: Iterable[Answer]) -> Iterator[JudgeDifference]:
    """Every difference: by scenario and spec, then by row and entrant, under the labels that the
    entrants have among all answers of the folder."""
    labels = labels_of(dict.fromkeys(map(EntrantKey.of, answers)))
    for pair in sorted(found.differences, key=_place):
        row, answer, spec = pair.case.row, pair.case.answer, pair.spec
        yield JudgeDifference(
            scenario=row.scenario,
            category=spec.category,
            number=spec.number,
            spec=spec.text,
            row=row.number,
            entrant=labels[EntrantKey.of(answer)],
            seed=answer.sampling.seed,
            first=pair.first.value,
            second=pair.second.value,
            first_reason=pair.first.rationale,
            second_reason=pair.second.rationale,
            answer=answer.id,
        )


def _place(pair: Pair) -> tuple[Any, ...]:
    row, answer = pair.case.row, pair.case.answer
    spec = pair.spec.category != "safety", pair.spec.number
    return row.scenario, *spec, row.number, EntrantKey.of(answer).place, answer.id
