"""Gold sources: where labelled verdicts come from. One file per source.

Gold is named `SOURCE:WHERE`, such as `examples:policy.md` or `rows:labels.csv`.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from specloop.errors import InputError
from specloop.records import GoldCase, GoldLabel, Rule
from specloop.registry import Registry, Strategy
from specloop.store import RunFolder


class GoldItem(NamedTuple):
    """A case with one label of it."""

    case: GoldCase
    label: GoldLabel


class Gold(NamedTuple):
    """Cases, each once, and their labels: one for each case and labeller."""

    cases: tuple[GoldCase, ...]
    labels: tuple[GoldLabel, ...]


class GoldSource(Strategy):
    """One kind of source of labelled verdicts."""

    @abstractmethod
    def read(self, where: str, rules: Sequence[Rule] = ()) -> Iterable[GoldItem]:
        """All labels that it has; `rules` are those that it may name by their ids.

        InputError, with the place, if it cannot be used.
        """


gold: Registry[GoldSource] = Registry(GoldSource, "specloop.gold")


def load_gold(names: Sequence[str], rules: Sequence[Rule] = ()) -> Gold:
    """Read gold from several sources. InputError if there is none, if a name is wrong, or if a
    labeller says two things about one case or is of two kinds."""
    cases: dict[str, GoldCase] = {}
    by_label: dict[str, GoldItem] = {}
    by_name: dict[str, GoldItem] = {}
    for name in names:
        for labelled in _read(name, rules):
            case, label = labelled
            cases.setdefault(case.id, case.model_copy(update={"source": name}))
            _refuse_contradiction(by_label.setdefault(label.id, labelled), labelled)
            _refuse_two_kinds(by_name.setdefault(label.by, labelled), labelled)
    if not cases:
        raise InputError(f"{', '.join(names) or 'no gold is named'}: no labels; {_remedy()}")
    return Gold(tuple(cases.values()), tuple(one.label for one in by_label.values()))


def keep_gold(folder: RunFolder, cases: Iterable[GoldCase], labels: Iterable[GoldLabel]) -> None:
    """Put cases and labels in a run's gold. A label that was corrected since takes the place of the
    one that is there, unless that one was given later."""
    folder.append_new(cases)
    known = {label.id: label for label in folder.read(GoldLabel)}
    new = {label.id: label for label in labels}
    corrected = {
        id_: label
        for id_, label in new.items()
        if id_ in known and label != known[id_] and label.time >= known[id_].time
    }
    if corrected:
        folder.replace(GoldLabel, [corrected.get(id_, label) for id_, label in known.items()])
    folder.append_new(new.values())


def in_force(labels: Iterable[GoldLabel]) -> list[GoldLabel]:
    """The labels that count: where somebody has settled a difference, only the settling ones."""
    each = list(labels)
    settled = {label.case for label in each if label.settles}
    return [label for label in each if label.settles or label.case not in settled]


def _read(name: str, rules: Sequence[Rule]) -> Iterable[GoldItem]:
    source, _, where = name.partition(":")
    if not where:
        raise InputError(f"{name!r} names no gold; {_remedy()}")
    return gold.build(source).read(where, rules)


def _remedy() -> str:
    return f"name labelled verdicts: {', '.join(f'{name}:WHERE' for name in gold.names())}"


def _refuse_contradiction(first: GoldItem, other: GoldItem) -> None:
    if first.label.value != other.label.value:
        raise InputError(
            f"{first.case.place} says {first.label.value} and {other.case.place} says"
            f" {other.label.value} about the same answer and rule, both by {first.label.by};"
            " keep one of them, or name two labellers"
        )


def _refuse_two_kinds(first: GoldItem, other: GoldItem) -> None:
    if first.label.kind != other.label.kind:
        raise InputError(
            f"{other.case.place}: {other.label.by} is a {other.label.kind} there and a"
            f" {first.label.kind} in {first.case.place}; a name is of one labeller, so change one"
        )
