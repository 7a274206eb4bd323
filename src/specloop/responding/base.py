"""What a method is, what it works with and what it comes to."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Literal, NamedTuple, Protocol, Self

from specloop.ended import Finish, is_blank
from specloop.errors import InputError
from specloop.items import at_once
from specloop.judging.base import JudgeCase, decidable
from specloop.llm.base import Model, Reply, Request
from specloop.llm.calls.wrap import Log, Logged
from specloop.records import Form, Message, Sampling, Specs, Step, Told
from specloop.records.conversation import transcript, turns_of
from specloop.registry import Registry, Strategy
from specloop.scorers import Scorer

if TYPE_CHECKING:
    from specloop.responding.wording import ThinkingTurns

Focus = Literal["behavioral", "safety", "both", "review"]
"""Which specs a step of thinking is about; `review`: all, as `both`, without listing them again."""


class Task(NamedTuple):
    """What is to be answered, and under which specs."""

    query: str
    """The user's last request."""
    specs: Specs
    conversation: tuple[Message, ...] = ()
    """All turns, where there are more than the request."""

    @property
    def turns(self) -> tuple[Message, ...]:
        """What is to be answered, turn by turn."""
        return turns_of(self.query, self.conversation)

    @property
    def request(self) -> str:
        """The same as one text, for a reviewer."""
        return transcript(self.turns) if self.conversation else self.query


class Wording(Protocol):
    """The texts that methods send. The project's own are in `wording`; those of a checkout of the
    reference code take their place in the reference protocol.

    Methods join them: a begun thought is `open_thought + thinking(first step)`; what the model
    thinks then is stripped at its end and followed by a blank line and the next text (`again`, or
    `thinking` of the next step). Calls before the last stop at `</think>`.
    """

    digest: str
    published: bool
    """Methods keep to the published procedure, without what is added here: a thought that is never
    closed is the answer, self-refine returns its last iterate."""
    answer_mark: str
    """What the published code looks for in this model's replies in place of the end of a thought:
    the answer follows it, and it must stand there once. Empty for models without one."""
    open_thought: str
    """Begins a thought; `<think>` in the reference, so `thinking` never holds that tag."""
    close_thought: str
    """Ends one that the model did not end itself. Where `published`, what the published code takes
    for the end of this model's thoughts; `</think>` where empty."""
    empty_thought: str
    """Zero-think: the whole of what the model's turn is begun with."""
    again: str
    """More-think: begins each further round of thinking."""
    thinking_turns: ThinkingTurns | None
    """None where there is no such form: models that cannot be continued are then refused."""

    def raw(self, task: Task) -> tuple[Message, ...]:
        """The conversation alone."""
        ...

    def augmented(self, task: Task) -> tuple[Message, ...]:
        """The conversation with all specs."""
        ...

    def thinking(self, focus: Focus, specs: Specs) -> str:
        """Align3: what is written into the model's thought before it thinks on."""
        ...

    def feedback(self, task: Task, response: str) -> tuple[Message, ...]:
        """Self-refine: asks what is wrong with a response, spec by spec."""
        ...

    def satisfied(self, feedback: str) -> bool:
        """Self-refine: whether feedback finds nothing to repair. False where it is asked for no
        sign of that, as in the reference."""
        ...

    def refine(self, task: Task, history: Sequence[tuple[str, str]]) -> tuple[Message, ...]:
        """Self-refine: asks for a better response, given (response, feedback), oldest first."""
        ...


