"""The data that the page's script shows on demand.

Pairs repeat prompts (the rules of an instance), so these texts are stored once and named by index.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from specloop.measuring.compliance import COMPLIANCE
from specloop.metrics import every_metric
from specloop.records import (
    Answer,
    Case,
    Exchange,
    Figure,
    Message,
    PreferencePair,
    Verdict,
    VerdictValue,
)
from specloop.report.comparison import ShownEvaluations, figure_of
from specloop.report.data import TRAINING_DATA, ReportData
from specloop.report.figure_text import (
    corrected_value_text,
    difference_interval_text,
    difference_text,
    interval_text,
    text_of,
)
from specloop.report.rules import RuleView, edit_rows, numbers_of
from specloop.report.standing import Standing

LETTERS: Mapping[VerdictValue, str] = {"YES": "Y", "NO": "N", "NA": "A", "unscored": "?"}
"""What the scripts call the verdicts."""
_Source = tuple[str, str, str]
"""Whose answers were judged, the kind of judge and its name."""
MAX_RULES_OF_REMARK = 12
"""A remark about more rules is about the document, not about each of them."""


def rules_payload(
    data: ReportData,
    contrast: ShownEvaluations,
    views: Sequence[RuleView],
    answered: Container[int] = (),
) -> list[dict[str, Any]]:
    """One entry per rule: its fields, figures, verdict counts, remarks and number of pairs.

    `answered` are the numbers of the rules by which held-out answers were judged.
    """
    numbers = numbers_of(views)
    edits = edit_rows(data, numbers)
    counts = _verdict_counts(data)
    broken = Counter(rule for pair in data.pairs for rule in pair.violated)
    remarks: dict[str, list[str]] = defaultdict(list)
    for finding in data.manifest.findings:
        for rule in finding.rules if len(finding.rules) <= MAX_RULES_OF_REMARK else ():
            remarks[rule].append(f"{finding.kind}: {finding.message}")
    unmeasured = [metric.name for metric in every_metric() if metric.is_judged]
    return [
        {
            "n": view.number,
            "id": view.rule.id,
            "text": view.rule.text,
            "section": view.section,
            "fields": _fields(view, numbers),
            "check": view.check,
            "decidable": view.rule.check is not None,
            "held": view.held_out,
            "marks": view.marks,
            "edits": [list(row[2:5]) for row in edits if row.number == view.number],
            "standings": [_standing(one) for one in view.standings],
            "figures": list(_figures(contrast, view.rule.id, COMPLIANCE)),
            "judged": [
                figure for name in unmeasured for figure in _figures(contrast, view.rule.id, name)
            ],
            "verdicts": counts.get(view.rule.id, []),
            "remarks": remarks.get(view.rule.id, []),
            "pairs": broken[view.rule.id],
            "answered": view.number in answered,
        }
        for view in views
    ]


def _standing(one: Standing) -> list[Any]:
    """Level, trend, origin and figures; the judge, and how many answers people labelled."""
    level = "n" if one.level is None else one.level
    return [level, one.trend, one.origin, one.figures, one.judge, one.n_labelled]


def _figures(contrast: ShownEvaluations, rule: str, name: str) -> Iterator[list[Any]]:
    """Rows: evaluation, value, interval, number of cases, of unscored ones; last the change."""
    for evaluation in contrast.shown:
        if figure := figure_of(evaluation, name, rule):
            row = _figure(evaluation.label, text_of(figure), interval_text(figure), figure)
            yield [*row, corrected_value_text(figure)]
    difference = contrast.change(name, rule).difference
    if difference and difference.value is not None:
        change = difference_text(difference).removesuffix(" points")
        interval = difference_interval_text(difference)
        row = _figure("change, points", change, interval, difference)
        yield [*row, corrected_value_text(difference)]


def _figure(label: str, value: str, interval: str, figure: Figure) -> list[Any]:
    return [label, value, interval, figure.n, figure.n_unscored]


def pairs_payload(data: ReportData, views: Sequence[RuleView]) -> dict[str, Any]:
    """All pairs, with the reason for each broken rule and the ids of their sources."""
    texts = Texts()
    source = _Sources(
        numbers=numbers_of(views),
        probes={probe.id: probe for probe in data.probes},
        exchanges={exchange.id: exchange for exchange in data.exchanges},
        answers={answer.id: answer for answer in data.answers},
        verdicts={(verdict.answer, verdict.rule): verdict for verdict in data.verdicts},
        qualities={score.answer: score.score for score in data.qualities},
    )
    pairs = [_pair(pair, source, texts) for pair in data.pairs]
    return {"texts": list(texts), "pairs": pairs}


class Texts(dict[str, int]):
    """Texts that are stored once and named by index, in order of their first use."""

    def index(self, text: str) -> int:
        """The text's index; a new text gets the next."""
        return self.setdefault(text, len(self))

    def messages(self, messages: Iterable[Message]) -> list[list[Any]]:
        """The messages as role and index of the text."""
        return [[message.role, self.index(message.written)] for message in messages]


