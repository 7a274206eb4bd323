"""One person's review: which case is shown, what is decided, and what is taken back.

The terminal and the page both show this one state. Every decision is kept at once.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from specloop.errors import InputError
from specloop.progress import time_left
from specloop.records import GoldCase, GoldLabel, GoldValue
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
MOST_COMMENT = 2000
"""Characters of a comment."""
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
    labels: tuple[GoldLabel, ...] = ()


class Review:
    """A person's decisions on some cases, in their order; those of earlier sittings count."""

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
        self._store, self._clock = store, clock
        self._known = {case.id for case in store.read(GoldCase)}
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

    def decide(self, value: GoldValue) -> None:
        """Label the case that is shown, and keep that."""
        item = self.current
        if item is None:
            return
        label = GoldLabel(
            case=item.case.id,
            value=value,
            by=self.reviewer,
            kind="person",
            comment=self.comment.strip()[:MOST_COMMENT],
            time=self._clock(),
            settles=self.settling,
        )
        new = [] if item.case.id in self._known else [item.case]
        self._store.append([*new, label])
        self._known.add(item.case.id)
        self._labels[label.case] = label
        self.comment = ""

    def undo(self) -> bool:
        """Take the last decision back, with its comment to be changed; False where there is
        none."""
        ours = {item.case.id for item in self.items} & self._labels.keys()
        last = next((label for id_, label in reversed(self._labels.items()) if id_ in ours), None)
        if last is None:
            return False
        self._store.replace(
            GoldLabel, [label for label in self._store.read(GoldLabel) if label.id != last.id]
        )
        del self._labels[last.case]
        self.comment = last.comment
        return True

    def _mine(self) -> dict[str, GoldLabel]:
        return {
            label.case: label
            for label in self._store.read(GoldLabel)
            if label.by == self.reviewer and label.settles == self.settling
        }


def pace(labels: Iterable[GoldLabel]) -> float | None:
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


def _spelt(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def check_name(name: str, labels: Iterable[GoldLabel]) -> None:
    """InputError if a person may not label under that name here: it is none, or that of another
    labeller."""
    if not name.strip() or len(name) > _LONGEST_NAME or not name.isprintable():
        raise InputError(
            f"--by {name[:_LONGEST_NAME]!r}: say who labels, in 1 to {_LONGEST_NAME} characters"
        )
    for label in labels:
        if label.by == name and label.kind != "person":
            raise InputError(f"--by {name}: that is a {label.kind} with labels here; take another")
        if label.by != name and _spelt(label.by) == _spelt(name):
            raise InputError(
                f"--by {name}: there are labels by {label.by}; write the same name to go on, or"
                " another one"
            )
