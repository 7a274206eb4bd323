"""Ways in which a file can be other than it should be."""

# pyright: basic
from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Callable
from pathlib import Path


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()
    (path / "inside").write_text("kept")


def _socket(path: Path) -> None:
    path.unlink()
    with socket.socket(socket.AF_UNIX) as unix:
        here = os.open(path.parent, os.O_RDONLY)  # a path of any length
        unix.bind(f"/proc/self/fd/{here}/{path.name}")
        os.close(here)


def _instead(make: Callable[[Path], object]) -> Callable[[Path], None]:
    def damage(path: Path) -> None:
        path.unlink()
        make(path)

    return damage


def _changed(change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    def damage(path: Path) -> None:
        path.write_bytes(change(path.read_bytes()))

    return damage


def _half(content: bytes) -> bytes:
    return content[: len(content) // 2]


def _half_the_lines(content: bytes) -> bytes:
    lines = content.splitlines(keepends=True)
    return b"".join(lines[: len(lines) // 2])


def _zeros_within(content: bytes) -> bytes:
    third = len(content) // 3
    return content[:third] + bytes(third) + content[2 * third :]


def _utf16(content: bytes) -> bytes:
    return content.decode(errors="replace").encode("utf-16")


OTHER = b'{"kind": "invoice", "total": 12.5, "items": ["bread", "milk"]}\n'

DAMAGES: dict[str, Callable[[Path], None]] = {
    "gone": Path.unlink,
    "empty": _changed(lambda content: b""),
    "cut": _changed(_half),
    "lines lost": _changed(_half_the_lines),
    "zeros": _changed(lambda content: bytes(len(content))),
    "zeros within": _changed(_zeros_within),
    "UTF-16": _changed(_utf16),
    "not UTF-8": _changed(lambda content: content[:20] + b"\xff\xfe\x80" + content[20:]),
    "noise": _changed(lambda content: bytes(range(256)) * 40),
    "of another kind": _changed(lambda content: OTHER * 3),
    "JSON of another form": _changed(lambda content: b"[1, 2, 3]\n"),
    "a long line": _changed(lambda content: b'{"a": "' + b"x" * 5_000_000 + b'"}\n'),
    "a folder": _folder,
    "a pipe": _instead(os.mkfifo),
    "a socket": _socket,
    "a link in a circle": _instead(lambda path: path.symlink_to(path.name)),
    "a link to nothing": _instead(lambda path: path.symlink_to("nowhere")),
    "/dev/zero": _instead(lambda path: path.symlink_to("/dev/zero")),
    "/dev/full": _instead(lambda path: path.symlink_to("/dev/full")),
}


def put_back(path: Path, right: Path) -> None:
    """The file as it was, whatever is there now."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
    shutil.copy2(right, path)
