"""`hf:` models: a local transformers checkpoint, on CUDA if available, otherwise on the CPU."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from specloop.errors import InputError
from specloop.llm.backends import Backend, backends
from specloop.llm.base import Model


@backends.register("hf")
class HF(Backend):
    """A local transformers checkpoint, `hf:FOLDER`."""

    model_config = ConfigDict(strict=True)
    reach = frozenset({"context", "adapter"})
    # The adapter is in the model's name, by what it holds.
    is_free = True
    trained_with = ()

    adapter: str = ""
    """Folder of a LoRA adapter for the checkpoint."""
    dtype: Literal["auto", "float32", "bfloat16"] = "auto"
    batch_size: Annotated[int, Field(ge=1)] = 16
    thinking: bool | None = None
    """Thinking on or off, by the chat template's own switch."""
    context: Annotated[int, Field(ge=0)] = 0
    """Tokens of prompt and answer together; 0: as the checkpoint says."""

    @classmethod
    def weights(cls, name: str) -> Path:
        """The checkpoint's folder; InputError where it holds none."""
        if not os.path.isfile(Path(name) / "config.json"):
            raise InputError(f"hf:{name}: no config.json in {name}; give a checkpoint folder")
        return Path(name)

    def open(self, name: str) -> Model:
        """Open the checkpoint of a folder."""
        from specloop.llm.backends.hf.model import HFModel

        return HFModel(name, self)
