"""Best-of-n: draw n answers under all specs and keep the one with the highest score.

SpecBench (Zhang et al., arXiv 2509.14760) draws 15 and scores them by a reward model.
"""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from specloop.methods import Method, MethodAnswer, MethodContext, Task, methods
from specloop.responding.candidates import choose, draw, must_choose


@methods.register("best_of_n")
class BestOfN(Method):
    """Draws several answers and chooses."""

    place: ClassVar[int] = 5

    n: int = Field(default=15, ge=1, description="answers to draw")

    @property
    def chooses(self) -> bool:
        """Always."""
        return True

    def check(self, context: MethodContext) -> None:
        """InputError in the reference protocol, without a scorer, or at temperature 0."""
        super().check(context)
        must_choose(context, "best_of_n")

    async def answer(self, task: Task, context: MethodContext) -> MethodAnswer:
        """`n` calls at once, and the scorer's; the first answer if none could be scored."""
        self.check(context)
        drafts = await draw(context, context.wording.augmented(task), range(self.n))
        scores = await context.rate(task, [draft.text for draft in drafts])
        return choose(drafts, scores).among(drafts, scores)
