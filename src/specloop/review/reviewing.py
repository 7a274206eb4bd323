"""One person's review: which case is shown, what is decided, and what is taken back.

The terminal and the page both show this one state. Every decision is kept at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from statistics import median
from types import MappingProxyType
from typing import Literal, NamedTuple

from specloop.ended import is_blank
from specloop.errors import InputError
from specloop.gold import names_model, spelt
from specloop.progress import time_left
from specloop.records import (
    Decision,
    DecisionValue,
    GoldCase,
    GoldLabel,
    GoldValue,
    ReviewedItem,
)
from specloop.review.candidates import Said
from specloop.store import RecordStore

VALUES: Mapping[str, tuple[GoldValue, str]] = {
    "y": ("YES", "Yes"),
    "n": ("NO", "No"),
    "a": ("NA", "NA"),
    "t": ("cannot tell", "Can't tell"),
    "b": ("bad item", "Bad item"),
}
"""What can be said of a case, with its words, by key."""
QUESTION = "Does the answer keep the rule?"
DECISIONS: Mapping[str, tuple[DecisionValue, str]] = {
    "y": ("accept", "Accept"),
    "d": ("drop", "Drop"),
    "t": ("cannot tell", "Can't tell"),
}
"""What can be decided on a rule or a pair; accepted with a changed text it is edited."""
Reviewer = Literal["person", "model"]
"""Who labels; a model in a person's place."""
EDIT_KEYS = ("e", "r")
"""The keys that edit its texts, in their order."""
WHY = "say why first: c writes the reason"
MOST_COMMENT = 2000
"""Characters of a comment."""
MOST_RULE = 2000
MOST_TEXT = 20_000
"""Characters of an edited text."""
_LONGEST_NAME = 60
_BREAK_S = 600
"""A longer time between two labels was a break."""
Clock = Callable[[], str]


def utc_now() -> str:
    """The time in UTC, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class ReviewItem(NamedTuple):
    """A case to review; in settling with the labels that differ."""

    case: GoldCase
    labels: tuple[Said, ...] = ()
    guide: str = ""
    """The rule's rubric, in lines; empty without one."""
    texts: Mapping[str, str] = MappingProxyType({})
    """What may be edited, by name: the rule's text, or both sides of a pair."""
    before: tuple[str, ...] = ()
    """What is told beside it, in lines: what was said of it before its rule changed, what a triage
    of pairs said."""


class Review:
    """A person's labels of some cases, in their order; those of earlier sittings count."""

    values: Mapping[str, tuple[str, str]] = VALUES
    """What can be said, by key."""
    question = QUESTION
    kind: Reviewer = "person"
    """What the reviewer is."""

    def __init__(
        self,
        items: Sequence[ReviewItem],
        reviewer: str,
        store: RecordStore,
        *,
        settling: bool = False,
        clock: Clock = utc_now,
    ) -> None:
        self.items, self.reviewer, self.settling = items, reviewer, settling
        self.comment = ""
        """What the next decision will say in words."""
        self.texts: dict[str, str] = {}
        """What the person has written in the place of the item's texts."""
        self._begun: dict[str, tuple[str, dict[str, str]]] = {}
        """Comment and texts of the cases that an undo has left, until they are shown again."""
        self._store, self._clock = store, clock
        self._known = {case.id for case in store.read(self._shown)}
        self._labels = self._mine()

    @property
    def current(self) -> ReviewItem | None:
        """The case that is shown; None where all are labelled."""
        return next((item for item in self.items if item.case.id not in self._labels), None)

    @property
    def done(self) -> int:
        """Cases that are labelled."""
        return sum(item.case.id in self._labels for item in self.items)

    @property
    def progress(self) -> str:
        """How many are labelled, and the time left at the person's own pace."""
        n, total = self.done, len(self.items)
        if n == total:
            return f"{n} of {total}: all labelled"
        each = pace(self._labels.values())
        return f"{n} of {total}, {time_left(None if each is None else each * (total - n))}"

    def text_of(self, name: str) -> str:
        """A text of the item that is shown, as the person has left it."""
        item = self.current
        return self.texts.get(name, item.texts[name] if item else "")

    def write(self, name: str, text: str) -> None:
        """Write something else in the place of a text of the item that is shown."""
        item = self.current
        if item is None or name not in item.texts:
            return
        if _in_lines(text) == _in_lines(item.texts[name]):
            self.texts.pop(name, None)
        else:
            self.texts[name] = text

    def decide(self, value: str) -> str:
        """Say it of the case that is shown, and keep that; what prevents it, in words."""
        item = self.current
        if item is None:
            return ""
        label, trouble = self._said(item, value)
        if label is None:
            return trouble
        new = [] if item.case.id in self._known else [item.case]
        self._store.append([*new, label])
        self._known.add(item.case.id)
        self._labels[label.case] = label
        following = self.current
        self.comment, self.texts = self._begun.pop(following.case.id if following else "", ("", {}))
        return ""

    def undo(self) -> Said | None:
        """Take the last decision back, with its comment to be changed; None where there is none.
        What was written about the case that was shown is there when that is shown again."""
        ours = {item.case.id for item in self.items} & self._labels.keys()
        last = next((label for id_, label in reversed(self._labels.items()) if id_ in ours), None)
        if last is None:
            return None
        if shown := self.current:
            self._begun[shown.case.id] = self.comment, self.texts
        kind = type(last)
        self._store.replace(kind, [one for one in self._store.read(kind) if one.id != last.id])
        del self._labels[last.case]
        self.comment = last.comment
        self.texts = dict(last.texts) if isinstance(last, Decision) else {}
        return last

    @property
    def _shown(self) -> type[GoldCase]:
        return GoldCase

    @property
    def _kind(self) -> type[GoldLabel] | type[Decision]:
        return GoldLabel

    def _said(self, item: ReviewItem, value: str) -> tuple[Said | None, str]:
        return GoldLabel.model_validate(self._signed(item) | {"value": value}), ""

    def _signed(self, item: ReviewItem) -> dict[str, object]:
        return {
            "case": item.case.id,
            "by": self.reviewer,
            "kind": self.kind,
            "comment": self.comment.strip()[:MOST_COMMENT],
            "time": self._clock(),
            "settles": self.settling,
        }

    def _mine(self) -> dict[str, Said]:
        return {
            label.case: label
            for label in self._store.read(self._kind)
            if label.by == self.reviewer and label.settles == self.settling
        }


