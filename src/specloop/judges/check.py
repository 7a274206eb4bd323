"""The check judge: code decides what it can, no model is asked, and the rest is unscored."""

from __future__ import annotations

from typing import ClassVar

from specloop.judges import judges
from specloop.judging.base import Judge, JudgeCase, JudgeResult, unscored
from specloop.llm.base import Model


@judges.register("check")
class CheckJudge(Judge):
    """Applies the checks of the specs; a spec without one is unscored."""

    asks: ClassVar[bool] = False

    def usual_tokens(self, n: int) -> float:
        """None."""
        return 0.0

    async def ask(self, case: JudgeCase, model: Model) -> JudgeResult:
        """Ask nothing: code has decided what it can."""
        rest = unscored(case.specs, "no check decides it")
        return JudgeResult(tuple(verdict.model_copy(update={"kind": "check"}) for verdict in rest))
