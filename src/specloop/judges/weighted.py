"""The weighted judge: several judges' probabilities of YES, put together by weights.

Each probability counts as log-odds within 6 on both sides, times its member's weight: a member that
errs often can count for little, and one that is unsure never decides alone. Weights, bias and
threshold are for what was fitted on labelled answers: `specloop judge calibrate --part choose`
prints them. Without weights it is the mean of the members' log-odds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

from pydantic import Field, model_validator

from specloop.draws import drawn
from specloop.errors import InputError
from specloop.judges import MembersJudge, MemberTable, judges
from specloop.judging.odds import log_odds, probability_of
from specloop.records import Spec, Verdict


@judges.register("weighted")
class WeightedJudge(MembersJudge):
    """Asks several judges and weighs their probabilities of YES."""

    members: tuple[MemberTable, ...] = Field(
        default=("logprob", "graded"),
        min_length=2,
        description="the judges, by their names or as tables with their options; each has to give a"
        " probability",
    )
    weights: tuple[float, ...] = Field(
        default=(), description="of each member's log-odds of YES; none: all the same, 1 together"
    )
    bias: float = Field(default=0.0, description="log-odds of YES that are added to theirs")
    threshold: float = Field(
        default=0.5, gt=0, lt=1, description="least probability of YES for the verdict YES"
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        for one in self.parts:
            if not one.judge.gives_probability:
                raise InputError(
                    f"weighted: the member {one.name!r} gives no probability of YES, which is what"
                    " is weighed. Take logprob, likelihood, graded with several samples, or a panel"
                )
        if self.weights and len(self.weights) != len(self.members):
            raise InputError(
                f"weighted: {len(self.weights)} weights for {len(self.members)} members; give one"
                " for each member, or none"
            )
        return self

    @property
    def gives_probability(self) -> bool:
        """Of every verdict that could be read."""
        return True

    @property
    def part_names(self) -> tuple[str, ...]:
        """All members."""
        return tuple(one.name for one in self.parts)

    def decide(self, spec: Spec, votes: Sequence[Verdict]) -> Verdict:
        """YES from the threshold on, else NA if most members say so, else NO. It is unscored if one
        member's verdict is, or has no probability, as of a cascade's judge that gives none."""
        said = self.said(votes)
        parts = tuple(v.probability for v in votes if v.probability is not None)
        if len(parts) < len(votes) or any(vote.value == "unscored" for vote in votes):
            reason = f"not every member gave a probability: {said}"
            return Verdict(rule=spec.id, value="unscored", rationale=reason)
        weights = self.weights or [1 / len(votes)] * len(votes)
        weighed = (weight * log_odds(p) for weight, p in zip(weights, parts, strict=True))
        probability = probability_of(self.bias + sum(weighed))
        # What a rehearsal cannot know: it does not go by the figures of its models.
        is_kept = drawn("kept", float(probability >= self.threshold))
        is_na = 2 * sum(vote.value == "NA" for vote in votes) > len(votes)
        told = ", ".join(f"{p:.2f}" for p in parts)
        return Verdict(
            rule=spec.id,
            value="YES" if is_kept else "NA" if is_na else "NO",
            rationale=f"probability of YES {probability:.2f}, of the members {told}: {said}",
            probability=probability,
            parts=parts,
        )
