"""Servers on loopback and the `openai:` models that talk to them."""

# pyright: basic
from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from tests.openai_server import Handler, OpenAIServer, ask

from specloop.llm.backends import resolve
from specloop.llm.base import Model, Request

KEY = "sk-very-secret-key"


class Served:
    """A model and the server it talks to."""

    def __init__(self, model: Model, server: OpenAIServer) -> None:
        self.model = model
        self.server = server


Serve = Callable[..., Awaitable[Served]]


@pytest.fixture
async def start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Callable[..., Awaitable[OpenAIServer]]]:
    """Start servers; they stop with the test."""
    monkeypatch.setenv("TEST_KEY", KEY)
    monkeypatch.setenv("SPECLOOP_CACHE", str(tmp_path / "cache"))
    servers: list[OpenAIServer] = []

    async def run(answer: Handler, pages: dict[str, Any] | None = None) -> OpenAIServer:
        servers.append(OpenAIServer(answer, pages))
        await servers[-1].start()
        return servers[-1]

    yield run
    for server in servers:
        await server.stop()


@pytest.fixture
async def connect() -> AsyncIterator[Callable[..., Awaitable[Model]]]:
    """Open models; they close with the test."""
    models: list[Model] = []

    async def run(**options: Any) -> Model:
        models.append(resolve("openai:some/model", **({"api_key_env": "TEST_KEY"} | options)))
        await models[-1].aopen()
        return models[-1]

    yield run
    for model in models:
        await model.aclose()


@pytest.fixture
def serve(
    start: Callable[..., Awaitable[OpenAIServer]], connect: Callable[..., Awaitable[Model]]
) -> Serve:
    """Start a server that answers with a handler and open a model on it."""

    async def run(answer: Handler, pages: dict[str, Any] | None = None, **options: Any) -> Served:
        server = await start(answer, pages)
        return Served(await connect(base_url=server.url + "/", **options), server)

    return run


@pytest.fixture(name="ask")
def _ask() -> Callable[..., Request]:
    return ask


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny random model; only its tests import transformers."""
    from tests.tiny_model import make_tiny

    return make_tiny(tmp_path_factory.mktemp("tiny"))
