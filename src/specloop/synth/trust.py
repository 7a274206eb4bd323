"""Which verdicts of a judge make training pairs: those on rules for which it is believed enough."""

from __future__ import annotations

from collections.abc import Mapping

from specloop.config import Trusted
from specloop.records import LEVELS, Belief, Level, Rule

Beliefs = Mapping[str, Belief]
"""How far the judge is believed on a rule, by the rule's id; on others it is unmeasured."""


def level_of(rule: Rule, beliefs: Beliefs) -> Level:
    """How a verdict on a rule is had."""
    return "check" if rule.check is not None else beliefs.get(rule.id, "unmeasured")


def is_enough(level: Level, least: Trusted) -> bool:
    """Whether verdicts of that level make pairs. What code decides always does."""
    if level == "check" or least == "never":
        return level == "check"
    return LEVELS.index(level) <= LEVELS.index(least)
