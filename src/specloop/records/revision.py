"""What becomes of rules and of what hangs on them when the document changes."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from specloop.records.base import Record, Value, optional
from specloop.records.document import Rule
from specloop.records.results import Figure

ChangeKind = Literal["kept", "moved", "reworded", "split", "merged", "new", "gone"]
"""`kept`: same words in the same place; `moved`: same words in another section."""
FoundBy = Literal["id", "anchor", "quote", "words", "meaning"]
"""How an old rule was found again: by its id, by the anchor of its section or clause, by its exact
words, by the likeness of the words, by that of the meaning (embeddings)."""
Differing = Literal["section", "authority", "condition", "exception", "type", "check"]
Effect = Literal["stricter", "looser", "reversed", "editorial", "other"]
"""What a change of words does; `other`: something else is demanded, or it cannot be told."""


class RuleChange(Value):
    """How rules of an older version of a document stand to those of a newer one."""

    kind: ChangeKind
    old: tuple[str, ...] = ()
    """Ids of rules of the older version: none where the rule is new, several where they were
    merged."""
    new: tuple[str, ...] = ()
    """Ids of rules of the newer version: none where the rule is gone, several where it was
    split."""
    found_by: FoundBy | None = None
    likeness: float = 1.0
    """0 to 1."""
    differs: tuple[Differing, ...] = ()
    """What else differs besides the words."""
    effect: Effect | None = None
    """None for rules that are new, gone or the same."""
    effect_by: Literal["wording", "model"] = "wording"
    confidence: float | None = None
    """Of a model's judgement of the effect, 0 to 1."""
    reason: str = ""

    @property
    def is_same(self) -> bool:
        """Whether what was derived from the rule still holds as it is: same words, authority,
        condition and exceptions."""
        return self.kind in ("kept", "moved") and not set(self.differs) - {"section"}


class Revision(Record):
    """One update of a run for another version of its document."""

    FILE: ClassVar[str] = "revisions.jsonl"
    IDENTITY: ClassVar[tuple[str, ...]] = ("old", "new")

    old: str
    """Digest of the older version's text, as the manifest had it; `new`: of the newer one's."""
    new: str
    changes: tuple[RuleChange, ...]
    rules: tuple[Rule, ...] = ()
    """The older version's rules in force, those that are not the same any more: by their checks it
    is seen whether a model still follows them."""
    kept: dict[str, int] = optional({})
    """How many records held, by file; `back`: how many returned."""
    back: dict[str, int] = optional({})


RevisionPart = Literal["new", "old", "rest"]
"""A part of an evaluation after a revision: whether new and changed rules are followed, whether
those that they took the place of still are, and whether the rest is as before."""


class RevisionComparison(Value):
    """Two models on one figure, on the same probes."""

    label: str
    against: str
    difference: Figure
    margin: float
    """How much worse it may be and still counts as no worse."""
    is_no_worse: bool | None
    """Whether the whole interval lies above that; None without an interval."""


class RevisionFigure(Record):
    """One figure of an evaluation after a revision, of every model."""

    FILE: ClassVar[str] = "revision_figures.jsonl"
    IDENTITY: ClassVar[tuple[str, ...]] = ("trainer", "part", "name", "group", "benchmark")

    trainer: str
    """Whose models are compared."""
    part: RevisionPart
    name: str
    """`followed`, or a metric's name."""
    group: str = ""
    """A rule's id, or a group of the metric; empty for the total."""
    text: str
    """What it is about, in words."""
    better: Literal["up", "down", "neither"]
    benchmark: str
    """Digest of the probes."""
    values: dict[str, Figure]
    """By what tables call the model."""
    compared: tuple[RevisionComparison, ...] = ()


class SetAside(Record):
    """A record that fell out of a run when its document changed; it returns if its text does."""

    FILE: ClassVar[str] = "set_aside.jsonl"

    file: str
    """The file that it stood in."""
    content: dict[str, Any]
    """The record as it was."""
    reason: str
    """In words: `rule 0a1b ... was reworded`."""
    rules: tuple[str, ...] = ()
    """The old ids of the rules for which it fell out."""
    against: tuple[str, ...] = optional(())
    """The ids of new rules that it does not go with: it returns when none of them is in force, and
    all of the others are."""
    version: str = optional("")
    """Digest of all rules of then, where it goes with exactly these."""
    document: str = ""
    """Digest of the version of the document that it was made for."""
    place: int = optional(0)
    """Its line in the file, from 0."""


TriageOutcome = Literal["right", "inverted", "new answer", "irrelevant"]
"""What becomes of a stored pair whose rule has changed. `right`: it teaches the new rule as it is;
`inverted`: what was chosen breaks the rule now and what was rejected keeps it; `new answer`: its
request still serves, but another answer has to be chosen; `irrelevant`: it teaches nothing now."""


class PairTriage(Record):
    """What was decided on a stored pair whose rule has changed."""

    FILE: ClassVar[str] = "triaged.jsonl"
    IDENTITY: ClassVar[tuple[str, ...]] = ("pair", "old", "new")

    pair: str
    """The pair as it was."""
    old: tuple[str, ...]
    """Ids of the changed rules that it was about."""
    new: tuple[str, ...]
    """Ids of the rules that it was held against."""
    outcome: TriageOutcome
    reason: str
    """In words."""
    made: str = optional("")
    """The pair in its place; empty where there is none, or none yet."""
