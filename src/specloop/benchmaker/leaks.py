"""Keep training data out of the benchmark: compare its prompts, drop matches and report them.

Every user turn of the runs' seed prompts, probes and pairs of any split is compared. Two
texts are the same prompt if they differ only in case, spacing and punctuation, or if their word
shingles have a Jaccard similarity of at least `NEAR`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from specloop.benchmaker.steps import left_out
from specloop.benchmaker.text import jaccard, normal, shingles
from specloop.benchmaker.write import PromptDraft
from specloop.records import Case, Failure, Message, PreferencePair, Record, SeedPrompt, Value

NEAR = 0.6


class Near(Value):
    """The training text that is closest to a prompt."""

    similarity: float
    """The similarity in [0, 1]; 1 for the same words in the same order."""
    prompt: str = ""
    known: str = ""
    source: str = ""
    """The kind and id of the record with the training text."""

    @property
    def same(self) -> bool:
        """Whether the two count as one prompt."""
        return self.similarity >= NEAR


class LeakReport(Value):
    """What was compared, and how close it was."""

    n_known: int
    """How many different training texts were compared; 0 if there is no training data."""
    n_prompts: int
    n_dropped: int
    closest_dropped: Near | None = None
    closest_kept: Near | None = None
    """The closest prompt of the finished benchmark, adversarial prompts included."""


class Known:
    """Training texts, indexed by their shingles."""

    def __init__(self, texts: Iterable[tuple[str, str]] = ()) -> None:
        """`texts` are (text, source); of equal texts the first source is named."""
        self._texts: list[tuple[str, str]] = []
        self._holders: defaultdict[object, list[int]] = defaultdict(list)
        self._whole: dict[str, int] = {}
        for text, source in texts:
            if normal(text) and normal(text) not in self._whole:
                self._add(text, source)

    def __len__(self) -> int:
        return len(self._texts)

    def _add(self, text: str, source: str) -> None:
        place = len(self._texts)
        self._texts.append((text, source))
        self._whole[normal(text)] = place
        for shingle in shingles(text):
            self._holders[shingle].append(place)

    def nearest(self, prompt: str) -> Near:
        """The closest training text; similarity 0 if none shares a shingle."""
        own = shingles(prompt)
        exact = self._whole.get(normal(prompt))
        places = {place for shingle in own for place in self._holders.get(shingle, ())}
        near = Near(similarity=0.0, prompt=prompt)
        for place in [exact] if exact is not None else sorted(places):
            text, source = self._texts[place]
            value = 1.0 if place == exact else jaccard(own, shingles(text))
            if value > near.similarity:
                near = Near(similarity=value, prompt=prompt, known=text, source=source)
        return near


def training_texts(records: Iterable[Record]) -> Iterator[tuple[str, str]]:
    """The prompts of training data, with their source: those of seed prompts, probes and pairs."""
    for record in records:
        if isinstance(record, SeedPrompt):
            yield record.text, f"seed {record.id}"
        elif isinstance(record, Case):
            yield from _turns(record.messages, f"probe {record.id}")
        elif isinstance(record, PreferencePair):
            yield from _turns(record.prompt, f"pair {record.id}")


def _turns(messages: Sequence[Message], source: str) -> Iterator[tuple[str, str]]:
    yield from ((m.content, source) for m in messages if m.role == "user")


def closest(candidates: Iterable[Near]) -> Near | None:
    """The closest of several; of equals the first."""
    return max(candidates, key=lambda near: near.similarity, default=None)


def without_known(
    drafts: Sequence[PromptDraft], known: Known
) -> tuple[list[PromptDraft], list[Near], list[Failure]]:
    """The drafts that are not training prompts; for each other one its nearest text and a record
    that it was left out."""
    near = [(draft, known.nearest(draft.text)) for draft in drafts]
    fresh = [draft for draft, nearest in near if not nearest.same]
    leaks = [(draft, nearest) for draft, nearest in near if nearest.same]
    failures = [left_out(draft.label, told(nearest)) for draft, nearest in leaks]
    return fresh, [nearest for _, nearest in leaks], failures


def told(near: Near) -> str:
    """Why a prompt is left out."""
    return f"is training data: {near.source} at similarity {near.similarity:.2f}"


def report(known: Known, n_prompts: int, leaks: Sequence[Near], kept: Sequence[str]) -> LeakReport:
    """The report on a finished benchmark whose texts are `kept`."""
    return LeakReport(
        n_known=len(known),
        n_prompts=n_prompts,
        n_dropped=len(leaks),
        closest_dropped=closest(leaks),
        closest_kept=closest(map(known.nearest, dict.fromkeys(kept))) if len(known) else None,
    )
