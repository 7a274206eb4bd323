"""Functions that await, called from code that does not: also inside a running event loop, as in a
notebook.

All of them run on one loop of the library's own, in a thread of its own. So a model that is left
open from one call to the next stays on the loop that it was opened on.
"""

from __future__ import annotations

import asyncio
import functools
import threading
from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec, TypeVar

from specloop.errors import InputError

P = ParamSpec("P")
T = TypeVar("T")

_NAME = "specloop"
_CLEANUP_S = 10.0
"""Seconds that a stopped call may take to close its models."""


def blocking(function: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, T]:
    """The same function, which returns when it is done. Ctrl-C ends what it does."""

    @functools.wraps(function)
    def wait(*args: P.args, **kwargs: P.kwargs) -> T:
        if threading.current_thread().name == _NAME:
            raise InputError(
                f"{function.__name__}: called by what it waits for itself; there, write `await"
                f" specloop.aio.{function.__name__}(...)`"
            )
        ended = threading.Event()

        async def work() -> T:
            try:
                return await function(*args, **kwargs)
            finally:
                ended.set()

        done = asyncio.run_coroutine_threadsafe(work(), _loop())
        try:
            return done.result()
        except BaseException:
            # Models that were opened for it are closed before the caller goes on.
            if done.cancel():
                ended.wait(_CLEANUP_S)
            raise

    return wait


@functools.cache
def _loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name=_NAME, daemon=True).start()
    return loop
