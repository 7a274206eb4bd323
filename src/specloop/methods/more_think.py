"""MoreThink: each time the model wants to end its thought, it is made to go on.

From "SafeChain" (Jiang et al., arXiv 2502.12025), as SpecBench (Zhang et al., arXiv 2509.14760)
compares it: three rounds.
"""

from __future__ import annotations

from pydantic import Field

from specloop.methods import Answer, Kit, Task, methods
from specloop.methods._think import (
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

    rounds: int = Field(default=3, ge=1, description="rounds of thinking, the first included")
    unclosed: Unclosed = Field(
        default="close",
        description="a thought that is never ended: taken for the `answer`, or `close`d, with one"
        " call more for the answer",
    )

    def check(self, kit: Kit) -> None:
        """InputError where neither form can be had."""
        super().check(kit)
        no_contradiction(self, kit, unclosed="answer")

    async def answer(self, task: Task, kit: Kit) -> Answer:
        """One call a round; where it is a conversation, one more."""
        self.check(kit)
        if native(kit):
            openings = ("", *[kit.wording.again] * (self.rounds - 1))
            return await think_natively(task, kit, openings, self.unclosed)
        turns = (talk(kit).first, *[talk(kit).again] * (self.rounds - 1))
        return await think_in_turns(task, kit, turns)
