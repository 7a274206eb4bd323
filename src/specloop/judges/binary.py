"""The binary judge: a model says YES, NO or NA for one rule, with a short reason first.

Its verdicts are of kind `llm`: unmeasured until calibrated. A verdict counts only with the call's
key and only where it is the reply's one verdict; what cannot be read after asking again is
`unscored`.
"""

from __future__ import annotations

import math
from typing import ClassVar, Literal, cast

from pydantic import Field

from specloop.errors import NotScoredError
from specloop.judges import RuleCase, RuleJudge, rule_judges
from specloop.judging.asking import Attempts, ask
from specloop.judging.shown import show
from specloop.judging.signs import planted
from specloop.judging.single import Single
from specloop.llm.base import Model
from specloop.prompt import Prompt
from specloop.records import MadeBy, Message, Sampling, Verdict, VerdictValue

_LABELS = ("YES", "NO", "NA")
_REASON_CHARS = 120


@rule_judges.register("binary")
class BinaryJudge(RuleJudge):
    """Asks a model whether the answer keeps the whole rule."""

    kind: ClassVar[Literal["check", "llm"]] = "llm"
    max_tokens: int = Field(default=120, ge=16, description="room for the reason and the verdict")
    repairs: int = Field(
        default=2, ge=0, description="times that a verdict which cannot be read is asked for again"
    )
    flagged: Literal["unscored", "judged"] = Field(
        default="unscored",
        description="verdict of an answer that seems to write its own: none, or the judge's",
    )
    probability: bool = Field(
        default=False,
        description="three more calls for the probability of YES, where the backend scores",
    )

    async def judge(self, case: RuleCase, model: Model | None) -> Verdict:
        """One call, at most `repairs` more, and three scorings where the probability is wanted."""
        if model is None:
            raise ValueError("the binary judge needs a model")
        shown = show(case.request, case.response.text, case.rule.text)
        form = Single(shown.key, "verdict", _LABELS, _REASON_CHARS, model.capabilities.json_schema)
        file = Prompt.beside(__file__)

        def prompt(form: Single, again: str) -> tuple[Message, ...]:
            return file.render(
                rule=shown.about,
                request=shown.request,
                answer=shown.answer,
                again=again,
                form=form.words,
            )

        got = await ask(form, prompt, model, Attempts(self.max_tokens, self.repairs))
        item = got.found.get("verdict")
        value, rationale = item or ("unscored", got.missing("verdict"))
        if shown.suspicions and self.flagged == "unscored":
            value, rationale = "unscored", planted(shown.suspicions, f"{value}: {rationale}")
        known = self.probability and model.capabilities.score
        return Verdict(
            response=case.response.id,
            rule=case.rule.id,
            value=cast(VerdictValue, value),
            judge=f"binary:{model.name}",
            kind=self.kind,
            rationale=rationale,
            probability=await _probability(prompt(form, ""), form, rationale, model)
            if known and value != "unscored"
            else None,
            suspicions=shown.suspicions,
            made_by=MadeBy(
                model=model.name,
                prompt=file.digest,
                sampling=Sampling(max_tokens=self.max_tokens),
            ),
        )


async def _probability(
    messages: tuple[Message, ...], form: Single, reason: str, model: Model
) -> float | None:
    """P(YES) among the three labels after the reason the judge gave; None where the server turns
    out not to score."""
    try:
        nats = [sum(await model.score(messages, form.reply(label, reason))) for label in _LABELS]
    except NotScoredError:
        return None
    top = max(nats)
    weights = [math.exp(n - top) for n in nats]
    return weights[0] / sum(weights)
