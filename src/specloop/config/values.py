"""The base of all tables, and the kinds of values that several have."""

from __future__ import annotations

import re
from functools import partial
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def _one_line(text: str) -> str:
    if CONTROL.search(text):
        raise ValueError("write one line, without control characters")
    return text


Line = Annotated[str, Field(max_length=1000), AfterValidator(_one_line)]
"""A name, path or address."""
TopK = Annotated[int, Field(ge=-1), AfterValidator(partial(max, 0))]
"""0, or -1 as in vLLM: all tokens."""
Seed = Annotated[int, Field(ge=0, lt=2**32)]
"""The seeds that the drawing libraries take."""


class ConfigTable(BaseModel):
    """A TOML table: frozen, without unknown keys or infinite numbers."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
