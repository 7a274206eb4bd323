"""The everyday request as it is: most rules are broken without any attack."""

from __future__ import annotations

from typing import ClassVar

from specloop.attacks import Attack, attacks
from specloop.records import Rule


@attacks.register("direct")
class Direct(Attack):
    """No attack."""

    brief: ClassVar[str] = "put the request plainly"

    def write(self, seed: str, rule: Rule) -> str:
        """Return the seed itself."""
        return f"{seed}"
