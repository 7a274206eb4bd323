"""Attacks: tactics that tempt the target to break a rule. One file a tactic.

`brief` is what a planner's model reads; `write` is the plain form that needs no model. A tactic
never asks for anything harmful by itself: it changes how a request is put, not what is asked.
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
        """The seed prompt put in this tactic's way, without a model."""


attacks: Registry[Attack] = Registry(Attack, "specloop.attacks")
