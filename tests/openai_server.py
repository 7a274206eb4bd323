"""A chat-completions server on loopback that plays vLLM, llama.cpp and the rest, in the test's own
loop."""

# pyright: basic
from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from aiohttp import web

from specloop.llm.base import Request
from specloop.records import Message

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Seen(NamedTuple):
    """One request as it came."""

    path: str
    body: dict[str, Any]
    authorization: str | None


class OpenAIServer:
    """Answers chat completions with a handler and GETs with what `pages` holds for their path."""

    def __init__(self, answer: Handler, pages: dict[str, Any] | None = None) -> None:
        self.answer = answer
        self.pages = pages or {}
        self.seen: list[Seen] = []
        self.asked: list[str] = []
        self.in_flight = self.peak = 0
        self.url = ""
        self._runner: web.AppRunner | None = None

    async def start(self, port: int = 0) -> None:
        app = web.Application()
        app.router.add_get("/{path:.*}", self._page)
        app.router.add_post("/{path:.*}", self._chat)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/v1"

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    @property
    def body(self) -> dict[str, Any]:
        """Of the last request."""
        return self.seen[-1].body

    async def _page(self, request: web.Request) -> web.Response:
        self.asked.append(request.path)
        page = self.pages.get(request.path)
        return web.Response(status=404) if page is None else web.json_response(page)

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        self.seen.append(Seen(request.path, body, request.headers.get("Authorization")))
        self.in_flight += 1
        self.peak = max(self.peak, self.in_flight)
        try:
            return await self.answer(request)
        finally:
            self.in_flight -= 1


def ask(text: str = "hi", **more: Any) -> Request:
    """A request of one turn."""
    return Request(messages=(Message(role="user", content=text),), **more)


def completion(text: str | None, **more: Any) -> dict[str, Any]:
    """The body of an answer; `message` and other keys replace parts of the choice."""
    message = {"role": "assistant", "content": text} | more.pop("message", {})
    usage = {
        "prompt_tokens": 9,
        "completion_tokens": 3,
        "prompt_tokens_details": {"cached_tokens": 4},
        "completion_tokens_details": {"reasoning_tokens": 2},
    }
    choice = {"message": message, "finish_reason": "stop"} | more
    return {"id": "x", "choices": [choice], "usage": usage}


def says(text: str | None, **more: Any) -> Handler:
    async def answer(_: web.Request) -> web.Response:
        return web.json_response(completion(text, **dict(more)))

    return answer


def fails(status: int, body: str, **headers: str) -> Handler:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status, text=body, headers=headers)

    return answer


async def drops(request: web.Request) -> web.Response:
    """Closes the connection without an answer."""
    assert request.transport is not None
    request.transport.close()
    return web.Response()


def in_turn(*answers: Handler) -> Handler:
    """One handler after the other, the last for ever."""
    left = list(answers)

    async def answer(request: web.Request) -> web.StreamResponse:
        return await (left.pop(0) if len(left) > 1 else left[0])(request)

    return answer


def owned_by(owner: str, **pages: Any) -> dict[str, Any]:
    """The pages of a server that names itself in its list of models."""
    listed = {"object": "list", "data": [{"id": "some/model", "owned_by": owner}]}
    return {"/v1/models": listed} | {f"/{path.replace('_', '/')}": p for path, p in pages.items()}


VLLM = owned_by("vllm", version={"version": "0.19.1"})
OLD_VLLM = owned_by("vllm", version={"version": "0.8.5.post1"})
SGLANG = owned_by("sglang")
LLAMA = owned_by("llamacpp")
OLLAMA = owned_by("library", api_version={"version": "0.13.0"})
