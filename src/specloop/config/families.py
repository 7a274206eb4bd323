"""Strategies in the configuration whose options are read and filled in with the file itself."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any, NamedTuple

from pydantic import GetCoreSchemaHandler, ValidationError
from pydantic_core import CoreSchema, InitErrorDetails, PydanticCustomError, core_schema

from specloop.errors import InputError
from specloop.registry import Registry, Strategy

WRONG_NAME = "no_such_strategy"
"""Kind of the error of a name that is none."""


class Family(NamedTuple):
    """Marks a table that holds a strategy's name and all of its options."""

    package: str
    """Where the family is; it is found by this name, since families stand on the configuration."""
    usual: str
    """The strategy of a table that names none."""

    @property
    def registry(self) -> Registry[Any]:
        """The strategies of the family."""
        return getattr(importlib.import_module(self.package), self.package.rpartition(".")[2])

    def table(self, value: object) -> dict[str, Any]:
        """A name as a table; a table that names no strategy is of the usual one."""
        return {"name": self.usual, **value} if isinstance(value, Mapping) else {"name": value}

    def options(self, value: object) -> list[str]:
        """What may stand in a table."""
        return ["name", *self.registry.get(self.table(value)["name"]).model_fields]

    def filled(self, value: object) -> dict[str, Any]:
        """A name or a table as a table with every option; ValidationError with the place of what
        cannot be used."""
        options = self.table(value)
        name = str(options.pop("name"))
        try:
            strategy: type[Strategy] = self.registry.get(name)
        except InputError as error:
            raise _wrong_name(str(error), name) from None
        return {"name": name, **strategy.model_validate(options).model_dump(mode="json")}

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self.filled, handler(source))


def _wrong_name(reason: str, name: object) -> ValidationError:
    error = PydanticCustomError(WRONG_NAME, "{reason}", {"reason": reason})
    details = InitErrorDetails(type=error, loc=("name",), input=name)
    return ValidationError.from_exception_data("name", [details])


TRAINERS = Family("specloop.trainers", "dpo")
