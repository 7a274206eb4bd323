"""What can be reviewed: the answers of a run with the rules that models gave verdicts on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, NamedTuple

from specloop.judging.context import conditions_of
from specloop.records import (
    Answer,
    Case,
    Decision,
    GoldCase,
    GoldLabel,
    Judgement,
    Rule,
    Section,
    Verdict,
    gold_case,
    verdicts_of,
)
from specloop.store import RecordStore

JudgedIn = Literal["evaluation", "synthesis"]
"""The stage whose answers models have judged."""


Said = GoldLabel | Decision
"""What a person says of an item."""


def what_is_said(said: Said) -> tuple[str, ...]:
    """The value, with what was written in the place of texts."""
    texts = said.texts if isinstance(said, Decision) else {}
    return (said.value, *(part for pair in sorted(texts.items()) for part in pair))


class Candidate(NamedTuple):
    """A case with the verdicts that models have given on it."""

    case: GoldCase
    verdicts: tuple[Verdict, ...] = ()


def judged_candidates(
    folder: RecordStore, rules: Sequence[Rule], stage: JudgedIn = "evaluation"
) -> list[Candidate]:
    """The whole answers of a stage with each rule that a model has judged, each once by what they
    hold."""
    asked = {case.id: case for case in folder.read(Case)}
    sections = {section.id: section for section in folder.read(Section)}
    by_rule = {rule.id: rule for rule in rules}
    chains = conditions_of(rules, sections.values())
    merged: dict[str, Candidate] = {}
    for answer, by_id in _model_verdicts(folder, stage):
        for rule_id, verdicts in by_id.items():
            rule, case = by_rule.get(rule_id), asked.get(answer.case)
            if rule and case:
                section, chain = sections.get(rule.section), chains.get(rule.text, "")
                made = gold_case(case, answer, rule, section, chain)
                merged[made.id] = _merged(merged.get(made.id), Candidate(made, tuple(verdicts)))
    return list(merged.values())


def labelled_candidates(cases: Iterable[GoldCase], judged: Iterable[Judgement]) -> list[Candidate]:
    """Gold cases with the verdicts of the judges that were measured on them."""
    verdicts: dict[str, tuple[Verdict, ...]] = {}
    for judgement in judged:
        earlier = verdicts.get(judgement.answer, ())
        verdicts[judgement.answer] = (*earlier, *judgement.verdicts)
    return [Candidate(case, verdicts.get(case.id, ())) for case in cases]


def differing(cases: Iterable[GoldCase], labels: Iterable[Said]) -> list[GoldCase]:
    """The cases on which people or documents say different things that nobody has settled."""
    by_case: dict[str, list[Said]] = {}
    for label in labels:
        if label.kind != "model":
            by_case.setdefault(label.case, []).append(label)
    return [case for case in cases if _is_open(by_case.get(case.id, ()))]


def _is_open(labels: Iterable[Said]) -> bool:
    each = list(labels)
    return len(set(map(what_is_said, each))) > 1 and not any(label.settles for label in each)


def _model_verdicts(
    folder: RecordStore, stage: JudgedIn
) -> Iterator[tuple[Answer, dict[str, list[Verdict]]]]:
    """The whole answers of a stage with the verdicts of all judges by rule."""
    answers = {
        answer.id: answer
        for answer in folder.read(Answer)
        if (answer.purpose == "evaluation") == (stage == "evaluation") and answer.end == "whole"
    }
    by_answer: dict[str, dict[str, list[Verdict]]] = {id_: {} for id_ in answers}
    for verdict in verdicts_of(folder.read(Judgement)):
        if verdict.kind == "model" and verdict.answer in answers:
            by_answer[verdict.answer].setdefault(verdict.rule, []).append(verdict)
    for id_, answer in answers.items():
        yield answer, by_answer[id_]


def _merged(known: Candidate | None, other: Candidate) -> Candidate:
    if known is None:
        return other
    case = known.case
    if case.answered_by != other.case.answered_by:
        case = case.model_copy(update={"answered_by": ""})
    return Candidate(case, (*known.verdicts, *other.verdicts))
