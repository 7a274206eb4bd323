"""Stages of a benchmark in SpecBench's form: generate and judge."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Any, cast

from specloop.config import ALL, PLAIN, Config, RoleSettings, SpecBench
from specloop.errors import InputError
from specloop.llm.backends import resolve
from specloop.llm.base import Capabilities
from specloop.llm.calls.wrap import Wrapper
from specloop.methods import methods
from specloop.pipeline.model_pool import ModelRequest
from specloop.pipeline.run import Run, StageLog
from specloop.pipeline.specbench_protocol import Terms, judging_of, method_options, terms_of
from specloop.records import Answer, Scenario, content_id
from specloop.responding.base import Log
from specloop.responding.entrant import Entrant, with_options
from specloop.scorers import Scorer, scorers
from specloop.sources import load_scenarios
from specloop.specbench.answering import (
    AnsweringPlan,
    EntrantResources,
    deliberate,
    is_failed,
    method_context,
    wanted_ids,
)
from specloop.specbench.judging import AnswersToJudge, judge_answers
from specloop.specbench.stored import keep, read_stored
from specloop.specbench.subset import subset
from specloop.terminal import console


def scenarios_of(config: Config) -> tuple[Scenario, ...]:
    """The configured scenarios, each cut to its subset."""
    settings = config.specbench
    if not settings.data:
        raise InputError(
            "no benchmark data: name a folder, a SpecBench checkout, hf:OWNER/NAME or run:RUN by "
            "--data, or as data under [specbench]"
        )
    found = load_scenarios(settings.data, settings.scenarios)
    talks = [(one.key, row.number) for one in found for row in one.rows if row.conversation]
    if talks and settings.protocol == "reference":
        key, number = talks[0]
        raise InputError(
            f"{key}: row {number} (counted from 0) holds a conversation, which the reference"
            " protocol does not know: take the protocol 'specloop', or leave the row out"
        )
    return tuple(subset(one, settings.subset, settings.subset_seed) for one in found)


def entrants(config: Config) -> list[Entrant]:
    """Every method to be measured; a table may name another `model` than the target, and say
    whether the prompts are the `adversarial` ones."""
    settings, found = config.specbench, list[Entrant]()
    for table in _expanded(settings):
        options = {"name": table} if isinstance(table, str) else dict(table)
        model, name = str(options.pop("model", config.roles.target.model)), str(options["name"])
        plain = not options.pop("adversarial", settings.adversarial)
        method = methods.build(method_options(settings, name) | options)
        chooser = _chooser(config) if method.chooses else ""
        entrant = Entrant(
            "", model, method, "document", scorer=chooser, protocol=settings.protocol, plain=plain
        )
        label = with_options(name, entrant.settings)
        digest = _request_digest(config, entrant)
        found.append(entrant._replace(label=label, request_digest=digest))
    return found


def check_methods(config: Config) -> None:
    """InputError where there is no such method, or it has no such option."""
    for table in _expanded(config.specbench):
        options = {"name": table} if isinstance(table, str) else dict(table)
        methods.build({k: v for k, v in options.items() if k not in ("model", "adversarial")})


def _request_digest(config: Config, entrant: Entrant) -> str:
    """Digest of the wordings and of the models with their options that an entrant's answers follow
    from."""
    terms, scorer = terms_of(config, entrant), scorer_of(config) if entrant.scorer else None
    models = [terms.target, *([terms.continuer] if terms.continuer else [])]
    if scorer is not None:
        models += [one for one in _models(config, terms) if one.role == "scorer"]
    identities = [one.identity for one in models]
    return content_id([terms.wording.digest, scorer.digest if scorer else "", *identities])


def _chooser(config: Config) -> str:
    """The scorer in words: its options, and its model unless it brings its own."""
    scorer, role = scorer_of(config), scoring_role(config)
    if scorer is None:
        return ""
    table = config.specbench.chooser
    name = table if isinstance(table, str) else str(table["name"])
    told = _in_words(name, scorer.model_dump(mode="json", exclude_defaults=True))
    return told + (f" by {role.model}" if scorer.asks and role.model != PLAIN else "")


def _in_words(name: str, options: Mapping[str, Any]) -> str:
    """A strategy with its options, which may be strategies themselves."""
    told: list[str] = []
    for key, value in sorted(options.items()):
        if isinstance(value, dict):
            inner = cast(dict[str, Any], value)
            value = _in_words(str(inner["name"]), {k: v for k, v in inner.items() if k != "name"})
        told.append(f"{key}={value}")
    return f"{name}({', '.join(told)})" if told else name


def _expanded(settings: SpecBench) -> Iterator[str | Mapping[str, Any]]:
    every = settings.protocol == "specloop"
    for table in settings.methods:
        if table == ALL:
            yield from (name for name in methods.names() if every or methods.get(name).published)
        else:
            yield table


class _Unopened(Wrapper):
    """A model before it is opened: what it can do is not known yet, and taken to be all."""

    @property
    def capabilities(self) -> Capabilities:
        """Everything."""
        return Capabilities(*[True] * len(Capabilities._fields))


def check_entrants(config: Config) -> None:
    """InputError where a method cannot answer as it is configured; nothing is asked of a model."""
    scorer = scorer_of(config)
    for entrant in entrants(config):
        terms = terms_of(config, entrant)
        unopened = {
            one.role: _Unopened(resolve(one.model, **one.options)) for one in _models(config, terms)
        }
        target, scoring = unopened["target"], unopened.get("scorer")
        if entrant.scorer and scorer and scorer.asks and not scoring:
            raise InputError(
                f"{entrant.name} chooses by a model: name one by --judge-model, or as judge or "
                "scorer under [roles]"
            )
        resources = EntrantResources(target, terms.wording, scorer, scoring)
        entrant.method.check(method_context(resources, target, terms.samplings[0], Log()))


def models_of(config: Config, entrant: Entrant) -> list[ModelRequest]:
    """The models that an entrant's answers ask."""
    terms = terms_of(config, entrant)
    return [*_models(config, terms), *([terms.continuer] if terms.continuer else [])]


