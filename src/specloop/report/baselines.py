"""Write sentences that compare the trained model with the cheaper baselines: a prompt, and SFT on
the chosen answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from specloop.measuring.compliance import COMPLIANCE, HELD_OUT, INSTANCE_RULES
from specloop.metrics import every_metric, metric_of
from specloop.records import Evaluation, Figure
from specloop.report.comparison import (
    PROMPT,
    Change,
    ShownEvaluations,
    baseline_of,
    change_between,
    figure_of,
    label_text,
)
from specloop.report.data import ReportData
from specloop.report.figure_text import text_of, value_of
from specloop.report.versus import Key, versus
from specloop.report.wording import (
    Statement,
    change_text,
    compared,
    first_upper,
    is_preference_part,
    not_compared,
    trainer_text,
    unscored_text,
)
from specloop.responding.entrant import has_method

SEPARATE_SHORT = "; from separate intervals"
_TOTAL: Key = (COMPLIANCE, "")


class _Sides(NamedTuple):
    """The names of the two sides of a comparison."""

    after: str
    other: str


def over_prompt(data: ReportData, contrast: ShownEvaluations) -> Iterator[Statement]:
    """The whole training against the rules in the prompt, judged by those rules."""
    prompt = _prompted(contrast)
    if prompt is None or contrast.after is None:
        yield Statement("Not measured: only the rules in the prompt.")
        return
    name = trainer_text(contrast, contrast.after.label)
    begin = f"{first_upper(name)} against only the rules in the prompt"
    key = _rules_of(prompt)
    for change in versus(data, contrast.after, prompt, [key]).values():
        yield _compared(f"{begin}{_scope(key)}", change, _Sides(name, "the prompt"))


def prompt_over_base(data: ReportData, contrast: ShownEvaluations) -> Iterator[Statement]:
    """What only the rules in the prompt change, for a run without training."""
    prompt = _prompted(contrast)
    if prompt is None or contrast.before is None or contrast.after is not None:
        return
    begin, key = "The rules in the prompt against none", _rules_of(prompt)
    for change in versus(data, prompt, contrast.before, [key]).values():
        yield _compared(f"{begin}{_scope(key)}", change, _Sides("the prompt", "no prompt"))


def _prompted(contrast: ShownEvaluations) -> Evaluation | None:
    return next((evaluation for evaluation in contrast.shown if evaluation.label == PROMPT), None)


def _rules_of(prompt: Evaluation) -> Key:
    """Compliance with the rules that stood in the prompt, if it was measured apart."""
    return COMPLIANCE, INSTANCE_RULES if figure_of(prompt, COMPLIANCE, INSTANCE_RULES) else ""


def _scope(key: Key) -> str:
    return ", on the rules that stood in the prompt" if key[1] else ""


def over_model_alone(contrast: ShownEvaluations) -> Iterator[Statement]:
    """What each test-time method changes on its model: nothing was trained for it."""
    by_label = {evaluation.label: evaluation for evaluation in contrast.shown}
    for evaluation in contrast.shown:
        alone = by_label.get(evaluation.against or "")
        if not has_method(evaluation) or alone is None:
            continue
        group = INSTANCE_RULES if evaluation.told == "rules" else ""
        change = change_between(alone, evaluation, COMPLIANCE, group)
        sides = _Sides(label_text(evaluation, contrast), label_text(alone, contrast))
        scope = " on the rules that it was told" if group else ""
        begin = f"{first_upper(sides.after)} against {sides.other}, rule compliance{scope}"
        statement = _compared(begin, change, sides)
        yield statement._replace(
            text=statement.text + _tokens(change_between(alone, evaluation, "tokens"))
        )


def _tokens(change: Change) -> str:
    """What an answer takes of both, where that is known."""
    if value_of(change.before) is None or value_of(change.after) is None:
        return ""
    taken, before = text_of(change.after), text_of(change.before)
    return f" An answer takes {taken} tokens in and out, against {before}."


def over_baseline(data: ReportData, contrast: ShownEvaluations) -> Iterator[Statement]:
    """What the preference loss adds: the training minus SFT on the chosen answers; where each is
    ahead.

    Yields nothing if the run has no such baseline.
    """
    other, after = baseline_of(contrast), contrast.after
    if other is None or after is None:
        return
    sides = _Sides(*(trainer_text(contrast, evaluation.label) for evaluation in (after, other)))
    changes = versus(data, after, other, _keys())
    minus = f"{sides.after} minus {sides.other} on the chosen answers"
    if is_preference_part(contrast, after.label, other.label):
        minus = f"what the preference part adds ({minus})"
    if _TOTAL in changes:
        yield _compared(f"{first_upper(minus)}, rule compliance", changes.pop(_TOTAL), sides)
    if changes:
        yield _ahead(changes, sides)


def _keys() -> list[Key]:
    """The figures that training should improve, and those of its side effects."""
    metrics = (metric for metric in every_metric() if metric.role != "detail")
    return [(metric.name, group) for metric in metrics for group in metric.headline]


def _compared(begin: str, change: Change, sides: _Sides) -> Statement:
    values = f"{text_of(change.after)} against {text_of(change.before)}"
    return compared(begin, values, change, _ends(change, sides))


def _ahead(changes: Mapping[Key, Change], sides: _Sides) -> Statement:
    """On how many further figures the cheaper training is ahead, and each figure, with noise
    marked."""
    missing = {key: not_compared(_title(key), _ends(c, sides)) for key, c in changes.items()}
    comparable = [key for key, statement in missing.items() if statement is None]
    leaders = {key: _leader(changes[key], sides) for key in comparable}
    heads = {name: f"{first_upper(name)} is ahead in" for name in sides} | {"": "Alike in"}
    details = [
        f"{heads[name]} {_figure(key, changes[key], sides)}"
        for name in (sides.other, sides.after, "")
        for key in comparable
        if leaders[key] == name
    ]
    details += [first_upper(statement.text) for statement in missing.values() if statement]
    n_ahead = sum(leader == sides.other for leader in leaders.values())
    text = (
        f"{sides.other} is ahead in {n_ahead or 'none'} of the {len(comparable)} further figures."
    )
    if not comparable:
        text = f"No further figure could be compared with {sides.other}."
    is_worse = any(changes[key].outcome == "worse" for key in comparable)
    return Statement(text, "worse" if is_worse else "unknown", tuple(details))


def _leader(change: Change, sides: _Sides) -> str:
    after, other = value_of(change.after), value_of(change.before)
    if after is None or other is None or after == other or change.after is None:
        return ""
    is_up = metric_of(change.after.name).better == "up"
    return sides.after if (after > other) == is_up else sides.other


def _figure(key: Key, change: Change, sides: _Sides) -> str:
    words = {"noise": ", within noise", "open": ", left open by unscored cases"}
    remark = words.get(change.outcome, "")
    said = change_text(change.difference, "" if change.is_paired else SEPARATE_SHORT)
    values = f"{sides.other} {text_of(change.before)}, {sides.after} {text_of(change.after)}"
    text = f"{_title(key)}: {values}; difference {said}{remark}."
    return f"{text} {unscored_text(_ends(change, sides))}".strip()


def _title(key: Key) -> str:
    name, group = key
    return metric_of(name).noun + (" on held-out rules" if group == HELD_OUT else "")


def _ends(change: Change, sides: _Sides) -> dict[str, Figure | None]:
    return {f"with {sides.after}": change.after, f"with {sides.other}": change.before}
