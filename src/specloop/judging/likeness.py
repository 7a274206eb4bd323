"""Whether two judges are the same. A judge that chooses training data and then measures what was
trained on them may like what it chose more than people do."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple

from specloop.records import CODE, Certificate, Judgement

Likeness = Literal["same judge", "same model", "another model"]
"""`same judge`: model, wording and options are the same. `same model`: asked in other words or with
other options."""
_ORDER: tuple[Likeness, ...] = ("same judge", "same model", "another model")
"""The most alike first."""


class JudgeId(NamedTuple):
    """What makes a judge the same one: what it asks, whom, and with which wording and options."""

    judge: str
    settings: str
    model: str
    request_digest: str

    @property
    def name(self) -> str:
        """The judge and its model."""
        return f"{self.judge} {self.model}"

    @classmethod
    def of(cls, record: Judgement | Certificate) -> JudgeId:
        """The judge of a judgement or a certificate."""
        settings = json.dumps(record.settings, sort_keys=True)
        return cls(record.judge, settings, record.model, record.request_digest)


def own_answers(
    judge: str, models: Iterable[str], trained_from: Mapping[str, str] = MappingProxyType({})
) -> Iterator[str]:
    """A line for each model whose answers a judge's own model judges, by its name; `trained_from`
    has the bases of trained ones."""
    own = {judge, *judge.split("+")} - {"", CODE}
    for model in dict.fromkeys(models):
        base = trained_from.get(model) or model.partition("+")[0]
        who = "the model that wrote them" if model in own else f"{base}, which it was trained from"
        if own & {model, base}:
            yield f"the answers of {model} are judged by {who}: {_LIKED}"


_LIKED = "it may like them better than people do"


def likeness(first: Iterable[JudgeId], second: Iterable[JudgeId]) -> Likeness:
    """How alike the two most alike of two groups of judges are."""
    found: set[Likeness] = {_of_two(a, b) for a in first for b in second}
    for one in _ORDER:
        if one in found:
            return one
    return "another model"


def _of_two(first: JudgeId, second: JudgeId) -> Likeness:
    if first == second:
        return "same judge"
    shared = set(first.model.split("+")) & set(second.model.split("+"))
    return "same model" if shared else "another model"
