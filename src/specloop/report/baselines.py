"""Write sentences that compare the trained model with the cheaper baselines: a prompt, and SFT on
the chosen answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from specloop.measuring.compliance import COMPLIANCE, HELD_OUT, INSTANCE_RULES
from specloop.metrics import every_metric, metric_of
from specloop.outcomes import outcome_of
from specloop.records import Evaluation, Figure
from specloop.report.comparison import (
    PROMPT,
    ShownEvaluations,
    baseline_of,
    difference_between,
    figure_of,
    label_text,
    unscored_text,
)
from specloop.report.data import ReportData
from specloop.report.figure_text import value_of
from specloop.report.headline import text_of
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
from specloop.responding.entrant import has_method

SEPARATE = "; from two separate intervals, so wider than a paired one"
SEPARATE_SHORT = "; from separate intervals"
_TOTAL: Key = (COMPLIANCE, "")


class _Sides(NamedTuple):
    """The names of the two sides of a comparison."""

    after: str
    other: str


def over_prompt(data: ReportData, contrast: ShownEvaluations) -> Iterator[Statement]:
    """The whole training against the rules in the prompt, judged by those rules."""
    other = _shown(contrast, PROMPT)
    if other is None or contrast.after is None:
        yield Statement("Not measured: only the rules in the prompt.", "unknown")
        return
    group = INSTANCE_RULES if figure_of(other, COMPLIANCE, INSTANCE_RULES) else ""
    difference = versus(data, contrast.after, other, [(COMPLIANCE, group)]).get((COMPLIANCE, group))
    if difference is not None:
        scope = ", on the rules that stood in the prompt" if group else ""
        name = trainer_text(contrast, contrast.after.label)
        begin = f"{first_upper(name)} against only the rules in the prompt{scope}"
        yield _compared(begin, difference, _Sides(name, "the prompt"))


def prompt_over_base(data: ReportData, contrast: ShownEvaluations) -> Iterator[Statement]:
    """What only the rules in the prompt change, for a run without training."""
    other = _shown(contrast, PROMPT)
    if other is None or contrast.before is None or contrast.after is not None:
        return
    key = (COMPLIANCE, INSTANCE_RULES if figure_of(other, COMPLIANCE, INSTANCE_RULES) else "")
    difference = versus(data, other, contrast.before, [key]).get(key)
    if difference is not None:
        scope = ", on the rules that stood there" if key[1] else ""
        begin = f"The rules in the prompt against none{scope}"
        yield _compared(begin, difference, _Sides("the prompt", "no prompt"))


def over_model_alone(contrast: ShownEvaluations) -> Iterator[Statement]:
    """What each test-time method changes on its model: nothing was trained for it."""
    by_label = {one.label: one for one in contrast.shown}
    for one in contrast.shown:
        other = by_label.get(one.against or "")
        if not has_method(one) or other is None:
            continue
        group = INSTANCE_RULES if one.told == "rules" else ""
        mine, theirs = (figure_of(each, COMPLIANCE, group) for each in (one, other))
        found = Versus(mine, theirs, difference_between(one, other, COMPLIANCE, group), True)
        names = _Sides(*(label_text(each, contrast) for each in (one, other)))
        scope = ", rule compliance on the rules that it was told" if group else ", rule compliance"
        said = _compared(f"{first_upper(names.after)} against {names.other}{scope}", found, names)
        yield said._replace(text=f"{said.text}{_tokens(one, other)}")


def _tokens(one: Evaluation, other: Evaluation) -> str:
    """What an answer takes of both, where that is known."""
    ends = [figure_of(each, "tokens") for each in (one, other)]
    if any(value_of(figure) is None for figure in ends):
        return ""
    taken, before = map(text_of, ends)
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
    differences = versus(data, after, other, _keys())
    minus = f"{sides.after} minus {sides.other} on the chosen answers"
    if is_preference_part(contrast, after.label, other.label):
        minus = f"what the preference part adds ({minus})"
    if _TOTAL in differences:
        yield _compared(f"{first_upper(minus)}, rule compliance", differences.pop(_TOTAL), sides)
    if differences:
        yield _ahead(differences, sides)


def _keys() -> list[Key]:
    """The figures that training should improve, and those of its side effects."""
    compared = [metric for metric in every_metric() if metric.role != "detail"]
    return [(metric.name, group) for metric in compared for group in metric.headline]


def _shown(contrast: ShownEvaluations, label: str) -> Evaluation | None:
    return next((e for e in contrast.shown if e.label == label), None)


def _compared(begin: str, compared: Versus, sides: _Sides) -> Statement:
    missing = not_compared(begin, _ends(compared, sides))
    if missing is not None:
        return missing
    outcome = outcome_of(compared.difference)
    note = "" if compared.is_paired else SEPARATE
    text = (
        f"{begin}: {text_of(compared.after)} against {text_of(compared.other)}, "
        f"{change_text(compared.difference, note)}{noise_text(compared.difference)}."
    )
    return Statement(f"{text} {_unscored(compared, sides)}".strip(), outcome)


def _ahead(differences: Mapping[Key, Versus], sides: _Sides) -> Statement:
    """On how many further figures the cheaper training is ahead, and each figure, with noise
    marked."""
    comparable = {
        key: difference
        for key, difference in differences.items()
        if not_compared("", _ends(difference, sides)) is None
    }
    leaders = {key: _leader(difference, sides) for key, difference in comparable.items()}
    heads = {name: f"{first_upper(name)} is ahead in" for name in sides} | {"": "Alike in"}
    details = [
        f"{heads[name]} {_figure(differences[key], sides)}"
        for name in (sides.other, sides.after, "")
        for key in comparable
        if leaders[key] == name
    ]
    lacking = (
        not_compared(first_upper(_title(difference)), _ends(difference, sides))
        for difference in differences.values()
    )
    details += [difference.text for difference in lacking if difference is not None]
    n_ahead = sum(leader == sides.other for leader in leaders.values())
    text = (
        f"{sides.other} is ahead in {n_ahead or 'none'} of the {len(comparable)} further figures."
    )
    if not comparable:
        text = f"No further figure could be compared with {sides.other}."
    outcomes = [outcome_of(difference.difference) for difference in comparable.values()]
    return Statement(text, "worse" if "worse" in outcomes else "unknown", tuple(details))


def _leader(compared: Versus, sides: _Sides) -> str:
    after, other = value_of(compared.after), value_of(compared.other)
    if after is None or other is None or after == other or compared.after is None:
        return ""
    is_up = metric_of(compared.after.name).better == "up"
    return sides.after if (after > other) == is_up else sides.other


def _figure(compared: Versus, sides: _Sides) -> str:
    words = {"noise": ", within noise", "open": ", left open by unscored cases"}
    remark = words.get(outcome_of(compared.difference), "")
    change = change_text(compared.difference, "" if compared.is_paired else SEPARATE_SHORT)
    values = f"{sides.other} {text_of(compared.other)}, {sides.after} {text_of(compared.after)}"
    text = f"{_title(compared)}: {values}; difference {change}{remark}."
    return f"{text} {_unscored(compared, sides)}".strip()


def _title(compared: Versus) -> str:
    figure = compared.after or compared.other
    title = metric_of(figure.name).noun if figure else ""
    return title + (" on held-out rules" if figure and figure.group == HELD_OUT else "")


def _unscored(compared: Versus, sides: _Sides) -> str:
    return unscored_text(_ends(compared, sides))


def _ends(compared: Versus, sides: _Sides) -> dict[str, Figure | None]:
    return {f"with {sides.after}": compared.after, f"with {sides.other}": compared.other}
