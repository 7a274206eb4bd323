"""Test-time methods: answer a query under a specification, on any model. One file a method.

A method that has the model think on continues the assistant's turn where the backend can
(`model.capabilities.prefill`), and goes on in further turns elsewhere; `Answer.form` says which.
Tokens are counted from outside.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Literal, NamedTuple, Protocol

from specloop.benchmark import Form, Specs, Step
from specloop.llm.base import Model, Reply, Request
from specloop.records import Finish, Message, Sampling
from specloop.registry import Registry, Strategy
from specloop.scorers import Scorer

Focus = Literal["behavioral", "safety", "both"]
"""Which specs a step of thinking is about."""


class Task(NamedTuple):
    """What is to be answered, and under which specs."""

    query: str
    specs: Specs


class Wording(Protocol):
    """The texts that methods send. The project's own are in `_wording`; those of a checkout of the
    reference code take their place in the reference protocol."""

    digest: str

    def raw(self, task: Task) -> tuple[Message, ...]:
        """The query alone."""
        ...

    def augmented(self, task: Task) -> tuple[Message, ...]:
        """The query with all specs."""
        ...

    def thinking(self, focus: Focus, specs: Specs) -> str:
        """Align3: what is written into the model's thought before it thinks on."""
        ...

    def feedback(self, task: Task, response: str) -> tuple[Message, ...]:
        """Self-refine: asks what is wrong with a response, spec by spec."""
        ...

    def refine(self, task: Task, history: Sequence[tuple[str, str]]) -> tuple[Message, ...]:
        """Self-refine: asks for a better response, given (response, feedback), oldest first."""
        ...


class Log:
    """The calls of one task, in the order in which they were begun."""

    def __init__(self) -> None:
        self._steps: list[Step] = []

    @property
    def steps(self) -> tuple[Step, ...]:
        """Every call so far."""
        return tuple(self._steps)

    def begin(self, purpose: str) -> int:
        """Take a place for a call."""
        self._steps.append(Step(purpose=purpose))
        return len(self._steps) - 1

    def end(self, place: int, reply: Reply) -> None:
        """Fill the place."""
        usage = reply.usage.model_dump()
        self._steps[place] = Step(purpose=self._steps[place].purpose, finish=reply.finish, **usage)


class Kit(NamedTuple):
    """What a method works with."""

    model: Model
    sampling: Sampling
    wording: Wording
    scorer: Scorer | None = None
    scoring_model: Model | None = None
    continuer: Model | None = None
    """Takes the requests that continue the assistant's turn; `model` where None."""
    log: Log | None = None

    async def ask(
        self, messages: Sequence[Message], purpose: str, prefill: str = "", **sampling: object
    ) -> Reply:
        """One call, with changed sampling fields where given; `purpose` is what `Step` calls it."""
        model = self.continuer if prefill and self.continuer else self.model
        changed = self.sampling.model_copy(update=sampling)
        request = Request(messages=tuple(messages), sampling=changed, prefill=prefill)
        place = self.log.begin(purpose) if self.log else 0
        reply = await model.generate(request)
        if self.log:
            self.log.end(place, reply)
        return reply


class Answer(NamedTuple):
    """What a method came to."""

    text: str
    thought: str = ""
    finish: Finish = "stop"
    form: Form = "plain"
    candidates: tuple[str, ...] = ()
    scores: tuple[float, ...] = ()


class Method(Strategy):
    """One way to answer under a specification."""

    @abstractmethod
    async def answer(self, task: Task, kit: Kit) -> Answer:
        """The final answer; ModelError where a call failed."""


methods: Registry[Method] = Registry(Method, "specloop.methods")
