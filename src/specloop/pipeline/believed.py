"""How far the judges of a run are believed: what its certificates say of them."""

from __future__ import annotations

from collections.abc import Iterable

from specloop.calibration.belief import Threshold, believed
from specloop.calibration.transport import JudgedVerdict, asked_together, belief_about
from specloop.config import PLAIN, RoleName, Roles
from specloop.judging.guides import NO_GUIDES
from specloop.judging.likeness import JudgeId, own_answers
from specloop.pipeline.judge_models import grader_in
from specloop.pipeline.model_pool import ModelRequest
from specloop.pipeline.run import Run
from specloop.records import Belief, Certificate, JudgeBelief, Rule, Section
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


def synthesis_belief(
    run: Run, rules: Iterable[Rule], sections: Iterable[Section] | None = None
) -> JudgeBelief | None:
    """How far the judge that makes pairs is believed on rules that code cannot decide, as far as
    answers and rules resemble what it was measured on; None where there is no such judge or rule.
    Of the verdicts to come the rules are known, and who answers. The sections are the folder's if
    none are given."""
    roles, folder = run.config.roles, run.folder
    open_rules = [rule for rule in rules if rule.check is None]
    if roles.compliance.model == PLAIN or not open_rules:
        return None
    certificates = folder.read(Certificate)
    guides = current_guides(folder) if certificates else NO_GUIDES
    grader = grader_in(roles, run.config.synthesis.judge, "compliance", guides)
    judge = JudgeId.of(grader.blank(""))
    known = believed(certificates, judge, open_rules, threshold_of(run))
    by_id = {one.id: one for one in (folder.read(Section) if sections is None else sections)}
    expected = [JudgedVerdict(rule, _path_of(by_id.get(rule.section))) for rule in open_rules]
    models = list(dict.fromkeys(_name_of(roles, role) for role in _ANSWERING))
    found = belief_about(f"{grader.name}:{grader.model}", known, expected, models)
    n_rules = min(run.config.synthesis.judged_rules, len(open_rules))
    together = asked_together(known, grader.judge, n_rules)
    remarks = (*found.remarks, *own_answers(grader.model, models), *together)
    return found.model_copy(update={"remarks": remarks})


_ANSWERING: tuple[RoleName, ...] = ("defender", "target")
"""The roles whose models give the two sides of pairs."""


def _name_of(roles: Roles, role: RoleName) -> str:
    settings = roles.of(role)
    return ModelRequest(role, settings.model, settings.options).name


def _path_of(section: Section | None) -> str:
    return " > ".join(section.path) if section else ""


def levels_of(belief: JudgeBelief | None) -> dict[str, Belief]:
    """The level on each rule, by its id."""
    return {rule: one.level for rule, one in belief.by_rule.items()} if belief else {}
