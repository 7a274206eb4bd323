"""How far a certificate allows a judge to be believed, by rule family. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from specloop.calibration.corrected import Share
from specloop.calibration.correcting import Errors
from specloop.calibration.needed import labels_to_certify
from specloop.judging.likeness import JudgeId
from specloop.records import Belief, Certificate, FamilyBelief, Figure, Rule
from specloop.stats import DEFAULT, Rate


class Threshold(NamedTuple):
    """What a certified judge has to reach."""

    sensitivity: float = 0.8
    specificity: float = 0.8
    least: int = 20
    """Labels of kept rules, and of broken ones, below which nothing is measured."""


USUAL = Threshold()
MOST_UNDECIDED = 0.2
"""The share of kept rules, and of broken ones, of which a judge may say neither. What it leaves
aside is seldom like the rest, and its shares of right verdicts are of the rest alone."""
_SHARES = ("sensitivity", "specificity")
_KINDS = ("kept", "broken")
FAMILY = "family: "
"""What the groups of families begin with."""
SMALL = "small families"
"""The group of all families that have labels, but each too few to be measured by."""
_SUPPOSED = 0.9
"""The share of right verdicts before it is measured."""


def belief(
    certificate: Certificate | None, group: str = "", threshold: Threshold = USUAL
) -> Belief:
    """How far a judge is believed, in total or in one group of a certificate."""
    figures = _figures(certificate, group)
    if any(figure is None or figure.n < threshold.least for figure in figures):
        return "unmeasured"
    lows = [figure.ci_low for figure in figures if figure]
    reached = all(low is not None and low >= at for low, at in zip(lows, threshold, strict=False))
    return "certified" if reached and not undecided(certificate, group) else "weak"


def has_few(n_kept: int, n_broken: int) -> bool:
    """Whether a family has labels, but too few to be measured by them alone."""
    return n_kept + n_broken > 0 and min(n_kept, n_broken) < USUAL.least


def group_of(certificate: Certificate | None, family: str) -> str:
    """The group of a certificate by which a family is measured: that of all small families, if it
    is one of them; else its own, which a family without labels lacks. Empty, for all labels, if it
    has no name or if the labels name no families."""
    groups = {figure.group for figure in certificate.figures} if certificate else set[str]()
    if not (family and any(group.startswith(FAMILY) for group in groups)):
        return ""
    own = FAMILY + family
    kept, broken = (f.n + f.n_unscored if f else 0 for f in _figures(certificate, own))
    return SMALL if SMALL in groups and has_few(kept, broken) else own


def small_families(certificate: Certificate) -> list[str]:
    """The families that are measured together."""
    groups = dict.fromkeys(figure.group for figure in certificate.figures)
    families = (group.removeprefix(FAMILY) for group in groups if group.startswith(FAMILY))
    return [family for family in families if group_of(certificate, family) == SMALL]


def undecided(certificate: Certificate | None, group: str = "") -> str:
    """Of which rules a judge says neither kept nor broken too often for its other verdicts to tell
    what it is worth, in words; empty if of none."""
    return " and ".join(_undecided(_figures(certificate, group)))


def _undecided(figures: Sequence[Figure | None]) -> Iterator[str]:
    for kind, figure in zip(_KINDS, figures, strict=True):
        n = figure.n + figure.n_unscored if figure else 0
        if figure and n >= USUAL.least and figure.n_unscored > MOST_UNDECIDED * n:
            yield f"{figure.n_unscored / n:.0%} of {kind} rules"


def errors_of(certificate: Certificate | None, group: str = "") -> Errors | None:
    """What the judge was measured to be worth in a group; None with too few labels to say."""
    if belief(certificate, group) == "unmeasured":
        return None
    level = certificate.confidence if certificate else DEFAULT.confidence
    shares = [_share(figure, level) for figure in _figures(certificate, group) if figure]
    known = [share for share in shares if share]
    return Errors(*known) if len(known) == len(_SHARES) else None


def family_beliefs(
    certificate: Certificate | None, rules: Iterable[Rule], threshold: Threshold = USUAL
) -> list[FamilyBelief]:
    """The belief in verdicts on each family of some rules, by the group that it is measured in."""
    by_family: dict[str, list[str]] = {}
    for rule in rules:
        by_family.setdefault(rule.family, []).append(rule.id)
    level = certificate.confidence if certificate else DEFAULT.confidence
    every: list[FamilyBelief] = []
    for family, ids in sorted(by_family.items()):
        group = group_of(certificate, family)
        own = _figures(certificate, group)
        n_kept, n_broken = (figure.n if figure else 0 for figure in own)
        one = FamilyBelief(
            family=family,
            level=belief(certificate, group, threshold),
            group=group,
            rules=tuple(ids),
            n_kept=n_kept,
            n_broken=n_broken,
            needs=_needs(own, threshold, level),
        )
        every.append(one)
    return every


def standing(certificate: Certificate, threshold: Threshold = USUAL) -> Iterator[str]:
    """How far a judge is believed by a certificate's labels alone, and what they lack, in lines."""
    if reason := _other(certificate, JudgeId.of(certificate)):
        yield f"this certificate {reason}"
        return
    groups = {figure.group for figure in certificate.figures if figure.group.startswith(FAMILY)}
    by_group: dict[str, list[str]] = {}
    for family in sorted(group.removeprefix(FAMILY) for group in groups):
        by_group.setdefault(group_of(certificate, family), []).append(family)
    for group, families in (by_group or {"": []}).items():
        figures, level = _figures(certificate, group), belief(certificate, group, threshold)
        kept, broken = (figure.n + figure.n_unscored if figure else 0 for figure in figures)
        on = f" on rules of {', '.join(families)}" if families else ""
        needs = _needs(figures, threshold, certificate.confidence)
        lacks = f": to be certified it needs {needs}" if needs else ""
        few = (
            f", fewer than {threshold.least} of one" if min(kept, broken) < threshold.least else ""
        )
        yield (
            f"the judge is {level}{on} by {kept} labels of kept rules and {broken} of broken ones"
            f"{few}{_THEN[level]}{lacks}"
        )


