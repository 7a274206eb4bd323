"""The run folder: JSON Lines per record kind, a manifest, resume by id.

Appending is the unit of durability: a batch is written with one `write` and flushed to disk, and a
last line cut off by a kill is dropped at the next opening. Whole files are replaced by rename. One
process at a time owns a folder.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import PydanticSerializationError

from specloop.errors import InputError
from specloop.jsontext import cleaned, numbered_lines, read_model, writable
from specloop.records import Failure, Record

R = TypeVar("R", bound=Record)

_TABLES = ("config", "origins", "stages")
"""Entries of a manifest that are tables."""


class RunFolder:
    """A folder of results and the record of how they were made."""

    def __init__(self, path: str | Path, *, create: bool = False, planned: bool = False) -> None:
        self.path = Path(path)
        self.failures: list[Failure] = []
        """Failures written through this object, in order."""
        if create:
            self.make()
        if self.path.exists() and not self.path.is_dir():
            raise InputError(f"{path}: a file, and no run folder; name a folder")
        if not planned and not self.path.is_dir():
            raise InputError(
                f"{path}: no such run folder; `specloop rules DOC --out {path}` makes one"
            )

    def make(self) -> None:
        """Make the folder where it is `planned` alone: until then it reads as an empty one."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(
                f"{self.path}: cannot make the run folder ({error.strerror})"
            ) from None

    def __truediv__(self, name: str) -> Path:
        return self.path / name

    def read(self, kind: type[R]) -> list[R]:
        """All records of a kind in file order; a repeated id keeps its first record."""
        seen: dict[str, R] = {}
        for record in self._read_lines(kind):
            seen.setdefault(record.id, record)
        return list(seen.values())

    def has(self, kind: type[Record]) -> bool:
        """Whether the folder has a file of that kind."""
        return (self.path / kind.FILE).exists()

    def need(self, kind: type[R], made_by: str) -> list[R]:
        """Records of a kind, or InputError naming the command that makes them."""
        records = self.read(kind)
        if records:
            return records
        path, command = self.path / kind.FILE, f"`specloop {made_by} {self.path}`"
        if path.exists():
            raise InputError(f"{path}: empty; {command} has found nothing to put there")
        raise InputError(f"{path}: nothing there yet; run {command} first")

    def append(self, records: Iterable[R]) -> None:
        """Add records durably; their file follows from their kind."""
        by_file: dict[str, list[str]] = {}
        for record in records:
            by_file.setdefault(record.FILE, []).append(_line(record))
            if isinstance(record, Failure):
                self.failures.append(record)
        for name, lines in by_file.items():
            path = self.path / name
            _drop_cut_line(path)
            with path.open("ab") as file:
                file.write("".join(lines).encode())
                file.flush()
                os.fsync(file.fileno())

    def append_new(self, records: Iterable[Record]) -> None:
        """Add the records that the folder does not have yet: a kill may have come amid adding
        them."""
        wanted = list(records)
        known = {kind: {r.id for r in self.read(kind)} for kind in {type(r) for r in wanted}}
        self.append(r for r in wanted if r.id not in known[type(r)])

    def replace(self, kind: type[R], records: Iterable[R]) -> None:
        """Write a kind's whole file anew, atomically."""
        self.write_text(kind.FILE, "".join(map(_line, records)))

    def write_text(self, name: str, text: str) -> Path:
        """Write a file of the folder atomically."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(path.name + ".part")
        with part.open("wb") as file:
            file.write(writable(text).encode())
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        return path

    def manifest(self) -> dict[str, Any]:
        """The manifest; empty when the run is new."""
        path = self.path / "manifest.json"
        if not path.exists():
            return {}
        try:
            found = json.loads(path.read_text(encoding="utf-8-sig"))
        except json.JSONDecodeError as error:
            raise InputError(
                f"{path}: line {error.lineno}: not JSON; restore or delete it"
            ) from None
        except (UnicodeDecodeError, RecursionError):
            raise InputError(f"{path}: not a manifest; restore or delete it") from None
        is_table = isinstance(found, dict)
        if not is_table or not all(isinstance(found.get(name, {}), dict) for name in _TABLES):
            raise InputError(f"{path}: not a manifest; restore or delete it")
        return found

    def note(self, section: str, content: Any) -> None:
        """Set one top-level entry of the manifest."""
        self.note_all({section: content})

    def note_all(self, entries: Mapping[str, Any]) -> None:
        """Set top-level entries of the manifest, all at once."""
        manifest = self.manifest() | dict(entries)
        text = json.dumps(manifest, indent=2, ensure_ascii=False, sort_keys=True)
        self.write_text("manifest.json", text + "\n")

    def note_stage(self, stage: str, content: dict[str, Any]) -> None:
        """Set one stage's entry of the manifest."""
        self.note("stages", self.manifest().get("stages", {}) | {stage: content})

    @contextmanager
    def locked(self) -> Generator[None]:
        """Hold the folder against a second process; InputError if another has it."""
        with (self.path / ".lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise InputError(
                    f"{self.path}: another specloop process works in this run folder"
                ) from None
            yield

    def _read_lines(self, kind: type[R]) -> Iterator[R]:
        path = self.path / kind.FILE
        if not path.exists():
            return
        with path.open("rb") as file:
            for number, line in numbered_lines(file):
                if not line.endswith(b"\n"):
                    return
                try:
                    yield read_model(kind, line)
                except ValidationError as error:
                    first = error.errors()[0]
                    where = ".".join(str(part) for part in first["loc"]) or "line"
                    raise InputError(
                        f"{path}:{number}: {where}: {first['msg']}; mend or delete it"
                    ) from None


def _line(record: Record) -> str:
    try:
        return record.model_dump_json() + "\n"
    except PydanticSerializationError:
        return json.dumps(cleaned(record.model_dump()), ensure_ascii=False) + "\n"


def _drop_cut_line(path: Path) -> None:
    """Truncate a last line that has no newline: a kill came in the middle of its write."""
    if not path.exists() or path.stat().st_size == 0:
        return
    with path.open("rb+") as file:
        file.seek(-1, os.SEEK_END)
        if file.read(1) == b"\n":
            return
        file.seek(0)
        whole = file.read()
        file.truncate(whole.rfind(b"\n") + 1)