def _nothing(_: Sequence[Decision]) -> None:
    pass


class DecisionReview(Review):
    """A person's decisions on rules or pairs. What is accepted with a changed text is edited;
    dropping needs a reason."""

    values = DECISIONS
    question = "Is it right as it stands, or as you edit it?"

    changed: Callable[[Sequence[Decision]], object] = staticmethod(_nothing)
    """Lets decisions take effect; it is given those that were just taken back."""

    def decide(self, value: str) -> str:
        """The same, and let it take effect."""
        trouble = super().decide(value)
        self.changed(())
        return trouble

    def undo(self) -> Said | None:
        """The same, and let it take effect."""
        last = super().undo()
        self.changed([last] if isinstance(last, Decision) else [])
        return last

    @property
    def _shown(self) -> type[GoldCase]:
        return ReviewedItem

    @property
    def _kind(self) -> type[Decision]:
        return Decision

    def _said(self, item: ReviewItem, value: str) -> tuple[Said | None, str]:
        if value == "drop" and not self.comment.strip():
            return None, WHY
        texts = {
            name: text.strip()
            for name, text in self.texts.items()
            if value == "accept" and text.strip() != item.texts[name].strip()
        }
        if trouble := _trouble({**item.texts, **texts}) or _too_long(texts):
            return None, trouble
        said = {"value": "edit" if texts else value, "texts": texts}
        return Decision.model_validate(self._signed(item) | said), ""


def _in_lines(text: str) -> str:
    """The text with plain ends of lines: fields for text end lines in their own way."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def _too_long(texts: Mapping[str, str]) -> str:
    is_long = any(len(text) > MOST_TEXT for text in texts.values())
    return f"an edited text has at most {MOST_TEXT} characters" if is_long else ""


def _trouble(texts: Mapping[str, str]) -> str:
    """Why texts will not do, in words."""
    if any(is_blank(text) for text in texts.values()):
        return "a text is empty: write it, or drop the item with a reason"
    if len({" ".join(text.split()) for text in texts.values()}) < len(texts):
        return "both sides say the same: edit one of them, or drop the pair with a reason"
    if len(texts.get("rule", "")) > MOST_RULE or not texts.get("rule", "").isprintable():
        return f"a rule is one line of at most {MOST_RULE} characters"
    return ""


def pace(labels: Iterable[Said]) -> float | None:
    """The usual number of seconds between two labels, breaks left out; None if not known."""
    times = sorted(time for label in labels if (time := _time(label.time)))
    gaps = [(after - before).total_seconds() for before, after in pairwise(times)]
    return median(short) if (short := [gap for gap in gaps if gap <= _BREAK_S]) else None


def _time(text: str) -> datetime | None:
    """A label's time; None where a file has none, or one that cannot be read."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def check_name(name: str, labels: Iterable[Said], kind: Reviewer = "person") -> None:
    """InputError if nobody may label under that name here: it is none, or that of another
    labeller."""
    if not name.strip() or len(name) > _LONGEST_NAME or not name.isprintable():
        raise InputError(
            f"--by {name[:_LONGEST_NAME]!r}: say who labels, in 1 to {_LONGEST_NAME} characters"
        )
    if kind == "person" and names_model(name):
        raise InputError(f"--by {name}: that names a model; add --model, or take another name")
    for label in labels:
        if label.by == name and label.kind == "unknown":
            raise InputError(f"--by {name}: that is a file's name with labels here; take another")
        if label.by == name and label.kind != kind:
            raise InputError(f"--by {name}: that is a {label.kind} with labels here; take another")
        if label.by != name and spelt(label.by) == spelt(name):
            raise InputError(
                f"--by {name}: there are labels by {label.by}; write the same name to go on, or"
                " another one"
            )
