"""A chat-completions server on 127.0.0.1 that breaks what it answers, byte by byte.

`FAULTS` are its kinds. Each says what a client has to make of it:

    fine     the reply is whole, however odd its form: it counts as the answer
    passing  the failure may pass: the call is made again
    final    the call can never succeed: it fails, and is recorded as failed
    unclear  the same, but it names no cause: another form of the call may be tried and kept to
    answer   a reply that says nothing, or says it oddly: it is the model's answer
"""

# pyright: basic
from __future__ import annotations

import asyncio
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from email.utils import formatdate
from typing import Any, NamedTuple

from tests.scripted_server import reply_to

MARK = "PLANTED-BY-THE-FAULT"
"""Stands in what no record may hold."""
SLOW_S = 30.0
"""Far longer than the client's patience."""


class Fault(NamedTuple):
    """A kind of fault."""

    due: str
    """fine, passing, final, unclear or answer."""
    answer: Callable[[dict[str, Any]], bytes]
    """The bytes, from the completion that would be right."""
    then: str = "keep"
    """What becomes of the connection: keep, close, reset, hang, or drip (byte by byte)."""
    get: bool = False
    """It is the list of models that breaks, not the calls."""


def response(
    body: bytes, *headers: str, status: str = "200 OK", length: int | None = None
) -> bytes:
    """A whole HTTP/1.1 response."""
    n = len(body) if length is None else length
    lines = [f"HTTP/1.1 {status}", "Content-Type: application/json", f"Content-Length: {n}"]
    return "\r\n".join([*lines, *headers, "", ""]).encode() + body


def data(completion: dict[str, Any]) -> bytes:
    """The body of a completion."""
    return json.dumps(completion).encode()


def completion(body: dict[str, Any]) -> dict[str, Any]:
    """The right answer to a request."""
    text = reply_to(body)
    choice = {"index": 0, "message": {"role": "assistant", "content": text}}
    n = len(text.split())
    usage = {"prompt_tokens": 20, "completion_tokens": n, "total_tokens": 20 + n}
    return {"model": "m", "choices": [choice | {"finish_reason": "stop"}], "usage": usage}


def status(code: int, *headers: str) -> Callable[[dict[str, Any]], bytes]:
    """An error of that status."""
    said = json.dumps({"error": {"message": f"status {code}, {MARK}"}}).encode()
    body = b"" if code in (204, 304) else said
    return lambda _: response(body, *headers, status=f"{code} Told")


def bare(body: bytes, *headers: str) -> Callable[[dict[str, Any]], bytes]:
    """Status 200 with that body."""
    return lambda _: response(body, *headers)


def wire(head: bytes, tail: bytes = b"") -> Callable[[dict[str, Any]], bytes]:
    """These bytes around the right body, or alone where they hold no place for it."""
    return lambda right: head.replace(b"BODY", data(right)) + tail


def changed(**members: Any) -> Callable[[dict[str, Any]], bytes]:
    """The right answer with other members; `...` takes one away."""
    return lambda right: response(data(_over(right, members)))


def choice(**members: Any) -> Callable[[dict[str, Any]], bytes]:
    """The same, in the first choice."""
    return lambda right: response(data(right | {"choices": [_over(right["choices"][0], members)]}))


def message(**members: Any) -> Callable[[dict[str, Any]], bytes]:
    """The same, in the first choice's message."""

    def answer(right: dict[str, Any]) -> bytes:
        first = right["choices"][0]
        inner = _over(first["message"], members)
        return response(data(right | {"choices": [first | {"message": inner}]}))

    return answer


def _over(table: dict[str, Any], members: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in (table | members).items() if v is not ...}


def text_of(right: dict[str, Any]) -> str:
    """What the right answer says."""
    return right["choices"][0]["message"]["content"]


def chunked(body: bytes, size: int = 9) -> bytes:
    """The body in chunks, without its end."""
    parts = (body[at : at + size] for at in range(0, len(body), size))
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts)


CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"


def with_raw(name: str, raw: str) -> Callable[[dict[str, Any]], bytes]:
    """The right answer with one more member, whose JSON is given as text."""
    return lambda right: response(data(right)[:-1] + f', "{name}": {raw}}}'.encode())


def parted(right: dict[str, Any]) -> bytes:
    """The text in parts."""
    half = len(text_of(right)) // 2
    parts = [text_of(right)[:half], text_of(right)[half:]]
    return message(content=[{"type": "text", "text": part} for part in parts])(right)


def streamed(right: dict[str, Any]) -> bytes:
    """A stream of events that nobody has asked for."""
    delta = {"choices": [{"index": 0, "delta": {"content": MARK}}]}
    body = f"data: {json.dumps(delta)}\n\ndata: [DONE]\n\n".encode()
    return response(body).replace(b"application/json", b"text/event-stream")


def planted(right: dict[str, Any]) -> dict[str, Any]:
    """A completion that says what nobody has asked for."""
    said = {"role": "assistant", "content": MARK}
    return right | {"choices": [{"index": 0, "message": said, "finish_reason": "stop"}]}


def soon() -> str:
    """A date in a second, as Retry-After has it."""
    return formatdate(time.time() + 1, usegmt=True)


def later(value: str) -> Callable[[dict[str, Any]], bytes]:
    """Too many requests, with a wish when to come back."""
    return status(429, f"Retry-After: {value}")


class FaultServer:
    """Serves in a thread. `fault` is what breaks, in a `share` of the calls, drawn by seed."""

    def __init__(self, seed: int = 0) -> None:
        self.fault: Fault | None = None
        self.share = 1.0
        self.url = ""
        self.sent: Counter[str] = Counter()
        """Requests that came, by body."""
        self.answered: set[str] = set()
        """Bodies that got a whole answer."""
        self._rng = random.Random(seed)
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> FaultServer:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def begin(self, fault: Fault | None, share: float) -> None:
        """Break so from now on, and count anew."""
        self.fault, self.share = fault, share
        self.sent, self.answered = Counter(), set()

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        start = asyncio.start_server(self._connection, "127.0.0.1", 0, backlog=4096)
        server = self._loop.run_until_complete(start)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        self._ready.set()
        self._loop.run_forever()
        server.close()
        open_ = asyncio.all_tasks(self._loop)
        for task in open_:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*open_, return_exceptions=True))
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await self._one(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = await reader.readuntil(b"\r\n\r\n")
        at = head.lower().find(b"content-length:")
        size = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        raw = await reader.readexactly(size)
        fault, is_get = self.fault, head.startswith(b"GET")
        if is_get:
            right: dict[str, Any] = {"data": [{"id": "m", "owned_by": "me"}]}
            broken = fault is not None and fault.get
        else:
            self.sent[raw.decode()] += 1
            right = completion(json.loads(raw))
            broken = fault is not None and not fault.get and self._rng.random() < self.share
        if not broken or fault is None:
            writer.write(response(data(right)))
            await writer.drain()
            self.answered.add(raw.decode())
            return True
        return await _break(fault, right, writer)


async def _break(fault: Fault, right: dict[str, Any], writer: asyncio.StreamWriter) -> bool:
    """Send the broken answer; whether the connection is still of use."""
    said = fault.answer(right)
    for piece in [said] if fault.then != "drip" else [said[at : at + 1] for at in range(len(said))]:
        writer.write(piece)
        await writer.drain()
        await asyncio.sleep(0.1 if fault.then == "drip" else 0)
    if fault.then == "hang":
        await asyncio.sleep(SLOW_S)
    if fault.then == "reset":
        writer.transport.abort()
    return fault.then == "keep"
