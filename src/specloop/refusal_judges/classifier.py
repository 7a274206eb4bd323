"""The classifier of `specloop.refusals`, learnt from labelled answers."""

from __future__ import annotations

from specloop.judging.base import JudgeCase
from specloop.llm.base import Model
from specloop.refusal_judges import RefusalJudge, RefusalResult, refusal_judges
from specloop.refusals import classifier


@refusal_judges.register("classifier")
class ClassifierJudge(RefusalJudge):
    """Two linear scores of what an answer's sentences do; no model is asked."""

    @property
    def digest(self) -> str:
        """A digest of its weights."""
        return classifier().digest

    async def ask(self, case: JudgeCase, model: Model | None) -> RefusalResult:
        """By the scores."""
        return RefusalResult(classifier().classify(case.response, case.query))
