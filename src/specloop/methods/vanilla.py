"""The query with all specs: one ordinary call, against which the other methods are compared."""

from __future__ import annotations

from specloop.methods import Answer, Kit, Method, Task, methods
from specloop.methods._think import plain


@methods.register("vanilla")
class Vanilla(Method):
    """Asks with every spec before the model."""

    async def answer(self, task: Task, kit: Kit) -> Answer:
        """One call."""
        reply = await kit.ask(kit.wording.augmented(task), "answer")
        parts = plain(reply, kit.wording)
        return Answer(parts.text, parts.thought, reply.finish)
