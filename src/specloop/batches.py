"""Add batches of lines to the files of a folder so that each batch is whole or absent.

Before a batch is added, `unfinished.json` notes a digest of each of its lines; it is deleted when
the batch is written. If it exists, a process ended in the middle of a batch: readers skip the lines
of the batch, and the next writer removes them. All other lines stay, even those that somebody has
changed or added by hand since. A single line needs no note: without its end it is not whole.

Whole files are replaced together, all or none: they are written in a folder beside the others, then
a list of them, and only then do they take their places. If a process ends on the way, whoever opens
the folder next finishes that.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from codecs import BOM_UTF8
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from pydantic_core import from_json

from specloop.errors import RunStoppedError
from specloop.files import lines_of, remedy

NOTE = "unfinished.json"
_WAITING = "replacing"
"""The folder of whole files that wait to take their places."""
_LIST = "files.json"
"""Its list of them: without it they are not all there."""
_NONE = (FileNotFoundError, NotADirectoryError, IsADirectoryError)

_Marks = Mapping[str, Collection[str]]
"""Digests of a batch's lines, by file name."""


def add_lines(folder: Path, added: Mapping[str, bytes], *, durably: bool = True) -> None:
    """Add whole lines to files, all or none.

    RunStoppedError where they cannot be written; the files are then unchanged.
    """
    if not added:
        return
    settle(folder)
    paths = {name: folder / name for name in added}
    for path in paths.values():
        try:
            _end_last_line(path)
        except OSError as error:
            raise cannot_write(path, error) from None
    before = {path: path.stat().st_size if path.exists() else None for path in paths.values()}
    path = folder / NOTE
    try:
        if sum(lines.count(b"\n") for lines in added.values()) > 1:
            write(path, _noted(added).encode(), "wb", durably=durably)
        for name, lines in added.items():
            path = paths[name]
            write(path, lines, "ab", durably=durably)
        (folder / NOTE).unlink(missing_ok=True)
    except OSError as error:
        with suppress(OSError):  # if even that fails, the next run does it by the note
            _put_back(folder, before)
        raise cannot_write(path, error) from None


def settle(folder: Path) -> None:
    """Remove the lines of a batch that was not finished."""
    if not (folder / NOTE).exists():
        return
    try:
        for name in _read_note(folder):
            if (folder / name).exists():
                _keep(folder / name, b"".join(whole_lines(folder / name)))
        (folder / NOTE).unlink(missing_ok=True)
    except OSError as error:
        raise cannot_write(folder, error) from None


