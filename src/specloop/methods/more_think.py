"""MoreThink: each time the model wants to end its thought, it has to continue.

From "SafeChain" (Jiang et al., arXiv 2502.12025), as SpecBench (Zhang et al., arXiv 2509.14760)
compares it: three rounds.
"""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from specloop.methods import MethodAnswer, MethodContext, Task, methods
from specloop.responding.thinking import (
    Thinker,
    Unclosed,
    native,
    no_contradiction,
    talk,
    think_in_turns,
    think_natively,
)


@methods.register("more_think")
class MoreThink(Thinker):
    """Thinks again before it answers."""

    place: ClassVar[int] = 3
    published_options: ClassVar[tuple[str, ...]] = ("rounds",)

    rounds: int = Field(default=3, ge=1, description="rounds of thinking, the first included")
    unclosed: Unclosed = Field(
        default="close",
        description="a thought that is never ended: taken for the `answer`, or `close`d, with one"
        " call more for the answer",
    )

    def check(self, context: MethodContext) -> None:
        """InputError if neither form is possible."""
        super().check(context)
        no_contradiction(self, context, unclosed="answer")

    async def answer(self, task: Task, context: MethodContext) -> MethodAnswer:
        """One call per round; one more in a conversation."""
        self.check(context)
        if native(context):
            openings = ("", *[context.wording.again] * (self.rounds - 1))
            return await think_natively(task, context, openings, self.unclosed)
        turns = (talk(context).first, *[talk(context).again] * (self.rounds - 1))
        return await think_in_turns(task, context, turns)
