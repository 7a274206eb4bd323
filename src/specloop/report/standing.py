"""How an entrant does on a rule, and how the verdicts on that were had."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Literal, NamedTuple

from specloop.calibration.belief import believed
from specloop.gold import in_force
from specloop.judging.context import conditions_of
from specloop.measuring.compliance import COMPLIANCE, JUDGED
from specloop.records import LEVELS, Belief, Evaluation, Rule, least_believed
from specloop.records.conversation import with_request
from specloop.report.comparison import Change, ShownEvaluations, change_between
from specloop.report.data import TRAINING_DATA, ReportData
from specloop.report.figure_text import corrected_value_text, level_of, value_of
from specloop.report.versus import answers_of, eval_set_of

Origin = Literal["code", "certified", "weak", "unmeasured", "people", "none"]
"""How verdicts were had, from what is believed most to what is not there."""
Trend = Literal["up", "flat", "down", "none"]
_TRENDS: Mapping[str, Trend] = {"better": "up", "worse": "down", "noise": "flat"}


class OriginWords(NamedTuple):
    """What an origin is called, and its sign, which is read without colours."""

    sign: str
    words: str
    note: str


ORIGINS: Mapping[Origin, OriginWords] = {
    "code": OriginWords("=", "by code", "A check decides the whole rule."),
    "certified": OriginWords(
        "✓", "by a certified judge", "Measured on labels, and right often enough to be believed."
    ),
    "weak": OriginWords(
        "~", "by a weak judge", "Measured on labels, and wrong too often to be believed."
    ),
    "unmeasured": OriginWords(
        "?", "by an unmeasured judge", "Too few labels, or none, say how often it is wrong."
    ),
    "people": OriginWords("✎", "labelled by people", "People labelled answers; no judge did."),
    "none": OriginWords("–", "not judged", "Nobody and nothing has given a verdict."),
}
ARROWS: Mapping[Trend, str] = {"up": " ▲", "down": " ▼", "flat": "", "none": ""}


class Standing(NamedTuple):
    """How an entrant does on a rule, against the base."""

    change: Change
    origin: Origin = "none"
    judge: str = ""
    """The judge's name where a model judged."""
    n_labelled: int = 0
    """Its answers to which people have given a label by this rule."""

    @property
    def is_believed(self) -> bool:
        """Whether its verdicts count: code gave them, or a judge that is right often enough."""
        return self.origin in ("code", "certified")

    @property
    def trend(self) -> Trend:
        """Whether compliance changed: by more than noise if an interval is known, otherwise by 5
        points. Of verdicts that are not believed nothing is said."""
        if not self.is_believed:
            return "none"
        if self.change.outcome in _TRENDS:
            return _TRENDS[self.change.outcome]
        before, after = value_of(self.change.before), value_of(self.change.after)
        if before is None or after is None:
            return "none"
        return "flat" if abs(after - before) < 0.05 else "up" if after > before else "down"

    @property
    def level(self) -> int | None:
        """The share kept in fifths, for its colour."""
        return level_of(self.change.after)

    @property
    def colours(self) -> str:
        """The classes of its colours by what is kept, by the change, and by the origin."""
        level = "n" if self.level is None else self.level
        return f"l{level} c-{self.trend} o-{self.origin}"

    @property
    def own(self) -> str:
        """The share kept by this entrant; empty if it has none."""
        value = value_of(self.change.after)
        return "" if value is None else f"{100 * value:.0f}%"

    @property
    def corrected(self) -> str:
        """That share without the judge's errors, or why there is none; empty by code."""
        return corrected_value_text(self.change.after)

    @property
    def figures(self) -> str:
        """The shares kept by the base and by this entrant; empty without any."""
        ends = (end.value for end in self.change[:2] if end and end.value is not None)
        shown = "→".join(f"{100 * value:.0f}" for value in ends)
        return f"{shown}%" if shown else ""

    @property
    def label(self) -> str:
        """What stands beside the rule in the document: figures with the sign of their origin, and
        the way they changed."""
        origin = ORIGINS[self.origin]
        sign = "" if self.origin == "code" else f" {origin.sign}"
        return (self.figures and self.figures + sign + ARROWS[self.trend]) or origin.words

    @property
    def spoken(self) -> str:
        """The same for a screen reader."""
        return ", ".join(part for part in (self.figures, ORIGINS[self.origin].words) if part)


