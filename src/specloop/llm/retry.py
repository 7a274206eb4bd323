"""Trying again after failures that may pass."""

from __future__ import annotations

import asyncio
import random

from specloop.errors import TransientModelError
from specloop.llm.base import Model, Reply, Request
from specloop.llm.wrap import Wrapper


class Retrying(Wrapper):
    """Tries again after transient failures: exponential back-off with jitter, honouring the
    server's wish."""

    def __init__(self, inner: Model, attempts: int = 5, base_s: float = 0.5) -> None:
        super().__init__(inner)
        self._attempts = attempts
        self._base_s = base_s

    async def generate(self, request: Request) -> Reply:
        """The first reply that arrives; the last failure if none does."""
        for attempt in range(self._attempts - 1):
            try:
                return await self.inner.generate(request)
            except TransientModelError as error:
                backoff = self._base_s * 2**attempt * random.uniform(0.5, 1.5)
                await asyncio.sleep(min(60.0, error.retry_after_s or backoff))
        return await self.inner.generate(request)
