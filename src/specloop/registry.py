"""Families of one-file strategies.

A family is a base class and a `Registry` in the family's `__init__`. Its modules are imported at
the first look-up, then entry points of the group of the same name, so another package adds a
strategy by being installed.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Callable, Mapping
from importlib.metadata import entry_points
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from specloop.errors import InputError, did_you_mean, need_kind, not_this


class Strategy(BaseModel):
    """A frozen typed value whose fields are its options and whose one method is its work."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


S = TypeVar("S", bound=Strategy)
C = TypeVar("C", bound=Strategy)


class Registry(Generic[S]):
    """The strategies of one family by name; `package` is both the module path and the entry-point
    group."""

    def __init__(self, base: type[S], package: str) -> None:
        self._base = base
        self._package = package
        self._classes: dict[str, type[S]] = {}
        self._loaded = False

    def register(self, name: str) -> Callable[[type[C]], type[C]]:
        """Class decorator: make the strategy known under `name`."""

        def add(cls: type[C]) -> type[C]:
            strategy: type[Strategy] = cls
            if not issubclass(strategy, self._base):
                raise TypeError(f"{cls.__name__} is no {self._base.__name__}")
            if self._classes.setdefault(name, strategy) is not cls:
                raise ValueError(f"{self._package}: two strategies are named {name!r}")
            return cls

        return add

    def names(self) -> list[str]:
        """Every known name, sorted."""
        self._load()
        return sorted(self._classes)

    def get(self, name: str) -> type[S]:
        """The class registered as `name`; InputError with a suggestion if there is none."""
        self._load()
        if name not in self._classes:
            hint = did_you_mean(name, self._classes)
            raise InputError(
                f"no {self._kind} named {name[:60]!r}.{hint} Known: {', '.join(self.names())}"
            )
        return self._classes[name]

    def name_of(self, strategy: S) -> str:
        """The name that a strategy is registered under, or else the name of its class."""
        cls = type(strategy)
        return next((name for name, known in self._classes.items() if known is cls), cls.__name__)

    def build(self, table: str | Mapping[str, Any]) -> S:
        """Build from a name or a table `{name = ..., option = ...}`; InputError on a bad option."""
        need_kind(
            table, str | Mapping, f"a {self._kind} is a name, or a table with its name and options"
        )
        options = {"name": table} if isinstance(table, str) else dict(table)
        name = str(options.pop("name", ""))
        cls = self.get(name)
        try:
            return cls(**options)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            fault = first["msg"] + not_this(first["input"])
            raise InputError(f"{name}: option {where!r}: {fault}") from None

    @property
    def _kind(self) -> str:
        """What its strategies are called."""
        return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", self._base.__name__).lower()

    def _load(self) -> None:
        if self._loaded:
            return
        self._loaded = True
        package = importlib.import_module(self._package)
        for module in pkgutil.iter_modules(package.__path__):
            importlib.import_module(f"{self._package}.{module.name}")
        for point in entry_points(group=self._package):
            try:
                point.load()
            except Exception as error:
                self._loaded = False
                raise InputError(
                    f"{self._package}: {point.value}, which the package"
                    f" {point.dist.name if point.dist else '?'} adds, cannot be loaded"
                    f" ({type(error).__name__}: {error}); repair it, or uninstall that package"
                ) from error
