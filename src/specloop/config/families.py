"""Strategies in the configuration: a name, or a table with a name and options, which are checked
when the file is read."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, NamedTuple

from pydantic import BeforeValidator, GetCoreSchemaHandler, ValidationError
from pydantic_core import CoreSchema, InitErrorDetails, PydanticCustomError, core_schema

from specloop.errors import InputError
from specloop.registry import Registry

WRONG_NAME = "no_such_strategy"
"""The kind of error for an unknown name."""


def table_of(value: object, usual: str = "") -> dict[str, Any]:
    """A name as a table; without a name it is of the usual strategy."""
    table = {"name": usual, **value} if isinstance(value, Mapping) else {"name": value}
    if isinstance(table["name"], str) and table["name"]:
        return table
    raise ValueError('write a name, or a table with a name: { name = "...", option = ... }')


def _named(value: object) -> object:
    return value if isinstance(value, str) else table_of(value)


StrategyName = Annotated[str | dict[str, Any], BeforeValidator(_named)]
"""A strategy's name, or a table with its name and options, which are checked where it is used."""


class Family(NamedTuple):
    """Marks a value that is a strategy's name, or a table with its name and options."""

    package: str
    """The package of the family. It is imported by this name, because families import the
    configuration."""
    usual: str = ""
    """The strategy of a table that names none."""
    is_whole: bool = False
    """Whether the value becomes a table with all options, including those left out."""
    beside: Mapping[str, Sequence[str]] = {}
    """Keys of a table that are not the strategy's, with what may stand there."""
    check: str = ""
    """A function of the package that raises InputError for a table that may not stand here."""

    @property
    def registry(self) -> Registry[Any]:
        """The strategies of the family."""
        return self._of_package(self.package.rpartition(".")[2])

    def _of_package(self, name: str) -> Any:
        return getattr(importlib.import_module(self.package), name)

    def options(self, value: object) -> list[str]:
        """The options that a table may have."""
        return ["name", *self.beside, *self.strategy(value).model_fields]

    def strategy(self, value: object) -> type[Any]:
        """The strategy that a value names; InputError for an unknown one."""
        return self.registry.get(table_of(value, self.usual)["name"])

    def read(self, value: object) -> Any:
        """Read the value; ValidationError with the place of a wrong option."""
        if value == "" and not self.usual:
            return value
        table = table_of(value, self.usual)
        for key, known in self.beside.items():
            if table.get(key, known[0]) not in known:
                raise ValueError(f"{key}: write one of {', '.join(known)}")
        options = {key: table[key] for key in table if key != "name" and key not in self.beside}
        try:
            strategy = self.registry.get(table["name"])
        except InputError as error:
            raise _wrong_name(str(error), table["name"]) from None
        try:
            built = strategy.model_validate(options)
            if self.check:
                self._of_package(self.check)({"name": table["name"], **options})
        except InputError as error:
            raise ValueError(str(error)) from None
        if self.is_whole:
            return {"name": table["name"], **built.model_dump(mode="json")}
        return value if isinstance(value, str) else table

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self.read, handler(source))


def _wrong_name(reason: str, name: object) -> ValidationError:
    error = PydanticCustomError(WRONG_NAME, "{reason}", {"reason": reason})
    details = InitErrorDetails(type=error, loc=("name",), input=name)
    return ValidationError.from_exception_data("name", [details])


TRAINERS = Family("specloop.trainers", "dpo", is_whole=True)
