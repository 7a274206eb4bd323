"""Strategies in the configuration: a name, or a table with a name and options, which are read with
the file itself."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Annotated, Any, NamedTuple

from pydantic import BeforeValidator, GetCoreSchemaHandler, ValidationError
from pydantic_core import CoreSchema, InitErrorDetails, PydanticCustomError, core_schema

from specloop.errors import InputError
from specloop.registry import Registry

WRONG_NAME = "no_such_strategy"
"""Kind of the error of a name that is none."""


def table_of(value: object, usual: str = "") -> dict[str, Any]:
    """A name as a table, which is of the usual strategy where it names none."""
    table = {"name": usual, **value} if isinstance(value, Mapping) else {"name": value}
    if isinstance(table["name"], str) and table["name"]:
        return table
    raise ValueError('write a name, or a table with a name: { name = "...", option = ... }')


def _named(value: object) -> object:
    return value if isinstance(value, str) else table_of(value)


StrategyName = Annotated[str | dict[str, Any], BeforeValidator(_named)]
"""A strategy's name, or a table with its name and options, which are read where it is used."""


class Family(NamedTuple):
    """Marks a value that is a strategy's name, or a table with its name and options."""

    package: str
    """Where the family is; it is found by this name, since families stand on the configuration."""
    usual: str = ""
    """The strategy of a table that names none."""
    is_whole: bool = False
    """The value is a table with all options, those left out as well."""

    @property
    def registry(self) -> Registry[Any]:
        """The strategies of the family."""
        return getattr(importlib.import_module(self.package), self.package.rpartition(".")[2])

    def options(self, value: object) -> list[str]:
        """What may stand in a table."""
        return ["name", *self.registry.get(table_of(value, self.usual)["name"]).model_fields]

    def read(self, value: object) -> Any:
        """The value; ValidationError with the place of what cannot be used."""
        if value == "" and not self.usual:
            return value
        table = table_of(value, self.usual)
        options = {key: option for key, option in table.items() if key != "name"}
        try:
            strategy = self.registry.get(table["name"])
        except InputError as error:
            raise _wrong_name(str(error), table["name"]) from None
        try:
            found = strategy.model_validate(options)
        except InputError as error:
            raise ValueError(str(error)) from None
        if self.is_whole:
            return {"name": table["name"], **found.model_dump(mode="json")}
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
