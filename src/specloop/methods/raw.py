"""The query without the specification: what the model does by itself."""

from __future__ import annotations

from typing import ClassVar

from specloop.methods import Method, MethodAnswer, MethodContext, Task, methods
from specloop.records import Told
from specloop.responding.thinking import plain


@methods.register("raw")
class Raw(Method):
    """Asks without any spec."""

    published: ClassVar[bool] = True
    usually_told: ClassVar[Told] = "nothing"

    async def answer(self, task: Task, context: MethodContext) -> MethodAnswer:
        """One call."""
        self.check(context)
        reply = await context.ask(context.wording.raw(task), "answer")
        parts = plain(reply, context.wording)
        return MethodAnswer(parts.text, parts.thought, reply.finish)
