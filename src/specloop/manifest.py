"""The contents of `manifest.json` that commands rely on."""

from __future__ import annotations

import json
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator
from functools import lru_cache
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from specloop.batches import whole_lines
from specloop.errors import InputError
from specloop.files import is_there, read_file
from specloop.jsontext import first_fault, read_value

_RESTORE = (
    "restore it, or move it to another folder and give the command again with its configuration: "
    "stages are then done again from stored calls"
)
_UNLESS = "restore it, unless that is meant"
FORM = 5
"""The version of run folders. Other versions are not read: their fields have other names."""
_OLDER = tuple(
    f"{name}.jsonl" for name in ("responses", "deliberations", "verdicts", "probes", "rows")
)
"""Files that only older forms have, which show the form of a folder without a manifest."""


# Other versions may write more into the manifest.
class _Stage(BaseModel, extra="allow", strict=True):
    inputs: str = ""
    done: bool = False
    seconds: float = 0.0
    cost: dict[str, dict[str, float]] = {}


class _Manifest(BaseModel, extra="allow", strict=True):
    form: int = 1
    config: dict[str, Any] = {}
    origins: dict[str, str] = {}
    stages: dict[str, _Stage] = {}
    document: dict[str, str] = {}
    held_out_rules: list[str] = []
    findings: list[Any] = []
    account: dict[str, Any] = {}
    versions: dict[str, str] = {}
    prompts: dict[str, str] = {}
    records: dict[str, int] = {}
    digests: dict[str, str] = {}


def read_manifest(path: Path) -> dict[str, Any]:
    """The content; empty if there is no file, InputError if it is not a manifest or has another
    form."""
    if not is_there(path):
        if any(is_there(path.parent / name) for name in _OLDER):
            raise _of_another_form(path.parent, "an older form")
        return {}
    try:
        content, form = _read(read_file(path))
    except json.JSONDecodeError as error:
        raise InputError(f"{path}: line {error.lineno}: not JSON; {_RESTORE}") from None
    except ValidationError as error:
        reason = first_fault(error) if error.errors()[0]["loc"] else "no table"
        raise InputError(f"{path}: not a manifest ({reason}); {_RESTORE}") from None
    except ValueError as error:
        raise InputError(f"{path}: not a manifest ({error}); {_RESTORE}") from None
    if not content.keys() & _Manifest.model_fields.keys():
        raise InputError(f"{path}: of no run of specloop; name another folder, or {_RESTORE}")
    if form != FORM:
        raise _of_another_form(path, f"form {form}")
    return dict(content)


@lru_cache(maxsize=2)
def _read(raw: bytes) -> tuple[dict[str, Any], int]:
    """The content and its form. A command asks for it a dozen times, and it can be long."""
    content = read_value(raw)
    return content, _Manifest.model_validate(content).form


def _of_another_form(path: Path, form: str) -> InputError:
    return InputError(
        f"{path}: a run folder of {form}, written by another version of specloop; this one reads"
        f" form {FORM}: name a new folder, or take that version"
    )


def count_records(folder: Path) -> dict[str, int]:
    """How many records each file has."""
    return {path.name: _n_lines(path) for path in sorted(folder.glob("*.jsonl")) if path.is_file()}


def records_note(folder: Path) -> dict[str, dict[str, Any]]:
    """What the manifest says of the records of each file: their number and their digest, so that
    lost and changed ones are noticed."""
    counted = count_records(folder)
    digests = {name: records_digest(whole_lines(folder / name)) for name in counted}
    return {"records": counted, "digests": digests}


def records_digest(lines: Iterable[bytes]) -> str:
    """A digest of records by their lines, whatever their line ends."""
    stripped = (line.removeprefix(BOM_UTF8).strip() for line in lines)
    return sha256(b"\n".join(filter(None, stripped))).hexdigest()[:16]


def changed_files(folder: Path) -> Iterator[Path]:
    """The files whose records are not those that were there when the last stage ended, where later
    ones do not count; and the document's text, if it is another."""
    noted = _noted(folder)
    for name, n in noted.records.items():
        path = folder / name
        lines = filter(bytes.strip, whole_lines(path) if is_there(path) else ())
        if name in noted.digests and records_digest(islice(lines, n)) != noted.digests[name]:
            yield path
    if _is_other_text(folder, noted):
        yield folder / "document.txt"


def lost_records(folder: Path) -> Iterator[str]:
    """One sentence for each file with fewer records than when the last stage ended."""
    for name, n in _noted(folder).records.items():
        path = folder / name
        now = _n_lines(path) if is_there(path) else 0
        if now < n:
            yield (
                f"{path}: {now} records, and {n} were there when the last stage ended; restore it, "
                'or, where they were taken out on purpose, take "records" out of manifest.json'
            )


def losses(folder: Path) -> Iterator[str]:
    """One sentence for each other thing missing from a run folder."""
    noted = _noted(folder)
    if _is_other_text(folder, noted):
        yield f"{folder / 'document.txt'}: not the text that the rules were read from; {_UNLESS}"
    rules, stage = folder / "rules.yaml", noted.stages.get("rules")
    if stage and stage.done and not is_there(rules):
        yield f"{rules}: gone; it is written anew, with the edits that edits.jsonl has"
    calls = folder / "calls.sqlite"
    if any(
        cost.get("n_calls") for entry in noted.stages.values() for cost in entry.cost.values()
    ) and (not is_there(calls) or calls.stat().st_size == 0):
        yield (
            f"{calls}: no calls, though this run has made some: limits count from nothing, and "
            f"what is asked again is paid for again; {_UNLESS}"
        )


def _is_other_text(folder: Path, noted: _Manifest) -> bool:
    text, digest = folder / "document.txt", noted.document.get("digest")
    return bool(digest) and not (is_there(text) and sha256(read_file(text)).hexdigest() == digest)


def _noted(folder: Path) -> _Manifest:
    return _Manifest.model_validate(read_manifest(folder / "manifest.json"))


def _n_lines(path: Path) -> int:
    return sum(1 for line in whole_lines(path) if line.strip())
