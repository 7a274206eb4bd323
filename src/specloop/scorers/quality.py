"""Quality: a model grades an answer from 1 to 5, mapped to [0, 1], apart from any rule.

Unmeasured, like every model's verdict. A grade counts like a verdict: with the call's key, and only
if it is the only grade in the reply.
"""

from __future__ import annotations

import math
from typing import Literal

from pydantic import Field

from specloop.errors import InputError, NotScoredError
from specloop.judging.asking import ReplyForm, ask
from specloop.judging.base import JudgeCase
from specloop.judging.signs import planted
from specloop.judging.value_form import ValueForm
from specloop.judging.view import view
from specloop.llm.base import Model
from specloop.prompt import Prompt
from specloop.records import Message, Sampling
from specloop.scorers import Scorer, ScorerResult, scorers

_GRADES = ("1", "2", "3", "4", "5")
_SAMPLING = Sampling(max_tokens=48)


@scorers.register("quality")
class Quality(Scorer):
    """Helpfulness, staying on topic and clear writing, as one figure in [0, 1]."""

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

    def usual_tokens(self, n: int) -> float:
        """A grade."""
        return 12.0

    async def score(self, case: JudgeCase, model: Model | None) -> ScorerResult:
        """One short call and at most `repairs` more, or five scorings."""
        if model is None:
            raise InputError("the scorer 'quality' asks a model: name one for its role")
        shown = view(case._replace(specs=()))
        form = ValueForm(shown.key, ("score",), model.capabilities.json_schema, _GRADES)

        def prompt(form: ReplyForm, again: str) -> tuple[Message, ...]:
            return Prompt.beside(__file__).render(data=shown.data, again=again, form=form.words)

        reason, grade = "", None
        if self.expectation and model.capabilities.score:
            grade = await _expected(prompt(form, ""), form, model)
        if grade is None:
            reading = await ask(form, prompt, model, _SAMPLING, self.repairs)
            item = reading.items.get("score")
            grade, reason = (float(item.value), "") if item else (None, reading.missing("score"))
        if shown.suspicions and self.flagged == "unscored":
            said = reason or f"{grade:g}"
            grade, reason = None, f"{planted(shown.suspicions)}; the judge said {said}"
        return ScorerResult(None if grade is None else (grade - 1) / 4, reason, shown.suspicions)


async def _expected(messages: tuple[Message, ...], form: ValueForm, model: Model) -> float | None:
    """The mean grade under the model's probabilities of the five possible replies; None if the
    server turns out not to score."""
    try:
        nats = [sum(await model.score(messages, form.reply(grade))) for grade in _GRADES]
    except NotScoredError:
        return None
    top = max(nats)
    weights = [math.exp(n - top) for n in nats]
    return sum(float(g) * w for g, w in zip(_GRADES, weights, strict=True)) / sum(weights)
