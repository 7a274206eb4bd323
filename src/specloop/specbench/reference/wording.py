"""The texts of the test-time methods, read from a checkout of SpecBench."""

from __future__ import annotations

from collections.abc import Sequence

from specloop.records import Message, Specs
from specloop.responding.base import Focus, Task
from specloop.responding.wording import ThinkingTurns
from specloop.specbench.reference.checkout import Checkout
from specloop.specbench.reference.template import template
from specloop.specbench.reference.texts import Key

_OPEN = "<think>"
_ENDS = {"gemini": "</thought>"}
"""By how a model's name begins; `</think>` for all others."""
_ANSWER_MARKS = {"thu-ml/STAIR-Llama-3.1-8B-DPO-3": "Final Answer: "}
_USED: tuple[Key, ...] = (
    *("answer_system", "augmented", "again"),
    *("align3_behavioral", "align3_safety", "align3_both"),
    *("feedback_system", "feedback_user", "refine_system", "refine_user"),
)


class ReferenceWording:
    """SpecBench's texts as the methods want them; there is no conversational form. `model` is the
    name that the server knows, by which the code tells models that mark their answers."""

    published = True
    open_thought = _OPEN
    empty_thought = "<think>\n</think>"
    thinking_turns: ThinkingTurns | None = None

    def __init__(self, checkout: Checkout, model: str = "") -> None:
        self.answer_mark = _ANSWER_MARKS.get(model, "")
        self.close_thought = thought_end(model)
        found = checkout.found
        self.digest = checkout.digest(_USED)
        self.again = checkout.text("again")
        self._system = checkout.text("answer_system")
        self._augmented = template(found("augmented"), "query", "specs")
        self._steps = {
            "behavioral": template(found("align3_behavioral"), "behavioral"),
            "safety": template(found("align3_safety"), "safety"),
            "both": template(found("align3_both"), "safety", "behavioral"),
        }
        self._feedback = (
            template(found("feedback_system"), "query", "specs"),
            template(found("feedback_user"), "response"),
        )
        self._refine = (
            template(found("refine_system"), "query"),
            template(found("refine_user"), "history"),
        )

    def raw(self, task: Task) -> tuple[Message, ...]:
        """The system turn of all answers, and the query alone."""
        return turns(self._system, task.query)

    def augmented(self, task: Task) -> tuple[Message, ...]:
        """The query with all specs, in the user's turn."""
        asked = self._augmented.fill(query=task.query, specs=_listed(task.specs))
        return turns(self._system, asked)

    def thinking(self, focus: Focus, specs: Specs) -> str:
        """A step of Align3. The text of the first begins the thought itself, with a tag that is
        not given here: methods put `open_thought` before whichever step comes first."""
        values = {"safety": _lines(specs.safety), "behavioral": _lines(specs.behavioral)}
        return self._steps[focus].fill(**values).removeprefix(_OPEN)

    def feedback(self, task: Task, response: str) -> tuple[Message, ...]:
        """Query and specs in the system's turn, the response in the user's."""
        system, user = self._feedback
        context = system.fill(query=task.query, specs=_listed(task.specs))
        return turns(context, user.fill(response=response))

    def satisfied(self, feedback: str) -> bool:
        """Never: the published procedure has no such sign."""
        return False

    def refine(self, task: Task, history: Sequence[tuple[str, str]]) -> tuple[Message, ...]:
        """The query without the specs in the system's turn; pairs are numbered from 1, whatever
        was left out before them."""
        system, user = self._refine
        return turns(system.fill(query=task.query), user.fill(history=_history(history)))


def thought_end(model: str) -> str:
    """What the code takes for the end of a thought of the model of that name."""
    return next((end for start, end in _ENDS.items() if model.startswith(start)), "</think>")


def turns(system: str, user: str) -> tuple[Message, ...]:
    """A system turn and a user's."""
    return Message(role="system", content=system), Message(role="user", content=user)


def _lines(specs: Sequence[str]) -> str:
    return "".join(f"- {spec}\n" for spec in specs)


def _listed(specs: Specs) -> str:
    return f"**safety**\n{_lines(specs.safety)}**behavioral**\n{_lines(specs.behavioral)}"


def _history(history: Sequence[tuple[str, str]]) -> str:
    return "".join(
        f"<RESPONSE_{n}>{response}</RESPONSE_{n}><FEEDBACK_{n}>{feedback}</FEEDBACK_{n}>"
        for n, (response, feedback) in enumerate(history, 1)
    )
