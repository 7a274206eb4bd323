"""Every record that crosses a stage, in pipeline order.

A record is frozen and validated, and its `id` is a hash of its content, so reruns, resume and
deduplication need no bookkeeping. Where a later stage fills fields of a record (annotations of a
rule), the id covers only the fields that say *which* thing it is: the class lists them in
`IDENTITY`.
"""

from __future__ import annotations

import hashlib
import json
import operator
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from specloop.ended import End, Finish, Silence, end_of

Role = Literal["system", "developer", "user", "assistant", "tool"]
Authority = Literal["root", "system", "developer", "user", "guideline"]
Split = Literal["train", "validation", "test"]
Side = Literal["violation", "permitted"]
VerdictValue = Literal["YES", "NO", "NA", "unscored"]
Category = Literal["safety", "behavioral"]
RuleType = Literal["prohibition", "requirement", "guideline", "definition"]
Direction = Literal["positive", "negative"]
Stage = Literal["understand", "decide", "compose", "present"]
FailureKind = Literal["failed", "left out"]
EditField = Literal["text", "category", "type", "direction", "check", "drop", "added"]

STAGES: tuple[Stage, ...] = ("understand", "decide", "compose", "present")
"""Processing stages of an answer, in their order of priority."""


def content_id(content: Any) -> str:
    """Hash JSON-able content to 16 hex digits, independent of key order."""
    canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode(errors="replace")).hexdigest()[:16]


class Value(BaseModel):
    """A frozen, strict value inside records."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Record(Value):
    """A value with a content-hash `id`, stored one a line in the file named by `FILE`."""

    FILE: ClassVar[str] = ""
    IDENTITY: ClassVar[tuple[str, ...]] = ()
    """Fields the id is made of; empty means all of them."""
    PASSING: ClassVar[bool] = False
    """Whether nothing is made from it: written without waiting for the disk."""

    id: str = ""

    @model_validator(mode="after")
    def _fill_id(self) -> Self:
        if not self.id:
            include = set(self.IDENTITY) if self.IDENTITY else None
            content = self.model_dump(mode="json", include=include, exclude={"id"})
            object.__setattr__(self, "id", content_id(content))
        return self


class ToolCall(Value):
    """A call of a tool that the assistant asked for."""

    id: str
    name: str
    arguments: str
    """JSON, as the model wrote it."""

    @model_validator(mode="before")
    @classmethod
    def _of_api(cls, told: Any) -> Any:
        """OpenAI's form is read too, with the name and the arguments in `function`."""
        if isinstance(told, dict) and "function" in told:
            told = {"id": told.get("id"), **told["function"]}
            if not isinstance(told.get("arguments"), str):
                told["arguments"] = json.dumps(told.get("arguments"), ensure_ascii=False)
        return told


def optional(default: Any) -> Any:
    """A field that is left out where it is not set, so that a plain turn keeps its digest."""
    return Field(default=default, exclude_if=operator.not_)


class Message(Value):
    """One turn of a conversation. A list of text parts is read as well, in OpenAI's form."""

    role: Role
    content: str
    """All that was said, parts joined by line ends."""
    parts: tuple[str, ...] = optional(())
    """The texts of `content`, where it came in parts."""
    tool_calls: tuple[ToolCall, ...] = optional(())
    tool_call_id: str = optional("")
    """The call that a tool's turn is the result of."""

    @model_validator(mode="before")
    @classmethod
    def _of_api(cls, told: Any) -> Any:
        if not isinstance(told, dict):
            return told
        content = told.get("content")
        if isinstance(content, list):
            parts = [_Part.model_validate(part).text for part in content]
            return told | {"content": "\n".join(parts), "parts": parts}
        return told | {"content": ""} if content is None and told.get("tool_calls") else told

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.tool_calls and self.role != "assistant":
            raise ValueError(f"tool_calls are the assistant's: a turn of {self.role!r} has none")
        if self.tool_call_id and self.role != "tool":
            raise ValueError(f"tool_call_id is a tool's: a turn of {self.role!r} has none")
        if self.parts and self.content != "\n".join(self.parts):
            raise ValueError("content must be the parts, joined by line ends")
        return self

    @property
    def written(self) -> str:
        """What was said and the tools that were called, as one text."""
        calls = [f"{call.name} {call.arguments}" for call in self.tool_calls]
        return "\n".join([self.content, *calls] if self.content else calls)


