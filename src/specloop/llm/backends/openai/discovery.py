"""What a server is: asked once, remembered for a day.

`GET {base}/models` says it in `owned_by` for vLLM, SGLang and llama.cpp; Ollama is told by its own
/api/version, OpenRouter by the parameters it lists for each model, hosted APIs by their address.
The result is noted by base URL and model (`notes.py`). For a day it saves the further questions; at
any age it is used if a busy server does not answer in time. Otherwise a run that is resumed then
would send other requests than before, and pay for them again.
"""

from __future__ import annotations

import aiohttp
from pydantic import AliasPath, Field, ValidationError
from yarl import URL

from specloop.llm.backends.openai import Kind
from specloop.llm.backends.openai.completion import Lenient
from specloop.llm.backends.openai.connection import read_body
from specloop.llm.backends.openai.dialect import Server
from specloop.llm.backends.openai.endpoints import Endpoint
from specloop.llm.backends.openai.notes import Note, read_note, write_note

UNREACHABLE = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)
_SILENCE = (aiohttp.ClientError, TimeoutError, ValidationError)
_PATIENCE = aiohttp.ClientTimeout(total=5, sock_connect=3)
_REMEMBERED_S = 24 * 3600.0
_OWNERS: dict[str, Kind] = {
    "vllm": "vllm",
    "sglang": "sglang",
    "llamacpp": "llama.cpp",
    "deepseek": "deepseek",
    "mistralai": "mistral",
}
_HOSTS: dict[str, Kind] = {
    "api.openai.com": "openai",
    "openai.azure.com": "openai",
    "api.deepseek.com": "deepseek",
    "api.mistral.ai": "mistral",
}


class _Listed(Lenient):
    """A model in a list: Ollama has `name` and `model` for `id` in its own."""

    id: str = ""
    name: str = ""
    model: str = ""
    owned_by: str | None = None
    supported_parameters: tuple[str, ...] | None = None
    max_model_len: int | None = None
    context_length: int | None = None
    context_window: int | None = None
    max_context_length: int | None = None
    loaded_context_length: int | None = None
    n_ctx: int | None = None
    context_size: int | None = None
    max_seq_len: int | None = None
    slot: int | None = Field(default=None, validation_alias=AliasPath("meta", "n_ctx"))

    @property
    def context(self) -> int:
        """Under the names of vLLM and SGLang, llama.cpp and gateways before it, OpenRouter, Groq,
        Mistral and LM Studio; 0: none is given."""
        lengths = (
            *(self.max_model_len, self.loaded_context_length, self.n_ctx, self.max_seq_len),
            *(self.slot, self.context_window, self.context_size),
            *(self.context_length, self.max_context_length),
        )
        return next((length for length in lengths if length and length > 0), 0)


class _Models(Lenient):
    data: tuple[_Listed, ...] = ()


class _Page(Lenient):
    """What some servers tell on pages of their own."""

    version: str = ""
    slot: int = Field(default=0, validation_alias=AliasPath("default_generation_settings", "n_ctx"))
    """What one request to llama.cpp may use, unlike the length that the model was trained for."""
    models: tuple[_Listed, ...] = ()
    """Those that Ollama runs at this moment."""


async def find(endpoint: Endpoint, model: str) -> Server:
    """What the server of an endpoint is; one of `UNREACHABLE` where there is none."""
    base = endpoint.base
    name = f"{base} {model}"
    note = read_note(name)
    try:
        models = _Models.model_validate_json(await _get(endpoint, base / "models"))
    except UNREACHABLE:
        raise
    except _SILENCE:
        return note.server if note else Server(kind=_by_address(base))
    kind = _kind(models, base)
    listed = _listed(models, model)
    if note and _stands(note, kind):
        server = note.server
    else:
        server = await _look_closer(endpoint, kind)
        if kind == "openrouter":
            taken = listed.supported_parameters if listed else None
            server = server.model_copy(update={"parameters": taken})
        if server.kind != "unknown":
            write_note(name, Note(server=server))
    context = listed.context if listed else 0
    if kind == "llama.cpp":
        context = max(0, (await _page(endpoint, "props")).slot)
    return server.model_copy(update={"context": context})


def _stands(note: Note, kind: Kind) -> bool:
    """Whether a note saves the further questions, for a server that seems to be of a kind."""
    same = kind == note.server.kind or (kind, note.server.kind) == ("unknown", "ollama")
    return same and kind != "openrouter" and note.is_younger(_REMEMBERED_S)


def _listed(models: _Models, model: str) -> _Listed | None:
    """The model's own entry; a server of one model may list it under another name."""
    named = [listed for listed in models.data if listed.id == model]
    candidates = named or (models.data if len(models.data) == 1 else ())
    return candidates[0] if candidates else None


async def running_context(endpoint: Endpoint, model: str) -> int:
    """Context with which Ollama runs a model at this moment; 0 where it is not told."""
    running = (await _page(endpoint, "api/ps")).models
    names = {model, f"{model}:latest"}
    contexts = (run.context_length or 0 for run in running if names & {run.name, run.model})
    return max(0, next(contexts, 0))


def _by_address(base: URL) -> Kind:
    host = base.host or ""
    for name, kind in _HOSTS.items():
        if host == name or host.endswith(f".{name}"):
            return kind
    return "unknown"


def _kind(models: _Models, base: URL) -> Kind:
    if any(listed.supported_parameters is not None for listed in models.data):
        return "openrouter"
    for listed in models.data:
        if listed.owned_by in _OWNERS:
            return _OWNERS[listed.owned_by]
    return _by_address(base)


async def _look_closer(endpoint: Endpoint, kind: Kind) -> Server:
    """The version where it matters, and whether an unknown server is Ollama."""
    if kind == "vllm":
        return Server(kind=kind, version=await _version(endpoint, "version"))
    if kind == "unknown" and (version := await _version(endpoint, "api/version")):
        return Server(kind="ollama", version=version)
    return Server(kind=kind)


async def _version(endpoint: Endpoint, path: str) -> tuple[int, ...]:
    """A version as numbers; empty where the server tells none."""
    parts = (await _page(endpoint, path)).version.split("+")[0].split(".")
    return tuple(int(part) for part in parts[:9] if part.isdecimal() and len(part) < 9)


async def _page(endpoint: Endpoint, path: str) -> _Page:
    """A page of the server's; empty where it cannot be read."""
    try:
        return _Page.model_validate_json(await _get(endpoint, endpoint.root / path))
    except _SILENCE:
        return _Page()


async def _get(endpoint: Endpoint, url: URL) -> bytes:
    get = endpoint.session.get(url, timeout=_PATIENCE, allow_redirects=False)
    async with get as answer:
        return await read_body(answer) if answer.status == 200 else b""
