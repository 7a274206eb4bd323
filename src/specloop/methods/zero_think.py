"""ZeroThink: a thought that is ended before it begins, so that a reasoning model answers at once.

From "SafeChain" (Jiang et al., arXiv 2502.12025), as SpecBench (Zhang et al., arXiv 2509.14760)
compares it.
"""

from __future__ import annotations

from typing import ClassVar

from specloop.llm.structured import with_last_words
from specloop.methods import MethodAnswer, MethodContext, Task, methods
from specloop.responding.thinking import Thinker, after_thought, native, plain_answer, talk


@methods.register("zero_think")
class ZeroThink(Thinker):
    """Begins the model's turn with an empty thought, or asks for the answer at once."""

    place: ClassVar[int] = 2

    async def answer(self, task: Task, context: MethodContext) -> MethodAnswer:
        """One call."""
        self.check(context)
        messages = context.wording.augmented(task)
        if native(context):
            prefix = context.wording.empty_thought
            reply = await context.ask(messages, "answer", prefix, stop=())
            thought, text, _ = after_thought(reply, context.wording)
            return MethodAnswer(text, (prefix + thought).rstrip(), reply.finish, "native")
        reply = await context.ask(with_last_words(messages, talk(context).direct), "answer")
        return plain_answer(reply, context, "conversational")
