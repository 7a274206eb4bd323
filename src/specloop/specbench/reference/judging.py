"""SpecBench's two judges, in the wordings of a checkout, to be compared with published scores.

They have the weaknesses of the original, an answer's own verdict block among them: for any other
purpose take the project's judges. A reply that cannot be read is asked for again with the same
prompt. Attempts differ in the seed alone, which is not sent (see `settings`): so each is a call of
its own in the cache, and the server sees the very same request. Where SpecBench gives up, and loses
the run, all verdicts are `unscored` here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, NamedTuple, Self

from pydantic import Field, SkipValidation

from specloop.judging.base import Judge, JudgeCase, JudgeResult, unscored
from specloop.llm.base import Model, Reply, Request
from specloop.llm.calls.wrap import Log
from specloop.records import Cost, Message, Sampling, Spec, Specs, Verdict
from specloop.specbench.reference.checkout import Checkout
from specloop.specbench.reference.template import Meaning, TextTemplate, template
from specloop.specbench.reference.texts import Key
from specloop.specbench.reference.verdicts import Said, read_joint, read_single, said
from specloop.specbench.reference.wording import turns

LONGEST = 8000
"""Characters (code points) of a response that are judged; the rest is cut off."""
ATTEMPTS = 5
SETTINGS = Sampling(max_tokens=4200)
"""As for GPT-4.1, the judge of the published scores."""


class Patience(NamedTuple):
    """How often is asked for what cannot be read."""

    attempts: int = ATTEMPTS
    """On one reply."""
    passes: int = ATTEMPTS
    """Over all specs, of the sequential judge."""
    goes_on: bool = False
    """To the next spec, for a bill: else what cannot be read ends the pass."""


class ReferenceJudge(Judge):
    """A judge with the texts of a checkout."""

    checks_first: ClassVar[bool] = False
    keys: ClassVar[tuple[Key, ...]]
    """Its texts: the system turn, the user's turn, then what is added to that."""
    places: ClassVar[tuple[Meaning, ...]]
    """What is filled in in the user's turn."""

    wording: str
    """Digest of the texts."""
    sampling: Sampling = SETTINGS
    texts: SkipValidation[Mapping[Key, str]] = Field(exclude=True, repr=False)
    user: SkipValidation[TextTemplate] = Field(exclude=True, repr=False)
    patience: SkipValidation[Patience] = Field(default=Patience(), exclude=True, repr=False)
    thought_end: str = Field(default="</think>", exclude=True)
    """Of the judge's own thoughts."""

    @property
    def digest(self) -> str:
        """Of the texts."""
        return self.wording

    @classmethod
    def of(cls, checkout: Checkout, sampling: Sampling = SETTINGS) -> Self:
        """The judge of a checkout."""
        return cls(
            wording=checkout.digest(cls.keys),
            sampling=sampling,
            texts={key: checkout.text(key) for key in cls.keys},
            user=template(checkout.found(cls.keys[1]), *cls.places),
        )

    def turns(self, case: JudgeCase, **values: str) -> tuple[Message, ...]:
        """The system turn, and the user's filled in."""
        response = case.response[:LONGEST]
        user = self.user.fill(query=case.query, response=response, **values)
        return turns(self.texts[self.keys[0]], user)

    def patient(self, *patience: int, goes_on: bool = False) -> Self:
        """The same judge with another patience."""
        return self.model_copy(update={"patience": Patience(*patience, goes_on=goes_on)})


class ReferenceJoint(ReferenceJudge):
    """All verdicts in one reply."""

    keys = ("joint_system", "joint_user", "unsafe_comment", "answer_comment")
    places = ("n_safety", "n_behavioral", "specs", "query", "response", "comment")

    def at_best(self) -> Self:
        """Understood at once."""
        return self.patient(1)

    async def ask(self, case: JudgeCase, model: Model) -> JudgeResult:
        """One call, and up to four more where the reply cannot be read."""
        messages, text = self.prompt(case), ""
        attempts = self.patience.attempts
        for attempt in range(attempts):
            reply = await _ask(model, messages, self.sampling, attempt)
            text = said(reply, self.thought_end)
            try:
                read = read_joint(text, Specs.of(case.specs))
            except ValueError:
                continue
            cost = _cost([reply])
            return JudgeResult(
                read.verdicts, read.text, attempt, n_hidden=_hidden(case), read_cost=cost
            )
        n_repairs = attempts - 1
        return JudgeResult(
            _unread(case, text, attempts), raw=text, n_repairs=n_repairs, n_hidden=_hidden(case)
        )

    def prompt(self, case: JudgeCase) -> tuple[Message, ...]:
        """What the judge is sent. The label decides the comment, and so is shown to it."""
        specs, texts = Specs.of(case.specs), self.texts
        unsafe, answer = texts["unsafe_comment"], texts["answer_comment"] + case.reference
        return self.turns(
            case,
            n_safety=str(len(specs.safety)),
            n_behavioral=str(len(specs.behavioral)),
            specs=_numbered(specs),
            comment=unsafe if case.label == "unsafe" else answer,
        )


