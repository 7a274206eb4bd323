"""The models of a run's roles, and how to ask one for a small JSON answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, TypeVar

from specloop.config import RoleName, RoleSettings
from specloop.llm.base import Model, Request, schema_text
from specloop.llm.structured import UnreadableError, ask_json
from specloop.prompt import Prompt
from specloop.records import MadeBy, Sampling, Value

V = TypeVar("V", bound=Value)


class RoleModel(NamedTuple):
    """A role's model with its settings."""

    model: Model
    settings: RoleSettings

    def sampling(self, seed: int, max_tokens: int) -> Sampling:
        """The role's sampling with a call's own seed; the role's token limit is used if it is
        set."""
        role = self.settings
        return Sampling(
            temperature=role.temperature,
            top_k=role.top_k,
            max_tokens=role.max_tokens or max_tokens,
            seed=seed,
        )


class RoleModels(NamedTuple):
    """The models by role; a role without a model runs a plain strategy."""

    by_role: Mapping[RoleName, RoleModel]

    def get(self, role: RoleName) -> RoleModel | None:
        """The role's model, or None if it has none."""
        return self.by_role.get(role)

    @property
    def concurrency(self) -> int:
        """How many items may run at once: the highest number that any role allows."""
        return max((model.settings.concurrency for model in self.by_role.values()), default=1)

    def name(self, role: RoleName) -> str:
        """The name of the role's model in records."""
        role_model = self.get(role)
        return role_model.model.name if role_model else "plain"


class RoleQuestion(NamedTuple):
    """One structured question: the prompt's values, the reply's schema and the call's seed."""

    prompt: Prompt
    values: Mapping[str, object]
    schema: Mapping[str, Any]
    seed: int
    max_tokens: int


async def ask(role_model: RoleModel, question: RoleQuestion, kind: type[V]) -> tuple[V, MadeBy]:
    """Ask for JSON of a kind; UnreadableError if neither the reply nor its repair is of that kind,
    ModelError if there was no reply."""
    sampling = role_model.sampling(question.seed, question.max_tokens)
    request = Request(
        messages=question.prompt.render(**question.values),
        sampling=sampling,
        json_schema=schema_text(question.schema),
    )
    try:
        value = await ask_json(role_model.model, request, kind.model_validate)
    except UnreadableError as error:
        raise UnreadableError(f"{question.prompt.name}: {error}") from None
    return value, MadeBy(
        model=role_model.model.name, prompt=question.prompt.digest, sampling=sampling
    )


def object_schema(**properties: Any) -> dict[str, Any]:
    """A closed JSON object schema with every property required, in the order given."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
