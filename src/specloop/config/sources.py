"""Collect a configuration's values from a file, `--set`, options of a command, and defaults.

Later values replace earlier ones, and the origin of every value is known.
"""

from __future__ import annotations

import importlib
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from specloop.config.families import Family
from specloop.config.faults import build, dotted, family_of, table_in
from specloop.config.tables import Config
from specloop.errors import InputError
from specloop.files import read_text
from specloop.jsontext import NESTED, cleaned

DEFAULT = "default"
"""The origin of a value that nobody has set."""

NOT_NOTED = "not noted"
"""The origin of a value that was set, but it is not known how."""

_MAX_CHARS = 1_000_000
"""Most characters of a configuration file."""


class Configured(NamedTuple):
    """A configuration and the origins of its values by dotted key."""

    config: Config
    origins: Mapping[str, str]

    def values(self) -> Iterator[tuple[tuple[str, ...], Any, str]]:
        """Every value with its key and its origin, in the order of the tables."""
        for key, value in _leaves(self.config.model_dump(mode="json")):
            yield key, value, origin_of(self.origins, dotted(key))


def assumed_origins(config: Config) -> dict[str, str]:
    """The origins of a configuration for which only the values are known: values other than the
    defaults were set."""
    usual = dict(_leaves(Config().model_dump(mode="json")))
    values = _leaves(config.model_dump(mode="json"))
    return {dotted(key): NOT_NOTED for key, value in values if usual.get(key, ...) != value}


def origin_of(origins: Mapping[str, str], key: str) -> str:
    """The origin of a key's value: the origin of a whole table counts for all values in it."""
    covering = [known for known in origins if key == known or key.startswith(f"{known}.")]
    return origins[max(covering, key=len)] if covering else DEFAULT


class ConfigDraft:
    """An unfinished configuration, not validated yet."""

    def __init__(self, raw: dict[str, Any], origins: Mapping[str, str], base: Path) -> None:
        self.raw = raw
        """The current values."""
        self._origins = dict(origins)
        self._base = base

    @classmethod
    def of_file(cls, path: Path) -> ConfigDraft:
        """The values of a TOML file; paths are relative to it."""
        try:
            raw = _toml(read_text(path))
        except ValueError as error:
            raise InputError(f"{path}: not valid TOML: {error}") from None
        roles = raw.get("roles")
        if isinstance(roles, dict):
            raw["roles"] = {k: {"model": v} if isinstance(v, str) else v for k, v in roles.items()}
        origins = {dotted(key): str(path.resolve()) for key, _ in _leaves(raw)}
        return cls(raw, origins, path.parent)

    @classmethod
    def of(cls, known: Configured | None = None) -> ConfigDraft:
        """Begin with a known configuration, or the defaults; paths are relative to the current
        folder."""
        if known is None:
            return cls({}, {}, Path())
        return cls(known.config.model_dump(mode="json"), known.origins, Path())

    def put(self, key: Sequence[str], value: Any, origin: str) -> None:
        """Set one value; InputError if the key leads through something that is not a table."""
        *tables, last = key
        at = self.raw
        for depth, name in enumerate(tables):
            inner = _as_table(tuple(tables[: depth + 1]), at.get(name))
            if inner is None:
                raise InputError(
                    f"{origin}: {dotted(key)}: {dotted(tables[: depth + 1])} is not a table"
                )
            at[name] = inner
            at = inner
        if last == "name" and _family_at(tables):
            # Values that nobody has set belong to the previous strategy.
            for name in list(at):
                if origin_of(self._origins, dotted((*tables, name))) == DEFAULT:
                    del at[name]
        at[last] = value
        gone = f"{dotted(key)}."
        self._origins = {k: o for k, o in self._origins.items() if not k.startswith(gone)}
        self._origins[dotted(key)] = origin

    def set(self, overrides: Sequence[str], origin: str = "--set") -> ConfigDraft:
        """Set values by `table.key=value`; a value is TOML, or a bare string."""
        for item in overrides:
            key, equals, text = item.partition("=")
            if not equals:
                raise InputError(f"{origin}: {item}: write table.key=value")
            self.put(_parts(key, origin), _toml_value(text.strip()), origin)
        return self

    def built(self) -> Configured:
        """Validate all; InputError names every wrong value and what set it."""
        config = build(Config, self.raw, self._setter)
        return Configured(_anchored(config, self._base), self._origins)

    def _setter(self, place: Sequence[str | int]) -> str:
        """What set a value; for a missing one, what set those beside it."""
        origin = origin_of(self._origins, dotted(place))
        for depth in range(len(place), 0, -1) if origin == DEFAULT else ():
            table = f"{dotted(place[:depth])}."
            inside = [setter for known, setter in self._origins.items() if known.startswith(table)]
            if inside:
                return inside[-1]
        return origin


