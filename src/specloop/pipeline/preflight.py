"""Check everything that a command's stages will need before its first call.

No model is asked and nothing is written. Everything that is missing is reported at once.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from specloop.config import PLAIN, Cache, RoleName, RoleSettings
from specloop.errors import InputError, SpecloopError
from specloop.llm.backends import backend_of, check_model
from specloop.llm.calls.budget import check_price
from specloop.pipeline.changes import checks_of_changes
from specloop.pipeline.entrants import check_methods
from specloop.pipeline.lessons import check_lessons, check_topics
from specloop.pipeline.reading import check_edits, check_instances, document_of
from specloop.pipeline.run import Run
from specloop.pipeline.synthesis import check_judge
from specloop.records import Case, Exchange, Instance, PreferencePair, Record, Rule, SeedPrompt
from specloop.synth.seeds import read_seeds
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
    "bench": ("planner", "attacker", "judge"),
}
"""The roles whose models a stage opens."""

_ALWAYS_MODELS: frozenset[RoleName] = frozenset({"target", "defender"})
"""Roles that have no plain strategy; in building a benchmark none has."""


class _Input(NamedTuple):
    """Records that a stage reads, and the stage that makes them."""

    kind: type[Record]
    stage: str

    @property
    def command(self) -> str:
        return "rules DOC --out" if self.stage == "rules" else self.stage


_RULES, _INSTANCES = _Input(Rule, "rules"), _Input(Instance, "instances")
_SEEDS, _PROBES = _Input(SeedPrompt, "instances"), _Input(Case, "probes")
_EXCHANGES, _PAIRS = _Input(Exchange, "synth"), _Input(PreferencePair, "pairs")
_INPUTS: dict[str, tuple[_Input, ...]] = {
    "instances": (_RULES,),
    "probes": (_RULES, _INSTANCES, _SEEDS),
    "synth": (_RULES, _INSTANCES, _SEEDS),
    "pairs": (_RULES, _INSTANCES, _PROBES, _EXCHANGES),
    "train": (_RULES, _PROBES, _PAIRS),
    "evaluate": (_RULES, _INSTANCES, _PROBES),
    "report": (_RULES,),
}

_TEACHING = ("instances", "probes", "synth", "pairs", "train")
"""Stages that are of no use where the document has nothing to train on or to measure by."""


def preflight(run: Run, stages: Sequence[str], also: Iterable[Check] = ()) -> None:
    """InputError with all that the stages will need and that is not there, a line each; `also` are
    checks of the command's own."""
    require([*_checks(run, stages), *also, *checks_of_changes(run)])


def require(checks: Iterable[Check]) -> None:
    """Do all checks; their errors become one InputError, with one line each."""
    found: dict[str, None] = {}
    for check in checks:
        try:
            check()
        except SpecloopError as error:
            found |= dict.fromkeys(str(error).splitlines())
    if found:
        raise InputError("\n".join(found))


def check_role(run: Run, role: RoleName, *, plainly: bool) -> None:
    """InputError where a role's model could not be opened, or has no price where cost is limited;
    `plainly` says that the role can do without one."""
    settings = run.config.roles.of(role)
    if settings.model != PLAIN:
        check_one(run, settings.model, settings, role)
    elif not plainly:
        raise InputError(f"roles.{role}: name a model; its work here has no plain strategy")


def check_one(run: Run, model: str, settings: RoleSettings, role: str) -> None:
    """InputError if a model could not be opened with the role's options."""
    try:
        name = check_model(model, **settings.options)
        check_price(run.pool.limits, run.config.prices, name, free=backend_of(name).is_free)
    except SpecloopError as error:
        raise InputError(f"roles.{role}: {error}") from None


def roles_of(run: Run, stages: Iterable[str]) -> list[RoleName]:
    """The roles whose models the stages will open."""
    found: dict[RoleName, None] = {}
    for stage in stages:
        found |= dict.fromkeys(ROLES.get(stage, ()))
    if "defender" in found and run.config.roles.defender is None:
        found = {"target" if role == "defender" else role: None for role in found}
    judged = "evaluate" in stages and run.config.evaluate.judged_share > 0
    if judged or ("pairs" in stages and run.config.synthesis.trust_judge):
        found["compliance"] = None
    return list(found)


def _checks(run: Run, stages: Sequence[str]) -> Iterator[Check]:
    for one in _missing(stages):
        yield lambda one=one: run.folder.need(one.kind, one.command)
    for role in roles_of(run, stages):
        plainly = role not in (ROLES["bench"] if "bench" in stages else _ALWAYS_MODELS)
        yield lambda role=role, plainly=plainly: check_role(run, role, plainly=plainly)
    for stage in stages:
        for check in _OF_STAGE.get(stage, ()):
            yield lambda check=check: check(run)
    yield lambda: _check_cache(run.config.cache)
    if {"probes", "synth"} & set(stages) and "instances" not in stages:
        yield lambda: check_instances(run)
    if any(stage in _TEACHING for stage in stages):
        yield lambda: check_lessons(run, stages)
    if "instances" in stages:
        yield lambda: check_topics(run, stages)


def _missing(stages: Sequence[str]) -> list[_Input]:
    """The records that the stages read and none of them makes."""
    made: set[str] = set()
    found: dict[_Input, None] = {}
    for stage in stages:
        found |= dict.fromkeys(one for one in _INPUTS.get(stage, ()) if one.stage not in made)
        made.add(stage)
    return list(found)


def _check_document(run: Run) -> None:
    document_of(run.config.document)


def _check_seeds(run: Run) -> None:
    settings = run.config.seeds
    if settings.path:
        read_seeds(Path(settings.path), settings)


def _check_cache(settings: Cache) -> None:
    path = Path(settings.folder)
    nearest = next(one for one in (path, *path.parents) if one.exists())
    if settings.folder and not (nearest.is_dir() and os.access(nearest, os.W_OK)):
        raise InputError(f"cache.folder: {path}: no folder can be made or written to there")


def _check_judged(run: Run) -> None:
    if run.config.evaluate.judged_share and run.config.roles.compliance.model == PLAIN:
        raise InputError(
            "evaluate.judged_share is above 0, and there is no judge: name a model in "
            "roles.compliance.model, or set evaluate.judged_share to 0"
        )


def _check_target(run: Run) -> None:
    check_target(run.config.roles.target.model)


_OF_STAGE: dict[str, tuple[Callable[[Run], None], ...]] = {
    "rules": (_check_document, check_edits),
    "instances": (_check_seeds,),
    "synth": (check_judge,),
    "pairs": (check_judge,),
    "train": (_check_target,),
    "evaluate": (_check_judged, check_methods),
}
