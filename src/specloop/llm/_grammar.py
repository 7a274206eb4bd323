"""Constraints on a reply in the embedded runtime's terms."""

from __future__ import annotations

from typing import Literal, NamedTuple

from specloop.llm.base import Request


class Constraint(NamedTuple):
    """What a reply must be, in one of the three forms the runtime takes."""

    kind: Literal["json_schema", "regex", "grammar"]
    text: str


def constraint(request: Request) -> Constraint:
    """The constraint of a request that has one."""
    if request.regex:
        return Constraint("regex", request.regex)
    return Constraint("json_schema", request.json_schema)
