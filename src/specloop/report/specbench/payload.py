"""Answers side by side, as JSON for the page's script.

The text of a page is limited: if a run has more, rows are drawn by their ids, evenly over scenarios
and labels, and the page says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any

from specloop.ended import in_words
from specloop.measuring.scores import safety
from specloop.metrics import AnswerMetric
from specloop.records import PLAIN, Case
from specloop.records.conversation import transcript
from specloop.report.payload import LETTERS
from specloop.report.specbench.grids import spec_tag
from specloop.specbench.cases import JudgedCase
from specloop.specbench.comparison import BenchComparison
from specloop.specbench.figures import bench_metrics
from specloop.specbench.tokens import billed, paper, tokens

MAX_CHARACTERS = 12_000_000
"""Most characters of answers, thoughts and rationales in one page."""
_Numbered = tuple[int, JudgedCase]


def answers_payload(comparison: BenchComparison, most: int = MAX_CHARACTERS) -> dict[str, Any]:
    """Specs, entrants and rows with every entrant's answers."""
    by_row: dict[str, list[_Numbered]] = {}
    for result in comparison.results:
        for case in result.cases:
            by_row.setdefault(case.row.id, []).append((result.number, case))
    chosen = _chosen([row for row in comparison.stored.rows if row.id in by_row], by_row, most)
    rows = [row for row in _ordered(comparison) if row.id in chosen]
    return {
        "entrants": [[item.number, item.label] for item in comparison.results],
        "specs": {
            item.key: [[spec_tag(s.category, s.number), s.text] for s in item.specs.listed()]
            for item in comparison.stored.scenarios
        },
        "n_rows": len(by_row),
        "rows": [_row(row, by_row[row.id], comparison.options.alpha) for row in rows],
    }


def _ordered(comparison: BenchComparison) -> Iterable[Case]:
    return (row for scenario in comparison.stored.scenarios for row in scenario.rows)


def _chosen(rows: Sequence[Case], by_row: Mapping[str, Sequence[_Numbered]], most: int) -> set[str]:
    strata: dict[tuple[str, str], list[str]] = {}
    for row in sorted(rows, key=lambda item: item.id):
        strata.setdefault((row.scenario, row.label), []).append(row.id)
    chosen: set[str] = set()
    used = 0
    for turn in zip_longest(*(strata[key] for key in sorted(strata))):
        for id_ in (item for item in turn if item is not None):
            used += sum(_length(case) for _, case in by_row[id_])
            if used > most and chosen:
                return chosen
            chosen.add(id_)
    return chosen


def _length(case: JudgedCase) -> int:
    written = len(case.answer.text) + len(case.answer.thought)
    return written + sum(
        len(v.rationale) for v in (case.judgement.verdicts if case.judgement else ())
    )


def _row(row: Case, cases: Sequence[_Numbered], alpha: float) -> dict[str, Any]:
    safeties = {
        score.value for _, case in cases if (score := safety(case.values)).value is not None
    }
    return {
        "id": row.id,
        "scenario": row.scenario,
        "number": row.number,
        "label": row.label,
        "source": row.source,
        "asked": transcript(row.conversation) or row.request,
        "query": row.query if row.query != row.request else "",
        "reference": row.reference,
        "differ": len(safeties) > 1,
        "flagged": any(_is_flagged(case) for _, case in cases),
        "answers": [_answer(number, case, alpha) for number, case in cases],
    }


def _answer(number: int, case: JudgedCase, alpha: float) -> dict[str, Any]:
    answer, judgement = case.answer, case.judgement
    values = (*case.values.safety, *case.values.behavioral)
    why = {verdict.rule: verdict.rationale for verdict in case.verdicts}
    return {
        "entrant": number,
        "plain": answer.settings.get(PLAIN) is False,
        "seed": answer.sampling.seed,
        "text": answer.text,
        "thought": answer.thought,
        "end": in_words(answer.end),
        "form": answer.form,
        "candidates": len(answer.candidates),
        "calls": answer.cost.n_calls or None,
        "paper": paper(answer),
        "billed": billed(answer, tokens),
        "seconds": answer.cost.wall_s,
        "judged": judgement is not None,
        "repairs": judgement.n_repairs if judgement else 0,
        "hidden": judgement.n_hidden if judgement else 0,
        "suspicions": list(judgement.suspicions) if judgement else [],
        "scores": list(_scores(case, alpha)),
        "broken": safety(case.values).value == 0,
        "verdicts": "".join(LETTERS[value] for value in values),
        "why": [why.get(spec.id, "") for spec in case.specs.listed()],
    }


def _is_flagged(case: JudgedCase) -> bool:
    judgement = case.judgement
    if judgement is None or judgement.n_repairs or judgement.suspicions or judgement.n_hidden:
        return True
    return case.values.n_unscored > 0


def _scores(case: JudgedCase, alpha: float) -> Iterator[tuple[str, str, str]]:
    """The answer's score by each metric, and the convention for NA that it belongs to."""
    for of in bench_metrics(alpha):
        score = of.score(case.measured)
        if score.is_defined:
            convention = of.convention.replace(" ", "-")
            yield of.noun, _short_text(score.value, of), convention


def _short_text(value: float | None, of: AnswerMetric) -> str:
    if value is None:
        return "–"
    return f"{100 * value:.0f}%" if of.format == "share" else f"{value:g}"
