"""TPO: words instead of gradients move the answers towards what the scorer prefers.

From "Test-time preference optimization" (Li et al., arXiv 2501.12895). A pool of drawn answers is
scored; the model compares the best with the worst, makes advice of the comparison, and draws new
answers that follow it into the same pool. SpecBench (Zhang et al., arXiv 2509.14760) draws 5
answers and iterates twice, so 15 in all. Unlike there, the model always sees the specs,
and no answer is cut before it is compared.
"""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from specloop.judging.guard import wrapped
from specloop.methods import Method, MethodAnswer, MethodContext, Task, methods
from specloop.records import Message
from specloop.responding.candidates import choose, draft, draw, must_choose, rank
from specloop.responding.wording import listed, prompt, spoken_on


@methods.register("tpo")
class TPO(Method):
    """Improves a pool of answers by comparison and advice."""

    place: ClassVar[int] = 6

    samples: int = Field(default=5, ge=1, description="answers drawn at a time")
    iterations: int = Field(default=2, ge=0, description="rounds of advice after the first draw")

    @property
    def chooses(self) -> bool:
        """Always."""
        return True

    def check(self, context: MethodContext) -> None:
        """InputError in the reference protocol, without a scorer, or at temperature 0."""
        super().check(context)
        must_choose(context, "tpo")

    async def answer(self, task: Task, context: MethodContext) -> MethodAnswer:
        """`samples` calls, and two more and `samples` in each iteration, besides the scorer's."""
        self.check(context)
        messages = context.wording.augmented(task)
        pool: list[MethodAnswer] = []
        scores: tuple[float | None, ...] = ()
        for iteration in range(self.iterations + 1):
            if iteration:
                best, worst = (pool[place].text for place in rank(scores))
                messages = await _advised(task, context, best, worst, iteration)
            start = iteration * self.samples
            drafts = await draw(context, messages, range(start, start + self.samples))
            scores += await context.rate(task, [draft.text for draft in drafts])
            pool += drafts
        return choose(pool, scores).among(pool, scores)


async def _advised(
    task: Task, context: MethodContext, best: str, worst: str, iteration: int
) -> tuple[Message, ...]:
    """The conversation that asks for the best answer again, with advice."""
    shown = {
        "request": wrapped("request", task.request),
        "best": wrapped("answer", best),
        **listed(task.specs),
    }
    asked = prompt("tpo_compare").render(worst=wrapped("answer", worst), **shown)
    comparison = (await draft(context, asked, "compare", iteration)).text
    asked = prompt("tpo_advise").render(comparison=wrapped("comparison", comparison), **shown)
    advice = (await draft(context, asked, "advise", iteration)).text
    quoted = wrapped("advice", advice)
    (turn,) = prompt("tpo_rewrite").render(advice=quoted, query=task.query)
    return spoken_on(context.wording.augmented(task), best, turn)
