"""The query with all specs: one ordinary call, with which the other methods are compared."""

from __future__ import annotations

from typing import ClassVar

from specloop.methods import Method, MethodAnswer, MethodContext, Task, methods
from specloop.records import Told
from specloop.responding.thinking import plain_answer


@methods.register("vanilla")
class Vanilla(Method):
    """Asks with all specs in the prompt."""

    published: ClassVar[bool] = True
    place: ClassVar[int] = 1
    is_baseline: ClassVar[bool] = True
    adds_nothing: ClassVar[bool] = True
    usually_told: ClassVar[Told] = "nothing"

    async def answer(self, task: Task, context: MethodContext) -> MethodAnswer:
        """One call."""
        self.check(context)
        return plain_answer(await context.ask(context.wording.augmented(task), "answer"), context)
