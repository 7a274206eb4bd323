"""Who fills each role of a run, and how a role asks its model for a small JSON answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from specloop.config import RoleModel, RoleName
from specloop.errors import ModelError
from specloop.llm.base import Model, Request, schema_text
from specloop.llm.structured import UnreadableError, ask_json
from specloop.prompt import Prompt
from specloop.records import MadeBy, Message, Sampling, Value

V = TypeVar("V", bound=Value)


class Player(NamedTuple):
    """A role's model with its settings."""

    model: Model
    settings: RoleModel

    def sampling(self, seed: int, max_tokens: int) -> Sampling:
        """The role's sampling with a call's own seed; the role's token limit wins where set."""
        role = self.settings
        return Sampling(
            temperature=role.temperature,
            top_k=role.top_k,
            max_tokens=role.max_tokens or max_tokens,
            seed=seed,
        )


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


class Asked(NamedTuple):
    """One structured question: the prompt's values, the reply's schema and the call's seed."""

    prompt: Prompt
    values: Mapping[str, object]
    schema: Mapping[str, Any]
    seed: int
    max_tokens: int


async def ask(player: Player, asked: Asked, kind: type[V]) -> tuple[V, MadeBy]:
    """Ask for JSON of a kind; ModelError when neither the reply nor its repair is one."""
    sampling = player.sampling(asked.seed, asked.max_tokens)
    messages: Sequence[Message] = asked.prompt.render(**asked.values)
    request = Request(
        messages=tuple(messages), sampling=sampling, json_schema=schema_text(asked.schema)
    )
    try:
        value = await ask_json(player.model, request, kind.model_validate)
    except UnreadableError as error:
        raise ModelError(f"{asked.prompt.name}: {error}") from None
    return value, MadeBy(model=player.model.name, prompt=asked.prompt.digest, sampling=sampling)


def object_schema(**properties: Any) -> dict[str, Any]:
    """A closed JSON object schema with every property required, in the order given."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
