"""TPO: words instead of gradients move the answers towards what the scorer prefers.

From "Test-time preference optimization" (Li et al., arXiv 2501.12895). A pool of drawn answers is
scored; the model compares the best with the worst, makes advice of the comparison, and draws new
answers that follow it into the same pool. SpecBench (Zhang et al., arXiv 2509.14760) draws 5
answers and iterates twice, so 15 in all. Unlike there, the model has the specs before it throughout
and no answer is cut before it is compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from pydantic import Field

from specloop.judging.guard import wrapped
from specloop.methods import Answer, Kit, Method, Task, methods
from specloop.methods._candidates import Draft, Ranked, choose, draft, draw, must_choose, rank
from specloop.methods._wording import listed, prompt, spoken_on
from specloop.records import Message


@methods.register("tpo")
class TPO(Method):
    """Betters a pool of answers by comparison and advice."""

    samples: int = Field(default=5, ge=1, description="answers drawn at a time")
    iterations: int = Field(default=2, ge=0, description="rounds of advice after the first draw")

    @property
    def chooses(self) -> bool:
        """Always."""
        return True

    def check(self, kit: Kit) -> None:
        """InputError in the reference protocol, without a scorer, or at temperature 0."""
        super().check(kit)
        must_choose(kit, "tpo")

    async def answer(self, task: Task, kit: Kit) -> Answer:
        """`samples` calls, and two more and `samples` in each iteration, beside the scorer's."""
        self.check(kit)
        messages = kit.wording.augmented(task)
        pool: list[Draft] = []
        scores: tuple[float | None, ...] = ()
        for iteration in range(self.iterations + 1):
            if iteration:
                messages = await _advised(task, kit, _Pool(pool, rank(scores), iteration))
            start = iteration * self.samples
            drafts = await draw(kit, messages, range(start, start + self.samples))
            scores += await kit.rate(task, [draft.text for draft in drafts])
            pool += drafts
        text, thought, finish = choose(pool, scores)
        candidates = tuple(draft.text for draft in pool)
        return Answer(text, thought, finish, candidates=candidates, scores=scores)


class _Pool(NamedTuple):
    """The answers so far."""

    drafts: Sequence[Draft]
    ranked: Ranked
    iteration: int


async def _advised(task: Task, kit: Kit, pool: _Pool) -> tuple[Message, ...]:
    """The conversation that asks for the best answer again, in the light of advice."""
    best, worst = pool.drafts[pool.ranked.best].text, pool.drafts[pool.ranked.worst].text
    shown = {
        "request": wrapped("request", task.request),
        "best": wrapped("answer", best),
        **listed(task.specs),
    }
    asked = prompt("tpo_compare").render(worst=wrapped("answer", worst), **shown)
    comparison = (await draft(kit, asked, "compare", pool.iteration)).text
    asked = prompt("tpo_advise").render(comparison=wrapped("comparison", comparison), **shown)
    advice = (await draft(kit, asked, "advise", pool.iteration)).text
    told = wrapped("advice", advice)
    (turn,) = prompt("tpo_rewrite").render(advice=told, query=task.query)
    return spoken_on(kit.wording.augmented(task), best, turn)
