"""What methods choose answers by, as the configuration names it; whether a method can answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from specloop.config import PLAIN, RoleSettings
from specloop.errors import InputError
from specloop.llm.backends import resolve
from specloop.llm.base import Capabilities
from specloop.llm.calls.wrap import Wrapper
from specloop.pipeline.model_pool import ModelRequest
from specloop.records import Sampling, strategy_text
from specloop.responding.base import MethodContext, Wording
from specloop.responding.entrant import Entrant
from specloop.scorers import Scorer, scorers


class Chooser(NamedTuple):
    """A scorer with the model that it asks."""

    scorer: Scorer
    label: str
    """Its options, and its model unless it brings its own, in words."""
    request: ModelRequest | None
    """None where it asks none, or none is named."""


def chooser(table: str | Mapping[str, Any], roles: Sequence[RoleSettings]) -> Chooser | None:
    """The scorer that is named, if one is; it asks the model of the first role that has one."""
    if not table:
        return None
    scorer = scorers.build(table)
    label = strategy_text(scorers.name_of(scorer), dict(sorted(scorer.known_as.items())))
    role = next((one for one in roles if one.model != PLAIN), None)
    if role is None or not scorer.asks:
        return Chooser(scorer, label, None)
    request = ModelRequest("scorer", role.model, role.options, role.concurrency)
    return Chooser(scorer, f"{label} by {request.name}", request)


def check_method(
    entrant: Entrant, target: ModelRequest, by: Chooser | None, wording: Wording, sampling: Sampling
) -> None:
    """InputError if a method cannot answer as it is configured; no model is asked."""
    if entrant.scorer and by and by.scorer.asks and not by.request:
        raise InputError(
            f"{entrant.name} chooses by a model: name one by --judge-model, or as judge or scorer"
            " under [roles]"
        )
    if by and entrant.scorer:
        by.scorer.check()
    model, scoring = _Unopened.of(target), by and by.request and _Unopened.of(by.request)
    entrant.method.check(
        MethodContext(model, wording, by.scorer if by else None, scoring, sampling=sampling)
    )


class _Unopened(Wrapper):
    """A model before it is opened: its capabilities are unknown and assumed to be all."""

    @classmethod
    def of(cls, request: ModelRequest) -> _Unopened:
        return cls(resolve(request.model, **request.options))

    @property
    def capabilities(self) -> Capabilities:
        """Everything."""
        return Capabilities(*[True] * len(Capabilities._fields))
