"""Batches of lines that are whole or not there, over all files of a folder that they are added to.

Before a batch is added, `unfinished.json` notes where each of its files ends; it is deleted when
the batch is there. So where it is found, a process ended within a batch: readers stop where the
files ended before it, and whoever writes next cuts the files back to there. A file that does not
end there as it did was changed by hand since, and keeps all its whole lines. One line alone needs
no note: where its end is missing it is no whole line.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from specloop.errors import RunStoppedError
from specloop.files import lines_of

NOTE = "unfinished.json"
_TAIL = 4096
_ABSENT = -1

_Ends = dict[str, tuple[int, str]]
"""By a file's name: its length, and a digest of what stands before that place."""


def add_lines(folder: Path, added: Mapping[str, bytes], *, durably: bool = True) -> None:
    """Add whole lines to files, all or none; RunStoppedError where they cannot be written: the
    files are then as they were."""
    if not added:
        return
    settle(folder)
    paths = {name: folder / name for name in added}
    for path in paths.values():
        try:
            _end_last_line(path)
        except OSError as error:
            raise cannot_write(path, error) from None
    before: _Ends = {name: _end(path) for name, path in paths.items()}
    is_one = sum(lines.count(b"\n") for lines in added.values()) == 1
    path = folder / NOTE
    try:
        if not is_one:
            write(path, _noted(before).encode(), "wb", durably=durably)
        for name, lines in added.items():
            path = paths[name]
            write(path, lines, "ab", durably=durably)
        (folder / NOTE).unlink(missing_ok=True)
    except OSError as error:
        _put_back(folder, before)
        raise cannot_write(path, error) from None


def settle(folder: Path) -> None:
    """Cut files back to where they ended before a batch that was not finished."""
    if not (folder / NOTE).exists():
        return
    try:
        _cut(folder, _read_note(folder))
    except OSError as error:
        raise cannot_write(folder, error) from None


def whole_lines(path: Path) -> Iterator[bytes]:
    """The lines of a file but those of an unfinished batch. The last one may lack its end."""
    end, tail = _read_note(path.parent).get(path.name, (None, ""))
    if end not in (None, _ABSENT) and _tail(path, end) != tail:
        end = None
    at = 0
    for line in lines_of(path):
        at += len(line)
        if end is not None and at > end:
            return
        yield line


def write(path: Path, content: bytes, mode: str, *, durably: bool = True) -> None:
    """Write, and wait until it is on disk where that is wanted."""
    with path.open(mode) as file:
        file.write(content)
        file.flush()
        if durably:
            os.fsync(file.fileno())


def cannot_write(path: Path, error: OSError) -> RunStoppedError:
    """What the user is told where a file cannot be written."""
    remedy = "mend that"
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        remedy = "free some space"
    elif error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        remedy = "make it writable"
    return RunStoppedError(
        f"{path}: cannot be written ({error.strerror}); {remedy} and run the same command again: "
        "all that was finished is kept"
    )


def is_whole(line: bytes) -> bool:
    """Whether a last line without its end lacks nothing else: an editor has left it so."""
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _end_last_line(path: Path) -> None:
    """Give a last line its end, or drop it: a kill came in the middle of its write."""
    if not path.exists() or path.stat().st_size == 0:
        return
    with path.open("rb+") as file:
        file.seek(-1, os.SEEK_END)
        if file.read(1) == b"\n":
            return
        file.seek(0)
        content = file.read()
        begin = content.rfind(b"\n") + 1
        if is_whole(content[begin:]):
            file.write(b"\n")
        else:
            file.truncate(begin)


def _end(path: Path) -> tuple[int, str]:
    if not path.exists():
        return _ABSENT, ""
    size = path.stat().st_size
    return size, _tail(path, size)


def _tail(path: Path, end: int) -> str:
    """Digest of what stands before a place of a file; empty where the file ends before it."""
    if not path.exists() or path.stat().st_size < end:
        return ""
    with path.open("rb") as file:
        file.seek(max(0, end - _TAIL))
        return hashlib.sha256(file.read(min(end, _TAIL))).hexdigest()[:16]


def _noted(ends: _Ends) -> str:
    return json.dumps({"ends": ends, "digest": _digest(ends)}) + "\n"


def _digest(ends: Any) -> str:
    return hashlib.sha256(json.dumps(ends, sort_keys=True).encode()).hexdigest()[:16]


def _read_note(folder: Path) -> _Ends:
    """The note of an unfinished batch; nothing where there is none, or it is none that was
    finished itself (no line was added then), or not of a kind that is written here."""
    try:
        found = json.loads((folder / NOTE).read_bytes())
        ends = found["ends"]
        if found["digest"] != _digest(ends):
            return {}
        noted = {name: (end, tail) for name, (end, tail) in ends.items()}
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError, RecursionError):
        return {}  # there is none
    except (ValueError, TypeError, LookupError, AttributeError):
        return {}  # it is no such note
    return noted if all(_can_be_noted(name, *end) for name, end in noted.items()) else {}


def _can_be_noted(name: str, end: object, tail: object) -> bool:
    """Only files of the folder itself are cut: a folder may come from somebody else."""
    is_inside = name not in ("", "..", NOTE) and name == Path(name).name and "\0" not in name
    return is_inside and type(end) is int and end >= _ABSENT and isinstance(tail, str)


def _cut(folder: Path, ends: _Ends) -> None:
    for name, (end, tail) in ends.items():
        path = folder / name
        if end == _ABSENT:
            path.unlink(missing_ok=True)
        elif _tail(path, end) == tail:
            os.truncate(path, end)
    (folder / NOTE).unlink(missing_ok=True)


def _put_back(folder: Path, ends: _Ends) -> None:
    """Undo what there is of a batch; where even that fails, the next run does it by the note."""
    try:
        _cut(folder, ends)
    except OSError:
        return
