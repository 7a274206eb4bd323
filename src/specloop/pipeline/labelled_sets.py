"""Gold sets from review: a run's own answers of which every rule in force has a label."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from specloop.errors import InputError
from specloop.gold import in_force
from specloop.judging.context import conditions_of
from specloop.records import (
    Answer,
    Case,
    GoldCase,
    GoldLabel,
    GoldValue,
    Instance,
    PolicyItem,
    PolicyRule,
    Rule,
    Section,
    gold_case,
)
from specloop.runrules import current_rules
from specloop.store import GOLD, RunFolder


class LabelledItems(NamedTuple):
    """What labels make of a run's answers."""

    items: list[PolicyItem]
    n_partly: int
    """Answers that have labels of some of their rules only."""


def labelled_items(folder: RunFolder) -> LabelledItems:
    """The evaluated answers of which people have labelled all rules in force that code cannot
    decide; a rule is broken if its label is NO. InputError if there is none."""
    in_force_now = current_rules(folder)
    rules = {rule.id: rule for rule in in_force_now if rule.check is None}
    chains = conditions_of(in_force_now, folder.read(Section))
    asked = {case.id: case for case in folder.read(Case)}
    policies = {instance.id: instance.rules for instance in folder.read(Instance)}
    labels = _agreed(folder.part(GOLD).read(GoldLabel))
    items: dict[str, PolicyItem] = {}
    partly: set[tuple[str, ...]] = set()
    for answer in folder.read(Answer):
        case = asked.get(answer.case)
        if case is None or answer.purpose != "evaluation" or answer.end != "whole":
            continue
        policy = [rules[id_] for id_ in policies.get(case.scenario, ()) if id_ in rules]
        cases = [gold_case(case, answer, rule, chain=chains.get(rule.text, "")) for rule in policy]
        if item := _item(cases, answer, policy, labels):
            items.setdefault(item.id, item)
        elif any(one.id in labels for one in cases):
            partly.add(tuple(one.id for one in cases))
    if not items:
        some = f" ({len(partly)} have labels of some of their rules)" if partly else ""
        raise InputError(
            f"{folder.path}: no answer of its evaluation has labels by which all rules in force"
            f" that code cannot decide are kept or broken{some}; label with"
            f" `specloop review {folder.path} --by NAME --n 2000`"
        )
    return LabelledItems(list(items.values()), len(partly))


def _item(
    cases: Sequence[GoldCase],
    answer: Answer,
    policy: Sequence[Rule],
    labels: Mapping[str, GoldValue],
) -> PolicyItem | None:
    """None where a rule has no label that says whether it is broken."""
    values = {one.rules[0]: labels.get(one.id) for one in cases}
    if not cases or not all(value in ("YES", "NO", "NA") for value in values.values()):
        return None
    return PolicyItem(
        name=f"answer {answer.id}",
        kind="exception chain" if _has_exceptions(policy) else "plain",
        group=cases[0].group,
        policy=tuple(PolicyRule(id=r.id, text=r.text, authority=r.authority) for r in policy),
        messages=cases[0].messages,
        answer=answer.text,
        broken=tuple(id_ for id_, value in values.items() if value == "NO"),
    )


def _has_exceptions(policy: Iterable[Rule]) -> bool:
    ids = {rule.id for rule in policy}
    return any(rule.exception_to in ids for rule in policy)


def _agreed(labels: Iterable[GoldLabel]) -> dict[str, GoldValue]:
    """The labels of people and documents by case, where they agree or one settles them."""
    by_case: dict[str, set[GoldValue]] = {}
    for label in in_force(labels):
        if label.kind in ("person", "document"):
            by_case.setdefault(label.case, set()).add(label.value)
    return {case: min(values) for case, values in by_case.items() if len(values) == 1}
