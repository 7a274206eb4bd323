"""Judges: one answer and its specs in, a verdict on each out. One file a judge.

What they share is in `judging`. A model's verdicts are *unmeasured* until its agreement with
people is known: in the loop they are shown separately and enter no total.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, NamedTuple, Self

from pydantic import AfterValidator, Field

from specloop.config import RoleName
from specloop.errors import InputError
from specloop.items import at_once
from specloop.judging.base import ONE_ANSWER, Judge, JudgeCase, JudgeResult
from specloop.judging.grader import Grader
from specloop.judging.guides import NO_GUIDES, Guides
from specloop.judging.role_models import of_role
from specloop.judging.together import together
from specloop.llm.base import Model
from specloop.llm.calls.wrap import identity_of
from specloop.records import Spec, Verdict, content_id
from specloop.registry import Registry

judges: Registry[Judge] = Registry(Judge, "specloop.judges")


def grader_of(
    table: str | Mapping[str, Any], model: Model | None, guides: Guides = NO_GUIDES
) -> Grader:
    """The judge that a configuration names, on a model if it asks one."""
    judge = one_answer_judge(table)
    name, guides = judges.name_of(judge), guides.within(judge.context, judge.examples)
    if model is None or not judge.asks:
        return Grader(name, judge, guides=guides)
    return Grader(name, judge, model.name, options=identity_of(model), guides=guides)


def one_answer_judge(table: str | Mapping[str, Any]) -> Judge:
    """The judge that a configuration names; InputError where it compares two answers."""
    judge = judges.build(table)
    if judge.compares:
        raise InputError(f"{judges.name_of(judge)}: {ONE_ANSWER}")
    return judge


MEMBER_ROLES: tuple[RoleName, ...] = ("judge", "compliance", "quality")
"""The roles whose models a member may ask."""


class Member(NamedTuple):
    """A judge on behalf of another judge."""

    judge: Judge
    role: RoleName | None = None
    """The role whose model it asks; None: the same as the other judge."""

    @classmethod
    def of(cls, table: str | Mapping[str, Any]) -> Member:
        """The member that a name or table names; InputError if it can be none."""
        options = dict(table) if isinstance(table, Mapping) else {"name": table}
        role = options.pop("role", None)
        if role is not None and role not in MEMBER_ROLES:
            raise InputError(f"role of a member: {role!r}; known: {', '.join(MEMBER_ROLES)}")
        judge = judges.build(options)
        if not judge.asks or not judge.checks_first or judge.compares:
            raise InputError(f"{judges.name_of(judge)}: it cannot be a member of another judge")
        if role and judge.roles:
            raise InputError(f"role of {judges.name_of(judge)}: its own members name theirs")
        return cls(judge, role)

    @property
    def name(self) -> str:
        """What rationales call it."""
        return judges.name_of(self.judge)

    @property
    def roles(self) -> tuple[RoleName, ...]:
        """The roles whose models it asks."""
        return (self.role,) if self.role else self.judge.roles

    def table(self, judge: Judge) -> dict[str, Any]:
        """Another judge as a table, in this one's place."""
        options = judge.model_dump(mode="json", exclude_defaults=True)
        role = {"role": self.role} if self.role else {}
        return {"name": judges.name_of(judge), **options, **role}

    async def ask(self, case: JudgeCase, model: Model) -> JudgeResult:
        """The verdicts on the specs of a case, flagged ones too."""
        return await self.judge.ask(case, of_role(model, self.role or ""))


def _known(table: str | dict[str, Any]) -> str | dict[str, Any]:
    Member.of(table)
    return table


MemberTable = Annotated[str | dict[str, Any], AfterValidator(_known)]
"""A member's name, or a table with its options and its `role`."""


class JudgeOfJudges(Judge):
    """A judge that asks its members in place of a prompt of its own."""

    @property
    @abstractmethod
    def parts(self) -> Sequence[Member]:
        """Its members."""

    @abstractmethod
    def made_of(self, tables: Sequence[dict[str, Any]]) -> Self:
        """The same with others in the members' places."""

    @property
    def roles(self) -> tuple[RoleName, ...]:
        """Those that members name."""
        return tuple(dict.fromkeys(role for part in self.parts for role in part.roles))

    @property
    def at_once(self) -> int:
        """The most that a member is asked about."""
        each = [part.judge.at_once for part in self.parts]
        return max(each) if all(each) else 0

    @property
    def digest(self) -> str:
        """A digest of the members' wordings."""
        return content_id([part.judge.digest for part in self.parts])

    @property
    def repairs(self) -> int:
        """The most that a member asks again."""
        return max(getattr(part.judge, "repairs", 0) for part in self.parts)

    def need(self, model: Model) -> None:
        """What every member needs of its model."""
        for part in self.parts:
            part.judge.need(of_role(model, part.role or ""))

    def at_best(self) -> Self:
        """All members at their best."""
        return self.made_of([part.table(part.judge.at_best()) for part in self.parts])

    def at_worst(self) -> Self:
        """All members at their worst."""
        return self.made_of([part.table(part.judge.at_worst()) for part in self.parts])


class MembersJudge(JudgeOfJudges):
    """A judge that asks all its members about every spec, and makes one verdict of theirs."""

    members: tuple[MemberTable, ...] = Field(min_length=2)

    @abstractmethod
    def decide(self, spec: Spec, votes: Sequence[Verdict]) -> Verdict:
        """The verdict on a spec, from those of the members in their order."""

    @property
    def parts(self) -> list[Member]:
        """The members in their order."""
        return [Member.of(table) for table in self.members]

    def made_of(self, tables: Sequence[dict[str, Any]]) -> Self:
        """The same with other members."""
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
        verdicts = tuple(self.decide(s, v) for s, v in zip(case.specs, votes, strict=True))
        n_split = sum(len({v.value for v in each} - {"unscored"}) > 1 for each in votes)
        return together(results, verdicts)._replace(n_split=n_split)

    def said(self, votes: Sequence[Verdict]) -> str:
        """Every member's verdict, then every member's reason."""
        by_name = [(one.name, vote) for one, vote in zip(self.parts, votes, strict=True)]
        values = ", ".join(f"{name} {vote.value}" for name, vote in by_name)
        return f"{values}. {'; '.join(f'{name}: {vote.rationale}' for name, vote in by_name)}"
