"""Self-refine: the model reviews its own answer and rewrites it, several times.

From "Self-Refine: Iterative Refinement with Self-Feedback" (Madaan et al., arXiv 2303.17651), as
SpecBench (Zhang et al., arXiv 2509.14760) runs it: 15 iterations, only the last review shown, the
last answer returned. With a scorer the best answer is returned instead, and iterating ends once
several in a row were no better.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from specloop.methods import Method, MethodAnswer, MethodContext, Task, methods
from specloop.responding.candidates import choose, draft, rank
from specloop.responding.thinking import no_contradiction


@methods.register("self_refine")
class SelfRefine(Method):
    """Reviews and rewrites."""

    published: ClassVar[bool] = True
    sums_prompts: ClassVar[bool] = True
    place: ClassVar[int] = 4
    published_options: ClassVar[tuple[str, ...]] = ("iterations", "history")

    iterations: int = Field(default=15, ge=0, description="reviews, each with a new answer")
    history: int = Field(default=1, ge=1, description="last answers shown with their reviews")
    keep: Literal["best", "last"] = Field(
        default="best", description="answer returned; `best` by the scorer, where there is one"
    )
    patience: int = Field(
        default=3,
        ge=0,
        description="scored answers without a better score after which it ends; 0 for never."
        " Without a scorer it has no effect",
    )
    until_satisfied: bool = Field(
        default=False, description="end with a review that finds nothing to change"
    )
    until_unchanged: bool = Field(
        default=False, description="end with an answer that is the same as the one before"
    )

    @property
    def chooses(self) -> bool:
        """Whether the best answer is kept."""
        return self.keep == "best"

    def check(self, context: MethodContext) -> None:
        """InputError if an option differs from the published procedure that is asked for."""
        super().check(context)
        no_contradiction(
            self, context, keep="last", patience=0, until_satisfied=False, until_unchanged=False
        )

    async def answer(self, task: Task, context: MethodContext) -> MethodAnswer:
        """One call, and two in each iteration, besides the scorer's."""
        self.check(context)
        choosing = (
            context.scorer is not None and self.keep == "best" and not context.wording.published
        )
        drafts = [await draft(context, context.wording.augmented(task), "answer", 0)]
        scores = await context.rate(task, [drafts[0].text]) if choosing else ()
        history: list[tuple[str, str]] = []
        for number in range(1, self.iterations + 1):
            asked = context.wording.feedback(task, drafts[-1].text)
            feedback = (await draft(context, asked, "feedback", number)).text
            if self.until_satisfied and context.wording.satisfied(feedback):
                break
            history.append((drafts[-1].text, feedback))
            asked = context.wording.refine(task, history[-self.history :])
            drafts.append(await draft(context, asked, "refine", number))
            if choosing:
                scores += await context.rate(task, [drafts[-1].text])
            if self._ends(drafts, scores):
                break
        if context.wording.published:
            return MethodAnswer(drafts[-1].text, finish=drafts[-1].finish)
        return _chosen(drafts, scores)

    def _ends(self, drafts: list[MethodAnswer], scores: tuple[float | None, ...]) -> bool:
        """Whether further iterations are assumed to be useless."""
        if self.until_unchanged and drafts[-1].text == drafts[-2].text:
            return True
        known = [score for score in scores if score is not None]
        since_best = len(known) - 1 - rank(known).best
        return bool(self.patience) and since_best >= self.patience


def _chosen(drafts: list[MethodAnswer], scores: tuple[float | None, ...]) -> MethodAnswer:
    """The best answer if one was scored, or else the last non-empty one. The paper's has no
    thought."""
    known = any(score is not None for score in scores)
    chosen = drafts[rank(scores).best] if known else choose(drafts[::-1], ())
    bare = MethodAnswer(chosen.text, finish=chosen.finish)
    return bare.among(drafts, scores) if scores else bare
