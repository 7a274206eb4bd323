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
    labeller says two things about one case."""
    cases: dict[str, GoldCase] = {}
    by_label: dict[str, GoldItem] = {}
    for name in names:
        for labelled in _read(name, rules):
            case, label = labelled
            cases.setdefault(case.id, case.model_copy(update={"source": name}))
            _refuse_contradiction(by_label.setdefault(label.id, labelled), labelled)
    if not cases:
        raise InputError(f"{', '.join(names) or 'no gold is named'}: no labels; {_remedy()}")
    return Gold(tuple(cases.values()), tuple(one.label for one in by_label.values()))


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
