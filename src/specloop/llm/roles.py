"""A role's model with its settings, and how it is asked for a small JSON answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, TypeVar

from specloop.config import RoleModel
from specloop.llm.base import Model, Request, schema_text
from specloop.llm.structured import UnreadableError, ask_json
from specloop.prompt import Prompt
from specloop.records import MadeBy, Sampling, Value

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


class Asked(NamedTuple):
    """One structured question: the prompt's values, the reply's schema and the call's seed."""

    prompt: Prompt
    values: Mapping[str, object]
    schema: Mapping[str, Any]
    seed: int
    max_tokens: int


async def ask(player: Player, asked: Asked, kind: type[V]) -> tuple[V, MadeBy]:
    """Ask for JSON of a kind; UnreadableError when neither the reply nor its repair is one,
    ModelError when there was none."""
    sampling = player.sampling(asked.seed, asked.max_tokens)
    request = Request(
        messages=asked.prompt.render(**asked.values),
        sampling=sampling,
        json_schema=schema_text(asked.schema),
    )
    try:
        value = await ask_json(player.model, request, kind.model_validate)
    except UnreadableError as error:
        raise UnreadableError(f"{asked.prompt.name}: {error}") from None
    return value, MadeBy(model=player.model.name, prompt=asked.prompt.digest, sampling=sampling)


def object_schema(**properties: Any) -> dict[str, Any]:
    """A closed JSON object schema with every property required, in the order given."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
