"""Gold sources: where labelled verdicts come from. One file per source.

Gold is named `SOURCE:WHERE`, such as `examples:policy.md` or `rows:labels.csv`.
"""

from __future__ import annotations

import unicodedata
from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import Generic, NamedTuple, TypeVar

from specloop.errors import InputError
from specloop.llm.backends import backends
from specloop.records import (
    Decision,
    GoldCase,
    GoldLabel,
    GoldPair,
    GoldPreference,
    LabellerKind,
    Rule,
)
from specloop.registry import Registry, Strategy
from specloop.store import RunFolder

FOLLOWED = (
    "The answer follows the instruction in the request: it does what is asked for, correctly and"
    " in full, and nothing else in its place."
)
"""What answers are compared by where no rule is named."""
_SHARED = {"messages", "rule_text", "rules", "section", "authority", "family", "group", "place"}
"""What a pair has of the cases that it is made of."""
_TURNED = {"first": "second", "second": "first"}

S = TypeVar("S", GoldCase, GoldPair)
L = TypeVar("L", GoldLabel, GoldPreference)
D = TypeVar("D", GoldLabel, Decision)


class Labelled(NamedTuple, Generic[S, L]):
    """A case or a pair with one label of it."""

    subject: S
    label: L


GoldItem = Labelled[GoldCase, GoldLabel]
PairItem = Labelled[GoldPair, GoldPreference]


class Gold(NamedTuple):
    """Cases, each once, and their labels: one for each case and labeller."""

    cases: tuple[GoldCase, ...]
    labels: tuple[GoldLabel, ...]


class GoldPairs(NamedTuple):
    """Pairs of answers, each once, and their labels: one for each pair and labeller."""

    pairs: tuple[GoldPair, ...]
    labels: tuple[GoldPreference, ...]


class GoldSource(Strategy):
    """One kind of source of labelled verdicts."""

    @abstractmethod
    def read(self, where: str, rules: Sequence[Rule] = ()) -> Iterable[GoldItem]:
        """All labels that it has; `rules` are those that it may name by their ids.

        InputError, with the place, if it cannot be used.
        """

    def read_pairs(self, where: str, rules: Sequence[Rule] = ()) -> Iterable[PairItem]:
        """All pairs of answers that it has, with the better one: unless it has others, two answers
        to one request of which a labeller says that one keeps the rule and the other breaks it."""
        return _pairs_of(self.read(where, rules))


gold: Registry[GoldSource] = Registry(GoldSource, "specloop.gold")


def load_gold(names: Sequence[str], rules: Sequence[Rule] = ()) -> Gold:
    """Read gold from several sources. InputError if there is none, if a name is wrong, or if a
    labeller says two things about one case or is of two kinds."""
    cases, labels = _merged(names, lambda source, where: source.read(where, rules))
    return Gold(tuple(cases), tuple(labels))


def load_pairs(names: Sequence[str], rules: Sequence[Rule] = ()) -> GoldPairs:
    """Read pairs from several sources, with their answers in the order of their texts, so that a
    pair is the same whichever of the two came first. InputError as of `load_gold`."""

    def read(source: GoldSource, where: str) -> Iterable[PairItem]:
        return map(_ordered, source.read_pairs(where, rules))

    pairs, labels = _merged(names, read)
    return GoldPairs(tuple(pairs), tuple(labels))


def only_pairs(name: str) -> InputError:
    """The error of a source that is asked for labels of single answers and has none."""
    return InputError(
        f"{name}: it holds pairs of answers; measure a judge that compares two: --judge pairwise"
    )


def _merged(
    names: Sequence[str], read: Callable[[GoldSource, str], Iterable[Labelled[S, L]]]
) -> tuple[list[S], list[L]]:
    """What is labelled, each once, and its labels."""
    subjects: dict[str, S] = {}
    by_label: dict[str, Labelled[S, L]] = {}
    by_name: dict[str, Labelled[S, L]] = {}
    for name in names:
        for item in read(*_source(name)):
            subject = item.subject.model_copy(update={"source": name})
            subjects.setdefault(subject.id, subject)
            _refuse_contradiction(by_label.setdefault(item.label.id, item), item)
            _refuse_two_labellers(by_name.setdefault(spelt(item.label.by), item), item)
    if not subjects:
        if names:
            raise InputError(
                f"{', '.join(names)}: no labels are there; label answers, or name others"
            )
        raise InputError(f"no gold is named: no labels; {_remedy()}")
    return list(subjects.values()), [item.label for item in by_label.values()]


def _pairs_of(items: Iterable[GoldItem]) -> Iterator[PairItem]:
    """Every kept rule with every broken one of the same request, rule and labeller; none of texts
    that answer nothing."""
    groups: dict[tuple[object, ...], list[GoldItem]] = {}
    for item in items:
        key = (item.subject.messages, item.subject.rule_text, item.label.by)
        if any(turn.content.strip() for turn in item.subject.messages):
            groups.setdefault(key, []).append(item)
    for group in groups.values():
        for kept, broken in product(group, group):
            if (kept.label.value, broken.label.value) == ("YES", "NO"):
                yield _preferred(kept, broken)


