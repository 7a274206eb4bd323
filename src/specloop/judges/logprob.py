"""The logprob judge: one short call a spec, for the probabilities of YES, NO and NA.

They are the probabilities of the reply's first token. What the model writes is never read, so it
cannot copy a verdict out of the answer. Models that reason before they reply have no such first
token: use another judge for them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple, cast

from pydantic import Field

from specloop.errors import InputError
from specloop.items import at_once
from specloop.judges import judges
from specloop.judging.base import Judge, JudgeCase, JudgeResult
from specloop.judging.verdict_form import LABELS
from specloop.judging.view import View, layout, spec_text, view
from specloop.llm.base import Alternative, Model, Request
from specloop.prompt import Prompt
from specloop.records import Message, Sampling, Spec, Verdict, VerdictValue, content_id


class LabelWeights(NamedTuple):
    """The probability that a reply begins with each label."""

    known: Mapping[str, float]
    either: float = 0.0
    """The probability of a beginning that NO and NA share."""


class _Read(NamedTuple):
    value: VerdictValue
    rationale: str = ""
    probability: float | None = None


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
    max_chars: int = Field(
        default=0, ge=0, description="characters of the answer that are shown; 0: all of it"
    )

    @property
    def digest(self) -> str:
        """A digest of the prompt and of how a case is shown."""
        return content_id([super().digest, layout()])

    def usual_tokens(self, n: int) -> float:
        """One a spec."""
        return float(n)

    async def ask(self, case: JudgeCase, model: Model) -> JudgeResult:
        """One call a spec, or three scorings; InputError where the backend can do neither."""
        can = model.capabilities
        if not (can.first_token or can.score):
            raise InputError(
                f"{model.name}: this backend tells no log-probabilities, which the judge 'logprob'"
                " reads. Use 'joint' or 'sequential', or a judge model that tells them"
            )
        specs, shown = case.specs, view(case, self.max_chars)

        async def asked(spec: Spec) -> _Read:
            weights = await self._weights(_prompt(shown, spec), model)
            return _most_probable(weights, self.least) if weights else _UNTOLD

        # The first call alone, for the prefix cache.
        reads = {spec: await asked(spec) for spec in specs[:1]}
        reads |= await at_once(asked, specs[1:])
        return JudgeResult(
            verdicts=tuple(_verdict(spec, reads[spec]) for spec in specs),
            suspicions=shown.suspicions,
            n_hidden=shown.n_hidden,
        )

    async def _weights(self, messages: Sequence[Message], model: Model) -> LabelWeights | None:
        """The probability that the reply begins with each label; None if the backend gave none."""
        if not model.capabilities.first_token:
            nats = {label: sum(await model.score(messages, label)) for label in LABELS}
            return LabelWeights({label: math.exp(value) for label, value in nats.items()})
        request = Request(
            messages=tuple(messages),
            sampling=Sampling(max_tokens=1),
            first_token=self.alternatives,
        )
        alternatives = (await model.generate(request)).first_token
        return None if alternatives is None else first_token_weights(alternatives)


_UNTOLD = _Read("unscored", "the server told no log-probabilities of the first token")


def first_token_weights(alternatives: Sequence[Alternative]) -> LabelWeights:
    """The probability that the reply begins with each label. A token that begins only one
    label counts for it; `N` could become NO or NA."""
    weights: dict[str, float] = dict.fromkeys(LABELS, 0.0)
    either = 0.0
    for alternative in alternatives:
        token = alternative.token.strip()
        meant = [label for label in LABELS if token and label.startswith(token)]
        if len(meant) == 1:
            weights[meant[0]] += math.exp(alternative.logprob)
        elif meant:
            either += math.exp(alternative.logprob)
    return LabelWeights(weights, either)


def _most_probable(weights: LabelWeights, least: float) -> _Read:
    known, total = weights.known, sum(weights.known.values()) + weights.either
    if total <= 0 or total < least:
        return _Read("unscored", f"YES, NO and NA had a probability of {total:.2f} together")
    probability = known["YES"] / total
    top, second = sorted(LABELS, key=lambda label: -known[label])[:2]
    rivals = [label for label in ("NO", "NA") if label != top]
    if any(known[label] + weights.either >= known[top] for label in rivals if weights.either):
        reason = f"N, which begins NO and NA, had a probability of {weights.either:.2f}"
        return _Read("unscored", reason, probability)
    if known[top] == known[second]:
        return _Read("unscored", f"{top} and {second} were equally probable", probability)
    shares = ", ".join(f"{label} {known[label] / total:.2f}" for label in LABELS)
    return _Read(cast(VerdictValue, top), f"probability of {shares}", probability)


def _verdict(spec: Spec, read: _Read) -> Verdict:
    return Verdict(rule=spec.id, **read._asdict())


def _prompt(shown: View, spec: Spec) -> tuple[Message, ...]:
    return Prompt.beside(__file__).render(
        scenario=shown.scenario, data=shown.data, spec=spec_text(spec)
    )
