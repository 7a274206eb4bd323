"""The cascade: a cheap judge for every spec, and a strong one for those that it is unsure about.

Code decides what it can before, as with every judge. The cheap judge is unsure if its probability
of YES lies between two bounds, or if it gave no verdict. The judgement counts the verdicts that
were passed on: the strong judge was not asked about the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

from pydantic import Field, model_validator

from specloop.draws import drawn
from specloop.judges import JudgeOfJudges, Member, MemberTable, judges
from specloop.judging.base import JudgeCase, JudgeResult
from specloop.judging.role_models import logged
from specloop.judging.together import together
from specloop.llm.base import Model
from specloop.llm.calls.wrap import Log
from specloop.records import Verdict


@judges.register("cascade")
class Cascade(JudgeOfJudges):
    """Asks a cheap judge, and a strong one about the specs that it is unsure about."""

    cheap: MemberTable = Field(
        default="logprob", description="judge of every spec: its name, or a table"
    )
    strong: MemberTable = Field(
        default="sequential", description="judge of those that are passed on: its name, or a table"
    )
    low: float = Field(
        default=0.2, ge=0, le=1, description="least probability of YES that is passed on"
    )
    high: float = Field(
        default=0.8, ge=0, le=1, description="highest probability of YES that is passed on"
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.low > self.high:
            raise ValueError(f"low ({self.low:g}) is above high ({self.high:g})")
        return self

    @property
    def gives_probability(self) -> bool:
        """As that member does which gave the verdict."""
        return any(part.judge.gives_probability for part in self.parts)

    @property
    def parts(self) -> tuple[Member, Member]:
        """The cheap judge and the strong one."""
        return Member.of(self.cheap), Member.of(self.strong)

    def made_of(self, tables: Sequence[dict[str, Any]]) -> Self:
        """The cascade of two other judges."""
        cheap, strong = tables
        return self.model_copy(update={"cheap": cheap, "strong": strong})

    def usual_tokens(self, n: int) -> float:
        """As if half of the specs were passed on."""
        cheap, strong = (one.judge for one in self.parts)
        return cheap.usual_tokens(n) + strong.usual_tokens(n) / 2

    async def ask(self, case: JudgeCase, model: Model) -> JudgeResult:
        """The cheap judge's calls, then the strong one's."""
        cheap, strong = self.parts
        first = await cheap.ask(case, model)
        by_spec = dict(zip(case.specs, first.verdicts, strict=True))
        passed = tuple(spec for spec in case.specs if self._is_passed_on(by_spec[spec]))
        if not passed:
            return first
        log = Log()
        second = await strong.ask(case._replace(specs=passed), logged(model, log))
        n_confirmed = 0
        for spec, verdict in zip(passed, second.verdicts, strict=True):
            n_confirmed += verdict.value == by_spec[spec].value != "unscored"
            by_spec[spec] = _passed_on(by_spec[spec], verdict, cheap.name)
        verdicts = tuple(by_spec[spec] for spec in case.specs)
        return together([first, second], verdicts)._replace(
            n_passed_on=len(passed),
            n_confirmed=n_confirmed,
            strong_tokens=log.cost.prompt_tokens + log.cost.completion_tokens,
        )

    def _is_passed_on(self, verdict: Verdict) -> bool:
        """Whether the strong judge is asked. Without a probability a verdict is taken for sure."""
        probability = verdict.probability
        is_unsure = probability is not None and self.low <= probability <= self.high
        return drawn("passed on", float(is_unsure or verdict.value == "unscored"))


def _passed_on(first: Verdict, second: Verdict, cheap: str) -> Verdict:
    """The strong judge's verdict, with what the cheap one said."""
    said = first.value
    if first.probability is not None:
        said += f", probability of YES {first.probability:.2f}"
    return second.model_copy(
        update={"rationale": f"passed on by {cheap} ({said}): {second.rationale}"}
    )
