"""`embedded:` models on the CPU, in process, by openvino-genai: no key and no server.

`embedded:smollm2-135m` and `embedded:qwen2.5-coder-1.5b` are the catalogued ones (see `weights`),
`embedded:FILE.gguf` is any other instruct model. Requests made at the same time are batched.
A seed fixes how a reply is drawn, but other requests in the batch change the rounding and so,
rarely, a token (`exact=True` makes that very rare).
"""

from __future__ import annotations

import asyncio
import importlib.util
from collections.abc import Sequence
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from weakref import WeakKeyDictionary

from specloop.errors import ContextError, MissingExtraError, ModelError
from specloop.llm.backends.embedded import Embedded, weights
from specloop.llm.backends.embedded.engine import Engine, Job, Output, acquire, release
from specloop.llm.backends.embedded.gguf import context_length
from specloop.llm.backends.embedded.runtime import TextTokens, runtime_config
from specloop.llm.backends.embedded.scoring import score_ids
from specloop.llm.base import Capabilities, Reply, Request, Usage
from specloop.llm.context import misfit
from specloop.llm.files import stamp
from specloop.llm.thinking import Begun, apart, ended, thought_begun, turn_begun
from specloop.records import Message


class EmbeddedModel:
    """A GGUF model in this process, loaded at its first use. Models of the same file share it."""

    capabilities = Capabilities(
        prefill=True, json_schema=True, regex=True, logprobs=True, score=True
    )

    def __init__(self, rest: str, options: Embedded) -> None:
        if importlib.util.find_spec("openvino_genai") is None:
            raise MissingExtraError("the embedded backend", "embedded")
        self.name = f"embedded:{rest}"
        self._path = Path(rest) if rest.endswith(".gguf") else weights.find(rest)
        self._thinking, self._settings = options.thinking, options.settings
        self._context = options.context or context_length(self._path)
        if rest.endswith(".gguf"):
            self.name = f"embedded:{rest}#{stamp(self._path)}"
        self._engine: Engine | None = None
        self._text: TextTokens | None = None

    async def aopen(self) -> None:
        """Do nothing."""

    async def generate(self, request: Request) -> Reply:
        """Answer one request, batched with others."""
        engine, text = await self._ready()

        def begin() -> Future[Reply]:
            opening, prefill = text.prompt(request.messages), text.begun(request.prefill)
            ids = text.encode(turn_begun(opening, prefill))
            self._must_fit(len(ids), request.sampling.max_tokens)
            config = runtime_config(request, text.stops(request))
            begun = Begun(
                prefill,
                mark="" if prefill else thought_begun(opening),
                stops_there="</think>" in request.sampling.stop,
            )
            finish = partial(_reply, text, begun, n_prompt=len(ids), logprobs=request.logprobs)
            return engine.submit(Job(ids, config, finish))

        begun = await asyncio.wrap_future(engine.do(begin))
        return await asyncio.wrap_future(begun)

    async def score(self, messages: Sequence[Message], continuation: str) -> tuple[float, ...]:
        """The natural-log probability of each token of `continuation`, which is tokenised by
        itself.

        Only the reply's text is scored, without the marker that ends the turn.
        """
        engine, text = await self._ready()

        def encode() -> tuple[list[int], list[int]]:
            scored = text.encode(text.plain(continuation))
            if messages:
                return text.before_answer(messages) + scored, scored
            return text.bare(text.plain(continuation)), scored

        ids, scored = await asyncio.wrap_future(engine.do(encode))
        n_scored = min(len(scored), len(ids) - 1)
        if n_scored < 1:
            raise ModelError(f"{self.name}: nothing to score in {continuation!r}")
        self._must_fit(len(ids), 0)
        return await score_ids(engine, text, ids, n_scored)

    async def aclose(self) -> None:
        """Free the memory, unless another model uses the same file."""
        engine, self._engine = self._engine, None
        if engine is not None:
            await asyncio.to_thread(release, engine)

    async def _ready(self) -> tuple[Engine, TextTokens]:
        if self._engine is None:
            self._engine = acquire(self._path, self._settings)
        engine, text = self._engine, self._text
        if text is None:
            await asyncio.wrap_future(engine.tokenizer)
            made = engine.do(lambda: _text_of(engine, self.name, self._thinking))
            text = await asyncio.wrap_future(made)
            self._text = text
        return engine, text

    def _must_fit(self, n_prompt: int, max_tokens: int) -> None:
        reason = misfit(n_prompt, max_tokens, self._context)
        if reason:
            raise ContextError(f"{self.name}: {reason}")


_texts: WeakKeyDictionary[Engine, dict[bool | None, TextTokens]] = WeakKeyDictionary()


def _text_of(engine: Engine, name: str, thinking: bool | None) -> TextTokens:
    """The `TextTokens` of an engine, made once: finding a vocabulary's markers takes a second or
    more."""
    made = _texts.setdefault(engine, {})
    text = made.get(thinking)
    if text is None:
        text = made[thinking] = TextTokens(engine.tokenizer.result(), name, thinking)
    return text


def _reply(text: TextTokens, begun: Begun, output: Output, n_prompt: int, logprobs: bool) -> Reply:
    ids = output.ids
    kept = len(ids) - bool(ids and text.is_end(ids[-1]))
    parts = apart(text.decode(ids[:kept]), begun._replace(cut=output.finished_by_length))
    return Reply(
        text=parts.text,
        reasoning=parts.thought,
        finish=ended(parts, begun, "length" if output.finished_by_length else "stop"),
        usage=Usage(prompt_tokens=n_prompt, completion_tokens=len(ids)),
        logprobs=tuple(output.logprobs[:kept]) if logprobs else None,
    )
