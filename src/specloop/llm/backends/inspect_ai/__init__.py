"""`inspect:` models: every provider of Inspect AI."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from specloop.llm.backends import Backend, backends
from specloop.llm.base import Model


@backends.register("inspect")
class Inspect(Backend):
    """A provider of Inspect AI, `inspect:PROVIDER/MODEL`; unknown options go to the provider."""

    model_config = ConfigDict(strict=True, extra="allow")
    reach = frozenset({"base_url", "api_key_env", "timeout_s"})

    base_url: str = ""
    api_key_env: str = ""
    """The variable that holds the key; by default the provider's own."""
    timeout_s: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 300.0
    max_connections: Annotated[int, Field(ge=1, lt=2**31)] = 1024
    """Inspect's own limit on calls in flight, high enough not to matter."""
    json_schema: bool | None = None
    """Whether the provider enforces JSON schemas; by default as known for the provider."""
    prefill: bool | None = None
    """Whether a final assistant message is continued; by default as known for the provider."""
    extra_body: dict[str, Any] = Field(default_factory=dict)
    """Sent with every request, if the provider takes extra fields."""

    def open(self, name: str) -> Model:
        """Open the model of a provider."""
        from specloop.llm.backends.inspect_ai.model import InspectModel

        return InspectModel(name, self)