class _Part(Value):
    """A text part in OpenAI's form."""

    type: Literal["text"]
    text: str


Turns = Annotated[tuple[Message, ...], Field(min_length=1)]


def said(text: str) -> tuple[Message, ...]:
    """An answer as turns of a conversation."""
    return (Message(role="assistant", content=text),)


class Sampling(Value):
    """How a reply is drawn. Part of the request: without the seed a cache turns best-of-8 into
    best-of-1."""

    temperature: float = Field(default=0.0, ge=0, allow_inf_nan=False)
    top_p: float = Field(default=1.0, gt=0, le=1)
    top_k: int = Field(default=0, ge=0)
    """0 means no limit."""
    max_tokens: int = Field(default=256, ge=1)
    seed: int = 0
    stop: tuple[str, ...] = ()


class MadeBy(Value):
    """What wrote a record: a model with its prompt and sampling, or a plain strategy without a
    model."""

    model: str
    prompt: str = ""
    """Digest of the prompt file; empty where none was used."""
    sampling: Sampling | None = None


class Section(Record):
    """A part of the document under one heading; `document[start:end] == text` in code points."""

    FILE: ClassVar[str] = "sections.jsonl"
    IDENTITY: ClassVar[tuple[str, ...]] = ("path", "anchor", "ordinal")

    path: tuple[str, ...]
    """Headings from the outermost to the section's own; empty for text before the first heading."""
    anchor: str = ""
    ordinal: int = 0
    """Counts earlier sections of the same path and anchor."""
    level: int = 0
    authority: Authority | None = None
    tags: tuple[str, ...] = ()
    text: str
    start: int
    end: int


class Condition(Value):
    """A condition on the user's request that code can decide: it mentions one of some words."""

    mentions: tuple[str, ...]
    """Words or phrases; matched at word borders, any case, with plural and simple inflections."""
    together_with: tuple[str, ...] = ()
    """Where given, the request must mention one of these as well."""


class CheckCall(Value):
    """A check by name with its options: how code decides a rule. See `specloop.checks`."""

    name: str
    options: dict[str, Any] = Field(default_factory=dict)
    when: Condition | None = None
    """The rule applies only to requests that meet this condition."""
    only: bool = False
    """The rule's wording also forbids the behaviour where the condition does not hold."""
    unless: tuple[Condition, ...] = ()
    """The rule does not apply to requests that meet one of these conditions (exceptions)."""
    leaves: str = ""
    """What else the wording demands: such a check is of a part and never decides a rule."""


class Rule(Record):
    """One testable obligation, with its exact place: `document[start:end] == quote`."""

    FILE: ClassVar[str] = "rules.jsonl"
    IDENTITY: ClassVar[tuple[str, ...]] = ("section", "text")

    section: str
    text: str
    quote: str
    start: int
    end: int
    category: Category = "behavioral"
    type: RuleType = "requirement"
    direction: Direction = "positive"
    stage: Stage = "compose"
    domain: str = "general"
    family: str = ""
    specificity: int = Field(default=1, ge=1, le=3)
    """1 general, 2 conditional or topical, 3 names an exact case or wording."""
    exception_to: str | None = None
    authority: Authority | None = None
    rationale: str = ""
    check: CheckCall | None = None
    part: CheckCall | None = None
    """A check of a part of the rule, where code cannot decide the whole of it."""
    scope: tuple[str, ...] = ()
    """What stands outside the sentence and may narrow it: headings below the document's title, the
    cells of its row and column, the lead-in of its list."""
    extracted_by: MadeBy | None = None
    annotated_by: MadeBy | None = None


