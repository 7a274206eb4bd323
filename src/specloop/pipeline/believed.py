"""How far the judges of a run are believed: what its certificates say of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from specloop.calibration.belief import Threshold, belief
from specloop.config import PLAIN
from specloop.judging.grader import Grader
from specloop.pipeline.judge_models import grader_in
from specloop.pipeline.run import Run
from specloop.records import Belief, Certificate, Rule
from specloop.runrules import current_guides

_FAMILY = "family: "


def certificate_of(grader: Grader, certificates: Iterable[Certificate]) -> Certificate | None:
    """What a judge was measured to be worth: of several certificates that on the part that
    certifies, else the last. What a wording was chosen on certifies nothing."""
    judge = grader.blank("")
    same = [
        one
        for one in certificates
        if (one.judge, one.settings, one.model, one.request_digest)
        == (judge.judge, judge.settings, judge.model, judge.request_digest)
        and one.part != "choose"
    ]
    return max(reversed(same), key=lambda one: one.part == "certify", default=None)


def group_of(rule: Rule, certificate: Certificate) -> str:
    """The group of a certificate's figures that say something about a rule: its family's; the total
    if the labelled rules have no families."""
    has_families = any(one.group.startswith(_FAMILY) for one in certificate.figures)
    return f"{_FAMILY}{rule.family}" if has_families and rule.family else ""


def beliefs_in(
    certificate: Certificate | None, rules: Sequence[Rule], threshold: Threshold
) -> dict[str, Belief]:
    """How far a judge is believed on each rule that code cannot decide, by the rule's id."""
    if certificate is None:
        return {}
    return {
        rule.id: belief(certificate, group_of(rule, certificate), threshold)
        for rule in rules
        if rule.check is None
    }


def threshold_of(run: Run) -> Threshold:
    """What a judge has to reach in a run to be certified."""
    settings = run.config.calibrate
    return Threshold(settings.sensitivity, settings.specificity)


def synthesis_certificate(run: Run) -> Certificate | None:
    """The certificate of the judge that makes pairs; None if there is no such judge, or none was
    measured."""
    roles, certificates = run.config.roles, run.folder.read(Certificate)
    if roles.compliance.model == PLAIN or not certificates:
        return None
    guides = current_guides(run.folder)
    grader = grader_in(roles, run.config.synthesis.judge, "compliance", guides)
    return certificate_of(grader, certificates)


def synthesis_beliefs(run: Run, rules: Sequence[Rule]) -> dict[str, Belief]:
    """How far the judge that makes pairs is believed on each rule that code cannot decide."""
    return beliefs_in(synthesis_certificate(run), rules, threshold_of(run))
