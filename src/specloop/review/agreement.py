"""How far people agree who have labelled the same cases, and where they differ."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import Any, NamedTuple

from rich.table import Table

from specloop.calibration.measures import Compared, kappa
from specloop.records import Decision, GoldCase
from specloop.review.candidates import Said, what_is_said
from specloop.stats import Rate, Resampling, Unit, rate


class LabellerAgreement(NamedTuple):
    """Two labellers on the cases that both have labelled."""

    first: str
    second: str
    same: Rate
    """The share of cases on which both say the same, whatever it is."""
    kappa: Rate
    """Cohen's kappa on the cases of which both say that the rule is kept or broken, or on the items
    that both accept or do not."""
    differences: tuple[LabelDifference, ...]


class LabelDifference(NamedTuple):
    """A case of which two labellers say different things."""

    case: GoldCase
    first: Said
    second: Said


def agreements(
    cases: Iterable[GoldCase], labels: Iterable[Said], how: Resampling
) -> list[LabellerAgreement]:
    """Every two that have labelled the same cases, by what each said first: labels that settle a
    difference do not count. A model's name says that it is one."""
    by_id = {case.id: case for case in cases}
    by_name: dict[str, dict[str, Said]] = {}
    for label in labels:
        if not label.settles and label.case in by_id:
            by_name.setdefault(label.by, {})[label.case] = label
    return [
        _agreement([LabelDifference(by_id[id_], one[id_], other[id_]) for id_ in both], how)
        for one, other in combinations((by_name[name] for name in sorted(by_name)), 2)
        if (both := sorted(one.keys() & other.keys()))
    ]


def _agreement(shared: Sequence[LabelDifference], how: Resampling) -> LabellerAgreement:
    decided = [
        Compared(_cluster(case), said, "YES" if other else "NO")
        for case, first, second in shared
        if (said := _yes(first)) is not None and (other := _yes(second)) is not None
    ]
    units = [Unit(_cluster(one.case), float(_same(one))) for one in shared]
    return LabellerAgreement(
        _name(shared[0].first),
        _name(shared[0].second),
        rate(units, how=how),
        _kappa(decided, how),
        tuple(one for one in shared if not _same(one)),
    )


def _yes(said: Said) -> bool | None:
    """Whether it says that the rule is kept, or that the item is right as it is; None: neither."""
    if said.value in ("YES", "accept"):
        return True
    return False if said.value in ("NO", "edit", "drop") else None


def _same(one: LabelDifference) -> bool:
    return what_is_said(one.first) == what_is_said(one.second)


def _kappa(cases: Sequence[Compared], how: Resampling) -> Rate:
    """Kappa; undefined where both say one and the same of every case."""
    if len({(case.is_kept, case.value) for case in cases}) == 1:
        return Rate(None, len(cases))
    return kappa(cases, how)


def _cluster(case: GoldCase) -> str:
    return case.group or case.id


def _name(label: Said) -> str:
    return f"{label.by} ({label.kind})" if label.kind in ("model", "unknown") else label.by


def agreement_table(every: Iterable[LabellerAgreement]) -> Table:
    """One row for two labellers."""
    table = Table(title="Agreement of labellers")
    for title in ("", "Cases of both", "Alike", "Kappa", "Differ"):
        table.add_column(title)
    for one in every:
        both = f"{one.first}, {one.second}"
        table.add_row(both, str(one.same.n), *map(_cell, one[2:4]), str(len(one.differences)))
    return table


def differences_table(one: LabellerAgreement) -> Table:
    """The cases on which two labellers differ."""
    table = Table(title=f"Where {one.first} and {one.second} differ", show_lines=True)
    for title in ("Rule", "Answer", one.first, one.second):
        table.add_column(title)
    for case, *labels in one.differences:
        table.add_row(_short(case.rule_text), _short(case.answer), *map(_said, labels))
    return table


def agreement_data(
    every: Iterable[LabellerAgreement], unsettled: Iterable[GoldCase]
) -> Mapping[str, Any]:
    """The same as JSON, with the ids of the cases that are left to settle."""
    return {
        "agreements": [
            {
                "first": one.first,
                "second": one.second,
                "same": one.same._asdict(),
                "kappa": one.kappa._asdict(),
                "differences": [
                    {
                        "case": case.model_dump(mode="json"),
                        "labels": [label.model_dump(mode="json") for label in labels],
                    }
                    for case, *labels in one.differences
                ],
            }
            for one in every
        ],
        "unsettled": [case.id for case in unsettled],
    }


def _said(label: Said) -> str:
    texts = label.texts.values() if isinstance(label, Decision) else ()
    return ": ".join(filter(None, (label.value, *map(_short, texts), label.comment)))


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 160 else line[:159] + "…"


def _cell(figure: Rate) -> str:
    if figure.value is None:
        return "-"
    if figure.ci_low is None or figure.ci_high is None:
        return f"{figure.value:.2f}"
    return f"{figure.value:.2f} [{figure.ci_low:.2f}, {figure.ci_high:.2f}]"
