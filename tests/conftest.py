"""Fixtures: no network but loopback, shared reference data where they lie."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_socket import socket_allow_hosts

from tests.scripted_server import ScriptedServer

ROOT = Path(__file__).parents[1]
# Tables as in a file or pipe: the processes that share the tests have a terminal's width otherwise.
os.environ.setdefault("COLUMNS", "120")


@pytest.fixture(autouse=True)
def _loopback_only() -> Iterator[None]:
    socket_allow_hosts(["127.0.0.1", "::1", "localhost"], allow_unix_socket=True)
    yield
    socket_allow_hosts(None)


@pytest.fixture(autouse=True)
def _asyncio_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Inspect replaces `asyncio.run` with one that leaves its loop open: undone after a test."""
    monkeypatch.setattr(asyncio, "run", asyncio.run)


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    """A chat-completions server on loopback with written replies."""
    with ScriptedServer() as running:
        yield running


@pytest.fixture
def shared_data() -> Path:
    """Real input that is not part of the project; skipped where it is not at hand."""
    path = Path(os.environ.get("SPECLOOP_SHARED_DATA", ROOT.parent / "shared" / "data"))
    if not path.is_dir():
        pytest.skip("no shared data: set SPECLOOP_SHARED_DATA to a folder with openai_model_spec")
    return path
