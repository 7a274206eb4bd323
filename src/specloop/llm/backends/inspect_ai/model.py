"""`inspect:` models: every provider of Inspect AI, such as `inspect:anthropic/claude-sonnet-4-5`.

It is for providers that the `openai:` backend cannot reach, and several times slower on the client
side. Inspect's own retries and cache are off, so that `Retrying` sees each kind of failure. Each
call runs in a task of its own, because Inspect keeps a record of every call as long as the task
lives.
"""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import inspect
import json
import math
import re
from collections.abc import Sequence
from typing import Any

from specloop.config.secrets import VARIABLE_REMEDY, is_variable, read_key
from specloop.errors import ContextError, InputError, MissingExtraError, ModelError
from specloop.llm.backends.inspect_ai import Inspect
from specloop.llm.backends.inspect_ai.messages import to_inspect
from specloop.llm.backends.inspect_ai.replies import failure, to_reply
from specloop.llm.base import Capabilities, Reply, Request
from specloop.llm.calls.most import Sent, sent_in
from specloop.llm.chat import as_data
from specloop.llm.context import PromptCounts
from specloop.llm.structured import asked_to_begin
from specloop.records import Message
from specloop.scrub import register, register_environment, scrub_error

_SCHEMA = {
    *("anthropic", "azureai", "fireworks", "google", "grok", "groq", "mistral", "openai"),
    *("openai-api", "openrouter", "sglang", "together", "vllm"),
}
_LOGPROBS = {"google", "grok", "hf", "openai", "openai-api", "together", "vllm"}
_PREFILL = {"sglang", "vllm"}
_OPENAI_LIKE = {"openai-api", "sglang", "vllm"}
"""Providers that take `top_k`, which Inspect sends them only as an extra field."""
_ARGUMENT = re.compile(r"(?:unexpected keyword|multiple values for keyword) argument '(\w+)'")
"""Python's error for an option that a provider does not take, or sets itself."""
_OWN_RETRIES = {"anthropic", "openai", "openai-api"}
"""Providers whose client library retries by itself unless that is turned off."""


def _library() -> Any:
    return importlib.import_module("inspect_ai.model")


