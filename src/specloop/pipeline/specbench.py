"""Stages of a benchmark in SpecBench's form: generate, judge and score."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from typing import Any

from specloop.config import ALL, Config, SpecBench
from specloop.config.families import table_of
from specloop.errors import InputError
from specloop.methods import methods
from specloop.pipeline.choosing import Chooser, check_method, chooser
from specloop.pipeline.model_pool import ModelRequest
from specloop.pipeline.run import Run, StageLog
from specloop.pipeline.specbench_protocol import Terms, judging_of, method_options, terms_of
from specloop.records import Answer, Failure, Scenario, content_id, strategy_text
from specloop.report.specbench import write_bench_report
from specloop.responding.answers import Answering, answer_all, is_failed
from specloop.responding.base import MethodContext
from specloop.responding.entrant import Entrant
from specloop.sources import load_scenarios
from specloop.specbench.answering import asks_of
from specloop.specbench.cases import JudgeKey, judges_of
from specloop.specbench.comparison import BenchComparison, Options, comparison_of
from specloop.specbench.judging import judge_answers
from specloop.specbench.stored import Stored, keep, read_stored
from specloop.specbench.subset import subset
from specloop.stats import Resampling
from specloop.terminal import console


def scenarios_of(config: Config) -> tuple[Scenario, ...]:
    """The configured scenarios, each cut to its subset."""
    settings = config.specbench
    if not settings.data:
        raise InputError(
            "no benchmark data: name a folder, a SpecBench checkout, hf:OWNER/NAME or run:RUN by "
            "--data, or as data under [specbench]"
        )
    scenarios = load_scenarios(settings.data, settings.scenarios)
    talks = [(one.key, row.number) for one in scenarios for row in one.rows if row.conversation]
    if talks and settings.protocol == "reference":
        key, number = talks[0]
        raise InputError(
            f"{key}: row {number} (counted from 0) holds a conversation, which the reference"
            " protocol does not know: take the protocol 'specloop', or leave the row out"
        )
    return tuple(subset(one, settings.subset, settings.subset_seed) for one in scenarios)


def entrants(config: Config) -> list[Entrant]:
    """Every method to be measured; a table may name another `model` than the target, and say
    whether the prompts are the `adversarial` ones."""
    settings, listed = config.specbench, list[Entrant]()
    for options in _expanded(settings):
        model, name = str(options.pop("model", config.roles.target.model)), str(options["name"])
        plain = not options.pop("adversarial", settings.adversarial)
        made = Entrant.make(model, method_options(settings, name) | options, "document")
        by = chooser_of(config) if made.method.chooses else None
        scorer = by.label if by else ""
        entrant = made._replace(scorer=scorer, protocol=settings.protocol, plain=plain)
        label = strategy_text(name, entrant.settings)
        digest = _request_digest(config, entrant)
        listed.append(entrant._replace(label=label, request_digest=digest))
    return listed


def check_methods(config: Config) -> None:
    """InputError where there is no such method, or it has no such option."""
    for options in _expanded(config.specbench):
        methods.build({k: v for k, v in options.items() if k not in ("model", "adversarial")})


def _request_digest(config: Config, entrant: Entrant) -> str:
    """Digest of the wordings and of the models with their options that an entrant's answers follow
    from."""
    terms, by = terms_of(config, entrant), chooser_of(config) if entrant.scorer else None
    models = [terms.target, terms.continuer, by.request if by else None]
    identities = [model.identity for model in models if model]
    return content_id([terms.wording.digest, by.scorer.digest if by else "", *identities])


def _expanded(settings: SpecBench) -> Iterator[dict[str, Any]]:
    """A table for each method."""
    every = settings.protocol == "specloop"
    known = [name for name in methods.names() if every or methods.get(name).published]
    for table in settings.methods:
        yield from map(table_of, known if table == ALL else [table])


def check_entrants(config: Config) -> None:
    """InputError where a method cannot answer as it is configured; nothing is asked of a model."""
    by = chooser_of(config)
    for entrant in entrants(config):
        terms = terms_of(config, entrant)
        check_method(entrant, terms.target, by, terms.wording, terms.samplings[0])


def models_of(config: Config, entrant: Entrant) -> list[ModelRequest]:
    """The models that an entrant's answers ask."""
    terms = terms_of(config, entrant)
    both = _models(terms, chooser_of(config))
    return [*both, terms.continuer] if terms.continuer else both


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
    by = chooser_of(run.config)
    terms, title = terms_of(run.config, entrant), f"{entrant.label} by {entrant.model}"
    asks = asks_of(scenarios, entrant, terms.samplings)
    ids = [ask.blank.id for ask in asks]
    note = StageLog(run, f"generate {entrant.label} {entrant.model}", ids)
    if {d.id for d in run.folder.read(Answer) if not is_failed(d)}.issuperset(ids):
        if note.is_begun:
            # Stopped between the last answer and the note of its end.
            note.finish(run.pool.spent(note.name))
        return
    note.begin()
    async with AsyncExitStack() as stack:
        opened = await stack.enter_async_context(run.pool.open(note.name, _models(terms, by)))
        continuer = None
        if terms.continuer is not None:
            more = await stack.enter_async_context(run.pool.open(note.name, [terms.continuer]))
            continuer = more["target"].model
        context = MethodContext(
            model=opened["target"].model,
            wording=terms.wording,
            scorer=by.scorer if by else None,
            scoring_model=opened["scorer"].model if "scorer" in opened else None,
            continuer=continuer,
        )
        share, places = run.config.specbench.max_failures, run.config.roles.target.concurrency
        place = Answering(run.folder, "generate", title, places, share)
        answers = await answer_all(asks, entrant, context, place)
        failed = any(isinstance(one, Failure) or is_failed(one) for one in answers)
        note.finish({role: one.meter for role, one in opened.items()}, done=not failed)


