"""The Judges tab: what each judge of the run was measured to be worth, and where it was used."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from specloop.calibration.belief import FAMILY, SMALL, Threshold, belief, believed, group_of
from specloop.calibration.certify import plan
from specloop.calibration.figures import Placed
from specloop.calibration.measures import Compared
from specloop.calibration.reliability import Bin, reliability
from specloop.calibration.table import cheapest_first, figure_title, labels_text, names_of, tokens
from specloop.evaluation.belief_text import TOGETHER, belief_lines, doubts_of
from specloop.gold import in_force
from specloop.judging.likeness import JudgeId, Likeness, likeness
from specloop.records import Belief, Certificate, Evaluation, Labeller
from specloop.report.comparison import ShownEvaluations, label_text
from specloop.report.data import TRAINING_DATA, JudgeUse, ReportData
from specloop.report.grids import (
    Grid,
    GridCell,
    Head,
    Row,
    plain_cell,
    plain_interval,
    plain_number,
)
from specloop.report.plots import Bar, Span
from specloop.report.standing import ORIGINS

_ON_TRACK = ("accuracy", "sensitivity", "specificity", "auc", "auc_within", "unscored")
"""The figures from 0 to 1, which are drawn."""
_OF_GROUP = ("sensitivity", "specificity", "accuracy", "kappa", "auc", "unscored", "lean")


class BinDot(NamedTuple):
    """A bin's place in a reliability plot, in percent from the upper left corner."""

    x: float
    y: float
    top: float
    bottom: float
    radius: float


class ReliabilityPlot(NamedTuple):
    """The share that labels call kept by the probability that the judge gives."""

    n: int
    is_current: bool
    """Whether the labels and verdicts in the folder are those that the certificate rests on."""
    dots: tuple[BinDot, ...]
    rows: tuple[tuple[str, ...], ...]
    """The same as a table: from, to, mean probability, share kept, interval, labels."""


class JudgeCard(NamedTuple):
    """One certificate."""

    label: str
    level: Belief
    uses: tuple[str, ...]
    facts: tuple[tuple[str, tuple[str, ...]], ...]
    bars: tuple[Bar, ...]
    groups: Grid | None
    plot: ReliabilityPlot | None


class JudgesPart(NamedTuple):
    """All that the tab shows."""

    notes: tuple[str, ...]
    """Which judges were used where, and whether they are the same."""
    cards: tuple[JudgeCard, ...]
    table: Grid | None
    """All certificates side by side."""


def judges_part(data: ReportData, contrast: ShownEvaluations) -> JudgesPart:
    """The certificates of a run, the cheapest verdicts first."""
    shown = cheapest_first(data.certificates)
    known = [_Known(one, data.bar, unused(one, data)) for one in shown]
    cards = tuple(_card(one, data, contrast) for one in known)
    table = _table(known) if len(shown) > 1 else None
    return JudgesPart(tuple(_notes(data, contrast)), cards, table)


def same_judge(data: ReportData) -> str:
    """Whether a judge of the evaluation is one that judged the training data, in words; empty
    unless both were judged."""
    ids = {stage: _ids(data, stage) for stage in ("evaluation", TRAINING_DATA)}
    if not all(ids.values()):
        return ""
    return _LIKENESS[likeness(*ids.values())]


_LIKENESS: dict[Likeness, str] = {
    "same judge": "The judge of the evaluation is the same one that judged the training data: what"
    " it gets wrong in both looks like a gain.",
    "same model": "The judge of the evaluation asks the same model as that of the training data, in"
    " other words or with other options: errors of that model may look like a gain.",
    "another model": "The judge of the evaluation asks another model than that of the training"
    " data.",
}


def _ids(data: ReportData, stage: str) -> set[JudgeId]:
    return {use.id for use in data.judges if use.stage == stage}


def _notes(data: ReportData, contrast: ShownEvaluations) -> Iterator[str]:
    lines = list(belief_lines(contrast.shown))
    yield from lines
    if (same := same_judge(data)) and not any(_CHOSE in line for line in lines):
        yield same
    if data.training_belief:
        yield from (f"Training data: {one}" for one in doubts_of(data.training_belief))
    for stage, looked in data.looked:
        yield f"Second look in the {stage}: {looked.words}."
    believed = {one.belief.judge for one in contrast.shown if one.belief}
    measured = {JudgeId.of(one) for one in data.certificates}
    for use in data.judges:
        if use.id not in measured and (use.stage != "evaluation" or use.label not in believed):
            yield f"{use.label} ({_use_text(use)}) has no certificate."


