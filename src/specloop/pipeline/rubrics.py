"""Rubrics for a run's rules: the stage behind `specloop rubrics`."""

from __future__ import annotations

from specloop.config import PLAIN, RoleName
from specloop.errors import InputError
from specloop.judging.guides import holding
from specloop.pipeline.preflight import check_role, preflight
from specloop.pipeline.reading import record_rubrics
from specloop.pipeline.run import Run, StageLog
from specloop.records import Example, Failure, Rubric, Rule, Section
from specloop.runrules import RUBRICS_FILE, current_rubrics, current_rules
from specloop.spec import rubrics_yaml
from specloop.synth.rubrics import RubricSource, rules_for_rubrics, write_rubrics


async def stage_rubrics(run: Run) -> None:
    """A rubric for each of `rubrics.n` rules that code cannot decide; those that are there are
    kept, and what a person changed in their file is recorded. One that a model wrote for other
    exceptions or definitions than those of now is written anew."""
    folder, role = run.folder, _role(run)
    rules = current_rules(folder)
    chosen = rules_for_rubrics(rules, run.config.rubrics.n)
    note = StageLog(run, "rubrics", [run.config.rubrics, *(rule.id for rule in chosen)])
    note.begin()
    record_rubrics(run)
    hold = {rubric.id for rubric in holding(folder.read(Rubric), rules, folder.read(Section))}
    rubrics = [one for one in folder.read(Rubric) if one.id in hold or one.edited_by]
    if rubrics != folder.read(Rubric):
        folder.replace(Rubric, rubrics)
    source = RubricSource(rules, folder.read(Section), folder.read(Example))
    async with run.models("rubrics", role) as opened:
        known = {rubric.rule_text: rubric for rubric in rubrics}
        model = opened.models.by_role[role]
        results = await write_rubrics(chosen, source, model, known, folder)
    record_rubrics(run)
    folder.write_text(RUBRICS_FILE, rubrics_yaml.write_rubrics(_ordered(rules, run)))
    n_failed = sum(isinstance(result, Failure) for result in results)
    note.finish(opened.meters, done=not n_failed, rubrics=len(results) - n_failed)


def check_rubrics(run: Run) -> None:
    """InputError if something is missing: the rules, the model, or a file that can be read."""
    preflight(
        run,
        ["rubrics"],
        (lambda: check_role(run, _role(run), has_plain=False), lambda: _check_file(run)),
    )


def _check_file(run: Run) -> None:
    if run.folder.has(Rule):
        current_rubrics(run.folder)


def _role(run: Run) -> RoleName:
    """Who writes them: the annotator, or the judge where there is no annotator."""
    for role in ("annotator", "judge"):
        if run.config.roles.of(role).model != PLAIN:
            return role
    raise InputError("no model writes rubrics: name one with --model, or as annotator in [roles]")


def _ordered(rules: list[Rule], run: Run) -> list[Rubric]:
    """The rubrics in the document's order, those of rules that are gone at the end."""
    place = {rule.text: n for n, rule in reversed(list(enumerate(rules)))}
    return sorted(run.folder.read(Rubric), key=lambda r: place.get(r.rule_text, len(rules)))
