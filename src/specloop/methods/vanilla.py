"""The query with all specs: one ordinary call, against which the other methods are compared."""

from __future__ import annotations

from typing import ClassVar

from specloop.methods import Answer, Kit, Method, Task, methods
from specloop.methods._think import plain


@methods.register("vanilla")
class Vanilla(Method):
    """Asks with every spec before the model."""

    published: ClassVar[bool] = True

    async def answer(self, task: Task, kit: Kit) -> Answer:
        """One call."""
        self.check(kit)
        reply = await kit.ask(kit.wording.augmented(task), "answer")
        parts = plain(reply, kit.wording)
        return Answer(parts.text, parts.thought, reply.finish)
