"""Models and methods side by side on the same cases."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple, cast, get_args

from rich.table import Table
from typing_extensions import Unpack

from specloop.aio.calls import AnyModel, CallOptions, Models, no_other, of_calls
from specloop.aio.given import AnyMessages, AnyRules, as_messages, as_rules, several
from specloop.aio.plots import Plot, plot_of
from specloop.aio.tables import Tabular
from specloop.aio.training import TrainedModel
from specloop.config import Evaluate, build
from specloop.errors import InputError
from specloop.evaluation import EvaluationSet, Inputs, Target
from specloop.evaluation import evaluate as evaluate_entrant
from specloop.evaluation.table import summary_table
from specloop.llm.base import Model
from specloop.metrics import title_of
from specloop.pipeline.model_pool import Opened
from specloop.records import (
    Answer,
    Benchmark,
    Case,
    Cost,
    Evaluation,
    Failure,
    Figure,
    Instance,
    Judgement,
    Rule,
    Told,
    total_cost,
)
from specloop.responding.base import MethodContext
from specloop.responding.entrant import Entrant, entrant_pairs
from specloop.responding.wording import OURS
from specloop.scorers import scorers
from specloop.store import MemoryStore

AnyEntrant = str | Model | TrainedModel | Mapping[str, Any]
"""A model; or `{"model": ..., "method": "align3", "told": "document", "label": ...}`. It is told
the rules where its method needs them, or where `told` says so."""
AnyCase = AnyMessages | Case
"""A request, a conversation, or `{"messages": ..., "rules": [...], "side": "permitted"}`: with
rules of its own, and where to refuse it would be wrong."""

_ALONE = str | Mapping | TrainedModel | Model
_OF_CASE = ("messages", "rules", "side", "topic")
_OF_ENTRANT = ("method", "told", "label")
_SETTINGS = ("max_tokens", "temperature", "seeds", "confidence", "max_failures")


class EvaluateOptions(CallOptions, total=False):
    """How answers are drawn, chosen and judged, and how the calls for it are made."""

    max_tokens: int
    """Of each answer; 256 by default."""
    temperature: float
    """0 by default."""
    seeds: Sequence[int]
    """An answer is drawn for each."""
    confidence: float
    """Of the intervals; 0.95 by default."""
    max_failures: float
    """Share of unanswered cases above which it stops."""
    judge_model: AnyModel
    """The model that the judge asks."""
    scorer: str | Mapping[str, Any]
    """What best_of_n, tpo and self_refine choose by."""
    scorer_model: AnyModel
    """The model that the scorer asks."""


@dataclass(frozen=True, repr=False)
class EvaluationTable(Tabular):
    """Figures of several entrants with intervals and paired differences."""

    evaluations: tuple[Evaluation, ...]
    """One an entrant, in the order given; the first is what others are compared with."""
    rules: tuple[Rule, ...]
    answers: tuple[Answer, ...]
    judgements: tuple[Judgement, ...]
    failures: tuple[Failure, ...]
    cost: Cost

    def rows(self) -> list[dict[str, Any]]:
        """A figure of an entrant a row, those by rule too."""
        texts = {rule.id: rule.text for rule in self.rules}
        return [
            _row(evaluation, figure, texts.get(figure.group, figure.group))
            for evaluation in self.evaluations
            for figure in evaluation.metrics
        ]

    def table(self) -> Table:
        """The totals: a figure a row, an entrant a column."""
        totals = [
            evaluation.model_copy(
                update={"metrics": tuple(m for m in evaluation.metrics if not m.group)}
            )
            for evaluation in self.evaluations
        ]
        table = summary_table(totals)
        if not totals[0].source:
            table.title = None
        return table

    def plot(self) -> Plot:
        """The shares with their intervals: drawn by a notebook, or saved by `.save(path)`."""
        return plot_of(self.evaluations)


def _row(evaluation: Evaluation, figure: Figure, group: str) -> dict[str, Any]:
    key = (figure.name, figure.group, figure.judge)
    same = [d for d in evaluation.differences if (d.name, d.group, d.judge) == key]
    difference = same[0] if same else None
    return {
        "entrant": evaluation.label,
        "metric": figure.name,
        "title": title_of(figure.name, ""),
        "group": group,
        "judge": figure.judge,
        "value": figure.value,
        "ci_low": figure.ci_low,
        "ci_high": figure.ci_high,
        "n": figure.n,
        "n_unscored": figure.n_unscored,
        "against": evaluation.against or "",
        "difference": difference.value if difference else None,
        "difference_low": difference.ci_low if difference else None,
        "difference_high": difference.ci_high if difference else None,
        "outcome": (difference.outcome if difference else None) or "",
    }


async def evaluate(
    entrants: AnyEntrant | Iterable[AnyEntrant],
    cases: Iterable[AnyCase] | Benchmark,
    judge: str | Mapping[str, Any] = "",
    *,
    rules: AnyRules = (),
    **options: Unpack[EvaluateOptions],
) -> EvaluationTable:
    """Have every entrant answer every case, judge the answers and compare.

    `rules` are in force in every case that brings none of its own; a benchmark (`load_benchmark`)
    brings cases with their rules. Code judges what it can; the
    rest is the judge's, on `judge_model`, and stands apart, unmeasured. A model with a method is
    compared with the model alone, a model with the first one. InputError where an entrant or a case
    is none, RunStoppedError where too large a share fails.
    """
    no_other(options, EvaluateOptions.__annotations__)
    eval_set = _eval_set(cases, as_rules(rules), judge, options)
    named = [_wanted(one) for one in several(entrants, _ALONE, "entrants: a list of models")]
    if not named:
        raise InputError("evaluate: name an entrant, such as 'embedded:smollm2-135m'")
    labels = [one.entrant.label for one in named]
    if twice := next((label for label in labels if labels.count(label) > 1), ""):
        raise InputError(f"evaluate: two entrants are called {twice!r}; give one a label")
    against = entrant_pairs([one.entrant for one in named])
    with TemporaryDirectory(prefix="specloop-") as name:
        store, costs = MemoryStore(), list[Cost]()
        models = Models(Path(name), of_calls(options))
        for one in sorted(named, key=lambda one: _depth(one.entrant, against)):
            other = against.get(one.entrant)
            async with models.open(_roles(one, options), one.entrant.label) as role_models:
                target = _target(one, role_models, options)
                label = other.label if other else None
                judging = role_models.models.get("compliance")
                meter = role_models.meters["target"]
                await evaluate_entrant(Inputs(store, target, eval_set, label, judging, meter))
            costs.append(role_models.cost)
        by_label = {one.label: one for one in store.read(Evaluation)}
        return EvaluationTable(
            tuple(by_label[label] for label in labels),
            eval_set.rules,
            tuple(store.read(Answer)),
            tuple(store.read(Judgement)),
            tuple(store.read(Failure)),
            total_cost(costs),
        )


class _Wanted(NamedTuple):
    """An entrant and its model as it was given."""

    entrant: Entrant
    model: AnyModel


def _wanted(given: object) -> _Wanted:
    table = cast(dict[str, Any], dict(given)) if isinstance(given, Mapping) else {"model": given}
    own: dict[str, Any] = {name: table.pop(name, None) for name in _OF_ENTRANT}
    model = table.get("model")
    of = model.record.trainer if isinstance(model, TrainedModel) else ""
    if isinstance(model, TrainedModel):
        model = table["model"] = model.model
    name = model.name if isinstance(model, Model) else model
    if not isinstance(name, str) or not name:
        raise InputError(f"entrants: a model, or a table with a model; not {given!r:.60}")
    if own["told"] not in (None, *get_args(Told)):
        known = ", ".join(get_args(Told))
        raise InputError(f"entrants: told is one of {known}; not {own['told']!r:.60}")
    entrant = Entrant.make(name, own["method"] or "vanilla", own["told"], of or name)
    return _Wanted(entrant._replace(label=str(own["label"] or entrant.label)), table)


def _depth(entrant: Entrant, against: Mapping[Entrant, Entrant]) -> int:
    """How many comparisons lead from it to one that is compared with none: those come first."""
    return 1 + _depth(against[entrant], against) if entrant in against else 0


def _roles(one: _Wanted, options: EvaluateOptions) -> dict[Any, AnyModel | None]:
    scorer = options.get("scorer_model") if one.entrant.method.chooses else None
    return {"target": one.model, "scorer": scorer, "compliance": options.get("judge_model")}


def _target(one: _Wanted, opened: Opened, options: EvaluateOptions) -> Target:
    role_model, scoring = opened.models.get("target"), opened.models.get("scorer")
    assert role_model is not None, "an entrant has a model"
    scorer = scorers.build(options["scorer"]) if "scorer" in options else None
    context = MethodContext(role_model.model, OURS, scorer, scoring.model if scoring else None)
    return Target(one.entrant, context, role_model.settings.concurrency)


def _eval_set(
    cases: Iterable[AnyCase] | Benchmark,
    rules: Sequence[Rule],
    judge: str | Mapping[str, Any],
    options: EvaluateOptions,
) -> EvaluationSet:
    """The cases as probes, the rules of each as an instance."""
    chosen = {name: value for name, value in options.items() if name in _SETTINGS}
    chosen |= {"general": False, "judged_share": 1.0 if "judge_model" in options else 0.0}
    settings = build(Evaluate, chosen | ({"judge": judge} if judge else {}), "evaluate")
    if judge and judge != "check" and "judge_model" not in options:
        raise InputError(f"evaluate: the judge {judge!r:.60} asks a model; name it as judge_model")
    if isinstance(cases, Benchmark):
        if rules:
            raise InputError("evaluate: a benchmark has rules of its own; give no others")
        return EvaluationSet.of_benchmark(cases, settings)
    instances: dict[str, Instance] = {}
    every = {rule.id: rule for rule in rules}
    probes: list[Case] = []
    for number, case in enumerate(several(cases, str | Case, "cases: a list of requests")):
        given = _case(number, case)
        own = as_rules(given["rules"]) if "rules" in given else rules
        if not own:
            raise InputError(f"cases.{number}: no rules; give rules, to it or to all cases")
        every |= {rule.id: rule for rule in own}
        instance = Instance(rules=tuple(rule.id for rule in own), seed=0, split="test")
        instances[instance.id] = instance
        probes.append(_probe(given, instance))
    if not probes:
        raise InputError("evaluate: no cases; give requests, or conversations")
    return EvaluationSet(
        tuple({probe.id: probe for probe in probes}.values()),
        tuple(instances.values()),
        tuple(every.values()),
        frozenset(),
        settings,
    )


def _case(number: int, case: AnyCase) -> dict[str, Any]:
    if isinstance(case, Case):
        return {"messages": case.messages, "side": case.side, "topic": case.seed_prompt}
    if not isinstance(case, Mapping) or "role" in case:
        return {"messages": case}
    for name in case:
        if name not in _OF_CASE:
            raise InputError(f"cases.{number}: no {name!r}; a case has {', '.join(_OF_CASE)}")
    if "messages" not in case:
        raise InputError(f"cases.{number}: no messages; give a request, or the turns")
    return dict(case)


def _probe(given: Mapping[str, Any], instance: Instance) -> Case:
    side = given.get("side", "violation")
    if side not in ("violation", "permitted"):
        raise InputError(f"cases: side is 'violation' or 'permitted', not {side!r:.60}")
    return Case(
        messages=as_messages(given["messages"]),
        scenario=instance.id,
        side=side,
        topic=str(given.get("topic", "")),
    )