class Edit(Record):
    """What a person changed in one field of a rule, against what the document gives."""

    FILE: ClassVar[str] = "edits.jsonl"
    IDENTITY: ClassVar[tuple[str, ...]] = ("rule", "field")

    rule: str
    wording: str
    """The text of the rule in the document; of an added rule, what it was added with."""
    section: str = ""
    path: tuple[str, ...] = ()
    """The headings of its section."""
    field: EditField
    before: Any = None
    after: Any = None
    author: str = ""
    time: str = ""
    """When it was first seen: the time of the file it stood in, UTC."""
    reason: str = ""


class GradedAnswer(Value):
    """One answer of a worked example, as the document's authors graded it."""

    messages: tuple[Message, ...]
    grade: Literal["GOOD", "OK", "BAD"] | None = None
    comment: str = ""


class Example(Record):
    """A worked example in the document: a conversation and graded answers."""

    FILE: ClassVar[str] = "examples.jsonl"

    section: str
    title: str = ""
    conversation: tuple[Message, ...]
    answers: tuple[GradedAnswer, ...]
    comment: str = ""
    rules: tuple[str, ...] = ()
    start: int
    end: int


class Conflict(Value):
    """Two rules that pull apart, and which one the priority order prefers."""

    winner: str
    loser: str
    settled_by: Literal["stage", "direction", "exception", "specificity", "order"]


class Instance(Record):
    """A concrete specification: 8 to 13 rule ids in priority order."""

    FILE: ClassVar[str] = "instances.jsonl"

    rules: tuple[str, ...]
    seed: int
    split: Split = "train"
    conflicts: tuple[Conflict, ...] = ()
    unmet: tuple[str, ...] = ()
    """Constraints the document's rules could not meet, in words."""


class SeedPrompt(Record):
    """An everyday request that probes start from."""

    FILE: ClassVar[str] = "seeds.jsonl"
    IDENTITY: ClassVar[tuple[str, ...]] = ("topic", "text")

    topic: str
    text: str
    split: Split = "train"
    made_by: MadeBy | None = None


class Probe(Record):
    """One prompt written to test one or more rules of an instance."""

    FILE: ClassVar[str] = "probes.jsonl"

    messages: tuple[Message, ...]
    instance: str
    rules: tuple[str, ...]
    """The rules it targets."""
    side: Side
    split: Split
    topic: str = ""
    seed_prompt: str = ""
    attack: str = ""
    strategy: str = ""
    twin_of: str | None = None
    made_by: MadeBy | None = None


class Response(Record):
    """A model's answer to a probe."""

    FILE: ClassVar[str] = "responses.jsonl"
    IDENTITY: ClassVar[tuple[str, ...]] = (
        "probe",
        "text",
        "finish",
        "purpose",
        "target",
        "repairs",
        "source",
        "made_by",
    )

    probe: str
    text: str
    finish: Finish = "stop"
    silent: Silence = ""
    """Why there is no text, where there is none."""
    purpose: Literal["defender", "constrained", "repaired", "spoilt", "evaluation"]
    target: str = ""
    """Which evaluated model or baseline wrote it; empty in synthesis."""
    repairs: tuple[str, ...] = ()
    """Rule ids whose check edited the text, in the order applied."""
    source: str | None = None
    """The response this one was edited from."""
    made_by: MadeBy

    @property
    def end(self) -> End:
        """How it ended."""
        return end_of(self.text, self.finish, self.silent)


class Exchange(Record):
    """One round of planner, attacker and defender, and how it ended."""

    FILE: ClassVar[str] = "exchanges.jsonl"

    probe: str
    response: str
    wave: int
    round: int
    strategy: str
    roles: dict[str, str]
    """Role -> model name (or plain strategy) that filled it."""
    switched: bool = False
    """Attacker and defender had traded models because the round before ended in a violation."""
    violated: tuple[str, ...] = ()


class Verdict(Record):
    """A judge's answer on one (response, rule)."""

    FILE: ClassVar[str] = "verdicts.jsonl"

    response: str
    rule: str
    value: VerdictValue
    judge: str
    kind: Literal["check", "llm"]
    rationale: str = ""
    probability: float | None = None
    """The judge's probability of YES, where known."""
    over_applied: bool = False
    """NO because a conditional rule was applied where its condition does not hold."""
    suspicions: tuple[str, ...] = ()
    """Signs that the judged text tries to write its own verdict; such a verdict is unscored."""
    made_by: MadeBy | None = None


