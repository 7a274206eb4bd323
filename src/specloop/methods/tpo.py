"""TPO: words instead of gradients move the answers towards what the scorer prefers.

From "Test-time preference optimization" (Li et al., arXiv 2501.12895). A pool of drawn answers is
scored; the model compares the best with the worst, makes advice of the comparison, and draws new
answers that follow it into the same pool. SpecBench (Zhang et al., arXiv 2509.14760) draws 5
answers and iterates twice, so 15 in all. Unlike there, the model has the specs before it throughout
and no answer is cut before it is compared.
"""

from __future__ import annotations

from pydantic import Field

from specloop.judges import wrapped
from specloop.methods import Answer, Kit, Method, Task, methods
from specloop.methods._candidates import Draft, draw, must_choose, rank
from specloop.methods._think import plain
from specloop.methods._wording import listed, prompt, spoken_on
from specloop.records import Message


@methods.register("tpo")
class TPO(Method):
    """Betters a pool of answers by comparison and advice."""

    samples: int = Field(default=5, ge=1, description="answers drawn at a time")
    iterations: int = Field(default=2, ge=0, description="rounds of advice after the first draw")

    def check(self, kit: Kit) -> None:
        """InputError without a scorer, or at temperature 0."""
        must_choose(kit, "tpo")

    async def answer(self, task: Task, kit: Kit) -> Answer:
        """`samples` calls, and two more and `samples` in each iteration, beside the scorer's."""
        self.check(kit)
        messages = kit.wording.augmented(task)
        pool: list[Draft] = []
        scores: tuple[float | None, ...] = ()
        for iteration in range(self.iterations + 1):
            if iteration:
                messages = await self._advised(task, kit, pool, scores)
            start = iteration * self.samples
            drafts = await draw(kit, messages, range(start, start + self.samples))
            scores += await kit.rate(task, [draft.text for draft in drafts])
            pool += drafts
        text, thought, finish = pool[rank(scores).best]
        candidates = tuple(draft.text for draft in pool)
        return Answer(text, thought, finish, candidates=candidates, scores=scores)

    async def _advised(
        self, task: Task, kit: Kit, pool: list[Draft], scores: tuple[float | None, ...]
    ) -> tuple[Message, ...]:
        """The conversation that asks for the best answer again, in the light of advice."""
        best, worst = rank(scores)
        request = wrapped("request", task.query)
        answer = wrapped("answer", pool[best].text)
        specs = listed(task.specs)
        compare = prompt("tpo_compare").render(
            request=request, best=answer, worst=wrapped("answer", pool[worst].text), **specs
        )
        comparison = plain(await kit.ask(compare, "compare"), kit.wording.published).text
        advise = prompt("tpo_advise").render(
            request=request, best=answer, comparison=wrapped("comparison", comparison), **specs
        )
        advice = plain(await kit.ask(advise, "advise"), kit.wording.published).text
        (turn,) = prompt("tpo_rewrite").render(advice=wrapped("advice", advice))
        return spoken_on(kit.wording.augmented(task), pool[best].text, turn)
