"""What a server is: asked once, remembered for a day.

`GET {base}/models` says it in `owned_by` for vLLM, SGLang and llama.cpp; Ollama is told by its own
/api/version, OpenRouter by the parameters it lists for each model, hosted APIs by their address.
What is found is noted by base URL and model (`_notes.py`): it saves the further questions for a
day, and stands in at any age where a busy server does not answer in time. Otherwise a run that is
resumed then would send other requests than before, and pay for them again.
"""

from __future__ import annotations

import time

import aiohttp
from pydantic import ValidationError
from yarl import URL

from specloop.llm.backends.openai import Kind
from specloop.llm.backends.openai.completion import Lenient
from specloop.llm.backends.openai.connection import read_body
from specloop.llm.backends.openai.notes import read_note, write_note
from specloop.records import Value

HOSTED = URL("https://api.openai.com/v1")
UNREACHABLE = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)
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


class Server(Value):
    """What is known of a server."""

    kind: Kind = "unknown"
    version: tuple[int, ...] = ()
    parameters: tuple[str, ...] | None = None
    """Parameters that the model takes, where the server lists them."""
    context: int = 0
    """Tokens of prompt and answer together, where the server tells; never remembered."""


class _Slot(Lenient):
    n_ctx: int = 0


class _Listed(Lenient):
    id: str = ""
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
    meta: _Slot | None = None

    @property
    def context(self) -> int:
        """As vLLM and SGLang, llama.cpp and gateways before it, OpenRouter, Groq, Mistral or LM
        Studio call it; 0: not told."""
        lengths = (
            *(self.max_model_len, self.loaded_context_length, self.n_ctx, self.max_seq_len),
            *(self.meta and self.meta.n_ctx, self.context_window, self.context_size),
            *(self.context_length, self.max_context_length),
        )
        return next((length for length in lengths if length and length > 0), 0)


class _Props(Lenient):
    """Of llama.cpp: what one request may use, unlike the length that the model was trained for."""

    default_generation_settings: _Slot = _Slot()


class _Running(Lenient):
    name: str = ""
    model: str = ""
    context_length: int = 0


class _RunningModels(Lenient):
    models: tuple[_Running, ...] = ()


class _Models(Lenient):
    data: tuple[_Listed, ...] = ()


class _Version(Lenient):
    version: str


class _Noted(Value):
    server: Server
    at: float

    def stands(self, kind: Kind) -> bool:
        """Whether it still saves the further questions, for a server that seems to be of a kind."""
        if kind == "openrouter" or not 0 <= time.time() - self.at < _REMEMBERED_S:
            return False
        return kind == self.server.kind or (kind, self.server.kind) == ("unknown", "ollama")


async def find(session: aiohttp.ClientSession, base: URL, model: str) -> Server:
    """What the server at a base URL is; one of `UNREACHABLE` where there is none."""
    noted = _recall(base, model)
    try:
        models = _Models.model_validate_json(await _get(session, base / "models"))
    except UNREACHABLE:
        raise
    except (aiohttp.ClientError, TimeoutError, ValidationError):
        return noted.server if noted else Server(kind=_by_address(base))
    kind = _kind(models, base)
    listed = _listed(models, model)
    if noted and noted.stands(kind):
        server = noted.server
    else:
        server = await _look_closer(session, base, kind)
        if kind == "openrouter":
            taken = listed.supported_parameters if listed else None
            server = server.model_copy(update={"parameters": taken})
        _note(base, model, server)
    context = listed.context if listed else 0
    if kind == "llama.cpp":
        context = await _slot(session, _root(base))
    return server.model_copy(update={"context": context})


def _listed(models: _Models, model: str) -> _Listed | None:
    """The model's own entry; a server of one model may list it under another name."""
    named = [listed for listed in models.data if listed.id == model]
    candidates = named or (models.data if len(models.data) == 1 else ())
    return candidates[0] if candidates else None


async def _slot(session: aiohttp.ClientSession, root: URL) -> int:
    """Context of one request to llama.cpp; 0 where it is not told."""
    try:
        props = _Props.model_validate_json(await _get(session, root / "props"))
    except (aiohttp.ClientError, TimeoutError, ValidationError):
        return 0
    return max(0, props.default_generation_settings.n_ctx)


async def running_context(session: aiohttp.ClientSession, root: URL, model: str) -> int:
    """Context with which Ollama runs a model at this moment; 0 where it is not told."""
    try:
        running = _RunningModels.model_validate_json(await _get(session, root / "api" / "ps"))
    except (aiohttp.ClientError, TimeoutError, ValidationError):
        return 0
    names = {model, f"{model}:latest"}
    contexts = [
        model_.context_length for model_ in running.models if names & {model_.name, model_.model}
    ]
    return max(0, contexts[0]) if contexts else 0


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


async def _look_closer(session: aiohttp.ClientSession, base: URL, kind: Kind) -> Server:
    """The version where it matters, and whether an unknown server is Ollama."""
    root = _root(base)
    if kind == "vllm":
        return Server(kind=kind, version=await _version(session, root / "version"))
    if kind == "unknown" and (version := await _version(session, root / "api" / "version")):
        return Server(kind="ollama", version=version)
    return Server(kind=kind)


def _root(base: URL) -> URL:
    return base.parent if base.name == "v1" else base


async def _version(session: aiohttp.ClientSession, url: URL) -> tuple[int, ...]:
    """A version as numbers; empty where the server tells none."""
    try:
        version = _Version.model_validate_json(await _get(session, url)).version
    except (aiohttp.ClientError, TimeoutError, ValidationError):
        return ()
    parts = version.split("+")[0].split(".")
    return tuple(int(part) for part in parts[:9] if part.isdecimal() and len(part) < 9)


async def _get(session: aiohttp.ClientSession, url: URL) -> bytes:
    async with session.get(url, timeout=_PATIENCE, allow_redirects=False) as answer:
        return await read_body(answer) if answer.status == 200 else b""


def _recall(base: URL, model: str) -> _Noted | None:
    try:
        return _Noted.model_validate(read_note(_name(base, model)))
    except ValidationError:
        return None


def _note(base: URL, model: str, server: Server) -> None:
    """Remember a known server."""
    if server.kind != "unknown":
        noted = _Noted(server=server, at=time.time()).model_dump(mode="json")
        write_note(_name(base, model), noted)


def _name(base: URL, model: str) -> str:
    return f"{base} {model}"
