"""Check everything that a command's stages will need before its first call.

No model is asked and nothing is written. Everything that is missing is reported at once.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, get_args

from specloop.config import PLAIN, Cache, RoleName, origin_of
from specloop.errors import InputError, MissingExtraError, SpecloopError
from specloop.llm.backends import resolve
from specloop.pipeline.believed import levels_of, synthesis_belief
from specloop.pipeline.entrants import check_methods
from specloop.pipeline.judge_models import SETS, judges_of_stage, roles_of_stage
from specloop.pipeline.reading import (
    carried_edits,
    check_edits,
    check_instances,
    check_language,
    document_of,
    given_seeds,
    instances_note,
    plain_rules,
    rules_note,
)
from specloop.pipeline.run import Run
from specloop.pipeline.specbench import check_methods as check_bench_methods
from specloop.pipeline.synthesis import check_judge
from specloop.pipeline.validation import check_validation
from specloop.records import (
    Case,
    Exchange,
    Instance,
    PreferencePair,
    Record,
    Rule,
    Section,
    SeedPrompt,
)
from specloop.refusal_judges import refusal_judges
from specloop.runrules import current_guides, current_rules
from specloop.scorers import scorers
from specloop.spec import read_spec
from specloop.spec.edits import DocumentRules, in_force
from specloop.spec.party import bound
from specloop.spec.source import check_document
from specloop.synth.instances import hold_out, need_lessons, need_rules, unknown_names
from specloop.synth.seeds import topics_of
from specloop.synth.subjects import subjects_of
from specloop.training import check_target

Check = Callable[[], object]
"""Raises SpecloopError if something is missing."""

ROLES: dict[str, tuple[RoleName, ...]] = {
    "rules": ("extractor", "annotator"),
    "instances": ("planner",),
    "probes": ("planner", "attacker"),
    "synth": ("planner", "attacker", "defender", "compliance", "quality"),
    "pairs": ("target", "quality"),
    "evaluate": ("target",),
    "benchmark": ("target",),
    "bench": ("planner", "attacker", "judge"),
    "calibrate": ("judge",),
    "sets": ("judge",),
}
"""The roles whose models a stage opens; `benchmark`: entrants are measured on another benchmark
than the run's held-out probes."""

_ALWAYS_MODELS: frozenset[RoleName] = frozenset({"target", "defender"})
"""Roles that have no plain strategy; in building a benchmark none has."""


_MADE_BY: dict[type[Record], str] = {
    Rule: "rules",
    Instance: "instances",
    SeedPrompt: "instances",
    Case: "probes",
    Exchange: "synth",
    PreferencePair: "pairs",
}
"""The stages that make the records."""
_INPUTS: dict[str, tuple[type[Record], ...]] = {
    "instances": (Rule,),
    "probes": (Rule, Instance, SeedPrompt),
    "synth": (Rule, Instance, SeedPrompt),
    "pairs": (Rule, Instance, Case, Exchange),
    "train": (Rule, Case, PreferencePair),
    "evaluate": (Rule, Instance, Case),
    "report": (Rule,),
    "rubrics": (Rule,),
}
"""The records that a stage reads."""

_TEACHING = ("instances", "probes", "synth", "pairs", "train")
"""Stages that are of no use where the document has nothing to train on or to measure by."""
_OF_PAIRS = frozenset({"synth", "pairs", "train"})


def preflight(run: Run, stages: Sequence[str], also: Iterable[Check] = ()) -> None:
    """InputError with all that the stages will need and that is not there, a line each; `also` are
    checks of the command's own."""
    require(run, [*_checks(run, stages), *also])


def require(run: Run, checks: Iterable[Check]) -> None:
    """Do all checks, and those of the names that options of the command have changed; their errors
    become one InputError, with one line each."""
    lines: dict[str, None] = {}
    for check in (*checks, *_checks_of_changes(run)):
        try:
            check()
        except SpecloopError as error:
            lines |= dict.fromkeys(str(error).splitlines())
    if lines:
        raise InputError("\n".join(lines))


