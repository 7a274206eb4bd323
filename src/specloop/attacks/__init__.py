"""Attacks: tactics that tempt the target to break a rule. One file per tactic.

A planner's model reads `brief`; `write` is the plain form, which needs no model. A tactic never
asks for anything harmful by itself: it changes how a request is worded, not what is asked.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

from specloop.records import Rule
from specloop.registry import Registry, Strategy


class Attack(Strategy):
    """One tactic."""

    brief: ClassVar[str]
    """The tactic in a few words, for a planner."""

    @abstractmethod
    def write(self, seed: str, rule: Rule) -> str:
        """Word the seed prompt by this tactic, without a model."""


attacks: Registry[Attack] = Registry(Attack, "specloop.attacks")