class _Sources(NamedTuple):
    numbers: Mapping[str, int]
    probes: Mapping[str, Case]
    exchanges: Mapping[str, Exchange]
    answers: Mapping[str, Answer]
    verdicts: Mapping[tuple[str, str], Verdict]
    qualities: Mapping[str, float | None]


def _fields(view: RuleView, numbers: Mapping[str, int]) -> list[list[str]]:
    rule = view.rule
    fields = {
        "category": rule.category,
        "type": rule.type,
        "direction": rule.direction,
        "binds": rule.party.replace("_", " "),
        "stage": rule.stage,
        "domain": rule.domain,
        "family": rule.family,
        "specificity": str(rule.specificity),
        "authority": rule.authority or "",
        "exception to": _rule_name(rule.exception_to, numbers) if rule.exception_to else "",
        "rationale": rule.rationale,
        "extracted by": rule.extracted_by.model if rule.extracted_by else "",
        "annotated by": rule.annotated_by.model if rule.annotated_by else "",
    }
    return _filled(fields)


def _rule_name(rule: str, numbers: Mapping[str, int]) -> str:
    return f"R{numbers[rule]}" if rule in numbers else rule


def _verdict_counts(data: ReportData) -> dict[str, list[list[Any]]]:
    """Rule id -> rows: source, kind, judge, counts of YES, NO, NA, unscored, over-applied."""
    sources = {r.id: r.entrant or r.purpose for r in data.answers if r.purpose == "evaluation"}
    counts: dict[str, dict[_Source, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    for verdict in data.verdicts:
        key = (sources.get(verdict.answer, TRAINING_DATA), verdict.kind, verdict.judge)
        counts[verdict.rule][key][verdict.value] += 1
        counts[verdict.rule][key]["over"] += verdict.over_applied
    columns = ("YES", "NO", "NA", "unscored", "over")
    return {
        rule: [[*key, *(tally[c] for c in columns)] for key, tally in rows.items()]
        for rule, rows in counts.items()
    }


def _pair(pair: PreferencePair, source: _Sources, texts: Texts) -> dict[str, Any]:
    chosen = source.answers.get(pair.chosen_id)
    return {
        "prompt": texts.messages(pair.prompt),
        "chosen": pair.chosen_text,
        "rejected": pair.rejected_text,
        "broken": [_broken(pair, rule, source) for rule in pair.violated],
        "side": pair.side,
        "split": pair.split,
        "level": pair.level or "",
        "quality": [source.qualities.get(pair.chosen_id), source.qualities.get(pair.rejected_id)],
        "repairs": [
            _rule_name(rule, source.numbers) for rule in (chosen.repairs if chosen else ())
        ],
        "from": _provenance(pair, source),
    }


def _broken(pair: PreferencePair, rule: str, source: _Sources) -> list[Any]:
    verdict = source.verdicts.get((pair.rejected_id, rule))
    reason = verdict.rationale if verdict else ""
    had = next((v for v in pair.verdicts if (v.side, v.rule) == ("rejected", rule)), None)
    by_code = had.level == "check" if had else verdict is None or verdict.kind == "check"
    level = "" if by_code else had.level if had else "unmeasured"
    return [source.numbers.get(rule, 0), rule, reason, level, had.also if had else ""]


def _provenance(pair: PreferencePair, source: _Sources) -> list[list[str]]:
    probe, exchange = source.probes.get(pair.probe), source.exchanges.get(pair.exchange)
    fields = {"pairing": pair.pairing}
    if probe:
        fields |= {"strategy": probe.strategy, "attack": probe.attack, "topic": probe.topic}
    if exchange:
        fields |= {
            "strategy": exchange.strategy,
            "wave and round": f"{exchange.wave}, {exchange.round}",
            "roles": ", ".join(f"{role}: {model}" for role, model in exchange.roles.items()),
            "role switch": "yes" if exchange.switched else "",
        }
    return _filled(
        fields
        | {
            "pair id": pair.id,
            "probe id": pair.probe,
            "twin of": (probe.twin_of if probe else None) or "",
            "exchange id": pair.exchange,
            "instance id": pair.instance,
            "chosen id": pair.chosen_id,
            "rejected id": pair.rejected_id,
        }
    )


def _filled(fields: Mapping[str, str]) -> list[list[str]]:
    """The fields that have a value."""
    return [[name, value] for name, value in fields.items() if value]
