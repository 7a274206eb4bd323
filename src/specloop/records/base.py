"""The base of every record: frozen, validated, and identified by a hash of its content."""

from __future__ import annotations

import hashlib
import json
import operator
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Self, cast

from pydantic import BaseModel, ConfigDict, Field, model_validator


def content_id(content: Any) -> str:
    """Hash JSON-able content to 16 hex digits, independent of key order."""
    canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode(errors="replace")).hexdigest()[:16]


def optional(default: Any) -> Any:
    """A field that is left out if it is not set, so that a plain turn keeps its digest."""
    return Field(default=default, exclude_if=operator.not_)


class Value(BaseModel):
    """A frozen, strict value inside records."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Record(Value):
    """A value with a content-hash `id`, stored one per line in the file named by `FILE`."""

    FILE: ClassVar[str] = ""
    IDENTITY: ClassVar[tuple[str, ...]] = ()
    """The fields of which the id is made; empty means all of them."""
    PASSING: ClassVar[bool] = False
    """Whether nothing is made from it, so that it is written without waiting for the disk."""

    id: str = ""

    @model_validator(mode="after")
    def _fill_id(self) -> Self:
        if not self.id:
            include = set(self.IDENTITY) if self.IDENTITY else None
            content = self.model_dump(mode="json", include=include, exclude={"id"})
            object.__setattr__(self, "id", content_id(content))
        return self


class Cost(Value):
    """Tokens, calls and seconds spent. Replies from the cache do not count as tokens."""

    n_calls: int = 0
    """Calls that were answered, from the cache or by the model."""
    n_cached: int = 0
    n_failed: int = 0
    """Calls that were given up."""
    n_failed_attempts: int = 0
    """Attempts that failed, whether or not a later one was answered."""
    prompt_tokens: int = 0
    cached_tokens: int = 0
    """The part of the prompt that the server had already."""
    completion_tokens: int = 0
    reasoning_tokens: int = 0
    """The part of the completion that was spent on reasoning, if the server says."""
    wall_s: float = 0.0
    """The time during which at least one call was in flight."""


def total_cost(costs: Iterable[Cost]) -> Cost:
    """The sum of costs, field by field."""
    each = list(costs)
    return Cost(**{name: sum(getattr(c, name) for c in each) for name in Cost.model_fields})


def strategy_text(name: str, options: Mapping[str, Any]) -> str:
    """A strategy's name with its options, which may name strategies themselves."""
    listed = ", ".join(f"{key}={_option_text(value)}" for key, value in options.items())
    return f"{name}({listed})" if listed else name


def _option_text(value: object) -> str:
    if isinstance(value, Mapping):
        table = {str(key): inner for key, inner in sorted(cast(Mapping[Any, Any], value).items())}
        return strategy_text(str(table.pop("name", "")), table)
    if isinstance(value, list | tuple):
        return "+".join(map(_option_text, cast(Sequence[object], value)))
    return str(value)
