"""Who fills each role of a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from specloop.config import RoleName
from specloop.llm.roles import Player


class Cast(NamedTuple):
    """Role -> player; a role that is not there runs a plain strategy."""

    players: Mapping[RoleName, Player]

    def get(self, role: RoleName) -> Player | None:
        """The role's player, or None where it runs plain."""
        return self.players.get(role)

    @property
    def concurrency(self) -> int:
        """How many items may be under way at once: what the widest player takes."""
        return max((player.settings.concurrency for player in self.players.values()), default=1)

    def name(self, role: RoleName) -> str:
        """What records call the role's model."""
        player = self.get(role)
        return player.model.name if player else "plain"
