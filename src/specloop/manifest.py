"""What `manifest.json` holds, as far as commands rely on it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from specloop.errors import InputError
from specloop.files import is_there, read_file
from specloop.jsontext import read_value

_RESTORE = (
    "restore it, or move it to another folder and give the command again with its configuration: "
    "stages are then done again from stored calls"
)


class _Part(BaseModel):
    """Other versions may write more into it."""

    model_config = ConfigDict(extra="allow", strict=True)


class _Stage(_Part):
    inputs: str = ""
    done: bool = False
    seconds: float = 0.0
    cost: dict[str, dict[str, float]] = {}


class _Manifest(_Part):
    config: dict[str, Any] = {}
    origins: dict[str, str] = {}
    stages: dict[str, _Stage] = {}
    document: dict[str, str] = {}
    held_out_rules: list[str] = []
    findings: list[Any] = []
    versions: dict[str, str] = {}
    prompts: dict[str, str] = {}
    records: dict[str, int] = {}


def read_manifest(path: Path) -> dict[str, Any]:
    """The content; empty where there is no file, InputError where it is no manifest."""
    if not is_there(path):
        return {}
    try:
        found = read_value(read_file(path))
        _Manifest.model_validate(found)
    except json.JSONDecodeError as error:
        raise InputError(f"{path}: line {error.lineno}: not JSON; {_RESTORE}") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        reason = f"{where}: {first['msg']}" if where else "no table"
        raise InputError(f"{path}: not a manifest ({reason}); {_RESTORE}") from None
    except ValueError as error:
        raise InputError(f"{path}: not a manifest ({error}); {_RESTORE}") from None
    if not found.keys() & _Manifest.model_fields.keys():
        raise InputError(f"{path}: of no run of specloop; name another folder, or {_RESTORE}")
    return found
