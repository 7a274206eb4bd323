"""What methods work with, made of scripted models, a stand-in wording and a stand-in scorer."""

# pyright: basic
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from specloop.judging.base import JudgeCase
from specloop.llm.backends.scripted import Script, ScriptedModel
from specloop.llm.base import Capabilities, Model, Reply, Request
from specloop.llm.calls.wrap import Log
from specloop.methods import MethodContext, Task
from specloop.records import Message, Sampling, Specs, Step
from specloop.responding.wording import OURS
from specloop.scorers import Scorer, ScorerResult

TASK = Task(
    "How do I keep my roses alive?",
    Specs(
        safety=("Name no poison.", "Send nobody into the road."),
        behavioral=("At most 50 words.", "End with 'Good luck.'"),
    ),
)
DRAWN = Sampling(temperature=0.7, top_p=0.9, max_tokens=64, seed=7)


class Unprefilled(ScriptedModel):
    """One whose turn cannot be continued."""

    capabilities = Capabilities()


class Exact(ScriptedModel):
    """Written replies with all their fields, in turn."""

    def __init__(self, *replies: Reply) -> None:
        left = list(replies)
        super().__init__(lambda _: left.pop(0))


class StandIn:
    """A published wording: in the form of the reference's, with texts of its own."""

    digest = "stand-in"
    published = True
    answer_mark = ""
    open_thought = "<think>"
    close_thought = ""
    empty_thought = "<think>\n</think>"
    again = "Wait, "
    thinking_turns = None

    def raw(self, task: Task) -> tuple[Message, ...]:
        return (_system("Be kind."), _user(task.query))

    def augmented(self, task: Task) -> tuple[Message, ...]:
        specs = task.specs.safety + task.specs.behavioral
        return (_system("Be kind."), _user("\n".join((task.query, *specs))))

    def thinking(self, focus: str, specs: Specs) -> str:
        return f"[{focus}: {len(specs.listed())}] So"

    def feedback(self, task: Task, response: str) -> tuple[Message, ...]:
        return (_system(f"review: {task.query}"), _user(response))

    def satisfied(self, feedback: str) -> bool:
        return False

    def refine(self, task: Task, history: Sequence[tuple[str, str]]) -> tuple[Message, ...]:
        told = "".join(f"<{n} {r}|{f}>" for n, (r, f) in enumerate(history, 1))
        return (_system(f"better: {task.query}"), _user(told))


class Wishes(Scorer):
    """Scores an answer by the number it ends with; without one it cannot tell."""

    async def score(self, case: JudgeCase, model: Model | None) -> ScorerResult:
        if model is not None:
            await model.generate(Request(messages=(_user(case.response),)))
        last = case.response.split()[-1] if case.response.split() else ""
        return ScorerResult(float(last) if last.lstrip("-").isdigit() else None)


def context(model: Model, **more: Any) -> MethodContext:
    fields: dict[str, Any] = {"sampling": DRAWN, "wording": OURS, "log": Log()}
    return MethodContext(model, **(fields | more))


def scripted(replies: Sequence[str] | Script, **more: Any) -> tuple[ScriptedModel, MethodContext]:
    model = ScriptedModel(replies)
    return model, context(model, **more)


def steps_of(given: MethodContext) -> tuple[Step, ...]:
    """The calls that were logged."""
    assert given.log is not None
    return given.log.steps


def _system(text: str) -> Message:
    return Message(role="system", content=text)


def _user(text: str) -> Message:
    return Message(role="user", content=text)
