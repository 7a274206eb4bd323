"""What each protocol sends: wordings, models with their options, sampling, judges."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from specloop.config import PLAIN, Config, RoleSettings, SpecBench
from specloop.config.families import table_of
from specloop.errors import InputError
from specloop.judges import grader_of, judges, one_answer_judge
from specloop.judging.grader import Grader
from specloop.judging.guides import NO_GUIDES
from specloop.methods import methods
from specloop.pipeline.model_pool import ModelRequest
from specloop.records import Sampling
from specloop.responding.base import Wording
from specloop.responding.entrant import Entrant
from specloop.responding.wording import OURS
from specloop.runrules import rubrics_at
from specloop.specbench.reference.checkout import Checkout, read_checkout
from specloop.specbench.reference.judging import ReferenceJoint, ReferenceSequential
from specloop.specbench.reference.settings import (
    BACKEND,
    ModelSettings,
    continuer_settings,
    generator_settings,
    judge_settings,
    method_settings,
)
from specloop.specbench.reference.wording import ReferenceWording, thought_end
from specloop.terminal import console


class Terms(NamedTuple):
    """How an entrant answers."""

    wording: Wording
    target: ModelRequest
    samplings: tuple[Sampling, ...]
    """One a seed."""
    continuer: ModelRequest | None = None
    """For requests that continue the model's turn, where they need other options."""


class Judging(NamedTuple):
    """How answers are judged."""

    grader: Grader
    model: ModelRequest | None
    """None for a judge that asks no model."""


def terms_of(config: Config, entrant: Entrant) -> Terms:
    """What the configured protocol has an entrant send."""
    settings, options = config.specbench, options_for(config.roles.target, entrant.model)
    if settings.protocol == "specloop":
        drawn = Sampling(
            temperature=settings.temperature,
            top_p=settings.top_p,
            top_k=settings.top_k,
            max_tokens=settings.max_tokens,
        )
        return Terms(
            OURS, ModelRequest("target", entrant.model, options), drawn.by_seed(settings.seeds)
        )
    checkout = checkout_of(settings)
    entry = generator_settings(checkout.path, entrant.model)
    continuing = continuer_settings(checkout.path, entrant.model)
    return Terms(
        ReferenceWording(checkout, entry.model.removeprefix(BACKEND)),
        _request("target", entry, options),
        entry.sampling.by_seed(settings.seeds),
        _request("target", continuing, options),
    )


def judging_of(config: Config) -> Judging:
    """The configured judge; InputError where it has no model, or the protocol no such judge."""
    settings, role = config.specbench, config.roles.judge
    table, is_ours = table_of(settings.judge), settings.protocol == "specloop"
    name = str(table["name"])
    if is_ours and not judges.get(name).asks:
        return Judging(grader_of(table, None), None)
    if role.model == PLAIN:
        raise InputError("no judge: name its model by --judge-model, or as judge under [roles]")
    if is_ours:
        request = ModelRequest("judge", role.model, role.options)
        judge = one_answer_judge(table)
        if judge.roles:
            raise InputError(f"judge {name!r}: its members ask one model here; leave out `role`")
        guides = rubrics_at(settings.rubrics) if settings.rubrics else NO_GUIDES
        grader = Grader(name, judge, role.model, options=request.identity, guides=guides)
        return Judging(grader, request)
    if settings.rubrics:
        raise InputError("specbench.rubrics: the reference protocol shows none; leave it empty")
    checkout = checkout_of(settings)
    entry = judge_settings(checkout.path, role.model)
    kinds = {"joint": ReferenceJoint, "sequential": ReferenceSequential}
    if name not in kinds:
        raise InputError(f"judge {name!r}: the reference protocol has joint and sequential alone")
    end = thought_end(entry.model.removeprefix(BACKEND))
    judge = kinds[name].of(checkout, entry.sampling).model_copy(update={"thought_end": end})
    request = _request("judge", entry, role.options)
    return Judging(Grader(name, judge, role.model, "reference", request.identity), request)


def options_for(role: RoleSettings, model: str) -> dict[str, Any]:
    """The role's options, for another model only where it is of the same backend."""
    return dict(role.options) if _backend(model) == _backend(role.model) else {}


def _backend(model: str) -> str:
    """With its colon. A bare name is an entry of the reference's configuration."""
    prefix, colon, _ = model.partition(":")
    return prefix + colon if colon else BACKEND


def method_options(settings: SpecBench, name: str) -> dict[str, Any]:
    """Options of a method that the protocol sets."""
    options = methods.get(name).published_options
    if settings.protocol == "specloop" or not options:
        return {}
    of_checkout = method_settings(checkout_of(settings).path)
    return {option: getattr(of_checkout, option) for option in options}


def checkout_of(settings: SpecBench) -> Checkout:
    """The reference's texts."""
    if not settings.reference_checkout:
        raise InputError(
            "the reference protocol reads its wordings from a checkout of SpecBench: name it by "
            "--reference-checkout, or as reference_checkout under [specbench]"
        )
    return _read(Path(settings.reference_checkout))


@cache
def _read(path: Path) -> Checkout:
    """Once a command, which says once where texts are not those of the known commit."""
    checkout = read_checkout(path)
    for warning in checkout.warnings():
        console.print(f"  {warning}", style="yellow", markup=False)
    return checkout


def _request(role: Any, entry: ModelSettings, options: Mapping[str, Any]) -> ModelRequest:
    """A model with the checkout's options; the user's own, such as base_url, come before them."""
    return ModelRequest(role, entry.model, {**entry.options, **options})
