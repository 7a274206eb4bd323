"""Benchmark sources: where rules and cases come from, as scenarios. One file per source.

Data are named `SOURCE:WHERE`, or only by a folder.
"""

from __future__ import annotations

import difflib
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import ClassVar, NamedTuple

from specloop.errors import InputError
from specloop.records import Benchmark, Scenario
from specloop.registry import Registry, Strategy


class BenchmarkSource(Strategy):
    """One kind of source of benchmarks."""

    is_path: ClassVar[bool] = True
    """Whether the name of the data is a path."""

    @abstractmethod
    def scenarios(self, where: str) -> Mapping[str, Callable[[], Scenario]]:
        """Functions that read the scenarios, by their keys.

        InputError if there are none, and from a function if its scenario cannot be used.
        """


sources: Registry[BenchmarkSource] = Registry(BenchmarkSource, "specloop.sources")


class _Named(NamedTuple):
    source: str
    where: str

    @classmethod
    def of(cls, data: str) -> _Named:
        source, colon, where = data.partition(":")
        return cls(source, where) if colon and source in sources.names() else cls("folder", data)


def load_scenarios(data: str, keys: Sequence[str] = ()) -> tuple[Scenario, ...]:
    """The wanted scenarios in the order asked for, or all of them by name. InputError for data that
    cannot be used and for an unknown scenario."""
    named = _Named.of(data)
    readers = sources.build(named.source).scenarios(named.where)
    return tuple(readers[key]() for key in _picked(list(readers), keys, data))


def load_benchmark(data: str) -> Benchmark:
    """All scenarios of some data, under the name that tables give them. InputError for data that
    cannot be used."""
    return Benchmark(":".join(_Named.of(data)), load_scenarios(data))


def absolute(data: str, folder: Path) -> str:
    """The name of the same data from any current folder."""
    named = _Named.of(data)
    if not data or not sources.get(named.source).is_path:
        return data
    path = str((folder / named.where).resolve())
    return path if named.where == data else f"{named.source}:{path}"


def _picked(known: Sequence[str], keys: Sequence[str], where: str) -> list[str]:
    """The wanted scenarios, each once; all if none is named."""
    for key in keys:
        if key not in known:
            same = [name for name in known if name.lower() == key.lower()]
            close = same or difflib.get_close_matches(key, known, n=1)
            hint = f" Did you mean {close[0]!r}?" if close else ""
            raise InputError(
                f"{where}: no scenario {key!r}.{hint} There are: {', '.join(sorted(known))}"
            )
    return list(dict.fromkeys(keys)) or sorted(known)
