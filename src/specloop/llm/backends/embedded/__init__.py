"""`embedded:` models on the CPU, in process: continuous batching by openvino-genai."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import ConfigDict, Field

from specloop.files import check_file
from specloop.llm.backends import Backend, backends
from specloop.llm.base import Model

_Count = Annotated[int, Field(ge=1, lt=2**31)]


@backends.register("embedded")
class Embedded(Backend):
    """A model on the CPU in this process, `embedded:NAME` or `embedded:FILE.gguf`."""

    model_config = ConfigDict(strict=True)
    reach = frozenset({"context", "cache_gb", "max_batch", "step_tokens", "prefix_caching"})
    is_free = True
    trained_with = ("gguf",)

    cache_gb: _Count = 1
    max_batch: _Count = 32
    step_tokens: _Count = 512
    exact: bool = False
    """Slower, but with rounding that does not depend on other requests."""
    prefix_caching: bool = True
    thinking: bool | None = None
    """Thinking on or off, by the chat template's own switch."""
    context: Annotated[int, Field(ge=0)] = 0
    """Tokens of prompt and answer together; 0: as the file says."""

    @property
    def loading(self) -> Embedded:
        """How the file is loaded, the rest at its defaults: models with the same share the file."""
        return self.model_copy(update={"thinking": None, "context": 0})

    @classmethod
    def weights(cls, name: str) -> Path:
        """The GGUF; InputError where there is none, or it is not here yet."""
        from specloop.llm.backends.embedded import weights

        if not name.endswith(".gguf"):
            return weights.find(name)
        check_file(Path(name))
        return Path(name)

    def open(self, name: str) -> Model:
        """Open a catalogued model, or that of a file."""
        from specloop.llm.backends.embedded.model import EmbeddedModel

        return EmbeddedModel(name, self)
