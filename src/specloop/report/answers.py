"""Collect all answers to the held-out probes side by side, as JSON for the page's script.

Repeated texts (the rules in a prompt, a check's reasons) are stored once and named by index. Each
verdict on an answer is one letter, in the order of the payload's columns.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from specloop.ended import NOTHING, UNENDED, short_words
from specloop.records import Belief, Evaluation, Verdict, VerdictKind
from specloop.report.comparison import ShownEvaluations, label_text
from specloop.report.data import ReportData
from specloop.report.payload import LETTERS, Texts
from specloop.report.rules import RuleView, numbers_of
from specloop.report.standing import belief_in
from specloop.report.versus import answers_of, eval_set_of
from specloop.responding.entrant import BASE

_OVER_APPLIED, _NONE = "O", "-"
"""A rule applied although its condition does not hold; no verdict."""
_Column = tuple[int, VerdictKind, str, Belief | Literal[""]]
"""A rule's number, the kind and name of the judge (empty for checks), and how far it is
believed."""


def answers_payload(
    data: ReportData, contrast: ShownEvaluations, views: Sequence[RuleView]
) -> dict[str, Any]:
    """Entrants, columns of verdicts and probes with all answers of every entrant, by seed and
    entrant, and the failures with their reasons."""
    eval_set, numbers, texts = eval_set_of(data), numbers_of(views), Texts()
    given = [
        (answer.sampling.seed, entrant, answer)
        for entrant, evaluation in enumerate(contrast.shown)
        for answer in answers_of(data, evaluation, eval_set)
    ]
    of_answers = {answer.id: contrast.shown[entrant] for _, entrant, answer in given}
    verdicts = _verdicts(data, of_answers, views)
    columns = sorted({column for own in verdicts.values() for column in own})
    failed = _failures(data, contrast.shown)
    by_probe: dict[str, list[Any]] = defaultdict(list)
    for seed, entrant, answer in sorted(given, key=lambda entry: entry[:2]):
        ruled = _ruled(verdicts.get(answer.id, {}), columns, texts)
        by_probe[answer.case].append([entrant, seed, answer.text, answer.end, *ruled])
    probes = [
        {
            "id": probe.id,
            "prompt": texts.messages(probe.messages),
            "side": probe.side,
            "topic": probe.topic,
            "attack": probe.attack,
            "targets": [numbers[rule] for rule in probe.targets if rule in numbers],
            "answers": by_probe.get(probe.id, []),
            "failed": failed.get(probe.id, []),
        }
        for probe in data.probes
        if probe.id in by_probe or probe.id in failed
    ]
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
        "columns": columns,
        "probes": probes,
        "texts": list(texts),
        "ends": {end: short_words(end) for end in (*NOTHING, *UNENDED)},
        "n_answers": len({answer.id for *_, answer in given}),
    }


def _ruled(
    verdicts: Mapping[_Column, Verdict], columns: Sequence[_Column], texts: Texts
) -> tuple[str, dict[int, int]]:
    """The columns' letters, and reasons by column."""
    letters = "".join(_letter(verdicts.get(column)) for column in columns)
    reasons = {
        at: texts.index(verdicts[column].rationale)
        for at, column in enumerate(columns)
        if column in verdicts and verdicts[column].rationale
    }
    return letters, reasons


def _letter(verdict: Verdict | None) -> str:
    if verdict is None:
        return _NONE
    return _OVER_APPLIED if verdict.over_applied else LETTERS[verdict.value]


def _verdicts(
    data: ReportData, of_answers: Mapping[str, Evaluation], views: Sequence[RuleView]
) -> dict[str, dict[_Column, Verdict]]:
    by_rule = {view.rule.id: view for view in views}
    beliefs: dict[tuple[str, str, str], Belief] = {}
    by_answer: dict[str, dict[_Column, Verdict]] = defaultdict(dict)
    for verdict in data.verdicts:
        view = by_rule.get(verdict.rule)
        evaluation = of_answers.get(verdict.answer)
        if view is None or evaluation is None:
            continue
        column: _Column = (view.number, verdict.kind, "", "")
        if verdict.kind != "check":
            key = verdict.rule, verdict.judge, evaluation.id
            if key not in beliefs:
                beliefs[key] = belief_in(data, verdict.judge, view.rule, evaluation)
            column = (view.number, verdict.kind, verdict.judge, beliefs[key])
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
