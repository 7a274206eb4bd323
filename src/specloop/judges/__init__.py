"""Judges: one answer and its specs in, a verdict on each out. One file a judge.

What they share is in `judging`. A model's verdicts are *unmeasured* until its agreement with
people is known: in the loop they are shown separately and enter no total.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from specloop.judging.base import Judge
from specloop.judging.rules import RuleJudge
from specloop.llm.base import Model
from specloop.registry import Registry

judges: Registry[Judge] = Registry(Judge, "specloop.judges")


def rule_judge(table: str | Mapping[str, Any], model: Model | None) -> RuleJudge:
    """Return the judge that a configuration names, for a document's rules."""
    judge = judges.build(table)
    return RuleJudge(judges.name_of(judge), judge, model)
