"""Judges: one answer and its specs in, a verdict on each out. One file a judge.

What they share is in `judging`. A model's verdicts are *unmeasured* until its agreement with
people is known: in the loop they are shown separately and enter no total.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator

from specloop.errors import InputError
from specloop.judging.base import Judge
from specloop.judging.grader import Grader
from specloop.judging.guides import NO_GUIDES, Guides
from specloop.llm.base import Model
from specloop.records import CODE
from specloop.registry import Registry

judges: Registry[Judge] = Registry(Judge, "specloop.judges")


def grader_of(
    table: str | Mapping[str, Any], model: Model | None, guides: Guides = NO_GUIDES
) -> Grader:
    """The judge that a configuration names, on a model if it asks one."""
    judge = judges.build(table)
    name = model.name if model and judge.asks else CODE
    return Grader(judges.name_of(judge), judge, name, guides=guides)


def member(table: str | Mapping[str, Any]) -> Judge:
    """A judge that asks a model on behalf of another judge."""
    judge = judges.build(table)
    if not judge.asks or not judge.checks_first:
        raise InputError(f"{judges.name_of(judge)}: it cannot be a member of another judge")
    return judge


def member_table(judge: Judge) -> dict[str, Any]:
    """A judge as a table."""
    options = judge.model_dump(mode="json", exclude_defaults=True)
    return {"name": judges.name_of(judge), **options}


def _known(table: str | dict[str, Any]) -> str | dict[str, Any]:
    member(table)
    return table


Member = Annotated[str | dict[str, Any], AfterValidator(_known)]
"""A member's name, or a table with its options."""
