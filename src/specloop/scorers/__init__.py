"""Scorers: how good an answer is, as a number, for methods that choose among answers. One file a
strategy."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple, Self

from specloop.judging.base import JudgeCase
from specloop.llm.base import Model
from specloop.prompt import digest_beside
from specloop.records import MadeBy, QualityScore
from specloop.registry import Registry, Strategy


class ScorerResult(NamedTuple):
    """A scorer's figure; higher is better."""

    value: float | None
    """None where it could not be told."""
    reason: str = ""
    """Why there is none."""
    suspicions: tuple[str, ...] = ()
    """Signs that the answer tries to write its own."""


class Scorer(Strategy):
    """One way to score an answer."""

    asks: ClassVar[bool] = True
    """It asks the scorer role's model; False where it brings its own."""

    @property
    def digest(self) -> str:
        """Of what it asks with: answers chosen under another wording are another entrant's."""
        return digest_beside(self)

    @property
    def known_as(self) -> dict[str, Any]:
        """Its options other than the defaults, as records have them."""
        return self.model_dump(mode="json", exclude_defaults=True)

    def check(self) -> None:
        """InputError where it cannot score here; the models that it asks are checked elsewhere."""

    def at_best(self) -> Self:
        """The scorer that never asks again, for the least that it will ask."""
        return self

    def usual_tokens(self, n: int) -> float:
        """What the replies about one answer under `n` specs usually take together."""
        return 50.0

    @abstractmethod
    async def score(self, case: JudgeCase, model: Model | None) -> ScorerResult:
        """The figure. `model` is the scorer role's model, None for scorers that bring their own."""


scorers: Registry[Scorer] = Registry(Scorer, "specloop.scorers")


async def quality_of(case: JudgeCase, table: str | Mapping[str, Any], model: Model) -> QualityScore:
    """How good an answer is, by the scorer that a configuration names, apart from any rule."""
    scorer = scorers.build(table)
    scored = await scorer.score(case, model)
    return QualityScore(
        answer=case.answer,
        score=scored.value,
        judge=f"{scorers.name_of(scorer)}:{model.name}",
        reason=scored.reason,
        suspicions=scored.suspicions,
        made_by=MadeBy(model=model.name, prompt=scorer.digest),
    )
