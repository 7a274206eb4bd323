"""The models of one call of the library: opened for it, counted, limited and closed."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

from typing_extensions import TypedDict

from specloop.config import Config, RoleName, RoleSettings, build
from specloop.errors import InputError, did_you_mean, need_kind
from specloop.llm.base import Model
from specloop.pipeline.model_pool import ModelPool, Opened

AnyModel = str | Model | Mapping[str, Any]
"""A model's name such as `openai:gpt-4.1`, a model of your own, or a table as under `[roles]`:
`{"model": ..., "concurrency": 4, "options": {"base_url": ...}}`. A model given by name is closed
when the call ends; one of your own stays open."""


class CallOptions(TypedDict, total=False):
    """How models are called: every function that asks a model takes these options by name."""

    cache: str | Path
    """A folder for finished calls, so that each is made only once; without it nothing is kept."""
    limits: Mapping[str, float]
    """As under `[limits]`: `max_calls`, `max_tokens`, `max_cost`."""
    prices: Mapping[str, Mapping[str, float]]
    """As under `[prices]`: USD for a million tokens, by model."""


class Models:
    """Opens models over one store of finished calls, one ledger and one budget."""

    def __init__(self, folder: Path, calls: CallOptions) -> None:
        no_other(calls, CallOptions.__annotations__)
        raw: dict[str, Any] = {name: table for name, table in calls.items() if name != "cache"}
        if cache := calls.get("cache"):
            raw["cache"] = {"folder": str(cache) if isinstance(cache, Path) else cache}
        self._pool = ModelPool(folder, build(Config, raw, "specloop"))

    @asynccontextmanager
    async def open(
        self, models: Mapping[RoleName, AnyModel | None], stage: str = "library"
    ) -> AsyncGenerator[Opened]:
        """The models by role, with what they cost; a role without one has none. InputError names
        what is wrong with a model."""
        tables: dict[RoleName, dict[str, Any]] = {
            role: _table(model) for role, model in models.items() if model is not None
        }
        own: dict[RoleName, Model | None] = {
            role: table.pop("own", None) for role, table in tables.items()
        }
        roles = build(Config, {"roles": tables}, "specloop").roles
        settings: dict[RoleName, RoleSettings] = {role: roles.of(role) for role in tables}
        async with self._pool.open_roles(stage, settings, own) as opened:
            yield opened


@asynccontextmanager
async def opened(
    models: Mapping[RoleName, AnyModel | None], calls: CallOptions
) -> AsyncGenerator[Opened]:
    """The models of one call of the library (see `Models.open`)."""
    with TemporaryDirectory(prefix="specloop-") as folder:
        async with Models(Path(folder), calls).open(models) as role_models:
            yield role_models


def of_calls(options: Mapping[str, Any]) -> CallOptions:
    """The options of a function that say how calls are made."""
    known = CallOptions.__annotations__
    return cast(CallOptions, {name: one for name, one in options.items() if name in known})


def no_other(options: Mapping[str, Any], known: Iterable[str]) -> None:
    """InputError if an option is unknown."""
    names = list(known)
    for name in options:
        if name not in names:
            hint = did_you_mean(name, names)
            raise InputError(f"there is no option {name!r}.{hint} Options: {', '.join(names)}")


def _table(model: AnyModel) -> dict[str, Any]:
    """A table as under `[roles]`, with the caller's own model as `own`."""
    table = dict(model) if isinstance(model, Mapping) else {"model": model}
    if "model" not in table and not table.keys() - {"options", "concurrency"}:
        raise InputError('a model\'s table names it: {"model": "openai:gpt-4.1", ...}')
    named = table.get("model")
    return {**table, "model": named.name, "own": named} if isinstance(named, Model) else table


async def close(model: Model) -> None:
    """Close a model of your own; a model given by name is closed by the call itself."""
    need_kind(model, Model, "close: give a model of your own")
    await model.aclose()
