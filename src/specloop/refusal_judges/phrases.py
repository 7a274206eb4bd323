"""A list of phrases with which assistants decline: the baseline for other refusal judges."""

from __future__ import annotations

from specloop.judging.base import JudgeCase
from specloop.llm.base import Model
from specloop.records import content_id
from specloop.refusal_judges import RefusalJudge, RefusalResult, refusal_judges
from specloop.refusals.features import declines
from specloop.refusals.sentences import DECLINING


@refusal_judges.register("phrases")
class PhrasesJudge(RefusalJudge):
    """A full refusal if a phrase of declining stands near the start; it knows no partial ones."""

    @property
    def digest(self) -> str:
        """A digest of the list."""
        return content_id(DECLINING.pattern)

    async def ask(self, case: JudgeCase, model: Model | None) -> RefusalResult:
        """By the list."""
        return RefusalResult("full" if declines(case.response) else "none")
