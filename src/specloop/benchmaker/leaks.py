"""No prompt of the benchmark is one of the training data: compared, dropped and shown.

Compared is every user turn of the runs' seed prompts, probes and pairs, whatever their split. Two
texts are the same prompt if they differ in case, spacing and punctuation alone, or if their word
shingles have a Jaccard similarity of at least `NEAR`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from specloop.benchmaker.steps import left_out
from specloop.benchmaker.text import jaccard, normal, shingles
from specloop.benchmaker.write import PromptDraft
from specloop.records import Failure, Message, PreferencePair, Probe, Record, SeedPrompt, Value

NEAR = 0.6


class Near(Value):
    """The training text that is closest to a prompt."""

    similarity: float
    """In [0, 1]; 1 for the same words in the same order."""
    prompt: str = ""
    known: str = ""
    source: str = ""
    """Kind and id of the record that holds the training text."""

    @property
    def same(self) -> bool:
        """Whether the two count as one prompt."""
        return self.similarity >= NEAR


class LeakReport(Value):
    """What was compared, and how close the two came."""

    n_known: int
    """Different training texts compared with; 0 where no training data were given."""
    n_prompts: int
    n_dropped: int
    closest_dropped: Near | None = None
    closest_kept: Near | None = None
    """Of the finished benchmark, its adversarial prompts included."""


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
        """The closest training text; similarity 0 where none shares a shingle."""
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
        elif isinstance(record, Probe):
            yield from _turns(record.messages, f"probe {record.id}")
        elif isinstance(record, PreferencePair):
            yield from _turns(record.prompt, f"pair {record.id}")


def _turns(messages: Sequence[Message], source: str) -> Iterator[tuple[str, str]]:
    yield from ((m.content, source) for m in messages if m.role == "user")


def closest(found: Iterable[Near]) -> Near | None:
    """The closest of several, the first of equals."""
    return max(found, key=lambda near: near.similarity, default=None)


def without_known(
    drafts: Sequence[PromptDraft], known: Known
) -> tuple[list[PromptDraft], list[Near], list[Failure]]:
    """Drafts that are no training prompt; for each of the others how near it is, and a record that
    it was left out."""
    near = [(draft, known.nearest(draft.text)) for draft in drafts]
    fresh = [draft for draft, found in near if not found.same]
    leaks = [(draft, found) for draft, found in near if found.same]
    failures = [left_out(draft.label, told(found)) for draft, found in leaks]
    return fresh, [found for _, found in leaks], failures


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
