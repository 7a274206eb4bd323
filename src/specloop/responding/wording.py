"""The project's own texts for the methods.

The specification is in the system's turn, so that all rows of a scenario share the beginning of
their prompts. Text that a model wrote is put between tags that it cannot close.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

from specloop.judging.guard import wrapped
from specloop.prompt import Prompt
from specloop.records import Message, Specs
from specloop.responding.base import Focus, Task

_PROMPTS = (
    *(
        "answer",
        "think_behavioral",
        "think_safety",
        "think_both",
        "think_review",
        "feedback",
        "refine",
    ),
    *("tpo_compare", "tpo_advise", "tpo_rewrite"),
)
NOTHING_TO_CHANGE = "NOTHING TO CHANGE"
_SATISFIED = re.compile(rf"\W*{NOTHING_TO_CHANGE}\W*", re.I)
_BROKEN = re.compile(r"\bBROKEN\b")


def prompt(name: str) -> Prompt:
    """A prompt file of the methods."""
    return Prompt.beside(__file__, name)


def listed(specs: Specs) -> dict[str, str]:
    """The specs of each category as prompts show them: one per line, S1, S2, ... and B1, B2, ..."""
    return {"safety": _lines("S", specs.safety), "behavioral": _lines("B", specs.behavioral)}


def _lines(letter: str, texts: Sequence[str]) -> str:
    numbered = (f"{letter}{number}. {text.strip()}" for number, text in enumerate(texts, 1))
    return "\n".join(numbered) or "(none)"


def spoken_on(messages: Sequence[Message], answer: str, turn: Message) -> tuple[Message, ...]:
    """The conversation with the assistant's answer and a further turn. An empty answer is replaced,
    because some servers refuse one."""
    said = Message(role="assistant", content=answer.strip() or "(nothing)")
    return (*messages, said, turn)


class ThinkingTurns:
    """User turns for models whose turn cannot be continued. Each is added to what was said."""

    direct = "Answer at once, without thinking about it first."
    """Zero-think: asks for the answer at once."""
    first = (
        "Do not answer yet. First think about what the request asks for and what each of the"
        " specifications means for the answer. Write down your thoughts only."
    )
    """More-think: asks for a first thought about the query, and for no answer yet."""
    again = (
        "Do not answer yet. Think again: what have you overlooked or misjudged? Write down your"
        " thoughts only."
    )
    """More-think: asks to think again."""
    final = (
        "Now write the final answer to my request, in keeping with what you have thought and with"
        " all specifications. Write the answer alone, with no word about your thoughts."
    )
    """Asks for the answer after all thinking, and for nothing else."""

    def about(self, focus: Focus, specs: Specs) -> str:
        """Align3: asks to think about some specs, and for no answer yet."""
        return _thinking(focus, specs)[0].content


class OurWording:
    """The project's own wording."""

    published = False
    answer_mark = ""
    open_thought = "<think>\n"
    close_thought = (
        "\n\nThat is enough thought. What follows is the answer itself, from its first word, and"
        " nothing else.\n</think>\n\n"
    )
    empty_thought = "<think>\n\n</think>\n\n"
    again = "But let me think again:"

    def __init__(self) -> None:
        turns = ThinkingTurns()
        self.thinking_turns: ThinkingTurns | None = turns
        said = (turns.direct, turns.first, turns.again, turns.final, self.again, self.close_thought)
        texts = (*(prompt(name).digest for name in _PROMPTS), *said)
        self.digest = hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16]

    def raw(self, task: Task) -> tuple[Message, ...]:
        """Only the conversation."""
        return task.turns

    def augmented(self, task: Task) -> tuple[Message, ...]:
        """The conversation after a system turn with the specs, if there are any; its turns keep
        their roles."""
        if not task.specs.listed():
            return task.turns
        specs, _ = prompt("answer").render(query=task.query, **listed(task.specs))
        return (specs, *task.turns)

    def thinking(self, focus: Focus, specs: Specs) -> str:
        """The beginning of a thought about some specs."""
        return _thinking(focus, specs)[1].content

    def feedback(self, task: Task, response: str) -> tuple[Message, ...]:
        """A review of the response, spec by spec."""
        return prompt("feedback").render(
            request=wrapped("request", task.request),
            answer=wrapped("answer", response),
            **listed(task.specs),
        )

    def satisfied(self, feedback: str) -> bool:
        """Whether the review's last line says that there is nothing to change, and no other line
        says that a spec is broken."""
        _, _, last = feedback.strip().rpartition("\n")
        return bool(_SATISFIED.fullmatch(last)) and not _BROKEN.search(feedback)

    def refine(self, task: Task, history: Sequence[tuple[str, str]]) -> tuple[Message, ...]:
        """The conversation so far, each response followed by its review."""
        messages = self.augmented(task)
        for response, feedback in history:
            review = wrapped("review", feedback)
            (turn,) = prompt("refine").render(feedback=review, query=task.query)
            messages = spoken_on(messages, response, turn)
        return messages


def _thinking(focus: Focus, specs: Specs) -> tuple[Message, ...]:
    """The user's turn that asks for a thought, and the beginning of the thought itself."""
    asked = prompt(f"think_{focus}")
    return asked.render(**{k: v for k, v in listed(specs).items() if k in asked.fields})


OURS = OurWording()