_THEN: Mapping[Belief, str] = {
    "certified": "",
    "weak": "; its verdicts are in no total",
    "unmeasured": "; its verdicts are in no total, and it corrects no rate",
}


def _needs(figures: Sequence[Figure | None], threshold: Threshold, confidence: float) -> str:
    """What would certify a judge by intervals at a level, in words; empty for one that is."""
    parts: list[str] = []
    if aside := " and ".join(_undecided(figures)):
        return f"a better judge, wording or model: this one says neither kept nor broken of {aside}"
    for kind, figure, bar in zip(_KINDS, figures, threshold, strict=False):
        n, low = (figure.n, figure.ci_low) if figure else (0, None)
        if n >= threshold.least and low is not None and low >= bar:
            continue
        known = figure.value if figure and n >= threshold.least else None
        share = _SUPPOSED if known is None else known
        enough = labels_to_certify(share, bar, confidence)
        if enough is None:
            return (
                f"a better judge, wording or model: this one is right about {share:.0%} of {kind}"
                f" rules, and no number of labels lifts that above {bar:.0%}"
            )
        more = max(enough, threshold.least) - n
        parts.append(f"about {max(1, more)} more labels of {kind} rules")
    return " and ".join(parts)


class Believed(NamedTuple):
    """How far a judge is believed on some rules, by what a run's certificates say of it."""

    fit: FittingCertificate
    families: list[FamilyBelief]

    @property
    def by_rule(self) -> dict[str, Belief]:
        """The level on each rule, by its id."""
        return {rule: one.level for one in self.families for rule in one.rules}


