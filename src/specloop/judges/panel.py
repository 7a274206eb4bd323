"""The panel: several judges, of which the majority decides.

A spec on which no value has more than half of the votes is unscored. Who voted how is in each
verdict's rationale, and the judgement counts the verdicts on which the members differ.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from pydantic import Field

from specloop.judges import MembersJudge, MemberTable, judges
from specloop.records import Spec, Verdict, VerdictValue


@judges.register("panel")
class PanelJudge(MembersJudge):
    """Asks several judges about every spec and takes the verdict of the majority."""

    members: tuple[MemberTable, ...] = Field(
        default=("joint", "sequential", {"name": "graded", "samples": 1}),
        min_length=2,
        description="the judges, by their names or as tables with their options",
    )

    @property
    def gives_probability(self) -> bool:
        """A verdict without one counts as 1 or 0."""
        return True

    def decide(self, spec: Spec, votes: Sequence[Verdict]) -> Verdict:
        """The value of more than half of the members; unscored if there is none. Its probability is
        the mean of theirs, of a member without one 1 for YES and 0 for NO and NA."""
        counts: Counter[VerdictValue] = Counter(vote.value for vote in votes)
        value, n = counts.most_common(1)[0]
        said = self.said(votes)
        if 2 * n <= len(votes) or value == "unscored":
            return Verdict(rule=spec.id, value="unscored", rationale=f"no majority: {said}")
        scored = [vote for vote in votes if vote.value != "unscored"]
        each = [float(v.value == "YES") if v.probability is None else v.probability for v in scored]
        return Verdict(
            rule=spec.id,
            value=value,
            rationale=f"{n} of {len(votes)}: {said}",
            probability=sum(each) / len(each),
        )
