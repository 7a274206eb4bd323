"""Judges of a whole specification: one answer, a verdict on every spec. One file a mode.

The judged query and answer are data. Whatever mode is used, they stand between delimiters drawn for
the call, marker strings in them are neutralised, and a verdict counts only in the form asked for.
What cannot be read after asking again stays unscored.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Literal, NamedTuple, Self

from pydantic import Field

from specloop.benchmark import Specs, SpecVerdict
from specloop.judging.signs import planted
from specloop.llm.base import Model
from specloop.prompt import digest_beside
from specloop.records import Cost
from specloop.registry import Strategy


class JudgeCase(NamedTuple):
    """One answer to be judged under a specification."""

    specs: Specs
    query: str
    response: str
    scenario: str = ""
    """What the task is, in a sentence or two."""
    reference: str = ""
    """An answer known to be good; empty where there is none."""
    label: str = ""
    """`safe` or `unsafe`. Only the reference protocol shows it to the judge."""


class JudgeResult(NamedTuple):
    """The verdicts, in the order of `Specs.listed()`, and how they were had."""

    verdicts: tuple[SpecVerdict, ...]
    raw: str = ""
    n_repairs: int = 0
    suspicions: tuple[str, ...] = ()
    n_hidden: int = 0
    """Characters of the answer that the judge was not shown."""
    read_cost: Cost | None = None
    """Tokens of the replies that the verdicts were read from, where they are told apart."""


class Judge(Strategy):
    """One way to ask a model for verdicts on every spec."""

    flagged: Literal["unscored", "judged"] = Field(
        default="unscored",
        description="verdicts of an answer that seems to write its own: none, or the judge's",
    )

    @property
    def digest(self) -> str:
        """Of the wording: judgements under another one are another judge's."""
        return digest_beside(self)

    def at_best(self) -> Self:
        """The judge that never asks again, for the least that it will ask."""
        return self.model_copy(update={"repairs": 0}) if hasattr(self, "repairs") else self

    def at_worst(self) -> Self:
        """The judge that asks as often as it may of a model that it never understands, for the
        most that it will ask."""
        return self

    def usual_tokens(self, n: int) -> float:
        """What the replies with the verdicts on `n` specs usually take together, in tokens; what a
        model thinks before is not in it."""
        return 30.0 * n

    def counted(self, sheet: JudgeResult) -> JudgeResult:
        """The sheet without verdicts where the judged text seems to write its own."""
        if not sheet.suspicions or self.flagged == "judged":
            return sheet
        return sheet._replace(verdicts=tuple(_void(one, sheet) for one in sheet.verdicts))

    @abstractmethod
    async def judge(self, case: JudgeCase, model: Model) -> JudgeResult:
        """The verdicts; ModelError only where the model gave no answer at all."""


def _void(verdict: SpecVerdict, sheet: JudgeResult) -> SpecVerdict:
    told = planted(sheet.suspicions, f"{verdict.value}: {verdict.rationale}".rstrip(": "))
    update = {"value": "unscored", "rationale": told, "probability": None}
    return verdict.model_copy(update=update)
