"""ZeroThink: a thought that is ended before it begins, so that a reasoning model answers at once.

From "SafeChain" (Jiang et al., arXiv 2502.12025), as SpecBench (Zhang et al., arXiv 2509.14760)
compares it.
"""

from __future__ import annotations

from specloop.llm.structured import with_last_words
from specloop.methods import Answer, Kit, Task, methods
from specloop.methods._think import Thinker, after_thought, native, plain, talk


@methods.register("zero_think")
class ZeroThink(Thinker):
    """Begins the model's turn with an empty thought, or asks for the answer at once."""

    async def answer(self, task: Task, kit: Kit) -> Answer:
        """One call."""
        self.check(kit)
        messages = kit.wording.augmented(task)
        if native(kit):
            prefix = kit.wording.empty_thought
            reply = await kit.ask(messages, "answer", prefix, stop=())
            thought, text, _ = after_thought(reply, kit.wording)
            return Answer(text, (prefix + thought).rstrip(), reply.finish, "native")
        reply = await kit.ask(with_last_words(messages, talk(kit).direct), "answer")
        parts = plain(reply, kit.wording)
        return Answer(parts.text, parts.thought, reply.finish, "conversational")
