"""Collect all answers to the held-out probes side by side, as JSON for the page's script.

Repeated texts (the rules in a prompt, a check's reasons) are stored once and named by index. Each
verdict on an answer is one letter, in the order of the payload's columns.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from specloop.ended import NOTHING, UNENDED, short_words
from specloop.records import Answer, Case, Evaluation, Verdict, VerdictKind
from specloop.report.comparison import ShownEvaluations, label_text
from specloop.report.data import ReportData
from specloop.report.rules import RuleView, numbers_of
from specloop.report.versus import answers_of, eval_set_of
from specloop.responding.entrant import BASE

_LETTERS = {"YES": "Y", "NO": "N", "NA": "A", "unscored": "?"}
_OVER_APPLIED, _NONE = "O", "-"
"""A rule applied although its condition does not hold; no verdict."""


class Column(NamedTuple):
    """The verdicts of one kind of judge on one rule."""

    rule: int
    kind: VerdictKind
    judge: str


def answers_payload(
    data: ReportData, contrast: ShownEvaluations, views: Sequence[RuleView]
) -> dict[str, Any]:
    """Entrants, columns of verdicts and probes with all answers of every entrant."""
    eval_set = eval_set_of(data)
    by_entrant = [answers_of(data, evaluation, eval_set) for evaluation in contrast.shown]
    answers = {answer.id for own in by_entrant for answer in own}
    verdicts = _verdicts(data, answers, numbers_of(views))
    columns = sorted({column for own in verdicts.values() for column in own})
    builder = _Builder(data, contrast, numbers_of(views), columns, verdicts)
    by_probe: dict[str, list[_Mine]] = defaultdict(list)
    for entrant, own in enumerate(by_entrant):
        for answer in own:
            by_probe[answer.case].append(_Mine(entrant, answer))
    asked = by_probe.keys() | builder.failed.keys()
    probes = [probe for probe in data.probes if probe.id in asked]
    return {
        "entrants": [
            [
                label_text(evaluation, contrast),
                evaluation.label,
                evaluation.model,
                evaluation.label == BASE,
            ]
            for evaluation in contrast.shown
        ],
        "columns": [list(column) for column in columns],
        "probes": [builder.probe(probe, by_probe.get(probe.id, ())) for probe in probes],
        "texts": list(builder.texts),
        "ends": {end: short_words(end) for end in (*NOTHING, *UNENDED)},
        "n_answers": len(answers),
    }


class _Mine(NamedTuple):
    entrant: int
    answer: Answer

    @property
    def seed(self) -> int:
        return self.answer.sampling.seed


class _Builder:
    """Turns probes and answers into texts and indices."""

    def __init__(
        self,
        data: ReportData,
        contrast: ShownEvaluations,
        numbers: Mapping[str, int],
        columns: Sequence[Column],
        verdicts: Mapping[str, Mapping[Column, Verdict]],
    ) -> None:
        self.texts: dict[str, int] = {}
        self._numbers, self._columns, self._verdicts = numbers, columns, verdicts
        self.failed = _failures(data, contrast.shown)

    def probe(self, probe: Case, mine: Sequence[_Mine]) -> dict[str, Any]:
        """A probe with its answers by seed and entrant, and the failures with their reasons."""
        return {
            "id": probe.id,
            "prompt": [[m.role, self._index(m.written)] for m in probe.messages],
            "side": probe.side,
            "topic": probe.topic,
            "attack": probe.attack,
            "targets": [self._numbers[rule] for rule in probe.targets if rule in self._numbers],
            "answers": [
                self._answer(answer)
                for answer in sorted(mine, key=lambda answer: (answer.seed, answer.entrant))
            ],
            "failed": self.failed.get(probe.id, []),
        }

    def _answer(self, mine: _Mine) -> list[Any]:
        """Entrant, seed, text, how it ended, the columns' letters, and reasons by column."""
        own = self._verdicts.get(mine.answer.id, {})
        letters = "".join(_letter(own.get(column)) for column in self._columns)
        reasons = {
            at: self._index(own[column].rationale)
            for at, column in enumerate(self._columns)
            if column in own and own[column].rationale
        }
        answer = mine.answer
        return [mine.entrant, mine.seed, answer.text, answer.end, letters, reasons]

    def _index(self, text: str) -> int:
        return self.texts.setdefault(text, len(self.texts))


def _letter(verdict: Verdict | None) -> str:
    if verdict is None:
        return _NONE
    return _OVER_APPLIED if verdict.over_applied else _LETTERS[verdict.value]


def _verdicts(
    data: ReportData, answers: set[str], numbers: Mapping[str, int]
) -> dict[str, dict[Column, Verdict]]:
    by_answer: dict[str, dict[Column, Verdict]] = defaultdict(dict)
    for verdict in data.verdicts:
        if verdict.answer in answers and verdict.rule in numbers:
            judge = "" if verdict.kind == "check" else verdict.judge
            column = Column(numbers[verdict.rule], verdict.kind, judge)
            by_answer[verdict.answer][column] = verdict
    return by_answer


def _failures(data: ReportData, shown: Iterable[Evaluation]) -> dict[str, list[list[Any]]]:
    """Probe -> entrant, seed and reason of every failed call."""
    prefixes = {f"{evaluation.label}:": number for number, evaluation in enumerate(shown)}
    by_probe: dict[str, list[list[Any]]] = defaultdict(list)
    for failure in data.failures:
        prefix = next((label for label in prefixes if failure.item.startswith(label)), None)
        probe, _, seed = failure.item.removeprefix(prefix or "").partition(":")
        if prefix and failure.stage == "evaluate" and seed.isdecimal():
            by_probe[probe].append([prefixes[prefix], int(seed), failure.reason])
    return by_probe