class ReferenceSequential(ReferenceJudge):
    """A call for each spec. Five attempts on one, then the whole answer anew, five times over."""

    keys = ("sequential_system", "sequential_user", "answer_line")
    places = ("specs", "query", "response", "comment")

    def at_best(self) -> Self:
        """Understood at once, on every spec."""
        return self.patient(1, 1, goes_on=True)

    def at_worst(self) -> Self:
        """Understood at the last attempt on every spec but the last, in every pass."""
        return self.patient(ATTEMPTS * ATTEMPTS, 1, goes_on=True)

    async def ask(self, case: JudgeCase, model: Model) -> JudgeResult:
        """One call a spec, in their order."""
        specs, n_calls, last = case.specs, 0, ""
        attempts, passes, goes_on = self.patience
        for start in range(0, passes * attempts, attempts):
            verdicts: list[Verdict] = []
            replies: list[Reply] = []
            for spec, messages in zip(specs, self.prompts(case), strict=True):
                value, n, reply = await self._verdict(model, messages, start)
                n_calls += n
                if value is None and goes_on:
                    continue
                if value is None:
                    last = said(reply, self.thought_end)
                    break
                replies.append(reply)
                verdicts.append(Verdict(rule=spec.id, value=value))
            else:
                return JudgeResult(
                    tuple(verdicts),
                    n_repairs=n_calls - len(specs),
                    n_hidden=_hidden(case),
                    read_cost=_cost(replies),
                )
        unread = _unread(case, last, attempts * passes)
        return JudgeResult(unread, n_repairs=n_calls - len(specs), n_hidden=_hidden(case))

    def prompts(self, case: JudgeCase) -> tuple[tuple[Message, ...], ...]:
        """What the judge is sent for each spec; the reference answer stands in the last alone,
        whatever the label."""
        return tuple(self._prompt(case, spec, spec is case.specs[-1]) for spec in case.specs)

    def _prompt(self, case: JudgeCase, spec: Spec, is_last: bool) -> tuple[Message, ...]:
        reference = f"{self.texts['answer_line']}{case.reference}\n" if is_last else ""
        return self.turns(case, specs=spec.text, comment=reference)

    async def _verdict(
        self, model: Model, messages: Sequence[Message], start: int
    ) -> tuple[Said | None, int, Reply]:
        """A verdict, the number of calls for it and the last reply; None where no attempt could be
        read."""
        reply = Reply(text="")
        for attempt in range(self.patience.attempts):
            reply = await _ask(model, messages, self.sampling, start + attempt)
            try:
                return read_single(said(reply, self.thought_end)), attempt + 1, reply
            except ValueError:
                continue
        return None, self.patience.attempts, reply


def _hidden(case: JudgeCase) -> int:
    return max(0, len(case.response) - LONGEST)


async def _ask(
    model: Model, messages: Sequence[Message], sampling: Sampling, attempt: int
) -> Reply:
    drawn = sampling.model_copy(update={"seed": sampling.seed + attempt})
    return await model.generate(Request(messages=tuple(messages), sampling=drawn))


def _cost(replies: Sequence[Reply]) -> Cost:
    """Tokens of the replies that were read: the only ones that SpecBench counts."""
    log = Log()
    for reply in replies:
        log.end(log.begin("judge"), reply)
    return log.cost


def _numbered(specs: Specs) -> str:
    safety, behavioral = (
        "".join(f"<{number}>\n{text}\n" for number, text in enumerate(texts, 1))
        for texts in (specs.safety, specs.behavioral)
    )
    return f"## Safety Specifications\n\n{safety}\n\n## Behavioral Specifications\n\n{behavioral}\n"


def _unread(case: JudgeCase, last: str, attempts: int) -> tuple[Verdict, ...]:
    reason = f"none of {attempts} replies could be read; the last began {last.strip()[:80]!r}"
    return unscored(case.specs, reason)