_CHOSE = "training pairs were chosen by"


def _use_text(use: JudgeUse) -> str:
    verdicts = f"{use.n:,} verdict{'s' if use.n > 1 else ''}"
    return f"{verdicts} in the {use.stage}"


def _card(known: _Known, data: ReportData, contrast: ShownEvaluations) -> JudgeCard:
    certificate = known.certificate
    own = JudgeId.of(certificate)
    using = [
        one for one in contrast.shown if one.belief and one.belief.certificate == certificate.id
    ]
    labels = {one.belief.judge for one in using if one.belief}
    uses = [
        _use_text(use)
        for use in data.judges
        if use.id == own or (use.stage == "evaluation" and use.label in labels)
    ]
    uses += _believed_on(using, contrast)
    return JudgeCard(
        label=certificate.label,
        level=known.level(),
        uses=tuple(uses),
        facts=tuple(_facts(known)),
        bars=tuple(_bars(certificate)),
        groups=_groups(known),
        plot=_plot(certificate, data),
    )


def _believed_on(using: Sequence[Evaluation], contrast: ShownEvaluations) -> Iterator[str]:
    """On whose answers judges are believed by a certificate, and how far: what is judged may not
    resemble its labels."""
    by_levels: dict[str, list[str]] = {}
    for one in using:
        families = one.belief.families if one.belief else ()
        levels = (f"{f.family or 'no family'} {_level_text(f.level)}" for f in families)
        by_levels.setdefault("; ".join(levels), []).append(label_text(one, contrast))
    for levels, names in by_levels.items():
        yield f"believed by this certificate on the answers of {', '.join(names)} ({levels})"


class _Known(NamedTuple):
    """A certificate with what its judge has to reach."""

    certificate: Certificate
    bar: Threshold
    unused: str = ""
    """Why verdicts are not believed by it; empty if they are."""

    def level(self, group: str = "") -> Belief:
        """How far it lets its judge be believed: one that is not used certifies nothing."""
        by = self.measured_in(group)
        return "unmeasured" if self.unused else belief(self.certificate, by, self.bar)

    def measured_in(self, group: str) -> str:
        """The group whose labels decide about one: of a small family those of all of them."""
        is_family = group.startswith(FAMILY)
        return group_of(self.certificate, group.removeprefix(FAMILY)) if is_family else group


def unused(certificate: Certificate, data: ReportData) -> str:
    """Why another certificate of its judge counts, or none; empty if this one does."""
    fit = believed(data.certificates, JudgeId.of(certificate), ()).fit
    if fit.certificate == certificate:
        return ""
    return fit.reasons.get(certificate.id) or "is not used: its judge has one that says more"


def _facts(known: _Known) -> Iterator[tuple[str, tuple[str, ...]]]:
    certificate = known.certificate
    if known.unused:
        yield "Certifies nothing", (known.unused.removeprefix("is not used: "),)
    yield "Labels by", tuple(map(labeller_text, certificate.labellers))
    yield "Labels", (labels_text(certificate),)
    if certificate.n_left_out:
        yield (
            "Left out",
            (f"{certificate.n_left_out:,} answers whose labels differ or say neither",),
        )
    if levels := tuple(_family_levels(known)):
        yield "By family", levels
    for name in names_of([certificate]):
        figure = certificate.figure(name)
        if name not in _ON_TRACK and figure and figure.value is not None:
            yield (
                figure_title(name),
                (f"{plain_number(figure.value, figure)}, {plain_interval(figure)}".rstrip(", "),),
            )
    if certificate.intervals:
        yield "Intervals", (certificate.intervals,)
    yield "Gold", certificate.gold
    yield "Part", (_PARTS[certificate.part],)
    yield "Cost", (f"{tokens(certificate):,.0f} tokens a verdict",)
    yield "Wording", (certificate.request_digest,)


def _family_levels(known: _Known) -> Iterator[str]:
    for group in dict.fromkeys(figure.group for figure in known.certificate.figures):
        if group.startswith(FAMILY):
            together = f" ({TOGETHER})" if known.measured_in(group) == SMALL else ""
            yield f"{group.removeprefix(FAMILY)} {_level_text(known.level(group))}{together}"


_PARTS = {
    "all": "all labels",
    "certify": "the part that certifies",
    "choose": "the part to choose on, which certifies nothing",
}