def _checks(run: Run, stages: Sequence[str]) -> Iterator[Check]:
    for kind in _missing(stages):
        command = "rules DOC --out" if kind is Rule else _MADE_BY[kind]
        yield partial(run.folder.need, kind, command)
    named = _named_by_judges(run, stages)
    needed = named.union(ROLES["bench"] if "bench" in stages else _ALWAYS_MODELS)
    for role in dict.fromkeys((*_roles_of(run, stages), *sorted(named))):
        yield partial(check_role, run, role, has_plain=role not in needed)
    for stage in stages:
        for check in _OF_STAGE.get(stage, ()):
            yield partial(check, run)
    yield partial(_check_guides, run, stages)
    yield partial(_check_cache, run.config.cache)
    if {"probes", "synth"} & set(stages) and "instances" not in stages:
        yield partial(check_instances, run)
    if any(stage in _TEACHING for stage in stages):
        yield partial(_check_lessons, run, stages)
    if "instances" in stages:
        yield partial(_check_topics, run, stages)


def _check_guides(run: Run, stages: Sequence[str]) -> None:
    """InputError where a stage's judge would show rubrics, and their file cannot be read."""
    shows = any(stage != SETS and judges_of_stage(run.config, stage) for stage in stages)
    if shows and "rules" not in stages and run.folder.has(Rule):
        current_guides(run.folder)


def _roles_of(run: Run, stages: Iterable[str]) -> list[RoleName]:
    """The roles whose models the stages will open."""
    roles: list[RoleName] = [role for stage in stages for role in ROLES.get(stage, ())]
    if run.config.roles.defender is None:
        roles = ["target" if role == "defender" else role for role in roles]
    for stage in stages:
        roles += roles_of_stage(run.config, stage)
    return list(dict.fromkeys(roles))


def _named_by_judges(run: Run, stages: Iterable[str]) -> set[RoleName]:
    """The roles that the stages' judges name, and that therefore need a model."""
    every = [one for stage in stages for one in judges_of_stage(run.config, stage)]
    return {role for one in every for role in (one.roles if one.is_another else one.judge.roles)}


def check_role(run: Run, role: RoleName, *, has_plain: bool) -> None:
    """InputError where a role's model could not be opened, or has no price where cost is limited,
    or is missing and the role has no plain strategy."""
    settings = run.config.roles.of(role)
    if settings.model == PLAIN and not has_plain:
        raise InputError(f"roles.{role}: name a model; its work here has no plain strategy")
    if settings.model != PLAIN:
        try:
            run.pool.check(settings.model, settings.options)
        except SpecloopError as error:
            raise InputError(f"roles.{role}: {error}") from None


def _missing(stages: Sequence[str]) -> list[type[Record]]:
    """The records that the stages read and none of them makes."""
    missing: dict[type[Record], None] = {}
    for n, stage in enumerate(stages):
        kinds = _INPUTS.get(stage, ())
        missing |= dict.fromkeys(kind for kind in kinds if _MADE_BY[kind] not in stages[:n])
    return list(missing)


def _check_seeds(run: Run) -> None:
    if run.config.seeds.path:
        given_seeds(run.config.seeds)


def _check_quality(run: Run) -> None:
    scorers.build(run.config.synthesis.quality).check()


def _check_cache(settings: Cache) -> None:
    path = Path(settings.folder)
    nearest = next(folder for folder in (path, *path.parents) if folder.exists())
    if settings.folder and not (nearest.is_dir() and os.access(nearest, os.W_OK)):
        raise InputError(f"cache.folder: {path}: no folder can be made or written to there")


def _check_judged(run: Run) -> None:
    if run.config.roles.compliance.model != PLAIN:
        return
    if run.config.evaluate.judged_share:
        raise InputError(
            "evaluate.judged_share is above 0, and there is no judge: name a model in "
            "roles.compliance.model, or set evaluate.judged_share to 0"
        )
    if refusal_judges.build(run.config.evaluate.refusals).asks:
        raise InputError(
            "evaluate.refusals asks a model, and there is none: name one in"
            " roles.compliance.model, or set evaluate.refusals to 'classifier'"
        )


_OF_STAGE: dict[str, tuple[Callable[[Run], object], ...]] = {
    "rules": (check_language, check_edits),
    "instances": (_check_seeds,),
    "synth": (check_judge, _check_quality),
    "pairs": (check_judge,),
    "train": (lambda run: check_target(run.config.roles.target.model), check_validation),
    "evaluate": (_check_judged, check_methods),
    "benchmark": (_check_judged, check_methods),
}