def replace_files(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Replace whole files of a folder, all or none. RunStoppedError where they cannot be
    written."""
    settle(folder)
    waiting = folder / _WAITING
    try:
        shutil.rmtree(waiting, ignore_errors=True)
        waiting.mkdir()
        for name, content in contents.items():
            write(waiting / name, content, "wb")
        part = waiting / f"{_LIST}.part"
        write(part, json.dumps(list(contents)).encode(), "wb")
        part.replace(waiting / _LIST)
    except OSError as error:
        shutil.rmtree(waiting, ignore_errors=True)
        raise cannot_write(folder, error) from None
    finish_replacing(folder)


def finish_replacing(folder: Path) -> None:
    """Put files in their places that were all written before a process ended."""
    waiting = folder / _WAITING
    try:
        names = json.loads((waiting / _LIST).read_bytes())
    except (*_NONE, ValueError):
        return
    try:
        for name in filter(_can_be_noted, names):
            with suppress(FileNotFoundError):  # It is in its place already.
                (waiting / name).replace(folder / name)
    except OSError as error:
        raise cannot_write(folder, error) from None
    shutil.rmtree(waiting, ignore_errors=True)


def whole_lines(path: Path) -> Iterator[bytes]:
    """The lines of a file without those of an unfinished batch and without a last line that was
    cut.

    The last one may lack its line end.
    """
    of_batch = _read_note(path.parent).get(path.name, ())
    for line in lines_of(path):
        if not _is_cut(line) and not (of_batch and _mark(line) in of_batch):
            yield line


def write(path: Path, content: bytes, mode: str, *, durably: bool = True) -> None:
    """Write, and wait until it is on disk if that is wanted."""
    with path.open(mode) as file:
        file.write(content)
        file.flush()
        if durably:
            os.fsync(file.fileno())


def cannot_write(path: Path, error: OSError) -> RunStoppedError:
    """The error for the user when a file cannot be written."""
    return RunStoppedError(
        f"{path}: cannot be written ({error.strerror or error}); {remedy(error.errno)} and run the "
        "same command again: all that was finished is kept"
    )


def check_same(path: Path, opened: os.stat_result) -> None:
    """RunStoppedError if the file that was opened has been removed or replaced."""
    with suppress(OSError):
        if os.path.samestat(opened, path.stat()):
            return
    raise RunStoppedError(
        f"{path}: moved, deleted or replaced, or its folder was, while this command worked there; "
        "put it back, or name the place where it is now, and run the same command again"
    )


def _is_cut(line: bytes) -> bool:
    """Whether the end of a line is missing.

    A missing line feed alone is an editor's doing, and an error elsewhere in the line is a person's
    slip.
    """
    if line.endswith(b"\n"):
        return False
    try:
        from_json(line.removeprefix(BOM_UTF8))
    except ValueError as error:
        return str(error).startswith("EOF")
    return False


def _end_last_line(path: Path) -> None:
    """End the last line, or drop it if a kill came in the middle of its write."""
    if not path.exists() or path.stat().st_size == 0:
        return
    with path.open("rb+") as file:
        file.seek(-1, os.SEEK_END)
        if file.read(1) == b"\n":
            return
        file.seek(0)
        content = file.read()
        begin = content.rfind(b"\n") + 1
        if _is_cut(content[begin:]):
            file.truncate(begin)
        else:
            file.write(b"\n")


def _mark(line: bytes) -> str:
    """A line's digest, which does not depend on its line end."""
    return hashlib.sha256(line.removeprefix(BOM_UTF8).strip()).hexdigest()[:16]


def _noted(added: Mapping[str, bytes]) -> str:
    marks = {
        name: [_mark(line) for line in lines.split(b"\n")[:-1]] for name, lines in added.items()
    }
    return json.dumps({"lines": marks, "digest": _digest(marks)}) + "\n"


def _digest(marks: Any) -> str:
    return hashlib.sha256(json.dumps(marks, sort_keys=True).encode()).hexdigest()[:16]


def _read_note(folder: Path) -> _Marks:
    """The note of an unfinished batch; empty if there is none.

    An incomplete note counts as none, because no line was added then; so does one of another kind.
    """
    try:
        note = json.loads((folder / NOTE).read_bytes())
        marks = note["lines"]
        if note["digest"] == _digest(marks) and all(map(_can_be_noted, marks)):
            return {name: frozenset(map(str, each)) for name, each in marks.items()}
    except (*_NONE, RecursionError, ValueError, TypeError, LookupError, AttributeError):
        pass
    return {}


def _can_be_noted(name: str) -> bool:
    """Whether a name is a file of the folder itself: the folder may come from somebody else."""
    return name not in ("", "..", NOTE) and name == Path(name).name and "\0" not in name


def _keep(path: Path, lines: bytes) -> None:
    """Keep only some lines of a file, in place: a full disk has no room for a second file."""
    if not lines:
        path.unlink()
    elif path.read_bytes().startswith(lines):
        os.truncate(path, len(lines))
    else:
        part = path.with_name(path.name + ".part")
        write(part, lines, "wb")
        part.replace(path)


def _put_back(folder: Path, before: Mapping[Path, int | None]) -> None:
    """Undo what was written of a batch."""
    for path, size in before.items():
        if size is None:
            path.unlink(missing_ok=True)
        else:
            os.truncate(path, size)
    (folder / NOTE).unlink(missing_ok=True)
