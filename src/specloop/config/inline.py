"""Values written as TOML on one line, to be pasted into a file or after `--set`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from specloop.config.faults import quoted


def inline(value: Any) -> str:
    """A value as TOML on one line."""
    match value:
        case Mapping():
            items: Iterable[tuple[Any, Any]] = value.items()
            return f"{{{', '.join(f'{quoted(key)} = {inline(one)}' for key, one in items)}}}"
        case list() | tuple():
            return f"[{', '.join(map(inline, value))}]"
        case _:
            return json.dumps(value, ensure_ascii=False)


def written(value: Any) -> str:
    """The same for people to read: what is not set is said to be so."""
    return "not set" if value is None else inline(value)
