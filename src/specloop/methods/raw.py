"""The query without the specification, to see what the model does by itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from specloop.methods import Method, MethodAnswer, MethodContext, Task, methods
from specloop.records import Message, Told
from specloop.responding.base import Wording
from specloop.responding.thinking import plain_answer


@methods.register("raw")
class Raw(Method):
    """Asks without any spec."""

    published: ClassVar[bool] = True
    place: ClassVar[int] = 0
    is_baseline: ClassVar[bool] = True
    usually_told: ClassVar[Told] = "nothing"

    @classmethod
    def opening(cls, task: Task, wording: Wording) -> Sequence[Message] | None:
        """Only the query."""
        return wording.raw(task)

    async def answer(self, task: Task, context: MethodContext) -> MethodAnswer:
        """One call."""
        self.check(context)
        return plain_answer(await context.ask(context.wording.raw(task), "answer"), context)
