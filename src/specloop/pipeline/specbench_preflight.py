"""What is checked before a benchmark's first call. Nothing is asked of a model or written."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from specloop.config import PLAIN
from specloop.errors import InputError, SpecloopError, did_you_mean
from specloop.pipeline.model_pool import ModelRequest
from specloop.pipeline.preflight import Check, require
from specloop.pipeline.run import Run
from specloop.pipeline.specbench import (
    check_entrants,
    check_methods,
    chooser_of,
    entrants,
    models_of,
    scenarios_of,
)
from specloop.pipeline.specbench_protocol import judging_of, terms_of
from specloop.records import Judgement
from specloop.specbench.cases import EntrantKey, JudgeKey, judges_of, labels_of
from specloop.specbench.stored import bench_answers


def check_answering(run: Run) -> None:
    """InputError with all that answering will need and that is not there."""
    require(run, _answering(run))


def check_judging(run: Run) -> None:
    """InputError where there is no judge as it is configured."""
    require(run, [partial(_check_judge, run)])


def check_bench(run: Run, by: str, against: str) -> None:
    """InputError with all that answering, judging and the figures will need."""
    shown = partial(_check_shown, run, by, against)
    require(run, [*_answering(run), partial(_check_judge, run), shown])


def check_names(run: Run, *, target: bool = False) -> None:
    """InputError where a scenario, method, scorer or judge of the configuration is not there. No
    model need be there to answer, unless the `target` is to be checked too."""
    config = run.config
    checks: list[Check] = [partial(scenarios_of, config)] if config.specbench.data else []
    checks += [partial(check_methods, config), partial(chooser_of, config)]
    checks += [partial(judging_of, config)] if config.roles.judge.model != PLAIN else []
    checks += [partial(entrants, config)] if target else []
    require(run, checks)


def check_nothing(run: Run) -> None:
    """What the folder notes was checked when it was noted."""


def _answering(run: Run) -> list[Check]:
    config = run.config
    return [
        partial(scenarios_of, config),
        partial(check_entrants, config),
        partial(_check_models, run),
    ]


def _check_models(run: Run) -> None:
    for entrant in entrants(run.config):
        for request in models_of(run.config, entrant):
            _check_request(run, request)


def _check_judge(run: Run) -> None:
    if request := judging_of(run.config).model:
        _check_request(run, request)


def _check_request(run: Run, request: ModelRequest) -> None:
    try:
        run.pool.check(request.model, request.options)
    except SpecloopError as error:
        of_role = run.config.roles.of(request.role).model == request.model
        raise InputError(f"roles.{request.role}: {error}" if of_role else str(error)) from None


def _check_shown(run: Run, by: str, against: str) -> None:
    """Labels that figures are asked for: of what is in the folder or will be."""
    if by:
        ours = JudgeKey.by(judging_of(run.config).grader)
        judges = [one.label for one in judges_of(run.folder.read(Judgement))]
        _known("judge", by, list(dict.fromkeys([*judges, ours.label])))
    if against:
        stored = [EntrantKey.of(answer) for answer in bench_answers(run.folder)]
        coming = [
            EntrantKey.of(one.blank("", terms_of(run.config, one).samplings[0]))
            for one in entrants(run.config)
        ]
        labels = labels_of(dict.fromkeys([*stored, *coming]))
        _known("entrant", against, list(labels.values()))


def _known(what: str, label: str, known: Sequence[str]) -> None:
    if label not in known:
        hint = did_you_mean(label, known)
        listed = ", ".join(known) or "none"
        raise InputError(f"no {what} is called {label!r}.{hint} Known: {listed}")