class QualityScore(Record):
    """The quality judge's score of a response, in [0, 1]; None means it could not be read."""

    FILE: ClassVar[str] = "qualities.jsonl"

    response: str
    score: float | None
    judge: str
    reason: str = ""
    """Why there is no score."""
    suspicions: tuple[str, ...] = ()
    made_by: MadeBy | None = None


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
    pairing: str
    side: Side
    split: Split

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


class TrainingRun(Record):
    """One training: where its model lies and how it was chosen."""

    FILE: ClassVar[str] = "trainings.jsonl"
    IDENTITY: ClassVar[tuple[str, ...]] = ("trainer", "base", "settings", "pairs_digest")

    trainer: str
    title: str
    """What the trainer is called in a sentence."""
    preferences: bool
    """It has learned from the rejected answers as well as from the chosen ones."""
    base: str
    settings: dict[str, Any]
    pairs_digest: str
    n_pairs: int
    model_path: str
    """Merged model for `hf:`, relative to the run folder."""
    adapter_path: str = ""
    """LoRA adapter in PEFT's form, relative to the run folder; empty where all weights were
    trained, or none."""
    gguf_path: str = ""
    """F16 GGUF for `embedded:`, relative to the run folder."""
    best_step: int
    best_score: float
    """Validation score of the kept checkpoint: compliance of generated answers."""
    stopped_early: bool = False
    kept_share: float = 1.0
    """Share of the weights' change that is in the model: between base (0) and trained (1)."""
    wall_s: float = 0.0
    peak_rss_mb: float = 0.0


class Metric(Value):
    """One figure with what it rests on."""

    name: str
    group: str = ""
    """What it is about: empty for the total, else a rule id, 'held-out rules', ..."""
    value: float | None
    n: int
    ci_low: float | None = None
    ci_high: float | None = None
    n_unscored: int = 0
    bound_low: float | None = None
    """The value if every unscored case had failed; `bound_high`: if every one had passed."""
    bound_high: float | None = None
    p_value: float | None = None
    """Of a paired difference: two-sided, from a sign-flip test over clusters."""
    judge: str = "check"


class Cost(Value):
    """Tokens, calls and seconds spent. What came from the cache is in no count of tokens."""

    n_calls: int = 0
    """Calls that were answered, from the cache or by the model."""
    n_cached: int = 0
    n_failed: int = 0
    """Calls that were given up."""
    n_failed_attempts: int = 0
    """Attempts that failed, whether or not a later one was answered."""
    prompt_tokens: int = 0
    cached_tokens: int = 0
    """The part of the prompt that the server had already."""
    completion_tokens: int = 0
    reasoning_tokens: int = 0
    """The part of the completion that was spent on reasoning, where the server tells."""
    wall_s: float = 0.0
    """Time in which at least one call was under way."""


class Evaluation(Record):
    """A model (and method) measured on the run's held-out probes."""

    FILE: ClassVar[str] = "evaluations.jsonl"
    IDENTITY: ClassVar[tuple[str, ...]] = ("label", "model", "method", "benchmark")

    label: str
    """Short name in tables: base, prompt-only, sft, dpo."""
    model: str
    method: str
    benchmark: str
    """Digest of the probes it was measured on."""
    against: str | None = None
    metrics: tuple[Metric, ...]
    """Its own rates."""
    differences: tuple[Metric, ...] = ()
    """Paired differences to `against`."""
    left_out: dict[str, str] = Field(default_factory=dict)
    """Figures that could not be had, with the reason."""
    cost: Cost = Cost()


class Failure(Record):
    """One item that failed while the run went on."""

    FILE: ClassVar[str] = "failures.jsonl"

    stage: str
    item: str
    reason: str
    kind: FailureKind = "failed"
    """`left out`: it was worked on in full, and what came of it was not fit to keep."""
    record: str = ""
    """Id of the record that it did not become, where that is known: a later try may have."""
