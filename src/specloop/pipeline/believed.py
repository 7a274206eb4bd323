"""How far the judges of a run are believed: what its certificates say of them."""

from __future__ import annotations

from collections.abc import Sequence

from specloop.calibration.belief import Threshold, family_beliefs, fitting
from specloop.config import PLAIN
from specloop.judging.likeness import JudgeId
from specloop.pipeline.judge_models import grader_in
from specloop.pipeline.run import Run
from specloop.records import Belief, Certificate, Rule
from specloop.runrules import current_guides


def threshold_of(run: Run) -> Threshold:
    """What a judge has to reach in a run to be certified."""
    settings = run.config.calibrate
    return Threshold(settings.sensitivity, settings.specificity)


def synthesis_judge(run: Run) -> str:
    """The models of the judge that exchanges are judged by, with the options that decide a reply;
    empty if there is no such judge."""
    roles = run.config.roles
    if roles.compliance.model == PLAIN:
        return ""
    return grader_in(roles, run.config.synthesis.judge, "compliance").options


def synthesis_certificate(run: Run) -> Certificate | None:
    """The certificate of the judge that makes pairs; None if there is no such judge, or none was
    measured."""
    roles, certificates = run.config.roles, run.folder.read(Certificate)
    if roles.compliance.model == PLAIN or not certificates:
        return None
    guides = current_guides(run.folder)
    grader = grader_in(roles, run.config.synthesis.judge, "compliance", guides)
    return fitting(certificates, JudgeId.of(grader.blank(""))).certificate


def synthesis_beliefs(run: Run, rules: Sequence[Rule]) -> dict[str, Belief]:
    """How far the judge that makes pairs is believed on each rule that code cannot decide."""
    if (certificate := synthesis_certificate(run)) is None:
        return {}
    open_rules = [rule for rule in rules if rule.check is None]
    families = family_beliefs(certificate, open_rules, threshold_of(run))
    return {rule: family.level for family in families for rule in family.rules}
