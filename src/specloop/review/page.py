"""A review as a page on this computer: an HTTP server on loopback, with a secret in its address.

Requests without the secret, for another host or from another origin are refused, so no page of the
web can read or write here. The page writes all text as text. One state is behind every open page: a
decision on a case that is no longer shown is not taken.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from importlib.resources import files
from secrets import compare_digest, token_urlsafe
from typing import Literal

from aiohttp import web
from aiohttp.http import HttpProcessingError
from pydantic import Field, ValidationError

from specloop.errors import InputError, SpecloopError
from specloop.records import DecisionValue, GoldValue, Value
from specloop.review.reviewing import MOST_COMMENT, Review
from specloop.review.shown import page_data

_HOST = "127.0.0.1"
_FILES = {"": "page.html", "page.css": "page.css", "page.js": "page.js"}
_KINDS = {"html": "text/html", "css": "text/css", "js": "text/javascript"}
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_MOST_BYTES = 1 << 19
"""Both sides of a pair, of which each may be long."""
_LOG = logging.getLogger(__name__)


class _Deed(Value):
    """What a person does on the page."""

    action: Literal["decide", "comment", "undo", "quit"]
    item: str = ""
    """The case that the page showed."""
    value: GoldValue | DecisionValue | None = None
    comment: str = Field(default="", max_length=MOST_COMMENT)
    texts: dict[str, str] = Field(default_factory=dict)
    """Texts of the item as the person has left them, by name."""


@_LOG.addFilter
def _is_of_ours(record: logging.LogRecord) -> bool:
    """Whether a message is of a mistake here: broken requests and closed windows are none, and what
    they sent, the secret with it, does not belong on the terminal."""
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, HttpProcessingError | ConnectionError)


class ReviewPage:
    """The server of one review."""

    def __init__(self, review: Review) -> None:
        self.review, self.token = review, token_urlsafe(24)
        self.ended = asyncio.Event()
        """Set once a person has ended the review."""
        self._hosts: frozenset[str] = frozenset()
        self._error: SpecloopError | None = None

    async def serve(self, announce: Callable[[str], None], port: int = 0) -> None:
        """Serve until the person ends it; `announce` is given the address. Port 0: any free one."""
        runner = web.AppRunner(self._app(), access_log=None, logger=_LOG, shutdown_timeout=1)
        await runner.setup()
        try:
            await web.TCPSite(runner, _HOST, port).start()
            port = runner.addresses[0][1]
            self._hosts = frozenset({f"{_HOST}:{port}", f"localhost:{port}"})
            announce(f"http://{_HOST}:{port}/{self.token}/")
            await self.ended.wait()
        except OSError as error:
            raise InputError(
                f"--port {port}: cannot be listened on ({error.strerror}); name another, or none"
            ) from None
        finally:
            await runner.cleanup()
        if self._error:
            raise self._error

    def _app(self) -> web.Application:
        app = web.Application(middlewares=[self._guarded], client_max_size=_MOST_BYTES)
        for name, file in _FILES.items():
            app.router.add_get(f"/{{token}}/{name}", _file(file))
        app.router.add_get("/{token}/state", self._state)
        app.router.add_post("/{token}/do", self._do)
        return app

    @web.middleware
    async def _guarded(
        self,
        request: web.Request,
        handler: Callable[[web.Request], Awaitable[web.StreamResponse]],
    ) -> web.StreamResponse:
        if not self._is_own(request):
            return web.Response(status=403, text="refused: open the address that specloop printed")
        response = await handler(request)
        response.headers.update(_HEADERS)
        return response

    def _is_own(self, request: web.Request) -> bool:
        origin = request.headers.get("Origin")
        token = request.path.lstrip("/").partition("/")[0]
        return (
            request.host in self._hosts
            and (origin is None or origin in {f"http://{host}" for host in self._hosts})
            and compare_digest(token.encode(errors="replace"), self.token.encode())
        )

    async def _state(self, _: web.Request) -> web.Response:
        return web.json_response(page_data(self.review))

    async def _do(self, request: web.Request) -> web.Response:
        if request.content_type != "application/json":
            return web.Response(status=415, text="JSON is expected")
        try:
            deed = _Deed.model_validate_json(await request.read())
        except ValidationError:
            return web.Response(status=400, text="not understood")
        try:
            done, trouble = self._done(deed)
            return web.json_response(page_data(self.review, is_behind=not done, trouble=trouble))
        except SpecloopError as error:  # such as a full disk
            self._error = error
            self.ended.set()
            return web.Response(status=500, text="not kept")

    def _done(self, deed: _Deed) -> tuple[bool, str]:
        """Do it; False if the page showed another case than the one that is due, and what prevents
        it, in words."""
        if deed.action == "quit":
            self.ended.set()
            return True, ""
        item = self.review.current
        if deed.item != (item.case.id if item else ""):
            return False, ""
        if deed.action == "undo":
            self.review.undo()
            return True, ""
        self.review.comment = deed.comment
        for name, text in deed.texts.items():
            self.review.write(name, text)
        known = {value for value, _ in self.review.values.values()}
        if deed.action == "decide" and deed.value in known:
            return True, self.review.decide(deed.value)
        return True, ""


def _file(name: str) -> Callable[[web.Request], Awaitable[web.Response]]:
    text = files("specloop.review").joinpath(name).read_text(encoding="utf-8")
    kind = _KINDS[name.rpartition(".")[2]]

    async def send(_: web.Request) -> web.Response:
        return web.Response(text=text, content_type=kind, charset="utf-8")

    return send
