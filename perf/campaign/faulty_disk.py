"""A disk that fails when it is told to (faulty_disk.c), compiled where it is needed."""

# pyright: basic
from __future__ import annotations

import ctypes
import errno
import shutil
import subprocess
from pathlib import Path
from typing import Literal, NamedTuple

SOURCE = Path(__file__).with_suffix(".c")
NO_COMPILER = "no C compiler (cc) on this machine"


def compiler() -> str | None:
    """The C compiler, where there is one."""
    return shutil.which("cc")


def build(folder: Path) -> Path:
    """The library to preload, in `folder`."""
    made = folder / "faulty_disk.so"
    if not made.exists():
        command = [compiler() or "cc", "-O1", "-shared", "-fPIC", "-o", str(made), str(SOURCE)]
        subprocess.run([*command, "-ldl", "-lpthread"], check=True)
    return made


class Fault(NamedTuple):
    """What happens to a process that works on the files below `folder`."""

    folder: Path
    at: int = 0
    """Number, from 1, of the operation that is struck; 0: none."""
    do: Literal["kill", "half", "fail"] = "kill"
    error: int = errno.ENOSPC
    room: int = -1
    """Bytes that all files may have together; -1: no limit."""
    log: str = ""
    """A file, elsewhere, that gets a line for each operation."""
    skip: str = ""
    """Operations on paths with this in them are not counted."""

    def env(self, library: Path) -> dict[str, str]:
        """Environment variables of a process that it happens to."""
        return {
            "LD_PRELOAD": str(library),
            "FAULTY_DISK": str(self.folder),
            "FAULTY_DISK_AT": str(self.at),
            "FAULTY_DISK_DO": self.do,
            "FAULTY_DISK_ERRNO": str(self.error),
            "FAULTY_DISK_ROOM": str(self.room),
            "FAULTY_DISK_LOG": self.log,
            "FAULTY_DISK_SKIP": self.skip,
        }

    def arm(self) -> None:
        """Let it happen to this process, which has the library preloaded."""
        call = ctypes.CDLL(None).faulty_disk_arm
        text, number = ctypes.c_char_p, ctypes.c_long
        call.argtypes = [text, number, text, ctypes.c_int, number, text, text]
        path, log, skip = (str(t).encode() for t in (self.folder, self.log, self.skip))
        call(path, self.at, self.do.encode(), self.error, self.room, log, skip)
