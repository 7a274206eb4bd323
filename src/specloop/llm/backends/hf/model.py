"""`hf:` models: a local transformers checkpoint, on CUDA if available, otherwise on the CPU.

Requests that wait at the same time are answered in one batch. A seed fixes how a reply is drawn in
any batch, but the batch's shape changes the rounding and so, rarely, a token. There is no
constrained output.
"""

from __future__ import annotations

import asyncio
import importlib.util
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from specloop.errors import InputError, MissingExtraError, ModelError
from specloop.llm.backends.hf import HF
from specloop.llm.base import Capabilities, Reply, Request
from specloop.llm.files import stamp
from specloop.records import Message

if TYPE_CHECKING:
    from specloop.llm.backends.hf.checkpoint import LoadedCheckpoint

T = TypeVar("T")
Waiting = tuple[Request, asyncio.Future[Reply]]
_GATHER_S = 0.01
"""Seconds to wait for other requests before a batch begins."""


class HFModel:
    """A checkpoint folder as a model, loaded at its first use."""

    capabilities = Capabilities(prefill=True, logprobs=True, score=True)

    def __init__(self, rest: str, options: HF) -> None:
        if importlib.util.find_spec("transformers") is None:
            raise MissingExtraError("the hf backend", "hf")
        self.name = f"hf:{rest}"
        self._path = Path(rest)
        self._options = options
        if not os.path.isfile(self._path / "config.json"):
            raise InputError(f"{self.name}: no config.json in {rest}; give a checkpoint folder")
        adapter = self._options.adapter
        if adapter and not os.path.isfile(Path(adapter) / "adapter_config.json"):
            raise InputError(f"{self.name}: no adapter_config.json in {adapter}")
        self.name = f"hf:{rest}#{stamp(self._path)}"
        if adapter:
            self.name += f"+{adapter}#{stamp(Path(adapter))}"
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=self.name)
        self._checkpoint: LoadedCheckpoint | None = None
        self._waiting: list[Waiting] = []
        self._server: asyncio.Task[None] | None = None

    def check(self) -> None:
        """InputError if the chat template has no switch for the option `thinking`."""
        if self._options.thinking is None:
            return
        from transformers import AutoTokenizer

        from specloop.llm.backends.hf.tokens import Tokens

        tokenizer: Any = AutoTokenizer.from_pretrained(self._path, local_files_only=True)
        try:
            Tokens(tokenizer, self._options.thinking)
        except InputError as error:
            raise InputError(f"{self.name}: {error}") from None

    async def aopen(self) -> None:
        """Do nothing."""

    async def generate(self, request: Request) -> Reply:
        """Answer one request, in a batch with others that wait."""
        if request.json_schema or request.regex:
            raise ModelError(f"{self.name}: this backend has no constrained output")
        future: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._waiting.append((request, future))
        if self._server is None or self._server.done():
            self._server = asyncio.create_task(self._serve())
        return await future

    async def score(self, messages: Sequence[Message], continuation: str) -> tuple[float, ...]:
        """The natural-log probability of each token of `continuation`, which is tokenised by
        itself."""
        return await self._compute(lambda c: c.score(messages, continuation))

    async def aclose(self) -> None:
        """Free the memory and give up waiting requests."""
        if self._server is not None:
            self._server.cancel()
        for _, future in self._waiting:
            future.cancel()
        self._waiting.clear()
        # A running batch cannot be stopped; its thread ends by itself.
        self._thread.shutdown(wait=False, cancel_futures=True)
        self._checkpoint = None

    async def _serve(self) -> None:
        await asyncio.sleep(_GATHER_S)
        while self._waiting:
            batch = self._waiting[: self._options.batch_size]
            del self._waiting[: len(batch)]
            wanted = [(request, future) for request, future in batch if not future.done()]
            if wanted:
                await self._answer(wanted)

    async def _answer(self, batch: Sequence[Waiting]) -> None:
        try:
            requests = [request for request, _ in batch]
            replies = await self._compute(lambda c: c.answer(requests))
        except (InputError, ModelError) as error:
            await self._failed(batch, error)
        except asyncio.CancelledError:
            for _, future in batch:
                future.cancel()
            raise
        else:
            for (_, future), reply in zip(batch, replies, strict=True):
                if not future.done():
                    future.set_result(reply)

    async def _failed(self, batch: Sequence[Waiting], error: InputError | ModelError) -> None:
        """Answer the requests of a failed batch one by one: a bad one must not fail the others."""
        if len(batch) > 1:
            for single in batch:
                await self._answer([single])
        elif not batch[0][1].done():
            batch[0][1].set_exception(error)

    async def _compute(self, work: Callable[[LoadedCheckpoint], T]) -> T:
        def run() -> T:
            try:
                return work(self._load())
            except (InputError, ModelError) as error:
                raise type(error)(f"{self.name}: {error}") from None
            except Exception as error:
                raise ModelError(f"{self.name}: {type(error).__name__}: {error}") from error

        return await asyncio.get_running_loop().run_in_executor(self._thread, run)

    def _load(self) -> LoadedCheckpoint:
        if self._checkpoint is None:
            from specloop.llm.backends.hf.checkpoint import LoadedCheckpoint

            how = self._options
            self._checkpoint = LoadedCheckpoint(self._path, how.adapter, how.dtype, how.thinking)
            self._checkpoint.context = how.context or self._checkpoint.context
        return self._checkpoint
