"""`hf:` models: a local transformers checkpoint, on CUDA if available, otherwise on the CPU.

Requests that wait at the same time are answered in one batch. A seed fixes how a reply is drawn in
any batch, but the batch's shape changes the rounding and so, rarely, a token. There is no
constrained output.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from specloop.errors import InputError, MissingExtraError, ModelError
from specloop.llm.backends.hf import HF
from specloop.llm.backends.hf.batching import Batching
from specloop.llm.base import Capabilities, Reply, Request
from specloop.llm.files import weights_name
from specloop.llm.tokens import named
from specloop.records import Message

if TYPE_CHECKING:
    from specloop.llm.backends.hf.checkpoint import LoadedCheckpoint


class HFModel:
    """A checkpoint folder as a model, loaded at its first use."""

    capabilities = Capabilities(prefill=True, logprobs=True, score=True)

    def __init__(self, rest: str, options: HF) -> None:
        if importlib.util.find_spec("transformers") is None:
            raise MissingExtraError("the hf backend", "hf")
        self._path, self._options = HF.weights(rest), options
        adapter = options.adapter
        if adapter and not os.path.isfile(Path(adapter) / "adapter_config.json"):
            raise InputError(f"hf:{rest}: no adapter_config.json in {adapter}")
        self.name = f"hf:{weights_name(self._path)}"
        if adapter:
            self.name += f"+{weights_name(Path(adapter))}"
        self._checkpoint: LoadedCheckpoint | None = None
        self._batching = Batching(self._answer, options.batch_size, self.name)

    def check(self) -> None:
        """InputError if the chat template has no switch for the option `thinking`."""
        if self._options.thinking is None:
            return
        from transformers import AutoTokenizer

        from specloop.llm.backends.hf.tokens import Tokens

        tokenizer: Any = AutoTokenizer.from_pretrained(self._path, local_files_only=True)
        with named(self.name):
            Tokens(tokenizer, self._options.thinking)

    async def aopen(self) -> None:
        """Do nothing."""

    async def generate(self, request: Request) -> Reply:
        """Answer one request, in a batch with others that wait."""
        if request.json_schema or request.regex:
            raise ModelError(f"{self.name}: this backend has no constrained output")
        return await self._batching.result(request)

    async def score(self, messages: Sequence[Message], continuation: str) -> tuple[float, ...]:
        """The natural-log probability of each token of `continuation`, tokenised by itself."""
        return await self._batching.alone(lambda: self._loaded().score(messages, continuation))

    async def aclose(self) -> None:
        """Free the memory and give up waiting requests."""
        self._batching.close()
        self._checkpoint = None

    def _answer(self, requests: Sequence[Request]) -> list[Reply]:
        return self._loaded().answer(requests)

    def _loaded(self) -> LoadedCheckpoint:
        if self._checkpoint is None:
            from specloop.llm.backends.hf.checkpoint import LoadedCheckpoint

            self._checkpoint = LoadedCheckpoint(self._path, self._options)
        return self._checkpoint
