"""The panel: several judges, of which the majority decides.

A spec on which no value has more than half of the votes is unscored. Who voted how is in each
verdict's rationale, and the judgement counts the verdicts on which the members differ.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Self

from pydantic import Field

from specloop.items import at_once
from specloop.judges import JudgeOfJudges, Member, MemberTable, judges
from specloop.judging.base import JudgeCase, JudgeResult
from specloop.judging.together import together
from specloop.llm.base import Model
from specloop.records import Spec, Verdict, VerdictValue


@judges.register("panel")
class PanelJudge(JudgeOfJudges):
    """Asks several judges about every spec and takes the verdict of the majority."""

    gives_probability = True

    members: tuple[MemberTable, ...] = Field(
        default=("joint", "sequential", {"name": "graded", "samples": 1}),
        min_length=2,
        description="the judges, by their names or as tables with their options",
    )

    @property
    def parts(self) -> list[Member]:
        """The members in their order."""
        return [Member.of(table) for table in self.members]

    def made_of(self, tables: Sequence[dict[str, Any]]) -> Self:
        """The panel of other members."""
        return self.model_copy(update={"members": tuple(tables)})

    def usual_tokens(self, n: int) -> float:
        """Of all members."""
        return sum(one.judge.usual_tokens(n) for one in self.parts)

    async def ask(self, case: JudgeCase, model: Model) -> JudgeResult:
        """All members at once."""
        members = self.parts

        async def asked(place: int) -> JudgeResult:
            return await members[place].ask(case, model)

        by_place = await at_once(asked, range(len(members)))
        results = [by_place[place] for place in range(len(members))]
        votes = list(zip(*(result.verdicts for result in results), strict=True))
        names = [one.name for one in members]
        verdicts = tuple(_majority(s, v, names) for s, v in zip(case.specs, votes, strict=True))
        n_split = sum(len({v.value for v in each} - {"unscored"}) > 1 for each in votes)
        return together(results, verdicts)._replace(n_split=n_split)


def _majority(spec: Spec, votes: Sequence[Verdict], names: Sequence[str]) -> Verdict:
    """The value of more than half of the members; unscored if there is none. Its probability is the
    mean of theirs, of a member without one 1 for YES and 0 for NO and NA."""
    told = [f"{name} {vote.value}" for name, vote in zip(names, votes, strict=True)]
    reasons = [f"{name}: {v.rationale}" for name, v in zip(names, votes, strict=True)]
    counts: Counter[VerdictValue] = Counter(vote.value for vote in votes)
    value, n = counts.most_common(1)[0]
    said = f"{', '.join(told)}. {'; '.join(reasons)}"
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
