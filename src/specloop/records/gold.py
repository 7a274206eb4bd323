"""Gold: answers with one rule each, and what people or documents say of them."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from specloop.records.answers import Answer
from specloop.records.base import Record, Value, content_id, optional
from specloop.records.cases import Case
from specloop.records.conversation import Message, with_request
from specloop.records.document import Authority, Rule, Section
from specloop.records.results import Figure, JudgeFigures

GoldValue = Literal["YES", "NO", "NA", "cannot tell", "bad item"]
PairValue = Literal["first", "second", "equal", "cannot tell", "bad item"]
"""Which of two answers keeps the rule better."""
Refusal = Literal["full", "partial", "none"]
"""How far an answer refuses: nothing of what was asked is given; some of it, or something else in
its place; it is given."""
DecisionValue = Literal["accept", "edit", "drop", "cannot tell"]
LabellerKind = Literal["document", "person", "model", "unknown"]
"""Who gives a label: the authors of a document by its worked examples, a person, or a model;
`unknown`: a file that does not say."""


GoldPart = Literal["choose", "certify", "all"]
"""The part of the cases that wordings and options are chosen on, or the part that certifies what
was chosen."""


class GoldCase(Record):
    """An answer and a rule, on which judges are measured."""

    FILE: ClassVar[str] = "gold_cases.jsonl"
    IDENTITY: ClassVar[tuple[str, ...]] = ("messages", "answer", "rule_text", "chain")

    messages: tuple[Message, ...]
    """What was asked."""
    answer: str
    rule_text: str
    """What the answer is judged by: a rule, or a section with its rules."""
    chain: str = optional("")
    """What the rule depends on, a line each: with other exceptions or definitions it is another
    case. Empty where it depends on nothing, or nobody knows."""
    rules: tuple[str, ...] = ()
    """Ids of the document's rules that it is about, if known."""
    section: tuple[str, ...] = ()
    """The headings of the rule's section."""
    authority: Authority | None = None
    family: str = ""
    group: str = ""
    """Cases of one group are not independent, such as the answers to one request."""
    answered_by: str = ""
    """The model that gave the answer, if known."""
    source: str = ""
    """The gold source, as it was named."""
    place: str = ""
    """Where it stands: file and line, or file and number."""


def gold_case(
    asked: Case, answer: Answer, rule: Rule, section: Section | None = None, chain: str = ""
) -> GoldCase:
    """The case that an answer makes with one rule and what that depends on (`conditions_of`). It
    holds what judges are shown: the request as it was before an attack."""
    messages = with_request(asked.messages, asked.query)
    return GoldCase(
        messages=messages,
        answer=answer.text,
        rule_text=rule.text,
        chain=chain,
        rules=(rule.id,),
        section=section.path if section else (),
        authority=rule.authority,
        family=rule.family,
        group=content_id([turn.content for turn in messages]),
        answered_by=answer.model,
        place=f"answer {answer.id}",
    )


class GoldLabel(Record):
    """One labeller's verdict on a gold case; a settling one is kept beside the labeller's own."""

    FILE: ClassVar[str] = "gold_labels.jsonl"
    IDENTITY: ClassVar[tuple[str, ...]] = ("case", "by", "settles")

    case: str
    value: GoldValue
    by: str
    """The labeller's name; of a model its name with its backend."""
    kind: LabellerKind
    comment: str = ""
    time: str = ""
    """UTC, to the second; empty if not known."""
    settles: bool = optional(False)
    """Given in sight of labels that differ, to decide between them."""
    refusal: Refusal | None = optional(None)
    """How far the answer refuses, where the labeller says that."""


class GoldPair(Record):
    """Two answers to one request and a rule, on which judges that compare are measured."""

    FILE: ClassVar[str] = "gold_pairs.jsonl"
    IDENTITY: ClassVar[tuple[str, ...]] = ("messages", "answers", "rule_text")

    messages: tuple[Message, ...]
    """What was asked."""
    answers: tuple[str, str]
    """The first and the second; their order says nothing."""
    rule_text: str
    """What they are compared by: a rule, or that the request is followed."""
    rules: tuple[str, ...] = ()
    section: tuple[str, ...] = ()
    authority: Authority | None = None
    family: str = ""
    group: str = ""
    answered_by: tuple[str, str] = ("", "")
    """The models that gave the answers, if known."""
    source: str = ""
    place: str = ""