def _preferred(kept: GoldItem, broken: GoldItem) -> PairItem:
    case, other = kept.subject, broken.subject
    shared = case.model_dump(include=_SHARED)
    pair = GoldPair(
        answers=(case.answer, other.answer),
        answered_by=(case.answered_by, other.answered_by),
        **shared,
    )
    return PairItem(
        pair, GoldPreference(pair=pair.id, value="first", by=kept.label.by, kind=kept.label.kind)
    )


def _ordered(item: PairItem) -> PairItem:
    """The pair with its answers in the order of their texts. InputError if they are one text."""
    pair, label = item
    first, second = pair.answers
    if first == second:
        raise InputError(f"{pair.place}: both answers are the same text; take the pair out")
    if first < second:
        return item
    turned = GoldPair.model_validate(
        pair.model_dump(exclude={"id"})
        | {"answers": (second, first), "answered_by": pair.answered_by[::-1]}
    )
    value = _TURNED.get(label.value, label.value)
    said = label.model_dump(exclude={"id"}) | {"pair": turned.id, "value": value}
    return PairItem(turned, GoldPreference.model_validate(said))


def keep_gold(
    folder: RunFolder,
    subjects: Iterable[GoldCase | GoldPair],
    labels: Sequence[GoldLabel | GoldPreference],
) -> None:
    """Put cases, or pairs, and labels in a run's gold. A label that was corrected since takes the
    place of the one that is there, unless that one was given later."""
    folder.append_new(subjects)
    _keep(folder, GoldLabel, [label for label in labels if isinstance(label, GoldLabel)])
    _keep(folder, GoldPreference, [one for one in labels if isinstance(one, GoldPreference)])


def _keep(folder: RunFolder, kind: type[L], labels: Sequence[L]) -> None:
    known = {label.id: label for label in folder.read(kind)}
    new = {label.id: label for label in labels}
    corrected = {
        id_: label
        for id_, label in new.items()
        if id_ in known and label != known[id_] and label.time >= known[id_].time
    }
    if corrected:
        folder.replace(kind, [corrected.get(id_, label) for id_, label in known.items()])
    folder.append_new(new.values())


def in_force(labels: Iterable[D]) -> list[D]:
    """The labels that count: where somebody has settled a difference, only the settling ones."""
    each = list(labels)
    settled = {label.case for label in each if label.settles}
    return [label for label in each if label.settles or label.case not in settled]


def _source(name: str) -> tuple[GoldSource, str]:
    source, _, where = name.partition(":")
    if not where:
        raise InputError(f"{name!r} names no gold; {_remedy()}")
    return gold.build(source), where


def _remedy() -> str:
    return f"name labelled verdicts: {', '.join(f'{name}:WHERE' for name in gold.names())}"


def _refuse_contradiction(first: Labelled[S, L], other: Labelled[S, L]) -> None:
    said, otherwise_said = _words(first.label), _words(other.label)
    if said != otherwise_said and isinstance(first.label, GoldPreference):
        # Their values are of the answers in the order of their texts, not as they are written.
        raise InputError(
            f"{first.subject.place} and {other.subject.place} say different things of the same two"
            f" answers, both by {first.label.by}; keep one of them, or name two labellers"
        )
    if said != otherwise_said:
        raise InputError(
            f"{first.subject.place} says {said} and {other.subject.place} says"
            f" {otherwise_said} about the same answer and rule, both by {first.label.by};"
            " keep one of them, or name two labellers"
        )


def _words(label: GoldLabel | GoldPreference) -> str:
    refusal = label.refusal if isinstance(label, GoldLabel) else None
    return f"{label.value} (refusal: {refusal})" if refusal else label.value


def spelt(name: str) -> str:
    """A labeller's name, alike in any letter case, spacing and encoding of accents."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


_IS: Mapping[LabellerKind, str] = {
    "person": "a person",
    "model": "a model",
    "document": "a document",
    "unknown": "no labeller's name",
}


def names_model(name: str) -> bool:
    """Whether a labeller's name is a model's with its backend."""
    backend, _, rest = name.partition(":")
    return bool(rest.strip()) and backend.strip() in backends.names()


def _refuse_two_labellers(first: Labelled[S, L], other: Labelled[S, L]) -> None:
    if first.label.by != other.label.by:
        raise InputError(
            f"{other.subject.place}: {other.label.by!r} is {first.label.by!r} of"
            f" {first.subject.place} in another spelling; write one labeller's name alike, or name"
            " two"
        )
    if first.label.kind != other.label.kind:
        raise InputError(
            f"{other.subject.place}: {other.label.by} is {_IS[other.label.kind]} there and"
            f" {_IS[first.label.kind]} in {first.subject.place}; a name is of one labeller, so"
            " change one"
        )