def _models(terms: Terms, by: Chooser | None) -> list[ModelRequest]:
    return [terms.target, by.request] if by and by.request else [terms.target]


def chooser_of(config: Config) -> Chooser | None:
    """What methods choose answers by, where it is configured: on the scorer's model, else the
    judge's."""
    return chooser(config.specbench.chooser, (config.roles.scorer, config.roles.judge))


async def stage_judge(run: Run) -> None:
    """The configured judge judges every answer that it has not judged yet."""
    judging, settings = judging_of(run.config), run.config.specbench
    stored = read_stored(run.folder)
    if not stored.answers:
        raise InputError(
            f"{run.folder.path}: no answers there yet; run `specloop specbench generate` first"
        )
    grader, title = judging.grader, f"verdicts of {judging.grader.name} by {judging.grader.model}"
    places = run.config.roles.judge.concurrency
    place = Answering(run.folder, "judge", title, places, settings.max_failures)
    ids = [answer.id for answer in stored.answers]
    note = StageLog(run, f"judge {grader.name} {grader.model}", ids)
    note.begin()
    asked = [judging.model] if judging.model else []
    async with run.pool.open(note.name, asked) as opened:
        model = opened["judge"].model if judging.model else None
        n_failed = await judge_answers(stored, grader, model, place)
        note.finish({role: one.meter for role, one in opened.items()}, done=not n_failed)


async def stage_score(run: Run, by: str = "", against: str = "") -> BenchComparison:
    """Draw up the figures and write the page; InputError where a judge or entrant that is named is
    not there.

    `by` is the label of the judge that counts: without it the configured one where it has judged,
    else the one with the most judgements. `against` is that of the entrant that others are compared
    with: without it vanilla, or the first.
    """
    settings, stored = run.config.specbench, read_stored(run.folder)
    judge = configured_judge(run.config, stored)
    label, how = by or (judge.label if judge else ""), Resampling(confidence=settings.confidence)
    comparison = comparison_of(stored, Options(settings.alpha, label, against, how))
    write_bench_report(run.folder, comparison)
    return comparison


def configured_judge(config: Config, stored: Stored) -> JudgeKey | None:
    """The configured judge, where it has judged answers of the folder."""
    try:
        key = JudgeKey.by(judging_of(config).grader)
    except InputError:
        # Figures need no judge that could judge now: its checkout may be gone since.
        return None
    return next((judge for judge in judges_of(stored.judgements) if judge == key), None)