class GoldPreference(Record):
    """One labeller's word on which answer of a gold pair is better."""

    FILE: ClassVar[str] = "gold_preferences.jsonl"
    IDENTITY: ClassVar[tuple[str, ...]] = ("pair", "by")

    pair: str
    value: PairValue
    by: str
    kind: LabellerKind
    comment: str = ""
    time: str = ""


class ReviewedItem(GoldCase):
    """A rule or a pair that people decide on, as it is shown: of a pair the answer holds both
    sides, of a rule it is empty."""

    FILE: ClassVar[str] = "reviewed_items.jsonl"


class Decision(Record):
    """One person's decision on a rule or a pair; a settling one is kept beside the person's own."""

    FILE: ClassVar[str] = "decisions.jsonl"
    IDENTITY: ClassVar[tuple[str, ...]] = ("case", "by", "settles")

    case: str
    """The reviewed item."""
    value: DecisionValue
    texts: dict[str, str] = Field(default_factory=dict)
    """What the person wrote in the place of a text, by its name: `rule`, `chosen`, `rejected`."""
    by: str
    kind: Literal["person"] = "person"
    comment: str = ""
    """Why."""
    time: str = ""
    """UTC, to the second."""
    settles: bool = optional(False)


class Labeller(Value):
    """Who gave labels that a certificate rests on, and how many."""

    by: str
    kind: LabellerKind
    n: int


class GoldSample(Value):
    """The answers that a certificate rests on, to tell whether others resemble them."""

    rules: tuple[str, ...] = ()
    """Ids of the rules, and texts of what is about one rule."""
    lengths: tuple[int, int] | None = None
    """Characters of the answers: nine in ten lie between these two."""
    said_kept: float | None = None
    """The share of decided verdicts that the judge says are kept."""
    doubt: float | None = None
    """How unsure the judge is on average, 0 to 1; None where it gives no probabilities."""


class FittedHead(Value):
    """How the members of a judge that weighs them are best weighed, by labels."""

    weights: tuple[float, ...] = ()
    """Of each member's log-odds of YES; empty where none could be fitted."""
    bias: float = 0.0
    threshold: float = 0.5
    """The probability of YES with the highest mean of sensitivity and specificity."""
    ridge: float = 0.0
    """The strength of the penalty on the weights that was best for labels left out of the fit."""
    aucs: tuple[Figure, ...] = ()
    """The AUC of the fitted head on labels left out of its fit, of the members' mean and of each
    member, by group."""
    why: str = optional("")
    """Why nothing could be fitted."""


class Certificate(JudgeFigures):
    """What a judge was measured to be worth on labels: `sensitivity`, `specificity` and others."""

    FILE: ClassVar[str] = "certificates.jsonl"
    IDENTITY: ClassVar[tuple[str, ...]] = (
        "judge",
        "settings",
        "model",
        "request_digest",
        "part",
        "gold_digest",
    )

    part: GoldPart
    gold: tuple[str, ...]
    """The gold sources by name."""
    gold_digest: str
    """Digest of the cases and labels."""
    labellers: tuple[Labeller, ...]
    """On whose labels it rests."""
    n_left_out: int = 0
    """Labelled cases that say neither kept nor broken, or on which labellers disagree."""
    sample: GoldSample | None = optional(None)
    head: FittedHead | None = optional(None)
    """What was fitted on the labels of the part to choose on, for a judge that weighs members."""

    @property
    def certifies(self) -> bool:
        """Whether it says how far a judge of single answers is believed."""
        return self.part != "choose" and self.figure("sensitivity") is not None

    @property
    def n_labels(self) -> int:
        """The labels on which the judge decided."""
        both = (self.figure(name) for name in ("sensitivity", "specificity"))
        return sum(figure.n for figure in both if figure)


class RefusalCertificate(Certificate):
    """What a refusal judge was measured to be worth on labels."""

    FILE: ClassVar[str] = "refusal_certificates.jsonl"
