"""Scorers: how good an answer is, as a number, for methods that choose among answers. One file a
strategy."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar, NamedTuple, Self

from specloop.benchmark import Specs
from specloop.llm.base import Model
from specloop.prompt import digest_beside
from specloop.registry import Registry, Strategy


class ScoreCase(NamedTuple):
    """One answer to a query under a specification."""

    query: str
    specs: Specs
    response: str


class Scorer(Strategy):
    """One way to score an answer."""

    asks: ClassVar[bool] = True
    """It asks the scorer role's model; False where it brings its own."""

    @property
    def digest(self) -> str:
        """Of what it asks with: answers chosen under another wording are another entrant's."""
        return digest_beside(self)

    def at_best(self) -> Self:
        """The scorer that never asks again, for the least that it will ask."""
        return self

    def usual_tokens(self, n: int) -> float:
        """What the replies about one answer under `n` specs usually take together."""
        return 50.0

    @abstractmethod
    async def score(self, case: ScoreCase, model: Model | None) -> float | None:
        """Higher is better; None where it could not be told. `model` is the scorer role's model,
        None for scorers that bring their own."""


scorers: Registry[Scorer] = Registry(Scorer, "specloop.scorers")
