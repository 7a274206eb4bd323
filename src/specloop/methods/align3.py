"""Align3: the model thinks in steps, about the behavioural specs, the safety specs, then both.

From "Reasoning over Boundaries: Enhancing Specification Alignment via Test-time Deliberation"
(Zhang et al., arXiv 2509.14760). `steps` holds the paper's ablations: fewer steps, or another
order. `review` in the place of `both` saves the tokens of listing all specs once more.
"""

from __future__ import annotations

from pydantic import Field

from specloop.errors import InputError
from specloop.methods import Answer, Focus, Kit, Task, methods
from specloop.methods._think import (
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

    def check(self, kit: Kit) -> None:
        """InputError where neither form can be had."""
        super().check(kit)
        no_contradiction(self, kit, unclosed="answer")
        if kit.wording.published and "review" in self.steps:
            raise InputError(
                "align3: the published procedure has no step 'review'; take 'both', or the protocol"
                " 'specloop'"
            )

    async def answer(self, task: Task, kit: Kit) -> Answer:
        """One call a step; where it is a conversation, one more."""
        self.check(kit)
        if native(kit):
            openings = [kit.wording.thinking(step, task.specs) for step in self.steps]
            return await think_natively(task, kit, openings, self.unclosed)
        turns = [talk(kit).about(step, task.specs) for step in self.steps]
        return await think_in_turns(task, kit, turns)
