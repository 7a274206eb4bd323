"""How every rule was judged, and what stays open: rules without a believed verdict, and what would
change that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from specloop.calibration.belief import SMALL
from specloop.evaluation.belief_text import TOGETHER
from specloop.measuring.compliance import COMPLIANCE, with_level
from specloop.records import LEVELS, Evaluation
from specloop.report.comparison import ShownEvaluations, figure_of, label_text
from specloop.report.figure_text import text_of
from specloop.report.rules import RuleView
from specloop.report.standing import ORIGINS, Origin, Standing

_NEEDS = {
    "weak": "a better judge, or more labels",
    "unmeasured": "a certificate, by specloop judge calibrate with labels on such rules",
    "people": "a certified judge, or labels on all answers",
    "none": "a judge ([evaluate] judge in the configuration), and a certificate for it",
}


class HowJudged(NamedTuple):
    """One way in which a rule was judged, with the entrants' figures."""

    origin: Origin
    figures: str
    corrected: tuple[tuple[str, str], ...]
    """Entrants with their figure without the judge's errors, or why there is none; no entrant is
    named where all have the same."""
    entrants: str
    """Whose answers; empty if it is that of all."""


class RuleRow(NamedTuple):
    """A rule in the list of all rules."""

    view: RuleView
    ways: tuple[HowJudged, ...]


class OpenRow(NamedTuple):
    """Rules that nothing believed has judged, and what would change that."""

    origin: Origin
    family: str
    judge: str
    labels: str
    needs: str
    rules: tuple[int, ...]
    """Their numbers."""
    entrants: str
    """Whose answers; empty if it is that of all."""


def rule_rows(contrast: ShownEvaluations, views: Sequence[RuleView]) -> tuple[RuleRow, ...]:
    """All rules in the document's order."""
    names = [label_text(evaluation, contrast) for evaluation in contrast.shown]
    return tuple(RuleRow(view, _ways(view, names)) for view in views)


def _ways(view: RuleView, names: Sequence[str]) -> tuple[HowJudged, ...]:
    by_origin: dict[Origin, list[int]] = {}
    for at, standing in enumerate(view.standings):
        by_origin.setdefault(standing.origin, []).append(at)
    return tuple(_way(view, names, origin, at) for origin, at in by_origin.items())


def _way(view: RuleView, names: Sequence[str], origin: Origin, at: Sequence[int]) -> HowJudged:
    """What the entrants of those numbers have in common, and their figures."""
    own = [(name, view.standings[n]) for n, name in enumerate(names) if n in at]
    by_text: dict[str, list[str]] = {}
    for name, standing in own:
        if standing.corrected:
            by_text.setdefault(standing.corrected, []).append(name)
    is_all = len(at) == len(view.standings)
    return HowJudged(
        origin,
        " → ".join(standing.own for _, standing in own if standing.own),
        tuple(
            ("" if len(who) == len(own) else ", ".join(who), text) for text, who in by_text.items()
        ),
        "" if is_all else ", ".join(name for name, _ in own),
    )


def origin_counts(views: Sequence[RuleView]) -> dict[Origin, int]:
    """How many rules were judged in which way, for the entrant that is shown first."""
    counts = Counter(view.standing.origin for view in views)
    return {origin: counts[origin] for origin in ORIGINS if counts[origin]}


def open_rows(contrast: ShownEvaluations, views: Sequence[RuleView]) -> tuple[OpenRow, ...]:
    """The rules that stay open, by the way they were judged, by family and by what they need."""
    if not contrast.shown:
        return ()
    found: dict[tuple[Origin, str, str, str, str], dict[int, list[int]]] = {}
    for view in views:
        for at, (evaluation, standing) in enumerate(
            zip(contrast.shown, view.standings, strict=True)
        ):
            if not standing.is_believed:
                key = _key(view, evaluation, standing)
                found.setdefault(key, {}).setdefault(at, []).append(view.number)
    return tuple(
        OpenRow(*key, tuple(sorted({n for own in by.values() for n in own})), _who(by, contrast))
        for key, by in sorted(found.items(), key=lambda item: list(ORIGINS).index(item[0][0]))
    )


def _key(
    view: RuleView, evaluation: Evaluation, standing: Standing
) -> tuple[Origin, str, str, str, str]:
    family = evaluation.belief.by_rule.get(view.rule.id) if evaluation.belief else None
    labels, needs = "", _NEEDS[standing.origin]
    if family and standing.judge:
        labels = f"{family.n_kept} kept, {family.n_broken} broken"
        labels += f", {TOGETHER}" if family.group == SMALL else ""
        needs = family.needs or needs
    return standing.origin, view.rule.family, standing.judge, labels, needs


def _who(by_entrant: dict[int, list[int]], contrast: ShownEvaluations) -> str:
    if len(by_entrant) == len(contrast.shown):
        return ""
    return ", ".join(label_text(contrast.shown[at], contrast) for at in sorted(by_entrant))


def would_be(contrast: ShownEvaluations) -> Iterator[str]:
    """What the total would be with the verdicts that are not believed."""
    for level in LEVELS:
        parts: list[str] = []
        for evaluation in contrast.shown:
            total, other = (figure_of(evaluation, COMPLIANCE, g) for g in ("", with_level(level)))
            if other and other.value is not None:
                name = label_text(evaluation, contrast)
                parts.append(f"{name} {text_of(total)} → {text_of(other)}")
        if parts:
            yield f"With {level} judgements rule compliance would be: {'; '.join(parts)}."
