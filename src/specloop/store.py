"""The run folder: JSON Lines per record kind, a manifest, resume by id.

An appended batch is whole or absent over all its files (see `batches`). Whole files are replaced by
rename. One process at a time owns a folder.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Generator, Hashable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol, TypeVar, cast

from pydantic import ValidationError
from pydantic_core import PydanticSerializationError

from specloop.batches import (
    add_lines,
    cannot_write,
    check_same,
    finish_replacing,
    replace_files,
    settle,
    whole_lines,
    write,
)
from specloop.errors import InputError
from specloop.files import check_file, is_there
from specloop.jsontext import cleaned, first_fault, numbered_lines, read_model, writable
from specloop.manifest import FORM, read_manifest, records_digest, records_note
from specloop.records import Failure, Record
from specloop.scrub import has_key, scrub, scrub_value

R = TypeVar("R", bound=Record)
K = TypeVar("K", bound=Hashable)


BENCHMARKS = "benchmarks"
"""The folder within a run of what was measured on other benchmarks, a folder each."""
SETS = "sets"
"""The folder within a run that holds items with gold sets of broken rules, with judgements."""
GOLD = "gold"
"""The folder within a run that holds gold cases with their labels and judgements."""


class RecordStore(Protocol):
    """What a stage keeps its records in: a run folder, or the memory of one call."""

    def read(self, kind: type[R]) -> list[R]:
        """All records of a kind, each once, in the order they came."""
        ...

    def append(self, records: Iterable[Record]) -> None:
        """Add records; one that is there is not added again."""
        ...

    def replace(self, kind: type[R], records: Iterable[R]) -> None:
        """Put these in place of all records of a kind."""
        ...


def put(folder: RecordStore, kind: type[R], records: Iterable[R]) -> None:
    """Write records, in place of those of the same ids that were otherwise."""
    known = {one.id: one for one in folder.read(kind)}
    new = [one for one in records if known.get(one.id) != one]
    stale = {one.id for one in new} & known.keys()
    if stale:
        folder.replace(kind, [one for one in known.values() if one.id not in stale])
    folder.append(new)


class MemoryStore:
    """Records that are kept as long as the object is."""

    def __init__(self) -> None:
        self._kept: dict[type[Record], dict[str, Record]] = {}

    def read(self, kind: type[R]) -> list[R]:
        """All records of a kind."""
        return cast(list[R], list(self._kept.get(kind, {}).values()))

    def append(self, records: Iterable[Record]) -> None:
        """Add records."""
        for record in records:
            self._kept.setdefault(type(record), {}).setdefault(record.id, record)

    def replace(self, kind: type[R], records: Iterable[R]) -> None:
        """Put these in place of all records of a kind."""
        self._kept[kind] = {record.id: record for record in records}


class RunFolder:
    """A folder of results and the record of how they were made."""

    def __init__(self, path: str | Path, *, create: bool = False, planned: bool = False) -> None:
        self.path = Path(path)
        self.failures: list[Failure] = []
        """Failures written through this object, in order."""
        self.parts: dict[str, RunFolder] = {}
        """Folders within it that were opened, by name (see `part`)."""
        self._failure_ids: set[str] | None = None
        """Ids of the failures in the folder; None until they are read."""
        self._lock: os.stat_result | None = None
        """The lock that this process holds."""
        if create:
            self.make()
        finish_replacing(self.path)
        if self.path.exists() and not self.path.is_dir():
            raise InputError(f"{path}: a file, and no run folder; name a folder")
        if not planned and not self.path.is_dir():
            raise InputError(
                f"{path}: no such run folder; `specloop rules DOC --out {path}` makes one"
            )

    def part(self, name: str) -> RunFolder:
        """A folder within it with records of its own, which need not be there yet."""
        if name not in self.parts:
            self.parts[name] = RunFolder(self.path / name, planned=True)
        return self.parts[name]

    def make(self) -> None:
        """Make the folder if it is only `planned`: until then it reads as an empty one."""
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
        by_id: dict[str, R] = {}
        for record in self._read_lines(kind):
            by_id.setdefault(record.id, record)
        return list(by_id.values())

    def has(self, kind: type[Record]) -> bool:
        """Whether the folder has a file of that kind."""
        return self.has_file(kind.FILE)

    def has_file(self, name: str) -> bool:
        """Whether the folder has a file of that name."""
        return is_there(self.path / name)

    def need(self, kind: type[R], made_by: str) -> list[R]:
        """Records of a kind, or InputError naming the command that makes them."""
        records = self.read(kind)
        if records:
            return records
        path, command = self.path / kind.FILE, f"`specloop {made_by} {self.path}`"
        if is_there(path):
            raise InputError(f"{path}: empty; {command} has found nothing to put there")
        raise InputError(f"{path}: nothing there yet; run {command} first")

    def append(self, records: Iterable[Record]) -> None:
        """Add records durably, all of them or none; their kinds decide their files.

        A failure that the folder already has is not added again.
        """
        every = list(records)
        failures = [record for record in every if isinstance(record, Failure)]
        self.failures += failures
        if failures and self._failure_ids is None:
            self._failure_ids = {item.id for item in self.read(Failure)}
        self._check_held()
        known = self._failure_ids or set[str]()
        new = [item for item in every if not isinstance(item, Failure) or item.id not in known]
        add_lines(self.path, _by_file(item for item in new if not item.PASSING))
        add_lines(self.path, _by_file(item for item in new if item.PASSING), durably=False)
        known.update(item.id for item in failures)

    def append_new(self, records: Iterable[Record]) -> None:
        """Add those records that the folder does not have yet, each once."""
        by_kind = {(type(record), record.id): record for record in records}
        kinds = dict.fromkeys(kind for kind, _ in by_kind)
        known = {kind: {r.id for r in self.read(kind)} for kind in kinds}
        self.append(r for (kind, id_), r in by_kind.items() if id_ not in known[kind])

    def replace(self, kind: type[R], records: Iterable[R]) -> None:
        """Replace the whole file of a kind, atomically."""
        settle(self.path)
        self._failure_ids = None if kind is Failure else self._failure_ids
        noted = {name: self.manifest().get(name, {}) for name in ("records", "digests")}
        if kind.FILE in noted["records"]:
            self.note(**{name: _without(each, kind.FILE) for name, each in noted.items()})
        self.write_text(kind.FILE, "".join(map(_line, records)))

    def replace_all(
        self,
        records: Mapping[type[Record], Iterable[Record]],
        texts: Mapping[str, str],
        **entries: Any,
    ) -> None:
        """Replace the whole files of some kinds, other files, and entries of the manifest, all of
        them or none."""
        self._check_held()
        manifest: dict[str, Any] = self.manifest() | {"form": FORM} | entries
        lines = {kind.FILE: [_line(record) for record in own] for kind, own in records.items()}
        contents = {name: "".join(own) for name, own in lines.items()} | dict(texts)
        encoded = {name: _encoded(name, text) for name, text in contents.items()}
        if "records" in manifest:
            counted = {name: len(own) for name, own in lines.items()}
            digests = {name: records_digest(encoded[name].split(b"\n")) for name in lines}
            manifest["records"] = manifest["records"] | counted
            manifest["digests"] = manifest.get("digests", {}) | digests
        encoded["manifest.json"] = _encoded("manifest.json", _manifest_text(manifest))
        replace_files(self.path, encoded)
        self._failure_ids = None

    def write_text(self, name: str, text: str) -> Path:
        """Write a file of the folder atomically; RunStoppedError where it cannot be written."""
        self._check_held()
        return write_text(self.path / name, text)

    def set_aside(self, name: str, other: str) -> None:
        """Give a file of the folder another name, if it is there."""
        path = self.path / name
        try:
            if is_there(path):
                path.replace(self.path / other)
        except OSError as error:
            raise cannot_write(path, error) from None

    def manifest(self) -> dict[str, Any]:
        """The manifest; empty when the run is new."""
        return read_manifest(self.path / "manifest.json")

    def note(self, **entries: Any) -> None:
        """Set top-level entries of the manifest, all at once."""
        manifest = self.manifest() | {"form": FORM} | entries
        self.write_text("manifest.json", _manifest_text(manifest))

    def note_stage(self, stage: str, content: dict[str, Any], *, ended: bool = False) -> None:
        """Set a stage's entry of the manifest; at its end also number and digest of the records
        of each kind."""
        noted = records_note(self.path) if ended else {}
        stages = self.manifest().get("stages", {}) | {stage: content}
        self.note(stages=stages, **noted)

    @contextmanager
    def locked(self) -> Generator[None]:
        """Hold the folder against a second process; InputError if another has it."""
        path = self.path / ".lock"
        if is_there(path):
            check_file(path)
        try:
            opened = path.open("w")
        except OSError as error:
            raise cannot_write(path, error) from None
        with opened as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise InputError(
                    f"{self.path}: another specloop process works in this run folder; wait for its "
                    "end, or stop it"
                ) from None
            self._lock = os.fstat(file.fileno())
            try:
                yield
            finally:
                self._lock = None

    def _check_held(self) -> None:
        """Refuse to write if the folder has been replaced by another since the run began."""
        if self._lock is not None:
            check_same(self.path / ".lock", self._lock)

    def _read_lines(self, kind: type[R]) -> Iterator[R]:
        path = self.path / kind.FILE
        if not is_there(path):
            return
        for number, line in numbered_lines(whole_lines(path)):
            try:
                yield read_model(kind, line)
            except ValidationError as error:
                raise InputError(
                    f"{path}:{number}: {first_fault(error, 'line')};"
                    " restore the file, or repair the line"
                ) from None


def write_text(path: Path, text: str) -> Path:
    """Write a file atomically, without keys; RunStoppedError where it cannot be written."""
    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(part, _encoded(path.name, text), "wb")
        part.replace(path)
    except OSError as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise cannot_write(path, error) from None
    return path


def _manifest_text(manifest: Mapping[str, Any]) -> str:
    return json.dumps(manifest, indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def _encoded(name: str, text: str) -> bytes:
    return writable(_without_keys(name, text)).encode()


def _without(noted: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in noted.items() if key != name}


def _without_keys(name: str, text: str) -> str:
    if not has_key(text) or name.endswith(".jsonl"):
        return text
    if name.endswith(".json"):  # each text by itself, so that it stays JSON
        return json.dumps(scrub_value(json.loads(text)), ensure_ascii=False, indent=2) + "\n"
    return scrub(text)


def _by_file(records: Iterable[Record]) -> dict[str, bytes]:
    lines: dict[str, list[str]] = {}
    for record in records:
        lines.setdefault(record.FILE, []).append(_line(record))
    return {name: "".join(each).encode() for name, each in lines.items()}


def _line(record: Record) -> str:
    try:
        line = record.model_dump_json()
    except PydanticSerializationError:
        line = json.dumps(cleaned(record.model_dump()), ensure_ascii=False)
    if has_key(line):
        line = json.dumps(scrub_value(json.loads(line)), ensure_ascii=False)
    return line + "\n"
