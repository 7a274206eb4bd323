"""A model with scripted replies, for our tests and those of users."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from itertools import cycle

from specloop.errors import InputError, ModelError
from specloop.llm.backends import Backend, backends
from specloop.llm.base import Capabilities, Reply, Request, Usage
from specloop.records import Message

Script = Callable[[Request], str | Reply]


class ScriptedModel:
    """Answers from a list (in turn, over and over) or by a function of the request, with texts or
    whole replies, and keeps the requests."""

    capabilities = Capabilities(prefill=True, json_schema=True, regex=True, score=True)

    def __init__(
        self, replies: Sequence[str | Reply] | Script, name: str = "scripted:test"
    ) -> None:
        self.name = name
        self.requests: list[Request] = []
        if callable(replies):
            self._next: Script = replies
        else:
            turns = cycle(replies)
            self._next = lambda _request: next(turns)

    async def aopen(self) -> None:
        """Do nothing."""

    async def generate(self, request: Request) -> Reply:
        """The next scripted reply; an exception in the script is the model's failure."""
        self.requests.append(request)
        text = self._next(request)
        if isinstance(text, Reply):
            return text
        prompt = sum(len(m.content.split()) for m in request.messages)
        return Reply(
            text=text, usage=Usage(prompt_tokens=prompt, completion_tokens=len(text.split()))
        )

    async def score(self, messages: Sequence[Message], continuation: str) -> tuple[float, ...]:
        """One nat per word, which is enough for tests."""
        if not continuation:
            raise ModelError("nothing to score")
        return tuple(-1.0 for _ in continuation.split())

    async def aclose(self) -> None:
        """Do nothing."""


@backends.register("scripted")
class Scripted(Backend):
    """A function from a request to the reply's text, `scripted:MODULE.FUNCTION`, for tests."""

    def open(self, name: str) -> ScriptedModel:
        """Open the model whose replies a function writes."""
        module, _, attribute = name.rpartition(".")
        try:
            script: Script = getattr(importlib.import_module(module), attribute)
        except (ImportError, AttributeError, TypeError, ValueError):
            raise InputError(f"scripted:{name}: no function of that name can be imported") from None
        return ScriptedModel(script, name=f"scripted:{name}")
