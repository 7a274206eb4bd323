"""Attacks: tactics that tempt the target to break a rule. One file per tactic.

A planner's model reads `brief`; `form` is the tactic's wording without a model. A tactic never asks
for anything harmful by itself: it changes how a request is worded, not what is asked.
"""

from __future__ import annotations

from typing import ClassVar

from specloop.records import Rule
from specloop.registry import Registry, Strategy


class Attack(Strategy):
    """One tactic."""

    brief: ClassVar[str]
    """The tactic in a few words, for a planner."""
    form: ClassVar[str]
    """The request by this tactic, with {seed} in the place of the seed prompt."""

    def write(self, seed: str, rule: Rule) -> str:
        """Word the seed prompt by this tactic to break a rule, without a model."""
        return self.form.replace("{seed}", seed)


attacks: Registry[Attack] = Registry(Attack, "specloop.attacks")
