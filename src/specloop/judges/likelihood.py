"""The likelihood judge: how much more probable an answer is where its model was given the spec.

Nothing is asked and nothing is read: the answer is scored token by token as the reply to its
conversation, once with the spec in the system's message and once without it. An answer that the
spec explains is the more probable with it. The answer is never shown as something to judge, so it
cannot speak for itself; and the figure says nothing of whether a spec applies, so there is no NA.
A probability made of it is none that has been calibrated: choose `threshold` on labelled answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean
from typing import Literal, NamedTuple

from pydantic import Field

from specloop.draws import drawn
from specloop.items import at_once
from specloop.judges import judges
from specloop.judging.base import Judge, JudgeCase, JudgeResult
from specloop.judging.guard import neutral
from specloop.judging.likely import must_score
from specloop.judging.odds import probability_of
from specloop.judging.view import spec_text, view
from specloop.llm.base import Model
from specloop.prompt import Prompt
from specloop.records import Message, Spec, Verdict, content_id
from specloop.records.conversation import changed, turns_of

_WITHOUT, _OPPOSITE = "without it", "told to break it"


class _Told(NamedTuple):
    """What the model is given before the conversation: a spec to follow, one to break, or none."""

    spec: Spec | None = None
    is_opposite: bool = False


@judges.register("likelihood")
class Likelihood(Judge):
    """Compares the answer's probability with the spec to its probability without it."""

    against: Literal["none", "opposite"] = Field(
        default="none",
        description="what the answer's probability with the spec is held against: no spec, or the"
        " spec to break",
    )
    scale: float = Field(
        default=10.0,
        gt=0,
        description="log-odds of YES for a difference of one nat a token",
    )
    threshold: float = Field(
        default=0.5, gt=0, lt=1, description="least probability of YES for the verdict YES"
    )
    max_chars: int = Field(
        default=0, ge=0, description="characters of the answer that are scored; 0: all of it"
    )

    @property
    def gives_probability(self) -> bool:
        """Of every verdict that could be read."""
        return True

    @property
    def digest(self) -> str:
        """A digest of the prompts."""
        more = [_prompt(is_opposite=True).digest] if self.against == "opposite" else []
        return content_id([super().digest, *more])

    def need(self, model: Model) -> None:
        """Log-probabilities of a given text."""
        must_score(model, "likelihood")

    def usual_tokens(self, n: int) -> float:
        """Nothing is written."""
        return 0.0

    async def ask(self, case: JudgeCase, model: Model) -> JudgeResult:
        """One scoring a spec, and one for the answer or, against the opposite, one more a spec;
        InputError where the backend cannot score."""
        self.need(model)
        turns = [changed(turn, neutral) for turn in turns_of(case.query, case.conversation)]
        answer, shown = neutral(case.response), view(case, self.max_chars)
        answer = answer[: self.max_chars or None]

        async def mean(told: _Told) -> float | None:
            nats = await model.score(_given(told, turns), answer)
            return fmean(nats) if nats else None

        every = dict.fromkeys(t for s in case.specs for t in (_Told(s), self._other(s)))
        means = await at_once(mean, list(every)) if answer.strip() else dict.fromkeys(every)
        return JudgeResult(
            tuple(self._verdict(s, means[_Told(s)], means[self._other(s)]) for s in case.specs),
            suspicions=shown.suspicions,
            n_hidden=shown.n_hidden,
        )

    def _other(self, spec: Spec) -> _Told:
        """What the spec is held against."""
        return _Told(spec, is_opposite=True) if self.against == "opposite" else _Told()

    def _verdict(self, spec: Spec, following: float | None, other: float | None) -> Verdict:
        if following is None or other is None:
            reason = "the answer has no tokens whose log-probability could be told"
            return Verdict(rule=spec.id, value="unscored", rationale=reason)
        probability = probability_of(self.scale * (following - other))
        # What a rehearsal cannot know: its models score every text alike.
        is_kept = drawn("kept", float(probability >= self.threshold))
        what = _OPPOSITE if self.against == "opposite" else _WITHOUT
        return Verdict(
            rule=spec.id,
            value="YES" if is_kept else "NO",
            rationale=f"log-probability a token {following:.3f} with the spec, {other:.3f} {what}",
            probability=probability,
        )


def _prompt(*, is_opposite: bool) -> Prompt:
    return Prompt.beside(__file__, "likelihood_opposite" if is_opposite else "")


def _given(told: _Told, turns: Sequence[Message]) -> tuple[Message, ...]:
    """The conversation after the spec, in one turn with the system's own if it begins with one:
    most chat templates know no second."""
    if told.spec is None:
        return tuple(turns)
    (rule,) = _prompt(is_opposite=told.is_opposite).render(spec=spec_text(told.spec))
    first, *others = turns
    if first.role not in ("system", "developer"):
        return (rule, *turns)
    both = f"{rule.content}\n\n{first.content}"
    return (Message(role=first.role, content=both), *others)
