"""`openai:` models: any server that speaks OpenAI's chat completions (vLLM, SGLang, llama.cpp,
Ollama, hosted APIs).

A thin client: one request, one reply, no retries (see `wrap.Retrying`). The key is read from the
environment variable that `api_key_env` names, goes into one header and nowhere else.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from typing import Any, NamedTuple

import aiohttp
from pydantic import ValidationError

from specloop.errors import InputError, ModelError, TransientModelError
from specloop.llm._completion import Completion, failure, to_reply
from specloop.llm.base import Capabilities, Reply, Request
from specloop.records import Message

HOSTED = "https://api.openai.com/v1"


class Options(NamedTuple):
    """How to reach a server and what it understands beyond OpenAI's own parameters."""

    base_url: str = ""
    """Else $OPENAI_BASE_URL, else OpenAI's."""
    api_key_env: str = "OPENAI_API_KEY"
    timeout_s: float = 300.0
    extensions: bool | None = None
    """Send `top_k`, and `continue_final_message` for a prefill; by default to all but OpenAI's
    own server.
    """
    regex_field: str = ""
    """Field for a regular expression, such as `guided_regex`; empty: the server has none."""
    max_tokens_field: str = "max_tokens"
    extra_body: dict[str, Any] = {}  # noqa: RUF012  (never changed)
    """Sent with every request."""


class OpenAIModel:
    """A model behind an OpenAI-compatible endpoint."""

    def __init__(self, rest: str, **options: Any) -> None:
        if not rest:
            raise InputError("openai: name the model, such as openai:gpt-4.1")
        self.name = f"openai:{rest}"
        self._model = rest
        self._options = Options(**options)
        base = self._options.base_url or os.environ.get("OPENAI_BASE_URL") or HOSTED
        if not base.startswith(("http://", "https://")):
            raise InputError(f"{self.name}: base_url {base!r} must begin with http:// or https://")
        self._url = base.rstrip("/") + "/chat/completions"
        extensions = self._options.extensions
        self._extensions = base.rstrip("/") != HOSTED if extensions is None else extensions
        self._session: aiohttp.ClientSession | None = None
        self.capabilities = Capabilities(
            prefill=self._extensions,
            json_schema=True,
            regex=bool(self._options.regex_field),
            logprobs=True,
        )

    async def aopen(self) -> None:
        """Nothing to find out."""

    async def generate(self, request: Request) -> Reply:
        """Answer one request; transient failures and final ones are told apart by the exception."""
        body = self._body(request)
        try:
            async with self._open().post(self._url, json=body, headers=self._headers()) as answer:
                text = await answer.text()
                status, retry_after = answer.status, answer.headers.get("Retry-After", "")
        except (aiohttp.ClientError, TimeoutError, UnicodeDecodeError) as error:
            reason = self._scrub(str(error) or type(error).__name__)
            raise TransientModelError(f"{self.name}: {reason}") from None
        if status >= 400:
            raise failure(self.name, status, self._scrub(text), retry_after)
        try:
            return to_reply(Completion.model_validate_json(text), request.prefill)
        except (ValidationError, IndexError):
            start = self._scrub(text[:200])
            raise TransientModelError(f"{self.name}: unreadable reply: {start!r}") from None

    async def score(self, messages: Sequence[Message], continuation: str) -> tuple[float, ...]:
        """Not to be had over this protocol: it has no log-probabilities of given text."""
        raise ModelError(f"{self.name}: chat completions cannot score given text")

    async def aclose(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            # How many are in flight is the caller's business.
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0),
                timeout=aiohttp.ClientTimeout(total=self._options.timeout_s),
            )
        return self._session

    def _key(self) -> str:
        return os.environ.get(self._options.api_key_env, "")

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._key()}"} if self._key() else {}

    def _scrub(self, text: str) -> str:
        return text.replace(self._key(), "***") if self._key() else text

    def _body(self, request: Request) -> dict[str, Any]:
        sampling = request.sampling
        body: dict[str, Any] = {
            "model": self._model,
            "messages": self._messages(request),
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "seed": sampling.seed,
            self._options.max_tokens_field: sampling.max_tokens,
            **self._options.extra_body,
        }
        if sampling.stop:
            body["stop"] = list(sampling.stop)
        if request.logprobs:
            body["logprobs"] = True
        if request.json_schema:
            named = {"name": "reply", "schema": json.loads(request.json_schema), "strict": True}
            body["response_format"] = {"type": "json_schema", "json_schema": named}
        return body | self._extended(request)

    def _extended(self, request: Request) -> dict[str, Any]:
        """Parameters that not every server knows."""
        more: dict[str, Any] = {}
        if request.regex and not self._options.regex_field:
            raise ModelError(f"{self.name}: set regex_field to the server's field for a regex")
        if request.regex:
            more[self._options.regex_field] = request.regex
        if self._extensions and request.sampling.top_k:
            more["top_k"] = request.sampling.top_k
        if self._extensions and request.prefill:
            more |= {"continue_final_message": True, "add_generation_prompt": False}
        return more

    def _messages(self, request: Request) -> list[dict[str, str]]:
        """The conversation; a prefill is the assistant's begun turn, or where that cannot be,
        asked for.
        """
        messages = [{"role": m.role, "content": m.content} for m in request.messages]
        if request.prefill and self._extensions:
            messages.append({"role": "assistant", "content": request.prefill})
        elif request.prefill:
            wish = "Begin your answer with exactly these words and go on from there:\n"
            messages.append({"role": "system", "content": wish + request.prefill})
        return messages
