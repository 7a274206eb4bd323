"""`embedded:` models on the CPU, in process, by openvino-genai: no key and no server.

The catalogued ones are in `weights`, `embedded:FILE.gguf` is any other instruct model. Requests
made at the same time are batched. A seed fixes how a reply is drawn, but other requests in the
batch change the rounding and so, rarely, a token (`exact=True` makes that very rare).
"""

from __future__ import annotations

import asyncio
import importlib.util
from collections.abc import Sequence
from concurrent.futures import Future
from functools import partial
from weakref import WeakKeyDictionary

from specloop.errors import MissingExtraError
from specloop.llm.backends.embedded import Embedded
from specloop.llm.backends.embedded.engine import Engine, Job, Output, acquire, release
from specloop.llm.backends.embedded.gguf import context_length
from specloop.llm.backends.embedded.runtime import TextTokens, runtime_config
from specloop.llm.backends.embedded.scoring import score_ids
from specloop.llm.base import Capabilities, Nats, Reply, Request
from specloop.llm.files import weights_name
from specloop.llm.tokens import PromptTokens, named
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
        self._path = Embedded.weights(rest)
        self._thinking, self._settings = options.thinking, options.loading
        self._context = options.context or context_length(self._path)
        if rest.endswith(".gguf"):
            self.name = f"embedded:{weights_name(self._path)}"
        self._engine: Engine | None = None
        self._text: TextTokens | None = None

    async def aopen(self) -> None:
        """Do nothing."""

    async def generate(self, request: Request) -> Reply:
        """Answer one request, batched with others."""
        engine, text = await self._ready()

        def begin() -> Future[Reply]:
            with named(self.name):
                prompt = text.asked(request)
                config = runtime_config(request, text)
            finish = partial(_reply, text, prompt, logprobs=request.logprobs)
            return engine.submit(Job(prompt.ids, config, finish))

        begun = await asyncio.wrap_future(engine.do(begin))
        return await asyncio.wrap_future(begun)

    async def score(self, messages: Sequence[Message], continuation: str) -> tuple[float, ...]:
        """The natural-log probability of each token of `continuation`, which is tokenised by
        itself.

        Only the reply's text is scored, without the marker that ends the turn.
        """
        engine, text = await self._ready()

        def encode() -> tuple[list[int], int]:
            with named(self.name):
                return text.scored(messages, continuation)

        scored = await asyncio.wrap_future(engine.do(encode))
        return Nats.of(await score_ids(engine, text, *scored), len(scored[0]))

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
            text = await asyncio.wrap_future(engine.do(partial(self._made_text, engine)))
            self._text = text
        return engine, text

    def _made_text(self, engine: Engine) -> TextTokens:
        """The `TextTokens` of the engine, made once for all models with the same options: finding a
        vocabulary's markers takes a second or more."""
        options = self._thinking, self._context
        texts = _texts.setdefault(engine, {})
        if options not in texts:
            with named(self.name):
                texts[options] = TextTokens(engine.tokenizer.result(), *options)
        return texts[options]


_texts: WeakKeyDictionary[Engine, dict[tuple[bool | None, int], TextTokens]] = WeakKeyDictionary()


def _reply(text: TextTokens, prompt: PromptTokens, output: Output, logprobs: bool) -> Reply:
    ids = output.ids
    n_shown = len(ids) - bool(ids and text.is_end(ids[-1]))
    finish = "length" if output.finished_by_length else "stop"
    kept_logprobs = output.logprobs[:n_shown] if logprobs else None
    return prompt.reply(text.decode(ids[:n_shown]), finish, len(ids), kept_logprobs)
