"""Say in sentences what the figures mean. Each is generated, says no more than its figure, and
marks noise as noise.

Every comparison names the unscored cases on both sides. What a preference loss adds is the training
with it minus SFT; without an SFT baseline there is no sentence about it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from specloop.evaluation.ends import missing_share
from specloop.measuring.compliance import COMPLIANCE, HELD_OUT
from specloop.metrics import Metric, every_metric, metric_of
from specloop.outcomes import outcome_of
from specloop.records import Figure, Outcome
from specloop.report.baselines import over_baseline, over_model_alone, over_prompt
from specloop.report.comparison import (
    ShownEvaluations,
    baseline_of,
    difference_between,
    figure_of,
    is_model_name,
    label_text,
    unscored_text,
)
from specloop.report.data import ReportData
from specloop.report.figure_text import (
    difference_interval_text,
    difference_text,
)
from specloop.report.headline import RuleLine, held_out_lines, side_effects, text_of
from specloop.report.rules import RuleView
from specloop.report.wording import (
    Statement,
    change_text,
    grouped,
    noise_text,
    not_compared,
    trained_text,
)

MAX_RULES = 12
"""Most held-out rules that a sentence names one by one."""
_SAID: tuple[tuple[Outcome, str], ...] = (
    ("better", "measurably better"),
    ("worse", "measurably worse"),
    ("noise", "no change beyond noise"),
    ("open", "left open by unscored cases"),
    ("unknown", "not compared"),
)


def statements(
    data: ReportData, contrast: ShownEvaluations, views: Sequence[RuleView]
) -> tuple[Statement, ...]:
    """What changed and at what cost, then the training against the cheaper baselines."""
    if contrast.after is None:
        return ()
    against = (
        (Statement("No preference training has been evaluated in this run.", "unknown"),)
        if contrast.after == baseline_of(contrast)
        else over_baseline(data, contrast)
    )
    first = _gain(data, contrast, contrast.after.label)
    others = (*over_prompt(data, contrast), *against, *over_model_alone(contrast))
    return (first, *_changes(contrast, views), *others)


def _changes(contrast: ShownEvaluations, views: Sequence[RuleView]) -> Iterator[Statement]:
    yield from _held_out(contrast, views)
    yield from _side_effects(contrast)
    yield from _details(contrast)
    yield from not_whole(contrast)


def _gain(data: ReportData, contrast: ShownEvaluations, label: str) -> Statement:
    before, after = _ends(contrast, COMPLIANCE)
    missing = not_compared("Rule compliance on held-out probes", _named(before, after))
    if missing is not None:
        return missing
    first = "the base model" if is_model_name(label) else "the model before training"
    apart = " (those held out of training stand apart)" if data.held_out else ""
    text = (
        f"On held-out probes {trained_text(contrast, label)} keeps the decidable rules{apart} in "
        f"{text_of(after)} of scored cases, {first} in {text_of(before)}"
    )
    difference = difference_between(contrast.after, contrast.before, COMPLIANCE)
    outcome = outcome_of(difference)
    if outcome == "unknown":
        return Statement(f"{text}. No paired interval is recorded.", outcome)
    interval = f"{data.manifest.confidence:.0%} interval {difference_interval_text(difference)}"
    text += f": {difference_text(difference)} ({interval}){noise_text(difference)}."
    return Statement(_with_unscored(text, before, after), outcome)


def _held_out(contrast: ShownEvaluations, views: Sequence[RuleView]) -> Iterator[Statement]:
    """The mean over held-out rules' cases with every rule, because a mean can hide a zero."""
    before, after = _ends(contrast, COMPLIANCE, HELD_OUT)
    difference = difference_between(contrast.after, contrast.before, COMPLIANCE, HELD_OUT)
    if before is None and after is None:
        return
    missing = not_compared("On held-out rules", _named(before, after))
    if missing is not None:
        yield missing
        return
    text = (
        f"On all held-out rules together: {text_of(before)} before, "
        f"{text_of(after)} after, {change_text(difference)}{noise_text(difference)}."
    )
    text = f"{_with_unscored(text, before, after)} {_one_by_one(held_out_lines(views))}"
    yield Statement(text.strip(), outcome_of(difference))


def _one_by_one(lines: Sequence[RuleLine]) -> str:
    parts: list[str] = []
    for outcome, words in _SAID:
        own = [line for line in lines if line.outcome == outcome]
        named = ", ".join(f"R{line.number} {line.text}" for line in own)
        if own:
            shown = f": {named}" if len(lines) <= MAX_RULES else ""
            parts.append(f"{len(own)} of {len(lines)} {words}{shown}")
    return f"One by one, {'; '.join(parts)}." if parts else ""


def _side_effects(contrast: ShownEvaluations) -> Iterator[Statement]:
    """The side effects by what their intervals say; those that were not measured are named."""
    parts: list[tuple[Outcome, str]] = []
    missing: list[Statement] = []
    for name in side_effects():
        before, after = _ends(contrast, name)
        title = metric_of(name).title
        lacking = not_compared(title, _named(before, after))
        if lacking is not None:
            missing.append(lacking)
            continue
        difference = difference_between(contrast.after, contrast.before, name)
        unscored = unscored_text(_named(before, after)).rstrip(".").lower()
        text = f"{title.lower()} {change_text(difference)}" + (f", {unscored}" if unscored else "")
        parts.append((outcome_of(difference), text))
    said = grouped(parts)
    if said is not None:
        yield said
    yield from missing


def _details(contrast: ShownEvaluations) -> Iterator[Statement]:
    """The other figures of short tables, except those that are shown beside another figure."""
    for metric in every_metric():
        if metric.role == "detail" and metric.headline and not metric.beside:
            yield from _before_and_after(contrast, metric)


def _before_and_after(contrast: ShownEvaluations, metric: Metric) -> Iterator[Statement]:
    before, after = _ends(contrast, metric.name)
    if before is None and after is None:
        return
    missing = not_compared(metric.title, _named(before, after))
    if missing is not None:
        yield missing
        return
    difference = difference_between(contrast.after, contrast.before, metric.name)
    text = (
        f"{metric.title}: {text_of(before)} before, {text_of(after)} after, "
        f"{change_text(difference)}{noise_text(difference)}."
    )
    yield Statement(_with_unscored(text, before, after), outcome_of(difference))


def not_whole(contrast: ShownEvaluations) -> Iterator[Statement]:
    """Evaluations with so many missing or unfinished answers that every rate must be read with
    them."""
    shares = [
        (label_text(evaluation, contrast), missing_share(evaluation.metrics))
        for evaluation in contrast.shown
    ]
    texts = [f"{label} {share}" for label, share in shares if share]
    if texts:
        text = f"Without a whole answer: {'; '.join(texts)}. The bounds show what that leaves open."
        yield Statement(text, "open")


def _ends(
    contrast: ShownEvaluations, name: str, group: str = ""
) -> tuple[Figure | None, Figure | None]:
    return figure_of(contrast.before, name, group), figure_of(contrast.after, name, group)


def _with_unscored(text: str, before: Figure | None, after: Figure | None) -> str:
    return f"{text} {unscored_text(_named(before, after))}".strip()


def _named(before: Figure | None, after: Figure | None) -> dict[str, Figure | None]:
    return {"before": before, "after": after}
