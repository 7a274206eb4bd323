"""Who is measured in a run: as the configuration has it, or as a command names them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from typing import Any, NamedTuple

from specloop.config import PROMPT_ONLY
from specloop.config.families import table_of
from specloop.errors import InputError, did_you_mean
from specloop.pipeline.choosing import Chooser, check_method, chooser
from specloop.pipeline.model_pool import ModelRequest
from specloop.pipeline.run import Run
from specloop.pipeline.specbench_protocol import options_for
from specloop.records import TOLD, Evaluation, Told
from specloop.responding.base import methods
from specloop.responding.entrant import BASE, Entrant, entrant_pairs
from specloop.responding.wording import OURS
from specloop.revision.lineage import models_of

Table = str | Mapping[str, Any]
"""A method's name, or a table with its name, its options and what the model is told."""


class EntrantNames(NamedTuple):
    """Who is to be measured: every combination of what is named."""

    models: Sequence[str] = ()
    """Labels, or names with their backend; none: the base and the trained model."""
    methods: Sequence[str] = ()
    told: Sequence[Told] = ()

    @property
    def is_all(self) -> bool:
        """Nobody is named: those of the configuration."""
        return not (self.models or self.methods or self.told)


class PlannedEntrant(NamedTuple):
    """An entrant to measure, with what it needs."""

    entrant: Entrant
    against: Entrant | None
    """The one that it is compared with."""
    target: ModelRequest
    chooser: Chooser | None
    """What chooses among its answers, where something does."""


def planned_entrants(run: Run, named: EntrantNames, against: str = "") -> list[PlannedEntrant]:
    """Who is measured, in order, each after the one that it is compared with: the one named, else
    its model alone; a model alone is compared with the base.

    InputError where a name is none, or a method needs what is not told.
    """
    known = entrants(run)
    chosen = known if named.is_all else _combined(run, named, known)
    if against:
        other = next((one for one in chosen if one.label == against), None)
        first = [other] if other else _combined(run, EntrantNames([against]), known)
        every = _by_label([*first, *chosen])
        bases = entrant_pairs(every, every[0])
    else:
        base = Entrant.make(run.config.roles.target.model, of=BASE)
        alone = (Entrant.make(one.model, of=one.of) for one in chosen)
        both = (one for pair in zip(alone, chosen, strict=True) for one in pair)
        every = _by_label([base, *both])
        bases = entrant_pairs(every)
    return [_planned(run, one, bases.get(one)) for one in every]


def entrants(run: Run) -> list[Entrant]:
    """Those of the configuration: the base, what is told or done to it, then what was trained."""
    settings, base = run.config.evaluate, run.config.roles.target.model
    every = [Entrant.make(base, of=BASE)]
    if PROMPT_ONLY in settings.baselines:
        every.append(Entrant.make(base, told="rules", of=BASE))
    every += [_entrant(run, (BASE, base), table) for table in settings.methods]
    for label, record in models_of(run.folder).items():
        model = record.model_in(run.folder.path)
        every.append(Entrant.make(model, of=label))
        if label == _chosen_model(run):
            every += [_entrant(run, (label, model), table) for table in settings.methods]
    labels = Counter(one.label for one in every)
    return [one.in_full if labels[one.label] > 1 else one for one in every]


def _chosen_model(run: Run) -> str:
    """The label of the model that the configured trainer made last for the document as it is."""
    name = run.config.train["name"]
    own = [label for label, one in models_of(run.folder).items() if one.trainer == name]
    return own[-1] if own else ""


def check_entrant(run: Run, planned: PlannedEntrant) -> None:
    """InputError where an entrant's model could not be opened, or its method cannot answer; nothing
    is asked."""
    run.pool.check(planned.target.model, planned.target.options)
    _check_method(run, planned)


def check_methods(run: Run) -> None:
    """InputError where a configured method cannot answer."""
    for entrant in entrants(run):
        if entrant.of == BASE and not entrant.method.adds_nothing:
            _check_method(run, _planned(run, entrant))


def _check_method(run: Run, planned: PlannedEntrant) -> None:
    sampling = run.config.evaluate.samplings[0]
    check_method(planned.entrant, planned.target, planned.chooser, OURS, sampling)


def _planned(run: Run, entrant: Entrant, against: Entrant | None = None) -> PlannedEntrant:
    """With the target's options where its model is of the same backend."""
    options = options_for(run.config.roles.target, entrant.model)
    target = ModelRequest("target", entrant.model, options)
    return PlannedEntrant(entrant, against, target, _chooser_of(run) if entrant.scorer else None)


def _chooser_of(run: Run) -> Chooser | None:
    """What methods choose answers by, on the scorer's model, else the compliance judge's."""
    roles = run.config.roles
    return chooser(run.config.evaluate.scorer, (roles.scorer, roles.compliance))


def _combined(run: Run, named: EntrantNames, known: Sequence[Entrant]) -> list[Entrant]:
    with_methods = (BASE, _chosen_model(run))
    models = named.models or [e.of for e in known if e.is_bare and e.of in with_methods]
    options: dict[str, Table] = {table_of(one)["name"]: one for one in run.config.evaluate.methods}
    combined: list[Entrant] = []
    for name in models:
        labelled = _labelled(run, known, name)
        if labelled and not (named.methods or named.told):
            combined.append(labelled)
            continue
        model = _model(known, name)
        for method in named.methods or ("vanilla",):
            table = options.get(method, method)
            combined += [_entrant(run, model, table, told) for told in named.told or (None,)]
    return _by_label(combined)


def _labelled(run: Run, known: Sequence[Entrant], label: str) -> Entrant | None:
    """The entrant of a label as tables have it, whether or not the configuration has it."""
    models = {one.of: one.model for one in known}
    models |= {one.of: one.of for one in run.folder.read(Evaluation) if ":" in one.of}
    tables = {table_of(one)["name"]: one for one in run.config.evaluate.methods}
    every = product(models.items(), methods.names(), TOLD)
    made = (
        _entrant(run, model, tables.get(method, method), told)
        for model, method, told in every
        if told != "nothing" or methods.get(method).usually_told == told
    )
    return next((one for one in (*known, *made) if one.label == label), None)


def _entrant(run: Run, model: tuple[str, str], table: Table, told: Told | None = None) -> Entrant:
    """An entrant of a model, under its label, and of a method's table."""
    options, (of, name) = table_of(table), model
    configured = options.pop("told", None)
    entrant = Entrant.make(name, options, told or configured, of)
    by = _chooser_of(run) if entrant.method.chooses else None
    return entrant._replace(scorer=by.label if by else "")


def _model(known: Iterable[Entrant], name: str) -> tuple[str, str]:
    """What tables call a model, and its name with the backend."""
    by_label = {one.of: one.model for one in known}
    if name in by_label:
        return name, by_label[name]
    if ":" in name:
        return next((of for of, model in by_label.items() if model == name), name), name
    labels = [*by_label, *(one.label for one in known if one.label not in by_label)]
    hint = did_you_mean(name, labels)
    raise InputError(
        f"nothing is called {name!r} in this run.{hint} Labels: {', '.join(labels)}; a model is "
        "named with its backend, such as hf:FOLDER or openai:NAME"
    )


def _by_label(every: Iterable[Entrant]) -> list[Entrant]:
    return list({one.label: one for one in every}.values())