class InspectModel:
    """A model of one of Inspect's providers, whose library is imported at the first use."""

    def __init__(self, rest: str, options: Inspect) -> None:
        if importlib.util.find_spec("inspect_ai") is None:
            raise MissingExtraError("the inspect backend", "inspect")
        self.name = f"inspect:{rest}"
        self._provider, slash, model = rest.partition("/")
        if not slash or not model:
            raise InputError(f"{self.name}: name provider and model: inspect:openai/gpt-4.1")
        self._rest = rest
        self._options = options
        self._model: Any = None
        self._counts = PromptCounts()
        self.capabilities = self._known()

    def _known(self) -> Capabilities:
        schema, prefill = self._options.json_schema, self._options.prefill
        logprobs = self._provider in _LOGPROBS
        return Capabilities(
            prefill=self._provider in _PREFILL if prefill is None else prefill,
            json_schema=self._provider in _SCHEMA if schema is None else schema,
            logprobs=logprobs,
            first_token=logprobs,
        )

    def check(self) -> None:
        """Open the model as `aopen` does; the provider is not asked."""
        self._open()

    async def aopen(self) -> None:
        """Make the provider's client; InputError if a library, a key or a name is wrong."""
        self._open()

    async def generate(self, request: Request) -> Reply:
        """Answer one request; the exception says whether a failure is transient or final."""
        if request.regex:
            raise ModelError(f"{self.name}: Inspect has no regular expressions")
        model, config = self._open(), self._config(request)
        call = asyncio.create_task(model.generate(self._messages(request), config=config))
        try:
            output = await call
        except Exception as error:
            raise failure(self.name, error) from None
        finally:
            call.cancel()
        reply = to_reply(self.name, output, request)
        if fault := self._counts.fault(reply.usage.prompt_tokens, request):
            raise ContextError(f"{self.name}: {fault}")
        return reply

    def sent(self, request: Request) -> Sent:
        """What a request sends to the provider."""
        turns = [message.written for message in request.messages]
        texts = [*turns, request.prefill, request.json_schema]
        length = {"max_tokens": request.sampling.max_tokens}
        return sent_in({"messages": texts, **length, **self._options.extra_body}, "max_tokens")

    async def score(self, messages: Sequence[Message], continuation: str) -> tuple[float, ...]:
        """Raise ModelError: Inspect's providers do not score given text."""
        raise ModelError(f"{self.name}: Inspect's providers cannot score given text")

    async def aclose(self) -> None:
        """Close the provider's connections."""
        model, self._model = self._model, None
        if model is not None:
            await model.api.aclose()

    def _open(self) -> Any:
        if self._model is not None:
            return self._model
        register_environment()  # the provider's library reads its key there
        quiet = {"max_retries": 0} if self._provider in _OWN_RETRIES else {}
        options, key, get_model = self._options.model_extra or {}, self._key(), _library().get_model
        for option in options:
            if option in inspect.signature(get_model).parameters:
                raise InputError(f"{self.name}: it has no option {option!r}")
        try:
            self._model = get_model(
                self._rest,
                base_url=self._options.base_url or None,
                api_key=key or None,
                memoize=False,
                **{**quiet, **options},
            )
        except Exception as error:
            # Any error here means that a name, a key, an option or a library is wrong or missing.
            if isinstance(error, TypeError) and (unknown := _ARGUMENT.search(str(error))):
                raise InputError(f"{self.name}: it has no option {unknown[1]!r}") from None
            words = str(error) or str(getattr(error, "message", type(error).__name__))
            plain = " ".join(re.sub(r"\[/?\w+\]", "", words).split())
            raise InputError(f"{self.name}: {scrub_error(plain)}") from None
        return self._model

    def _key(self) -> str:
        variable = self._options.api_key_env
        if not is_variable(variable or "_"):
            raise InputError(f"{self.name}: option 'api_key_env': {VARIABLE_REMEDY}")
        key = read_key(variable) if variable else ""
        if variable and not key:
            raise InputError(f"{self.name}: the environment variable {variable} is not set")
        register(key.strip())
        return key

    def _messages(self, request: Request) -> list[Any]:
        request = as_data(request)
        turns: Sequence[Message] = request.messages
        if request.prefill and self.capabilities.prefill:
            turns = (*turns, Message(role="assistant", content=request.prefill))
        elif request.prefill:
            turns = asked_to_begin(turns, request.prefill)
        return to_inspect(turns)

    def _config(self, request: Request) -> Any:
        """Inspect's settings for a request, without those at their defaults, because some providers
        refuse settings they do not know."""
        sampling = request.sampling
        settings: dict[str, Any] = {
            "temperature": sampling.temperature,
            "max_tokens": sampling.max_tokens,
            "seed": sampling.seed,
            "max_retries": 0,
            "attempt_timeout": math.ceil(self._options.timeout_s),
            "max_connections": self._options.max_connections,
            "cache": False,
        }
        if sampling.top_p < 1:
            settings["top_p"] = sampling.top_p
        if sampling.stop:
            settings["stop_seqs"] = list(sampling.stop)
        if request.logprobs or request.first_token:
            settings["logprobs"] = True
            settings["top_logprobs"] = request.first_token or None
        if request.json_schema:
            schema = {"name": "reply", "json_schema": json.loads(request.json_schema)}
            settings["response_schema"] = schema | {"strict": True}
        return _library().GenerateConfig(**settings, **self._extended(request))

    def _extended(self, request: Request) -> dict[str, Any]:
        """The settings that only some providers take."""
        extra = dict(self._options.extra_body)
        top_k = request.sampling.top_k
        if top_k and self._provider in _OPENAI_LIKE:
            extra["top_k"] = top_k
        if request.prefill and self.capabilities.prefill and self._provider == "openai-api":
            extra |= {"continue_final_message": True, "add_generation_prompt": False}
        extended: dict[str, Any] = {"extra_body": extra} if extra else {}
        return extended | ({"top_k": top_k} if top_k else {})
