"""Read files of users and other programs, with one-line errors.

An error names the file, the problem and the remedy. Pipes and devices are never read, because they
may have no end.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from specloop.errors import InputError

_KINDS = (
    (stat.S_ISDIR, "a folder, and no file; name a file, or move the folder away"),
    (stat.S_ISFIFO, "a pipe, and no file; save what comes through it in a file"),
    (stat.S_ISSOCK, "a socket, and no file; name a file"),
    (stat.S_ISCHR, "a device, and no file; name a file"),
    (stat.S_ISBLK, "a device, and no file; name a file"),
)

_REMEDIES = {
    errno.ENOSPC: "free some space",
    errno.EDQUOT: "free some space",
    errno.EACCES: "change its permissions, or name another place",
    errno.EPERM: "change its permissions, or name another place",
    errno.EROFS: "name a place that can be written",
    errno.EMFILE: "allow more open files (ulimit -n)",
    errno.EFBIG: "raise the limit on the size of files (ulimit -f)",
    errno.ENAMETOOLONG: "give it a shorter name",
    errno.ENOENT: "see that it is there",
    errno.ELOOP: "repair the link",
    errno.EISDIR: "move the folder away, or name a file",
    errno.ENOTDIR: "move the file away, or name a folder",
    errno.ENOMEM: "give it more memory",
}

LONGEST = 1_000_000_000
"""Most bytes of a file that is read as a whole."""
LONGEST_LINE = 100_000_000


def open_file(path: Path) -> BinaryIO:
    """Open a file for reading; InputError where that cannot be done."""
    check_file(path)
    try:
        return path.open("rb")
    except OSError as error:
        raise unreadable(path, error) from None


def read_file(path: Path) -> bytes:
    """All of a file; InputError where it cannot be read."""
    try:
        with open_file(path) as file:
            if (size := os.fstat(file.fileno()).st_size) > LONGEST:
                raise InputError(f"{path}: {size / 1e9:.1f} GB are too much for such a file")
            return file.read()
    except OSError as error:
        raise unreadable(path, error) from None


def lines_of(path: Path) -> Iterator[bytes]:
    """The lines of a file with their ends; InputError where it cannot be read, or a line has no
    end."""
    try:
        with open_file(path) as file:
            while line := file.readline(LONGEST_LINE):
                if len(line) == LONGEST_LINE:
                    raise InputError(f"{path}: a line without an end; restore the file")
                yield line
    except OSError as error:
        raise unreadable(path, error) from None


def read_text(path: Path) -> str:
    """The text of a file without a byte-order mark; InputError also where it is not UTF-8."""
    try:
        return read_file(path).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"{path}: not UTF-8; save it as UTF-8") from None


def check_file(path: Path) -> None:
    """Raise InputError if a path does not lead to a file."""
    if not is_there(path):
        raise InputError(f"{path}: no such file")
    mode = os.stat(path).st_mode
    for is_kind, words in _KINDS:
        if is_kind(mode):
            raise InputError(f"{path}: {words}")


def is_there(path: Path) -> bool:
    """Whether there is anything at a path; InputError where the system does not say, or it is a
    dangling link."""
    try:
        os.stat(path)
    except FileNotFoundError:
        if path.is_symlink():
            raise InputError(f"{path}: a link to nothing; repair or remove the link") from None
        return False
    except NotADirectoryError:
        return False
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from None
    return True


def unreadable(path: Path, error: OSError | ValueError) -> InputError:
    """The error for a file that the system does not let us read."""
    reason = getattr(error, "strerror", None) or str(error)
    known = _REMEDIES.get(getattr(error, "errno", None) or 0)
    return InputError(f"{path}: cannot be read ({reason})" + (f"; {known}" if known else ""))


def remedy(number: int | None) -> str:
    """What the user can do about a system error."""
    return _REMEDIES.get(number or 0, "repair that")
