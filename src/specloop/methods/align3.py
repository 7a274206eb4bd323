"""Align3: the model thinks in steps, about the behavioural specs, the safety specs, then both.

From "Reasoning over Boundaries: Enhancing Specification Alignment via Test-time Deliberation"
(Zhang et al., arXiv 2509.14760). `steps` holds the paper's ablations: fewer steps, or another
order. `review` in the place of `both` saves the tokens of listing all specs once more.
"""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from specloop.errors import InputError
from specloop.methods import Focus, MethodAnswer, MethodContext, Task, methods
from specloop.responding.thinking import (
    Thinker,
    Unclosed,
    native,
    no_contradiction,
    talk,
    think_in_turns,
    think_natively,
)


@methods.register("align3")
class Align3(Thinker):
    """Writes into the model's thought which specs to think about next."""

    place: ClassVar[int] = 7

    steps: tuple[Focus, ...] = Field(
        default=("behavioral", "safety", "both"),
        min_length=1,
        description="what each step of thinking is about, in order",
    )
    unclosed: Unclosed = Field(
        default="close",
        description="a thought that is never ended: taken for the `answer`, or `close`d, with one"
        " call more for the answer",
    )

    thought_tokens: int = Field(
        default=0,
        ge=0,
        description="most tokens of each thought, with one call more for the answer; 0: as many as"
        " of an answer",
    )

    def check(self, context: MethodContext) -> None:
        """InputError if neither form is possible."""
        super().check(context)
        no_contradiction(self, context, unclosed="answer", thought_tokens=0)
        if context.wording.published and "review" in self.steps:
            raise InputError(
                "align3: the published procedure has no step 'review'; take 'both', or the protocol"
                " 'specloop'"
            )

    async def answer(self, task: Task, context: MethodContext) -> MethodAnswer:
        """One call per step; one more in a conversation, or if thoughts are short."""
        self.check(context)
        if native(context):
            openings = [context.wording.thinking(step, task.specs) for step in self.steps]
            return await think_natively(task, context, openings, self.unclosed, self.thought_tokens)
        turns = [talk(context).about(step, task.specs) for step in self.steps]
        return await think_in_turns(task, context, turns, self.thought_tokens)
