"""The models of a run, opened over one store of finished calls, one ledger and one budget."""

from __future__ import annotations

import asyncio
import gc
import json
from collections.abc import AsyncGenerator, Generator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, NamedTuple, Protocol, runtime_checkable

from specloop.config import PLAIN, Config, RoleName, RoleSettings
from specloop.errors import SpecloopError
from specloop.llm.backends import backend_of, check_model, reply_options, resolve
from specloop.llm.backends.openai.endpoints import EndpointStatus
from specloop.llm.base import Model
from specloop.llm.calls.budget import Stopping, check_price
from specloop.llm.calls.cache import FILE
from specloop.llm.calls.calls import Calls, Files
from specloop.llm.calls.ledger import Meter, read_ledger, total_money
from specloop.llm.calls.retry import Places, Retrying
from specloop.llm.calls.wrap import Cached
from specloop.llm.roles import RoleModel, RoleModels
from specloop.progress import CallStatus, showing_calls
from specloop.records import Cost, total_cost


class ModelRequest(NamedTuple):
    """A model to open for a role."""

    role: RoleName
    model: str
    options: Mapping[str, Any]
    concurrency: int = 0
    """Most calls in flight; 0: as many as the role may have."""
    own: Model | None = None
    """The caller's own model instead of the one of that name; it is left open."""

    @property
    def reply_options(self) -> str:
        """The options that decide a reply, as JSON."""
        options = reply_options(self.model, self.options)
        return json.dumps(options, sort_keys=True, default=str)

    @property
    def name(self) -> str:
        """The model's name as records of what it said have it: it changes with the files of a
        checkpoint."""
        try:
            return resolve(self.model, **self.options).name
        except SpecloopError:
            # It cannot be used now; its earlier replies can still be read.
            return self.model

    @property
    def identity(self) -> str:
        """The model's name and the reply options."""
        return f"{self.name} {self.reply_options}"


class Metered(NamedTuple):
    """An open model and the meter of its calls."""

    model: Model
    meter: Meter


class Opened(NamedTuple):
    """Models opened for a stage, with the meter of each role."""

    models: RoleModels
    meters: dict[str, Meter]

    @property
    def cost(self) -> Cost:
        """The cost of all their calls so far."""
        return total_cost(meter.cost for meter in self.meters.values())


@runtime_checkable
class Served(Protocol):
    """A model that knows its servers and lets calls wait for a place at them."""

    def status(self) -> Sequence[EndpointStatus]:
        """Every endpoint at this moment."""
        ...

    def turn_away(self) -> None:
        """Give up the calls that wait for a place."""
        ...