async def stage_generate(run: Run) -> None:
    """Every entrant answers every row that it has not answered yet."""
    scenarios = scenarios_of(run.config)
    check_entrants(run.config)
    _tell_scorer(run.config.specbench)
    _tell_others(keep(run.folder, scenarios))
    for entrant in entrants(run.config):
        await _generate(run, entrant, scenarios)


def _tell_others(n: int) -> None:
    if n:
        console.print(
            f"the folder has {n} rows of earlier scenarios or subsets besides; what was answered "
            "of them is judged and counted too",
            markup=False,
        )


def _tell_scorer(settings: SpecBench) -> None:
    if settings.chooser and settings.chooser != settings.scorer:
        console.print(
            "all methods, and no scorer named: best_of_n, tpo and self_refine choose by the scorer "
            f"{settings.chooser!r}; scorer under [specbench] names another",
            markup=False,
        )


async def _generate(run: Run, entrant: Entrant, scenarios: Sequence[Scenario]) -> None:
    terms = terms_of(run.config, entrant)
    share = run.config.specbench.max_failures
    places = run.config.roles.target.concurrency
    bench = AnsweringPlan(run.folder, scenarios, terms.samplings, places, share)
    ids = wanted_ids(bench, entrant)
    note = StageLog(run, f"generate {entrant.label} {entrant.model}", ids)
    if {d.id for d in run.folder.read(Answer) if not is_failed(d)}.issuperset(ids):
        if note.is_begun:
            # Stopped between the last answer and the note of its end.
            note.finish(run.pool.spent(note.name))
        return
    note.begin()
    async with AsyncExitStack() as stack:
        opened = await stack.enter_async_context(
            run.pool.open(note.name, _models(run.config, terms))
        )
        continuer = None
        if terms.continuer is not None:
            more = await stack.enter_async_context(run.pool.open(note.name, [terms.continuer]))
            continuer = more["target"].model
        resources = EntrantResources(
            model=opened["target"].model,
            wording=terms.wording,
            scorer=scorer_of(run.config),
            scoring_model=opened["scorer"].model if "scorer" in opened else None,
            continuer=continuer,
        )
        n_failed = await deliberate(bench, entrant, resources)
        note.finish({role: one.meter for role, one in opened.items()}, done=not n_failed)


def _models(config: Config, terms: Terms) -> list[ModelRequest]:
    scorer, role = scorer_of(config), scoring_role(config)
    if scorer is None or not scorer.asks or role.model == PLAIN:
        return [terms.target]
    return [terms.target, ModelRequest("scorer", role.model, role.options, role.concurrency)]


def scorer_of(config: Config) -> Scorer | None:
    """What methods choose answers by, where it is configured."""
    table = config.specbench.chooser
    return scorers.build(table) if table else None


def scoring_role(config: Config) -> RoleSettings:
    """Whose model the scorer asks: the scorer's, else the judge's."""
    return config.roles.scorer if config.roles.scorer.model != PLAIN else config.roles.judge


async def stage_judge(run: Run) -> None:
    """The configured judge judges every answer that it has not judged yet."""
    judging, settings = judging_of(run.config), run.config.specbench
    stored = read_stored(run.folder)
    if not stored.answers:
        raise InputError(
            f"{run.folder.path}: no answers there yet; run `specloop specbench generate` first"
        )
    places = run.config.roles.judge.concurrency
    to_judge = AnswersToJudge(
        run.folder, stored.scenarios, stored.answers, places, settings.max_failures
    )
    grader = judging.grader
    ids = [one.id for one in stored.answers]
    note = StageLog(run, f"judge {grader.name} {grader.model}", ids)
    note.begin()
    asked = [judging.model] if judging.model else []
    async with run.pool.open(note.name, asked) as opened:
        model = opened["judge"].model if judging.model else None
        n_failed = await judge_answers(to_judge, grader, model)
        note.finish({role: one.meter for role, one in opened.items()}, done=not n_failed)
