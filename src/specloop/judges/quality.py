"""The quality judge: a model grades an answer from 1 to 5, mapped to [0, 1].

Unmeasured, like every model's verdict. A grade counts as a verdict does: with the call's key, and
only where it is the reply's one grade.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from specloop.errors import NotScoredError
from specloop.judges import QualityJudge, last_request, quality_judges
from specloop.judging.asking import Attempts, ask
from specloop.judging.shown import show
from specloop.judging.signs import planted
from specloop.judging.single import Single
from specloop.llm.base import Model
from specloop.prompt import Prompt
from specloop.records import MadeBy, Message, QualityScore, Response, Sampling

_GRADES = ("1", "2", "3", "4", "5")
_MAX_TOKENS = 48


@quality_judges.register("quality")
class Quality(QualityJudge):
    """Helpfulness, staying on topic and clear writing, as one score."""

    repairs: int = Field(
        default=2, ge=0, description="times that a grade which cannot be read is asked for again"
    )
    flagged: Literal["unscored", "judged"] = Field(
        default="unscored",
        description="score of an answer that seems to write its own: none, or the judge's",
    )
    expectation: bool = Field(
        default=False,
        description="mean grade under the model's own probabilities, where the backend scores",
    )

    async def score(
        self, messages: Sequence[Message], response: Response, model: Model
    ) -> QualityScore:
        """One short call, at most `repairs` more, or five scorings."""
        shown = show(last_request(messages), response.text)
        form = Single(shown.key, "score", _GRADES, 0, model.capabilities.json_schema)
        file = Prompt.beside(__file__)

        def prompt(form: Single, again: str) -> tuple[Message, ...]:
            return file.render(
                request=shown.request, answer=shown.answer, again=again, form=form.words
            )

        reason, grade = "", None
        if self.expectation and model.capabilities.score:
            grade = await _expected(prompt(form, ""), form, model)
        if grade is None:
            got = await ask(form, prompt, model, Attempts(_MAX_TOKENS, self.repairs))
            item = got.found.get("score")
            grade, reason = (float(item.value), "") if item else (None, got.missing("score"))
        if shown.suspicions and self.flagged == "unscored":
            grade, reason = None, planted(shown.suspicions, reason or f"{grade:g}")
        return QualityScore(
            response=response.id,
            score=None if grade is None else (grade - 1) / 4,
            judge=f"quality:{model.name}",
            reason=reason,
            suspicions=shown.suspicions,
            made_by=MadeBy(
                model=model.name, prompt=file.digest, sampling=Sampling(max_tokens=_MAX_TOKENS)
            ),
        )


async def _expected(messages: tuple[Message, ...], form: Single, model: Model) -> float | None:
    """The mean grade under the model's probabilities of the five possible replies; None where the
    server turns out not to score."""
    try:
        nats = [sum(await model.score(messages, form.reply(grade))) for grade in _GRADES]
    except NotScoredError:
        return None
    top = max(nats)
    weights = [math.exp(n - top) for n in nats]
    return sum(float(g) * w for g, w in zip(_GRADES, weights, strict=True)) / sum(weights)
