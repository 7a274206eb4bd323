"""The calls of one task, each with what it was for and what it took."""

from __future__ import annotations

from collections.abc import Sequence

from specloop.llm.base import Model, Reply, Request, Usage
from specloop.llm.calls.wrap import Wrapper
from specloop.records import Cost, Message, Step


class Log:
    """The calls of one task, in the order in which they were begun."""

    def __init__(self) -> None:
        self._steps: list[Step] = []

    @property
    def steps(self) -> tuple[Step, ...]:
        """Every call so far."""
        return tuple(self._steps)

    @property
    def cost(self) -> Cost:
        """All that they took."""
        tokens = {name: sum(getattr(s, name) for s in self._steps) for name in Usage.model_fields}
        return Cost(n_calls=len(self._steps), **tokens)

    def begin(self, purpose: str) -> int:
        """Take a place for a call."""
        self._steps.append(Step(purpose=purpose))
        return len(self._steps) - 1

    def end(self, place: int, reply: Reply) -> None:
        """Fill the place."""
        usage = reply.usage.model_dump()
        self._steps[place] = Step(purpose=self._steps[place].purpose, finish=reply.finish, **usage)

    def extend(self, steps: Sequence[Step]) -> None:
        """Add finished calls."""
        self._steps.extend(steps)


class Logged(Wrapper):
    """Notes each call of a model in a log."""

    def __init__(self, inner: Model, log: Log, purpose: str) -> None:
        super().__init__(inner)
        self._log, self._purpose = log, purpose

    async def generate(self, request: Request) -> Reply:
        """Pass the request on."""
        place = self._log.begin(self._purpose)
        reply = await self.inner.generate(request)
        self._log.end(place, reply)
        return reply

    async def score(self, messages: Sequence[Message], continuation: str) -> tuple[float, ...]:
        """Pass the scoring on. Of its tokens only those of the continuation are told, which was
        sent and not generated."""
        place = self._log.begin(self._purpose)
        nats = await self.inner.score(messages, continuation)
        self._log.end(place, Reply(text="", usage=Usage(prompt_tokens=len(nats))))
        return nats