class ModelPool:
    """Opens models while a stage needs them; `limits` bound what the run may spend in all."""

    def __init__(self, folder: Path, config: Config) -> None:
        shared = config.cache.folder
        self.files = Files(Path(shared) / FILE if shared else folder / FILE, folder / FILE)
        self.limits = config.limits
        self.stopping = Stopping()
        self._prices = config.prices
        self._roles = config.roles
        self._places: dict[RoleName, Places] = {}
        self._calls: Calls | None = None
        self._served: list[Served] = []
        self._kept: list[Model] | None = None

    def check(self, model: str, options: Mapping[str, Any]) -> None:
        """InputError where a model could not be opened, or has no price where cost is limited."""
        name = check_model(model, **options)
        check_price(self.limits, self._prices, name, free=backend_of(name).is_free)

    def spent(self, stage: str) -> dict[str, Meter]:
        """What a stage has cost in earlier runs, by role."""
        entries = read_ledger(self.files.ledger)
        return {entry.role: Meter(entry) for entry in entries if entry.stage == stage}

    def interrupt(self) -> int:
        """Stop the run for the user, so that no further call starts; returns the number in
        flight."""
        self.stopping.interrupt()
        for model in self._served:
            model.turn_away()
        return self._n_in_flight if self._calls else 0

    @property
    def _n_in_flight(self) -> int:
        """Calls that have left; there must be a store of them."""
        assert self._calls is not None
        waiting = sum(places.n_waiting for places in self._places.values())
        return self._calls.budget.n_in_flight - waiting

    @asynccontextmanager
    async def open(
        self, stage: str, requests: Sequence[ModelRequest]
    ) -> AsyncGenerator[dict[RoleName, Metered]]:
        """The models by role. Closing waits for the calls in flight and stores them."""
        async with self._opened_calls() as calls:
            opened: dict[RoleName, Metered] = {}
            try:
                opened |= {
                    request.role: self._metered(stage, request, calls) for request in requests
                }
                # All at once: a server that is slow to identify itself costs its time only once.
                ends = await asyncio.gather(
                    *(one.model.aopen() for one in opened.values()), return_exceptions=True
                )
                for failed in filter(None, ends):
                    raise failed
                yield opened
            finally:
                await calls.drain(self.limits.grace_s)
                lent = {request.role for request in requests if request.own is not None}
                await self._put_away([opened[role].model for role in opened.keys() - lent])

    @asynccontextmanager
    async def open_roles(
        self,
        stage: str,
        settings: Mapping[RoleName, RoleSettings],
        own: Mapping[RoleName, Model | None] | None = None,
    ) -> AsyncGenerator[Opened]:
        """The models of roles; a plain role has none. `own` are the caller's own models."""
        requests = [
            ModelRequest(role, table.model, table.options, table.concurrency, (own or {}).get(role))
            for role, table in settings.items()
            if table.model != PLAIN
        ]
        async with self.open(stage, requests) as opened:
            models: dict[RoleName, RoleModel] = {
                role: RoleModel(metered.model, settings[role]) for role, metered in opened.items()
            }
            meters: dict[str, Meter] = {role: metered.meter for role, metered in opened.items()}
            yield Opened(RoleModels(models), meters)

    @asynccontextmanager
    async def keeping(self) -> AsyncGenerator[None]:
        """Keep models open from stage to stage, so that weights in this process are loaded once."""
        self._kept = []
        try:
            yield
        finally:
            kept, self._kept = self._kept, None
            await self._put_away(kept)

    async def _put_away(self, models: Sequence[Model]) -> None:
        if self._kept is not None:
            self._kept += models
            return
        async with AsyncExitStack() as stack:
            for model in models:
                stack.push_async_callback(model.aclose)

    @asynccontextmanager
    async def _opened_calls(self) -> AsyncGenerator[Calls]:
        """One store for models that are open at once."""
        if self._calls is not None:
            yield self._calls
            return
        self._calls = Calls(self.files, self.limits, self._prices, self.stopping)
        try:
            with showing_calls(self._call_status), _rarely_collecting():
                yield self._calls
        finally:
            calls, self._calls = self._calls, None
            self._served.clear()
            self._places.clear()
            await calls.aclose()

    def _metered(self, stage: str, request: ModelRequest, calls: Calls) -> Metered:
        inner = request.own or resolve(request.model, **request.options)
        check_price(self.limits, self._prices, inner.name, free=backend_of(inner.name).is_free)
        if isinstance(inner, Served):
            self._served.append(inner)
        meter = calls.ledger.meter(stage, request.role, inner.name)
        # Models of one role share its places, such as the one that continues the target's turns.
        n = request.concurrency or self._roles.of(request.role).concurrency
        places = self._places.setdefault(request.role, Places(n, self.stopping))
        retrying = Retrying(
            inner, observe=lambda error: calls.failed_attempt(meter, error), places=places
        )
        return Metered(Cached(retrying, calls, meter, request.reply_options), meter)

    def _call_status(self) -> CallStatus:
        assert self._calls is not None, "shown only while calls are open"
        since = self._calls.ledger.since
        costs = [entry.cost for entry in since]
        limits = [e.limit for model in self._served for e in model.status() if not e.resting]
        return CallStatus(
            n_failed=sum(c.n_failed for c in costs),
            n_retried=sum(c.n_failed_attempts for c in costs),
            tokens_in=sum(c.prompt_tokens for c in costs),
            tokens_out=sum(c.completion_tokens for c in costs),
            usd=total_money(since, self._prices),
            in_flight=self._n_in_flight,
            limit=sum(limits) if limits else None,
        )


_THRESHOLD = gc.get_threshold()
_rare: list[None] = []
"""One entry for each block that collects rarely."""


@contextmanager
def _rarely_collecting() -> Generator[None]:
    """Garbage is collected less often, and what is there already is left alone: beside the heap of
    a run, calls at Python's own pace spend a third of their time on it."""
    _rare.append(None)
    gc.freeze()
    gc.set_threshold(100_000, 10, 10)
    try:
        yield
    finally:
        _rare.pop()
        if not _rare:
            gc.set_threshold(*_THRESHOLD)
            gc.unfreeze()