def believed(
    certificates: Iterable[Certificate],
    judge: JudgeId,
    rules: Iterable[Rule],
    threshold: Threshold = USUAL,
) -> Believed:
    """The belief in a judge's verdicts on each family of some rules. All that tells levels asks
    here: pairs, evaluations and the page."""
    fit = fitting(certificates, judge)
    if fit.certificate and threshold != USUAL:
        bars = (
            f"certified means here: sensitivity above {threshold.sensitivity:g} and specificity"
            f" above {threshold.specificity:g} (calibrate.sensitivity, calibrate.specificity)"
        )
        fit = fit._replace(remarks=(*fit.remarks, bars))
    return Believed(fit, family_beliefs(fit.certificate, rules, threshold))


class FittingCertificate(NamedTuple):
    """The certificate of a judge among those of a run."""

    certificate: Certificate | None
    remarks: tuple[str, ...] = ()
    """Which others are not used, and why."""
    reasons: Mapping[str, str] = MappingProxyType({})
    """The same by the certificate's id."""


def fitting(certificates: Iterable[Certificate], judge: JudgeId) -> FittingCertificate:
    """The certificate of the very judge: same name, options, model and wording. One on the part to
    choose on certifies nothing, nor does one on the model's own labels. Of several on the same
    sources the newest counts, since labels are corrected; then the one of the part to certify on,
    then the one with most labels, then the newest."""
    fit: dict[tuple[str, frozenset[str]], tuple[bool, int, int, Certificate]] = {}
    remarks: list[str] = []
    reasons: dict[str, str] = {}

    for number, one in enumerate(certificates):
        if reason := _other(one, judge):
            reasons[one.id] = reason
            remarks.append(_left(one, reason))
            continue
        key = one.part, frozenset(one.gold)
        if key in fit:
            old = fit[key][-1]
            reasons[old.id] = _AGAIN
            remarks += [_left(old, _AGAIN)] if old.n_labels > one.n_labels else []
        fit[key] = one.part == "certify", one.n_labels, number, one
    used = max(fit.values())[-1] if fit else None
    told = tuple(dict.fromkeys([*remarks, *_by_others(used)]))
    return FittingCertificate(used, told, reasons)


_AGAIN = "is not used: its sources were measured again since"


def _left(one: Certificate, reason: str) -> str:
    return f"the certificate of {one.label} ({one.n_labels} labels) {reason}"


def _by_others(used: Certificate | None) -> Iterator[str]:
    """What to know of labels that no person gave, as far as is known."""
    for kind, words in (("model", "models"), ("unknown", "unknown labellers")):
        some = [one for one in used.labellers if one.kind == kind] if used else []
        if used and some:
            n, names = sum(one.n for one in some), ", ".join(one.by for one in some)
            yield f"the certificate of {used.label} rests on {n} labels of {words} ({names})"


def _other(one: Certificate, judge: JudgeId) -> str:
    """Why a certificate is not of this judge; empty if it is."""
    own_id = JudgeId.of(one)
    for is_same, what in (
        (own_id.judge == judge.judge, "judge"),
        (own_id.model == judge.model, "model"),
        (own_id.settings == judge.settings, "options"),
        (own_id.request_digest == judge.request_digest, "wording, rubrics or model options"),
    ):
        if not is_same:
            return f"is not used: it is of another {what}"
    own = set(one.model.split("+"))
    if any(by.kind == "model" and by.by in own for by in one.labellers):
        return "is not used: the judge's own model gave labels of it"
    if one.part == "choose":
        return "is not used: its labels were there to choose on; certify with --part certify"
    return ""


def _figures(certificate: Certificate | None, group: str) -> list[Figure | None]:
    return [certificate and certificate.figure(name, group) for name in _SHARES]


def _share(figure: Figure, confidence: float) -> Share | None:
    """What was counted: of an interval at any level the same number of independent labels."""
    rate = Rate(figure.value, figure.n, figure.ci_low, figure.ci_high)
    return Share.of(rate, confidence)