def load_config(path: Path, overrides: Sequence[str] = ()) -> Config:
    """Read a TOML file; InputError names the table, key and what is wrong."""
    return ConfigDraft.of_file(path).set(overrides).built().config


def _as_table(place: tuple[str, ...], value: Any) -> dict[str, Any] | None:
    """The value at a place as a table: a table, a name that stands for one, or a new one."""
    if value is None:
        return {}
    if isinstance(value, dict):
        return value
    if not isinstance(value, str):
        return None
    if len(place) == 2 and place[0] == "roles":
        return {"model": value}
    return {"name": value} if _family_at(place) else None


def _family_at(place: Sequence[str]) -> Family | None:
    """The family whose strategy is named at a place."""
    kind, field = Config, None
    for part in place:
        field = kind.model_fields.get(part) if kind else None
        kind = table_in(field.annotation) if field else None
    return family_of(field) if field else None


def _leaves(raw: Mapping[str, Any], place: tuple[str, ...] = ()) -> Iterator[tuple[Any, Any]]:
    """Every value that is not a table, with its key; an empty table counts as a value."""
    for key, value in raw.items():
        if isinstance(value, dict) and value:
            yield from _leaves(value, (*place, key))
        else:
            yield (*place, key), value


def _parts(key: str, origin: str) -> list[str]:
    """The parts of a dotted TOML key; quoted parts may hold dots."""
    try:
        table: Any = _toml(f"{key} = 0")
    except ValueError:
        raise InputError(f"{origin}: {key}: not a key; write table.key=value") from None
    parts: list[str] = []
    while isinstance(table, dict):
        ((part, table),) = table.items()
        parts.append(part)
    return parts


def _toml_value(text: str) -> Any:
    try:
        table = _toml(f"value = {text}")
    except ValueError:
        return text
    return table["value"] if len(table) == 1 else text


def _toml(text: str) -> dict[str, Any]:
    """The tables of a TOML text; ValueError says what is wrong with it."""
    if len(text) > _MAX_CHARS:
        raise ValueError(f"{len(text):,} characters are more than the {_MAX_CHARS:,} read")
    try:
        return cleaned(tomllib.loads(text))
    except RecursionError:
        raise ValueError(NESTED) from None


def _anchored(config: Config, folder: Path) -> Config:
    """The configuration with absolute paths, so that a run does not depend on the current
    folder."""

    def anchored(path: str) -> str:
        return str((folder / path).resolve()) if path else ""

    data = config.specbench.data
    if data:
        # It is found by its name, since sources stand on the configuration.
        data = importlib.import_module("specloop.sources").absolute(data, folder)
    checkout = anchored(config.specbench.reference_checkout)
    paths: dict[str, dict[str, Any]] = {
        "document": {"path": anchored(config.document.path)},
        "seeds": {"path": anchored(config.seeds.path)},
        "cache": {"folder": anchored(config.cache.folder)},
        "specbench": {"data": data, "reference_checkout": checkout},
        "sets": {"items": anchored(config.sets.items)},
        "bench": {"against": tuple(map(anchored, config.bench.against))},
    }
    tables = {name: getattr(config, name).model_copy(update=new) for name, new in paths.items()}
    return config.model_copy(update=tables)
