"""The pairs of a run as cases: does the chosen answer keep the rule, does the rejected one break
it?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from specloop.gold import in_force
from specloop.judging.context import conditions_of
from specloop.records import (
    Answer,
    Case,
    GoldCase,
    GoldLabel,
    GoldValue,
    PreferencePair,
    Rule,
    Section,
    gold_case,
)
from specloop.store import RecordStore


class PairSide(NamedTuple):
    """One side of a pair with a rule that tells the two sides apart."""

    pair: str
    """The pair's id."""
    case: GoldCase
    value: GoldValue
    """What the pair supposes: YES of the chosen answer, NO of the rejected one."""


def pair_sides(
    folder: RecordStore, rules: Sequence[Rule], pairs: Iterable[PreferencePair] | None = None
) -> Iterator[PairSide]:
    """Both sides of every pair to train on, with each rule that it is about; of the folder's pairs,
    or of these, whose sides may have been edited since."""
    asked = {case.id: case for case in folder.read(Case)}
    answers = {answer.id: answer for answer in folder.read(Answer)}
    sections = {section.id: section for section in folder.read(Section)}
    by_rule = {rule.id: rule for rule in rules}
    chains = conditions_of(rules, sections.values())
    for pair in folder.read(PreferencePair) if pairs is None else pairs:
        case = asked.get(pair.probe) if pair.split == "train" else None
        broken = [by_rule[id_] for id_ in pair.violated if id_ in by_rule]
        sides: tuple[tuple[str, str, GoldValue], ...] = (
            (pair.chosen_id, pair.chosen_text, "YES"),
            (pair.rejected_id, pair.rejected_text, "NO"),
        )
        for id_, text, value in sides:
            if case and (answer := answers.get(id_)):
                own = answer.model_copy(update={"text": text})
                for rule in broken:
                    section, chain = sections.get(rule.section), chains.get(rule.text, "")
                    made = gold_case(case, own, rule, section, chain)
                    yield PairSide(pair.id, made, value)


def contradicted(cases: Iterable[PairSide], labels: Iterable[GoldLabel]) -> dict[str, list[str]]:
    """Pairs of which a person says otherwise, by id, with what was said. `cannot tell` says
    nothing."""
    said: dict[str, list[GoldLabel]] = {}
    for label in in_force(labels):
        if label.kind == "person" and label.value != "cannot tell":
            said.setdefault(label.case, []).append(label)
    reasons: dict[str, list[str]] = {}
    for pair, case, value in cases:
        for label in said.get(case.id, ()):
            if label.value != value:
                reason = f"{label.value} by {label.by}" + (label.comment and f": {label.comment}")
                reasons.setdefault(pair, []).append(reason)
    return reasons
