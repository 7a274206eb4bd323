"""A chat-completions server that is never the limit: every request gets the same reply after a
fixed latency, or one of four faults, drawn by seed.

    python perf/fake_server.py [--core 0] [--latency 0.2] [--faults] [--seed 0]
        [--room 32] [--retry-after 1]

prints its address and runs until its standard input closes. `GET /counts` tells what it has done.
"""

# pyright: basic
from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import sys
from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import Any

WORDS = "the gardener waters every rose before noon and writes down what has grown since"
TEXT = " ".join([WORDS] * 16)
"""About 300 tokens, 1.3 KB."""
FAULTS = {"429": 0.05, "500": 0.02, "dropped": 0.01, "malformed": 0.01}
"""Share of requests that meet each fault."""


def answer(status: str, body: bytes, *headers: str) -> bytes:
    """A whole HTTP/1.1 response."""
    lines = [f"HTTP/1.1 {status}", "Content-Type: application/json", *headers]
    head = "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""])
    return head.encode() + body


def completion() -> bytes:
    """The body of the reply."""
    message = {"role": "assistant", "content": TEXT}
    choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
    usage = {"prompt_tokens": 60, "completion_tokens": 300, "total_tokens": 360}
    head = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "bench"}
    return json.dumps({**head, "choices": [choice], "usage": usage}).encode()


GOOD = answer("200 OK", completion())
BAD = {
    "500": answer("500 Internal Server Error", b'{"error": "a worker died"}'),
    "malformed": answer("200 OK", completion()[:700]),
}
UNKNOWN = answer("404 Not Found", b"{}")


def fault_plan(seed: int) -> Iterator[str]:
    """What each request in turn meets: a fault or 'good'."""
    rng = random.Random(seed)
    kinds, shares = [*FAULTS, "good"], [*FAULTS.values(), 1 - sum(FAULTS.values())]
    while True:
        yield rng.choices(kinds, shares)[0]


class ServerState:
    """What all connections share: the latency, the faults to come, what was done."""

    def __init__(
        self,
        latency_s: float,
        plan: Iterator[str] | None = None,
        retry_after_s: float = 1,
        room: int = 0,
    ) -> None:
        self.latency_s = latency_s
        self.plan = plan
        self.counts: Counter[str] = Counter()
        self.room = room
        """Calls held at once, those beyond it are refused; 0: all."""
        self.in_flight = 0
        wish = [f"Retry-After: {retry_after_s}"] if retry_after_s else []
        busy = answer("429 Too Many Requests", b'{"error": "slow down"}', *wish)
        self.replies = {**BAD, "429": busy, "good": GOOD}


class Connection(asyncio.Protocol):
    """HTTP/1.1 with keep-alive, as far as clients of chat completions need it."""

    def __init__(self, state: ServerState) -> None:
        self._state = state
        self._loop = asyncio.get_running_loop()
        self._data = b""
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._data += data
        while (end := self._data.find(b"\r\n\r\n")) >= 0:
            head = self._data[:end].lower()
            at = head.find(b"content-length:")
            size = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            if len(self._data) < end + 4 + size:
                return
            self._data = self._data[end + 4 + size :]
            self._meet(head)

    def _meet(self, head: bytes) -> None:
        if head.startswith(b"get /counts"):
            self._transport.write(answer("200 OK", json.dumps(self._state.counts).encode()))
            return
        if not head.startswith(b"post"):
            self._transport.write(UNKNOWN)
            return
        kind = next(self._state.plan) if self._state.plan else "good"
        if 0 < self._state.room <= self._state.in_flight:
            self._state.counts["429"] += 1
            self._transport.write(self._state.replies["429"])
            return
        self._state.counts[kind] += 1
        self._state.in_flight += 1
        self._loop.call_later(self._state.latency_s, self._reply, kind)

    def _reply(self, kind: str) -> None:
        self._state.in_flight -= 1
        if kind == "dropped":
            self._transport.close()
        elif not self._transport.is_closing():
            self._transport.write(self._state.replies[kind])


async def start(state: ServerState) -> asyncio.Server:
    """Listen on a free port of 127.0.0.1."""
    loop = asyncio.get_running_loop()
    return await loop.create_server(partial(Connection, state), "127.0.0.1", 0, backlog=4096)


def address(server: asyncio.Server) -> str:
    """The base URL of a server."""
    return f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"


async def _main(state: ServerState) -> None:
    server = await start(state)
    print(address(server), flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--core", type=int, default=-1)
    parser.add_argument("--latency", type=float, default=0.2)
    parser.add_argument("--faults", action="store_true")
    parser.add_argument("--room", type=int, default=0, help="calls beyond it are refused")
    parser.add_argument("--retry-after", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    if options.core >= 0:
        os.sched_setaffinity(0, {options.core})
    plan = fault_plan(options.seed) if options.faults else None
    asyncio.run(_main(ServerState(options.latency, plan, options.retry_after, options.room)))
