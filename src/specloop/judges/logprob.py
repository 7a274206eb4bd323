"""The logprob judge: one short call a spec, for the probabilities of YES, NO and NA.

They are the probabilities of the reply's first token. What the model writes is never read, so it
cannot copy a verdict out of the answer. Models that reason before they reply have no such first
token: use another judge for them. `orders = "both"` takes out most of a preference for the label
that is named first; `threshold` is for a bound that was chosen on labelled answers. With
`question = "breaks"` the question is whether the answer breaks the spec: asked whether it keeps a
prohibition, small models say NO of an answer that does nothing of the kind. Then there is no NA: a
spec that does not apply is not broken.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, cast

from pydantic import Field

from specloop.items import at_once
from specloop.judges import judges
from specloop.judging.base import Judge, JudgeCase, JudgeResult
from specloop.judging.likely import SHARED, Weights, label_weights, must_tell
from specloop.judging.verdict_form import LABELS
from specloop.judging.view import layout, spec_text, view
from specloop.llm.base import Model
from specloop.prompt import Prompt
from specloop.records import Message, Spec, Verdict, VerdictValue, content_id

_ALL = (*LABELS, SHARED)
"""NO and NA share a beginning."""
_REPLIES: dict[str, dict[str, str]] = {
    "keeps": {label: label for label in LABELS},
    "breaks": {"No": "YES", "Yes": "NO"},
}
"""The verdict for each reply to a question."""


@judges.register("logprob")
class Logprob(Judge):
    """Takes the most probable of YES, NO and NA for each spec, with the probability of YES."""

    alternatives: int = Field(
        default=10, ge=3, le=20, description="first tokens whose probability is asked for"
    )
    least: float = Field(
        default=0.1,
        ge=0,
        le=1,
        description="probability that YES, NO and NA must have together; below it: unscored",
    )
    threshold: float | None = Field(
        default=None,
        gt=0,
        lt=1,
        description="least probability of YES for the verdict YES; none: the most probable label",
    )
    orders: Literal["one", "both"] = Field(
        default="one",
        description="both: asked again with the labels in the other order, the mean counts",
    )
    question: Literal["keeps", "breaks"] = Field(
        default="keeps",
        description="whether the answer keeps the spec (YES, NO, NA), or breaks it (Yes, No)",
    )
    max_chars: int = Field(
        default=0, ge=0, description="characters of the answer that are shown; 0: all of it"
    )

    @property
    def gives_probability(self) -> bool:
        """Of every verdict that could be read."""
        return True

    @property
    def digest(self) -> str:
        """A digest of the prompts and of how a case is shown."""
        first, *more = [prompt.digest for prompt in self._prompts]
        return content_id([first, layout(), *more])

    def need(self, model: Model) -> None:
        """Log-probabilities."""
        must_tell(model, "logprob")

    def usual_tokens(self, n: int) -> float:
        """One a spec and order."""
        return float(n * len(self._prompts))

    @property
    def _prompts(self) -> list[Prompt]:
        kind = "" if self.question == "keeps" else "_breaks"
        orders = ["", "_reversed"] if self.orders == "both" else [""]
        return [Prompt.beside(__file__, f"logprob{kind}{order}") for order in orders]

    async def ask(self, case: JudgeCase, model: Model) -> JudgeResult:
        """One call a spec and order, or three scorings; InputError where the backend can do
        neither."""
        self.need(model)
        specs, shown = case.specs, view(case, self.max_chars)
        swapped: set[Spec] = set()

        async def verdict(spec: Spec) -> Verdict:
            values = {"scenario": shown.scenario, "data": shown.data, "spec": spec_text(spec)}
            asked = [prompt.render(**values) for prompt in self._prompts]
            each = [await self._weights(messages, model) for messages in asked]
            alone = {_read(_mean([one]), self.least, self.threshold)[0] for one in each}
            if len(alone) > 1:
                swapped.add(spec)
            value, reason, probability = _read(_mean(each), self.least, self.threshold)
            return Verdict(rule=spec.id, value=value, rationale=reason, probability=probability)

        # The first call alone, for the prefix cache.
        verdicts = {spec: await verdict(spec) for spec in specs[:1]}
        verdicts |= await at_once(verdict, specs[1:])
        return JudgeResult(
            verdicts=tuple(verdicts[spec] for spec in specs),
            suspicions=shown.suspicions,
            n_hidden=shown.n_hidden,
            n_swapped=len(swapped) if self.orders == "both" else None,
        )

    async def _weights(self, messages: tuple[Message, ...], model: Model) -> Weights | None:
        """How probable each verdict is, by the reply that stands for it."""
        replies = _REPLIES[self.question]
        told = await label_weights(messages, tuple(replies), model, self.alternatives)
        if told is None:
            return None
        return {replies.get(reply, reply): weight for reply, weight in told.items()}


def _mean(each: Sequence[Weights | None]) -> Weights | None:
    """The mean probability of each label; None if one of the calls gave none."""
    known = [weights for weights in each if weights is not None]
    if len(known) < len(each):
        return None
    return {label: sum(weights.get(label, 0) for weights in known) / len(each) for label in _ALL}


def _read(
    weights: Weights | None, least: float, threshold: float | None
) -> tuple[VerdictValue, str, float | None]:
    """The verdict, its rationale and the probability of YES."""
    if weights is None:
        return "unscored", "the server told no log-probabilities of the first token", None
    total, either = sum(weights.values()), weights[SHARED]
    if total <= 0 or total < least:
        return "unscored", f"the replies asked for had a probability of {total:.2f} together", None
    probability = weights["YES"] / total
    rivals = _candidates(probability, threshold)
    top, *others = sorted(rivals, key=lambda label: -weights[label])
    shared = [label for label in others if either and label != "YES"]
    if any(weights[label] + either >= weights[top] for label in shared):
        reason = f"N, which begins NO and NA, had a probability of {either:.2f}"
        return "unscored", reason, probability
    if others and weights[top] == weights[others[0]]:
        return "unscored", f"{top} and {others[0]} were equally probable", probability
    shares = ", ".join(f"{label} {weights[label] / total:.2f}" for label in LABELS)
    return cast(VerdictValue, top), f"probability of {shares}", probability


def _candidates(probability: float, threshold: float | None) -> Sequence[str]:
    """The labels of which the most probable is taken."""
    if threshold is None:
        return LABELS
    return ["YES"] if probability >= threshold else ["NO", "NA"]
