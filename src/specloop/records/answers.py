"""What a model said: answers, how they were made, exchanges, and pairs of answers to train on."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, Self

from pydantic import Field

from specloop.ended import End, Finish, Silence, end_of
from specloop.records.base import Cost, Record, Value
from specloop.records.cases import Side, Split
from specloop.records.conversation import Sampling, Turns
from specloop.records.results import Level

ProtocolName = Literal["specloop", "reference"]
Purpose = Literal["evaluation", "defender", "constrained", "repaired", "corrupted"]
Form = Literal["plain", "native", "conversational"]
"""How a method made the model think on: not at all, by continuing its turn, or by further turns."""
PLAIN = "adversarial"
"""A setting of answers: False if the prompts were used as before the attack."""


_LEVELS: tuple[Level, ...] = ("check", "certified", "weak", "unmeasured")
"""The most certain first."""


class Step(Value):
    """One call inside a method."""

    purpose: str
    """`answer`, `think`, `feedback`, `refine`, `candidate`, `compare`, `score`, ..."""
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    reasoning_tokens: int = 0
    finish: Finish = "stop"


class Answer(Record):
    """What a model said to a case, with or without a method: the text, how it was made and its
    cost.

    The id is known before the text is.
    """

    FILE: ClassVar[str] = "answers.jsonl"
    IDENTITY: ClassVar[tuple[str, ...]] = (
        "case",
        "purpose",
        "entrant",
        "method",
        "settings",
        "model",
        "protocol",
        "sampling",
        "request_digest",
        "repairs",
        "source",
    )

    case: str
    purpose: Purpose = "evaluation"
    entrant: str = ""
    """What the loop's tables call who gave it, such as `base`; empty in synthesis and in SpecBench,
    where method, settings and model tell."""
    method: str = ""
    """The method by which the model was asked; empty in synthesis."""
    settings: dict[str, Any] = Field(default_factory=dict)
    """The method's options, and what else tells its entrant apart: its scorer, `adversarial`."""
    model: str
    protocol: ProtocolName = "specloop"
    sampling: Sampling = Sampling()
    """The sampling, with the seed."""
    request_digest: str = ""
    """Digest of the wording, in SpecBench also of the models' options that decide a reply; empty
    where there is none or it is not known."""
    repairs: tuple[str, ...] = ()
    """Rule ids whose check edited the text, in the order applied."""
    source: str | None = None
    """The answer this one was edited from."""
    text: str
    thought: str = ""
    finish: Finish = "stop"
    silent: Silence = ""
    """Why there is no text; empty if there is one."""
    form: Form = "plain"
    prompt: str = ""
    """The user's turn as the model first saw it, if a method wrote it."""
    candidates: tuple[str, ...] = ()
    """The answers to choose among, if a method draws several."""
    scores: tuple[float | None, ...] = ()
    """The scorer's scores, one per candidate; None if it could not score one."""
    steps: tuple[Step, ...] = ()
    paper_tokens: int = 0
    """Completion tokens as the papers count them, without forced text and scoring."""
    cost: Cost = Cost()
    """All that was billed for it: every prompt sent again, cached prefixes, scoring calls. Counted
    if a method answers."""
    read_from: str = ""
    """A digest of the result file that it was read from; empty for answers made here."""

    @property
    def end(self) -> End:
        """How the answer ended."""
        return end_of(self.text, self.finish, self.silent)

    def failed(self, case: str, sampling: Sampling) -> Self:
        """A stand-in for an answer of the same entrant that could not be had."""
        same = self.model_dump(include=set(self.IDENTITY))
        failed = {"case": case, "sampling": sampling, "text": "", "finish": "other"}
        return self.model_validate(same | failed | {"silent": "call"})


class Timing(Record):
    """How long an answer took that was made without a stop.

    It is in a file of its own, so that the answers do not depend on their speed.
    """

    FILE: ClassVar[str] = "timings.jsonl"
    IDENTITY: ClassVar[tuple[str, ...]] = ("answer",)
    PASSING: ClassVar[bool] = True

    answer: str
    wall_s: float


class Exchange(Record):
    """One round of planner, attacker and defender, and how it ended."""

    FILE: ClassVar[str] = "exchanges.jsonl"

    probe: str
    answer: str
    wave: int
    round: int
    strategy: str
    roles: dict[str, str]
    """Role -> model name (or plain strategy) that filled it."""
    switched: bool = False
    """Whether attacker and defender had swapped models because the round before ended in a
    violation."""
    violated: tuple[str, ...] = ()


class PairVerdict(Value):
    """How it is known that a side of a pair keeps or breaks a rule. No field is ever null."""

    side: Literal["chosen", "rejected"]
    rule: str
    judge: str
    """`check`, or the judge's name and model."""
    level: Level
    also: str = ""
    """Who else says so: a second judge, a second look; empty if nobody was asked."""


class PreferencePair(Record):
    """A compliant and a violating answer to one prompt; one record until the collator.

    In the conversational form of TRL, which `datasets` and trainers load as it is: so no field is
    ever null, and a list never empty, since a loader takes a column's type from its first lines.
    """

    FILE: ClassVar[str] = "pairs.jsonl"

    prompt: Turns
    chosen: Turns
    """The answer: turns of the assistant."""
    rejected: Turns
    finish_chosen: Finish = "stop"
    finish_rejected: Finish = "stop"
    chosen_id: str
    rejected_id: str
    probe: str
    exchange: str = ""
    instance: str
    violated: tuple[str, ...] = Field(min_length=1)
    """Rules the rejected answer breaks and the chosen one keeps."""
    verdicts: tuple[PairVerdict, ...] = ()
    """One for each side and violated rule; none in pairs that were made elsewhere."""
    pairing: str
    side: Side
    split: Split

    @property
    def level(self) -> Level | None:
        """How its least certain verdict was had; None if it says nothing of verdicts."""
        levels = {verdict.level for verdict in self.verdicts}
        return next((level for level in reversed(_LEVELS) if level in levels), None)

    @property
    def request(self) -> str:
        """The last turn of the prompt."""
        return self.prompt[-1].content

    @property
    def chosen_text(self) -> str:
        """What the chosen answer says."""
        return self.chosen[-1].content

    @property
    def rejected_text(self) -> str:
        """What the rejected answer says."""
        return self.rejected[-1].content