class MethodContext(NamedTuple):
    """What a method works with."""

    model: Model
    wording: Wording
    scorer: Scorer | None = None
    scoring_model: Model | None = None
    continuer: Model | None = None
    """Takes the requests that continue the assistant's turn; `model` where None."""
    sampling: Sampling = Sampling()
    log: Log | None = None

    async def ask(
        self, messages: Sequence[Message], purpose: str, prefill: str = "", **sampling: object
    ) -> Reply:
        """One call, with changed sampling fields where given; `purpose` is what `Step` calls it."""
        model = self.continuer if prefill and self.continuer else self.model
        changed = self.sampling.model_copy(update=sampling)
        request = Request(messages=tuple(messages), sampling=changed, prefill=prefill)
        logged = Logged(model, self.log, purpose) if self.log else model
        return await logged.generate(request)

    async def rate(self, task: Task, responses: Sequence[str]) -> tuple[float | None, ...]:
        """The scorer's figure for each response; its calls are logged as `score`, in the order of
        the responses whatever the timing. There must be a scorer. A response that says nothing has
        no figure, so that it is never the best."""

        async def one(place: int) -> tuple[float | None, Log]:
            if is_blank(responses[place]):
                return None, Log()
            return await self._rated(task, responses[place])

        places = range(len(responses))
        rated = await at_once(one, places)
        if self.log:
            self.log.extend([step for place in places for step in rated[place][1].steps])
        return tuple(rated[place][0] for place in places)

    async def _rated(self, task: Task, response: str) -> tuple[float | None, Log]:
        assert self.scorer is not None, "the method checks that there is one"
        case = JudgeCase(
            decidable(task.specs), task.query, response, conversation=task.conversation
        )
        log = Log()
        model = Logged(self.scoring_model, log, SCORE) if self.scoring_model else None
        return (await self.scorer.score(case, model)).value, log


SCORE = "score"
"""Purpose of a call that a scorer makes inside a method."""


class MethodAnswer(NamedTuple):
    """What a method came to."""

    text: str
    thought: str = ""
    finish: Finish = "stop"
    form: Form = "plain"
    candidates: tuple[str, ...] = ()
    scores: tuple[float | None, ...] = ()
    """One a candidate; None where the scorer could not tell."""

    def among(self, drafts: Sequence[Self], scores: tuple[float | None, ...]) -> Self:
        """The same as it was chosen among several."""
        return self._replace(candidates=tuple(draft.text for draft in drafts), scores=scores)


class PaperTokens(NamedTuple):
    """Tokens by the papers' convention, which leaves out forced text and prefixes sent again."""

    prompt: int
    completion: int


class Method(Strategy):
    """One way to answer under a specification."""

    published: ClassVar[bool] = False
    """SpecBench's code has this method. Any other is refused where its procedure is asked for."""
    usually_told: ClassVar[Told] = "rules"
    """What the model is told where nothing else is asked for; a method told `rules` needs some."""
    sums_prompts: ClassVar[bool] = False
    """The papers add up this method's prompts, instead of taking the first call's alone."""
    place: ClassVar[int] = 100
    """Where it stands among entrants: from the plainest method on."""
    is_baseline: ClassVar[bool] = False
    """Others are compared with it, where nothing else is named."""
    adds_nothing: ClassVar[bool] = False
    """The model alone answers: labels do not name the method."""
    published_options: ClassVar[tuple[str, ...]] = ()
    """Options that SpecBench's configuration sets."""

    @property
    def chooses(self) -> bool:
        """Whether the scorer, where there is one, decides what is answered."""
        return False

    def check(self, context: MethodContext) -> None:
        """InputError where the context lacks what the method needs, or the method or an option of
        it is not the protocol's. `answer` begins with it; a runner calls it before the first
        row."""
        if context.wording.published and not self.published:
            raise InputError(
                f"{methods.name_of(self)}: SpecBench's code has no such method; leave it out, or"
                " take the protocol 'specloop'"
            )

    @classmethod
    def opening(cls, task: Task, wording: Wording) -> Sequence[Message] | None:
        """The first request; None where it does not follow from the task alone."""
        return wording.augmented(task)

    @abstractmethod
    async def answer(self, task: Task, context: MethodContext) -> MethodAnswer:
        """The final answer; ModelError where a call failed."""

    def paper_tokens(self, steps: Sequence[Step]) -> PaperTokens:
        """Tokens as the papers count them: the completions of all calls but the scorer's, and the
        prompt of the first call (see `sums_prompts`)."""
        own = [step for step in steps if step.purpose != SCORE]
        prompts = own if self.sums_prompts else own[:1]
        return PaperTokens(
            prompt=sum(step.prompt_tokens for step in prompts),
            completion=sum(step.completion_tokens for step in own),
        )


methods: Registry[Method] = Registry(Method, "specloop.methods")


def method_known(name: str) -> type[Method]:
    """The method of that name; what any method is where it is not known here."""
    return methods.get(name) if name in methods.names() else Method