class Standings:
    """How the shown entrants do on each rule."""

    def __init__(self, data: ReportData, contrast: ShownEvaluations) -> None:
        self._data = data
        self._shown = contrast.shown
        self._base = contrast.before
        self._labelled = [labelled_by_people(data, one) for one in contrast.shown]

    def of(self, rule: Rule) -> tuple[Standing, ...]:
        """One for each entrant; before an evaluation one alone, which says how its verdicts in the
        training data were had."""
        if not self._shown:
            return (self._before_evaluation(rule),)
        return tuple(
            self._standing(rule, evaluation, labelled[rule.id])
            for evaluation, labelled in zip(self._shown, self._labelled, strict=True)
        )

    def _standing(self, rule: Rule, evaluation: Evaluation, n_labelled: int) -> Standing:
        base = None if evaluation is self._base else self._base
        by_code = change_between(base, evaluation, COMPLIANCE, rule.id)
        believed = evaluation.belief
        if by_code.after:
            judge = believed.judge if believed and by_code.after.belief else ""
            return Standing(by_code, by_code.after.belief or "code", judge, n_labelled)
        judged = change_between(base, evaluation, JUDGED, rule.id)
        if judged.after:
            judge = judged.after.judge
            level = judged.after.belief or belief_in(self._data, judge, rule, evaluation)
            return Standing(judged, level, judge, n_labelled)
        nothing = Change(None, None, None)
        return Standing(nothing, "people" if n_labelled else "none", "", n_labelled)

    def _before_evaluation(self, rule: Rule) -> Standing:
        kinds = {verdict.kind for verdict in self._data.verdicts if verdict.rule == rule.id}
        nothing = Change(None, None, None)
        if "check" in kinds:
            return Standing(nothing, "code")
        judges = {v.judge for v in self._data.verdicts if v.rule == rule.id and v.kind == "model"}
        if not judges:
            return Standing(nothing)
        origins: dict[str, Belief] = {judge: belief_in(self._data, judge, rule) for judge in judges}
        best = min(sorted(judges), key=lambda judge: LEVELS.index(origins[judge]))
        return Standing(nothing, origins[best], best)


def belief_in(
    data: ReportData, label: str, rule: Rule, evaluation: Evaluation | None = None
) -> Belief:
    """How far the judge that verdicts call `label` is believed on a rule: as is noted of the
    evaluation in which it judged, else by the certificates of the run. Without an evaluation: in
    the training data."""
    known = evaluation.belief if evaluation else data.training_belief
    if known and known.judge == label and (own := known.by_rule.get(rule.id)):
        return own.level
    stage = "evaluation" if evaluation else TRAINING_DATA
    ids = {use.id for use in data.judges if (use.label, use.stage) == (label, stage)}
    # Several wordings go by one label. A verdict may be of any of them.
    levels: list[Belief] = [
        believed(data.certificates, one, [rule], data.bar).by_rule[rule.id] for one in ids
    ]
    return least_believed(levels) or "unmeasured"


def labelled_by_people(data: ReportData, evaluation: Evaluation) -> Counter[str]:
    """Rule -> how many answers of an evaluation people have labelled by it."""
    labelled = {
        label.case
        for label in in_force(data.gold.labels)
        if label.kind == "person" and label.value != "bad item"
    }
    chains = conditions_of(data.rules, data.sections)
    cases = [
        case
        for case in data.gold.cases
        if case.id in labelled and case.chain in ("", chains.get(case.rule_text, ""))
    ]
    if not cases:
        return Counter()
    probes = {probe.id: probe for probe in data.probes}
    said = {
        (with_request(probe.messages, probe.query), answer.text)
        for answer in answers_of(data, evaluation, eval_set_of(data))
        if (probe := probes.get(answer.case))
    }
    return Counter(
        rule for case in cases if (case.messages, case.answer) in said for rule in case.rules
    )
