"""How far judges are believed, in words: for the terminal and the page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from specloop.calibration.belief import FAMILY, SMALL
from specloop.evaluation.correcting import NO_MEAN
from specloop.measuring.compliance import WITH
from specloop.metrics import in_order, metric_of
from specloop.records import (
    LEVELS,
    Belief,
    Corrected,
    Evaluation,
    FamilyBelief,
    Figure,
    JudgeBelief,
    intervals_text,
)

TOGETHER = "measured together with other families of few labels"
"""What is said of a small family."""


def belief_lines(evaluations: Sequence[Evaluation]) -> Iterator[str]:
    """What is known of the judges of some evaluations; a line that is not about all of them names
    those that it is about."""
    believed = [one for one in evaluations if one.belief or one.notes]
    by_line: dict[str, list[str]] = {}
    for one in believed:
        for line in (*(_lines(one.belief) if one.belief else ()), *one.notes):
            by_line.setdefault(line, []).append(one.label)
    for line, labels in by_line.items():
        yield line if len(labels) == len(believed) else f"{', '.join(labels)}: {line}"


def doubts_of(belief: JudgeBelief) -> Iterator[str]:
    """What to know of a judge besides its levels: what it was not measured on, which certificates
    are not used, and what it may like too well."""
    for one in belief.transport:
        yield f"{belief.judge} judges here what it was not measured on: {one}"
    yield from belief.remarks


def judged_notes(figure: Figure, total: Figure | None) -> Iterator[str]:
    """How far a judge's part in a figure is believed, and what it would change in the total."""
    metric = metric_of(figure.name)
    if metric.is_judged:
        yield f"{figure.belief or 'unmeasured'} judge"
    elif figure.belief:
        yield f"{figure.n_judged} of them judged, {figure.belief}"
    if figure.group in WITH and total and total.value is not None and figure.value is not None:
        yield f"{figure.value - total.value:{metric.change_form}} to the total"


_HOW = {
    "certificate": "the judge's certificate",
    "labels": "labels on these answers",
}


def corrected_text(corrected: Corrected | None, form: str) -> str:
    """A corrected value with its interval and whose labels it rests on, or why there is none; empty
    if code decided it, and for what is never corrected, which `never_corrected` tells."""
    if corrected is None or corrected.why == NO_MEAN:
        return ""
    value, low, high = corrected.value, corrected.ci_low, corrected.ci_high
    if value is None or low is None or high is None:
        return f"not corrected: {corrected.why}"
    labels = f"{corrected.n_labels} labels"
    of = f" of {corrected.labelled_by}" if corrected.labelled_by else ""
    interval = f"{value:{form}} [{low:{form}}, {high:{form}}]"
    return f"corrected {interval} by {_HOW[corrected.by]} ({labels}{of})"


def never_corrected(figures: Iterable[Figure]) -> Iterator[str]:
    """Which judged figures are no means of verdicts, in one line."""
    names = {one.name for one in figures if one.corrected and one.corrected.why == NO_MEAN}
    if names:
        named = "; ".join(metric_of(name).title for name in in_order(names))
        yield f"not corrected, since {NO_MEAN}: {named}"


def _lines(belief: JudgeBelief) -> Iterator[str]:
    if not belief.certificate:
        yield (
            f"{belief.judge}: unmeasured, no certificate fits; its verdicts are in no total of"
            " rules kept (specloop judge calibrate)"
        )
    else:
        yield from (_level(belief, level) for level in LEVELS if _of(belief, level))
    yield from doubts_of(belief)


def _level(belief: JudgeBelief, level: Belief) -> str:
    families = "; ".join(map(_families, _alike(_of(belief, level))))
    by = intervals_text(belief.confidence)
    entered = "" if level == "certified" else ", in no total"
    return f"{belief.judge} is {level}{f' by {by}' * bool(by)} on {families}{entered}"


def _of(belief: JudgeBelief, level: Belief) -> list[FamilyBelief]:
    return [one for one in belief.families if one.level == level]


def _alike(families: Sequence[FamilyBelief]) -> Iterable[list[FamilyBelief]]:
    """The families, those that are measured together and need the same as one."""
    by_group: dict[tuple[str, str], list[FamilyBelief]] = {}
    for one in families:
        name = SMALL if one.group == SMALL else f"{FAMILY}{one.family}"
        by_group.setdefault((name, one.needs), []).append(one)
    return by_group.values()


def _families(alike: Sequence[FamilyBelief]) -> str:
    first, names = alike[0], ", ".join(one.family for one in alike)
    family = "families" if len(alike) > 1 else "family"
    name = f"rules of the {family} {names}" if names else "rules of no family"
    labels = f"{first.n_kept} labels of kept rules, {first.n_broken} of broken ones"
    needs = f"; to be certified it needs {first.needs}" if first.needs else ""
    together = f", {TOGETHER}" if first.group == SMALL else ""
    return f"{name} ({labels}{together}{needs})"