def labeller_text(labeller: Labeller) -> str:
    """Who gave labels, and what they are: a model's are never called a person's."""
    kinds = {
        "person": "a person",
        "model": "a language model",
        "document": "the document's worked examples",
        "unknown": "nobody says who gave them",
    }
    return f"{labeller.by} ({kinds[labeller.kind]}, {labeller.n:,})"


def _bars(certificate: Certificate) -> Iterator[Bar]:
    for name in _ON_TRACK:
        figure = certificate.figure(name)
        if figure is None or figure.value is None:
            continue
        low = figure.value if figure.ci_low is None else figure.ci_low
        high = figure.value if figure.ci_high is None else figure.ci_high
        span = Span(100 * figure.value, 100 * low, 100 * high)
        interval = f"{plain_interval(figure)} n {figure.n:,}".strip()
        yield Bar(figure_title(name), f"{figure.value:.2f}", interval, 0, span)


def _table(every: Sequence[_Known]) -> Grid:
    certificates = [one.certificate for one in every]
    heads = tuple(Head(one.label) for one in certificates)
    levels = (GridCell(_level_text(one.level())) for one in every)
    costs = (GridCell(f"{tokens(one):,.0f}") for one in certificates)
    labels = (GridCell(labels_text(one)) for one in certificates)
    rows = (
        Row("Level", tuple(levels)),
        Row("Labels", tuple(labels)),
        *(
            Row(figure_title(name), tuple(plain_cell(one.figure(name)) for one in certificates))
            for name in names_of(certificates)
        ),
        Row("Tokens a verdict", tuple(costs)),
    )
    return Grid("All judges side by side", "", "Figure", heads, rows, is_open=True)


def _groups(known: _Known) -> Grid | None:
    """By family, authority and section, and how it leans by length and by who answered."""
    certificate = known.certificate
    groups = dict.fromkeys(figure.group for figure in certificate.figures if figure.group)
    if not groups:
        return None
    heads = (*(Head(figure_title(name)) for name in _OF_GROUP), Head("Level"))
    rows = tuple(_group_row(known, group) for group in groups)
    return Grid("By family, authority, section and answer", "", "Group", heads, rows)


def _group_row(known: _Known, group: str) -> Row:
    figures = [known.certificate.figure(name, group) for name in _OF_GROUP]
    cells = tuple(map(plain_cell, figures))
    if not any(figures[:2]):
        return Row(group, (*cells, None))
    return Row(group, (*cells, GridCell(_level_text(known.level(group)))))


def _level_text(level: Belief) -> str:
    return f"{ORIGINS[level].sign} {level}"


def _plot(certificate: Certificate, data: ReportData) -> ReliabilityPlot | None:
    cases, is_current = _compared(certificate, data)
    bins = reliability(cases)
    if not bins:
        return None
    n = sum(one.kept.n for one in bins)
    most = max(one.kept.n for one in bins)
    dots = tuple(_dot(one, most) for one in bins)
    return ReliabilityPlot(n, is_current, dots, tuple(map(_bin_row, bins)))


def _compared(certificate: Certificate, data: ReportData) -> tuple[list[Compared], bool]:
    """The labels beside the verdicts of the certificate's judge, as the folder has them now."""
    own = JudgeId.of(certificate)
    by_case = {one.answer: one for one in data.gold.judgements if JudgeId.of(one) == own}
    labels = in_force(data.gold.labels)
    labelled = {label.case for label in labels}
    cases = [case for case in data.gold.cases if case.id in labelled]
    planned = plan(cases, labels, certificate.gold, certificate.part)
    judged = planned._replace(cases=tuple(c for c in planned.cases if c.case.id in by_case))
    compared = [Placed(one, (by_case[one.case.id],)).compared for one in judged.cases]
    return compared, judged.digest == certificate.gold_digest


def _dot(one: Bin, most: int) -> BinDot:
    kept = one.kept.value or 0.0
    low = kept if one.kept.ci_low is None else one.kept.ci_low
    high = kept if one.kept.ci_high is None else one.kept.ci_high
    top, bottom = 100 * (1 - high), 100 * (1 - low)
    return BinDot(100 * one.said, 100 * (1 - kept), top, bottom, 3 + 6 * (one.kept.n / most) ** 0.5)


def _bin_row(one: Bin) -> tuple[str, ...]:
    low, high = one.kept.ci_low, one.kept.ci_high
    interval = "" if low is None or high is None else f"{low:.0%} to {high:.0%}"
    bounds = f"{one.low:.1f} to {one.high:.1f}"
    return bounds, f"{one.said:.2f}", f"{one.kept.value or 0:.0%}", interval, f"{one.kept.n:,}"