def _check_lessons(run: Run, stages: Sequence[str]) -> None:
    """InputError where the stages would end in nothing: there is no rule to train on, or a rule to
    be held out is none of the document's. Rules that a model is still to read are not known yet."""
    known = _known(run, stages)
    if known is None:
        return
    rules, settings = known.rules, run.config.instances
    need_rules(rules)
    if "instances" in stages and (names := unknown_names(rules, settings)):
        raise InputError(
            f"instances.held_out_rules: no rule has the id, the section or the words {names[0]!r}"
        )
    held_out_before = frozenset(run.folder.manifest().get("held_out_rules", []))
    held_out = hold_out(rules, settings) if "instances" in stages else held_out_before
    beliefs = levels_of(synthesis_belief(run, rules, known.sections))
    for_pairs = bool(_OF_PAIRS.intersection(stages))
    need_lessons(run.config, rules, held_out, beliefs, for_pairs=for_pairs)


def _check_topics(run: Run, stages: Sequence[str]) -> None:
    """InputError where seed prompts are to be about the document's subjects and it names too few,
    as far as that is known: a model that annotates rules may name more."""
    known = _known(run, stages)
    if known is None or run.config.seeds.path or not known.final:
        return
    if not instances_note(run, known.rules).done:
        subjects = subjects_of(known.rules, known.sections)
        topics_of(subjects, known.rules, run.config.seeds.n_topics)


def check_rules(run: Run, stages: Sequence[str]) -> None:
    """InputError where the document has no rule, as far as that is known."""
    known = _known(run, stages)
    if known is not None:
        need_rules(known.rules)


class _Known(NamedTuple):
    """What the stages will work with."""

    rules: Sequence[Rule]
    sections: Sequence[Section]
    final: bool = True
    """No model is still to annotate the rules."""


def _known(run: Run, stages: Sequence[str]) -> _Known | None:
    """The rules that the stages will work with, as far as they are known; None where a model is
    still to read them."""
    document = document_of(run.config.document) if "rules" in stages else None
    if document is None or rules_note(run, document).done:
        return _Known(current_rules(run.folder), run.folder.read(Section))
    if run.config.roles.extractor.model != PLAIN:
        return None
    spec = read_spec(document)
    read = DocumentRules(plain_rules(spec.rules), spec.sections)
    rules = bound(in_force(read, carried_edits(run, read).kept), run.config.document.parties)
    return _Known(rules, spec.sections, run.config.roles.annotator.model == PLAIN)


_OPTION = "--"
"""The beginning of the origin of a value that an option has set, such as `--set`."""


def _check_path(run: Run) -> None:
    if path := run.config.document.path:
        check_document(Path(path))


_BY_NAME: dict[tuple[str, str], Callable[[Run], object]] = {
    ("document", "path"): _check_path,
    ("seeds", "path"): _check_seeds,
    ("specbench", "methods"): lambda run: check_bench_methods(run.config),
}
"""Values that name something, and the functions that find it."""


def _checks_of_changes(run: Run) -> Iterator[Check]:
    """Checks of the names that options have set and that the folder does not note yet, even if the
    command does not need them: they are noted, and a later command would fail. No key or package
    need be there."""
    for (table, key), check in _BY_NAME.items():
        if _is_changed(run, table, key):
            yield partial(check, run)
    for role in get_args(RoleName):
        if _is_changed(run, "roles", role):
            yield partial(_check_name, run, role)


def _is_changed(run: Run, table: str, key: str) -> bool:
    new: dict[str, Any] = run.config.model_dump(mode="json", include={table: {key}})
    noted = run.folder.manifest().get("config", {}).get(table)
    if isinstance(noted, dict) and noted.get(key) == new[table][key]:
        return False
    place = f"{table}.{key}"
    inside = [origin for name, origin in run.origins.items() if name.startswith(f"{place}.")]
    return any(origin.startswith(_OPTION) for origin in [origin_of(run.origins, place), *inside])


def _check_name(run: Run, role: RoleName) -> None:
    settings = run.config.roles.of(role)
    if settings.model == PLAIN:
        return
    try:
        resolve(settings.model, **settings.options)
    except MissingExtraError:
        return
    except InputError as error:
        raise InputError(f"roles.{role}: {error}") from None
