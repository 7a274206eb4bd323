"""A chat-completions server on 127.0.0.1 whose replies follow from the request alone."""

from __future__ import annotations

import asyncio
import hashlib
import json
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

from aiohttp import web

TEXT = "water the roses in the evening and feed them with good compost every spring"
WORDS = TEXT.split(" ")


class ScriptedServer:
    """Runs in a thread and keeps the bodies it was sent.

    `refuses` says of a body that it is answered with HTTP 400. A `marked` server tells each body's
    own mark (see `mark_of`) as the number of prompt tokens. With `words` a reply without a schema
    has about so many, from half of them to one and a half, and tokens are told as tokenizers count
    them: one for every 4.6 characters.
    """

    def __init__(
        self,
        delay_s: float = 0.0,
        refuses: Callable[[dict[str, Any]], bool] = lambda _: False,
        marked: bool = False,
        words: int = 0,
    ) -> None:
        self.delay_s, self._refuses, self._marked = delay_s, refuses, marked
        self._words = words
        self.bodies: list[dict[str, Any]] = []
        self.in_flight: Counter[str] = Counter()
        self.peak: Counter[str] = Counter()
        """By model."""
        self.url = ""
        self._loop = asyncio.new_event_loop()
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> ScriptedServer:
        self._thread.start()
        assert self._started.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        app = web.Application()
        app.router.add_post("/v1/chat/completions", self._answer)
        # A client that keeps its connection open does not hold the test up.
        runner = web.AppRunner(app, shutdown_timeout=0.2)
        self._loop.run_until_complete(runner.setup())
        site = web.TCPSite(runner, "127.0.0.1", 0)
        self._loop.run_until_complete(site.start())
        port = runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{port}/v1"
        self._started.set()
        self._loop.run_forever()
        self._loop.run_until_complete(runner.cleanup())
        self._loop.close()

    async def _answer(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.bodies.append(body)
        model = body.get("model", "")
        self.in_flight[model] += 1
        self.peak[model] = max(self.peak[model], self.in_flight[model])
        await asyncio.sleep(self.delay_s)
        self.in_flight[model] -= 1
        if self._refuses(body):
            return web.json_response({"error": {"message": "not this one"}}, status=400)
        text = reply_to(body)
        n, said = len(text.split()), mark_of(body) if self._marked else 20
        if self._words:
            text = text if "response_format" in body else longer(text, self._words, body)
            asked = sum(len(message["content"]) for message in body["messages"])
            n, said = round(len(text) / 4.6), round(asked / 4.6)
        usage = {"prompt_tokens": said, "completion_tokens": n, "total_tokens": said + n}
        choice = {
            "index": 0,
            "message": {"role": "assistant", "content": text},
            "finish_reason": "stop",
        }
        told = {"model": body.get("model", "scripted"), "choices": [choice], "usage": usage}
        return web.json_response(told)


def mark_of(body: dict[str, Any]) -> int:
    """A number that tells bodies apart."""
    digest = hashlib.sha256(json.dumps(body, sort_keys=True).encode())
    return int(digest.hexdigest(), 16) % 10**8


def rubbish(request: object) -> str:
    """What a `scripted:` judge says that does not know what it is asked."""
    return "Well, gardens are lovely, are they not?"


def longer(text: str, words: int, body: dict[str, Any]) -> str:
    """The reply at a length that follows from the body."""
    n = words // 2 + mark_of(body) % (words + 1)
    said = text.split()
    return " ".join((said * (n // len(said) + 1))[:n])


def silent(request: object) -> str:
    """What a `scripted:` model says that answers nothing."""
    return "..."


def reply_to(body: dict[str, Any]) -> str:
    """A schema is met by an example of it; anything else gets a sentence that follows the body."""
    digest = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).digest()
    wanted = body.get("response_format", {}).get("json_schema", {}).get("schema")
    if wanted:
        return json.dumps(_example(wanted, body["messages"][-1]["content"], digest))
    n = 4 + digest[0] % 9
    mark = "!" if digest[1] % 2 else "."
    words = (WORDS[(digest[2] + i) % len(WORDS)] for i in range(n))
    return "Sure, " + " ".join(words) + mark


def _example(schema: dict[str, Any], said: str, digest: bytes) -> Any:
    if "enum" in schema:
        return schema["enum"][digest[0] % len(schema["enum"])]
    kind = schema.get("type")
    if kind == "object":
        return {k: _example(v, said, digest) for k, v in schema["properties"].items()}
    if kind == "array":
        return [_example(schema["items"], f"{said} {n}", digest) for n in range(2)]
    if kind in ("integer", "number"):
        return schema.get("minimum", 1)
    if kind == "boolean":
        return bool(digest[0] % 2)
    tail = said.strip().splitlines()[-1]
    return f"Please tell me more about this: {tail}"[: schema.get("maxLength", 200)]
