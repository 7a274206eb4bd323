"""Sentences on the trained model against the cheaper baselines: a prompt, and the chosen answers
alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from specloop.measuring.compliance import COMPLIANCE, HELD_OUT, INSTANCE_RULES
from specloop.metrics import every_metric, measure_of
from specloop.outcomes import outcome_of
from specloop.records import Evaluation, Metric
from specloop.report.comparison import (
    PROMPT,
    ShownEvaluations,
    baseline_of,
    metric_of,
    unscored_text,
)
from specloop.report.data import ReportData
from specloop.report.headline import text_of
from specloop.report.measures import value_of
from specloop.report.paired import Key
from specloop.report.versus import Versus, versus
from specloop.report.wording import (
    Statement,
    change_text,
    first_upper,
    is_preference_part,
    noise_text,
    not_compared,
    trainer_text,
)

SEPARATE = "; from two separate intervals, so wider than a paired one"
SEPARATE_SHORT = "; from separate intervals"
_TOTAL: Key = (COMPLIANCE, "")


class _Sides(NamedTuple):
    """Who is compared, by name."""

    after: str
    other: str


def over_prompt(data: ReportData, contrast: ShownEvaluations) -> Iterator[Statement]:
    """The whole training against the rules in the prompt, held to the rules that stood there."""
    other = _shown(contrast, PROMPT)
    if other is None or contrast.after is None:
        yield Statement("Not measured: the rules in the prompt alone.", "unknown")
        return
    group = INSTANCE_RULES if metric_of(other, COMPLIANCE, INSTANCE_RULES) else ""
    found = versus(data, contrast.after, other, [(COMPLIANCE, group)]).get((COMPLIANCE, group))
    if found is not None:
        scope = ", on the rules that stood in the prompt" if group else ""
        name = trainer_text(contrast, contrast.after.label)
        begin = f"{first_upper(name)} against the rules in the prompt alone{scope}"
        yield _compared(begin, found, _Sides(name, "the prompt"))


def prompt_over_base(data: ReportData, contrast: ShownEvaluations) -> Iterator[Statement]:
    """What the rules in the prompt alone change, for a run that has trained nothing."""
    other = _shown(contrast, PROMPT)
    if other is None or contrast.before is None or contrast.after is not None:
        return
    key = (COMPLIANCE, INSTANCE_RULES if metric_of(other, COMPLIANCE, INSTANCE_RULES) else "")
    found = versus(data, other, contrast.before, [key]).get(key)
    if found is not None:
        scope = ", on the rules that stood there" if key[1] else ""
        begin = f"The rules in the prompt against none{scope}"
        yield _compared(begin, found, _Sides("the prompt", "no prompt"))


def over_baseline(data: ReportData, contrast: ShownEvaluations) -> Iterator[Statement]:
    """What the preference loss adds, which is the training minus that on the chosen answers alone;
    where each is ahead.

    Nothing where the run has no such baseline.
    """
    other, after = baseline_of(contrast), contrast.after
    if other is None or after is None:
        return
    sides = _Sides(*(trainer_text(contrast, one.label) for one in (after, other)))
    found = versus(data, after, other, _keys())
    minus = f"{sides.after} minus {sides.other} on the chosen answers"
    if is_preference_part(contrast, after.label, other.label):
        minus = f"what the preference part adds ({minus})"
    if _TOTAL in found:
        yield _compared(f"{first_upper(minus)}, rule compliance", found.pop(_TOTAL), sides)
    if found:
        yield _ahead(found, sides)


def _keys() -> list[Key]:
    """The figures of what training is for and of what it may cost."""
    told = [measure for measure in every_metric() if measure.role != "detail"]
    return [(measure.name, group) for measure in told for group in measure.headline]


def _shown(contrast: ShownEvaluations, label: str) -> Evaluation | None:
    return next((e for e in contrast.shown if e.label == label), None)


def _compared(begin: str, found: Versus, sides: _Sides) -> Statement:
    missing = not_compared(begin, _ends(found, sides))
    if missing is not None:
        return missing
    outcome = outcome_of(found.difference)
    note = "" if found.is_paired else SEPARATE
    text = (
        f"{begin}: {text_of(found.after)} against {text_of(found.other)}, "
        f"{change_text(found.difference, note)}{noise_text(found.difference)}."
    )
    return Statement(f"{text} {_unscored(found, sides)}".strip(), outcome)


def _ahead(found: Mapping[Key, Versus], sides: _Sides) -> Statement:
    """On how many further figures the cheaper training is ahead, and each of them, noise named."""
    told = {key: one for key, one in found.items() if not_compared("", _ends(one, sides)) is None}
    leaders = {key: _leader(one, sides) for key, one in told.items()}
    heads = {name: f"{first_upper(name)} is ahead in" for name in sides} | {"": "Alike in"}
    details = [
        f"{heads[name]} {_figure(found[key], sides)}"
        for name in (sides.other, sides.after, "")
        for key in told
        if leaders[key] == name
    ]
    lacking = (not_compared(first_upper(_title(one)), _ends(one, sides)) for one in found.values())
    details += [one.text for one in lacking if one is not None]
    n_ahead = sum(leader == sides.other for leader in leaders.values())
    text = f"{sides.other} is ahead in {n_ahead or 'none'} of the {len(told)} further figures."
    if not told:
        text = f"No further figure could be compared with {sides.other}."
    outcomes = [outcome_of(one.difference) for one in told.values()]
    return Statement(text, "worse" if "worse" in outcomes else "unknown", tuple(details))


def _leader(found: Versus, sides: _Sides) -> str:
    after, other = value_of(found.after), value_of(found.other)
    if after is None or other is None or after == other or found.after is None:
        return ""
    is_up = measure_of(found.after.name).better == "up"
    return sides.after if (after > other) == is_up else sides.other


def _figure(found: Versus, sides: _Sides) -> str:
    words = {"noise": ", within noise", "open": ", left open by unscored cases"}
    remark = words.get(outcome_of(found.difference), "")
    change = change_text(found.difference, "" if found.is_paired else SEPARATE_SHORT)
    values = f"{sides.other} {text_of(found.other)}, {sides.after} {text_of(found.after)}"
    text = f"{_title(found)}: {values}; difference {change}{remark}."
    return f"{text} {_unscored(found, sides)}".strip()


def _title(found: Versus) -> str:
    metric = found.after or found.other
    title = measure_of(metric.name).noun if metric else ""
    return title + (" on rules held out whole" if metric and metric.group == HELD_OUT else "")


def _unscored(found: Versus, sides: _Sides) -> str:
    return unscored_text(_ends(found, sides))


def _ends(found: Versus, sides: _Sides) -> dict[str, Metric | None]:
    return {f"with {sides.after}": found.after, f"with {sides.other}": found.other}
