"""Odd paths in every place where a command takes one.

What is right under an odd name works. What is no file or folder of the right kind is refused in a
line, at once, and nothing moves the cursor of the terminal that the line goes to.
"""

# pyright: basic
from __future__ import annotations

import os
import random
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from perf.campaign.damage import OTHER, _socket
from perf.campaign.folders import limited
from perf.campaign.rows import Row
from tests.commands import Done, specloop

POLICY = "# Shop\n\n- Answer in at most 50 words.\n- Never use exclamation marks.\n- Be polite.\n"
TOML = '[roles]\ntarget = "scripted:tests.scripted_server.rubbish"\n[document]\npath = "{}"\n'

NAMES: dict[str, bytes] = {
    "spaces": b"two  words ",
    "signs": b"a?b#c&d%20e;f$g'h\"i`j\\k",
    "markup": b"[bold red]x[blink] :bomb:",
    "line ends": b"one\nspecloop: forged\rtwo",
    "control": b"\x1b]52;c;aGk=\x07\x1b[2J\x08",
    "bidi": "a\u202egnp\u2066b".encode(),
    "other scripts": "Übung 日本 👩‍🔬 é".encode(),
    "not UTF-8": b"caf\xe9\xff",
    "a dash": b"-x--help",
    "as long as may be": b"n" * 250,
}
"""Names under which everything is as it should be."""
REFUSED = ("line ends", "control", "not UTF-8")
"""Names that a run folder cannot note as text: they may be refused."""


def _write(content: bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(content)


def _sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(3_000_000_000)


def _below_a_file(path: Path) -> Path:
    path.write_text("a file")
    return path / "inside"


KINDS: dict[str, Callable[[Path], object]] = {
    "missing": lambda path: None,
    "empty": _write(b""),
    "zeros": _write(bytes(5000)),
    "UTF-16": _write(POLICY.encode("utf-16")),
    "noise": _write(bytes(range(256)) * 40),
    "other JSON": _write(OTHER * 3),
    "a long line": _write(b"x" * 3_000_000),
    "3 GB of nothing": _sparse,
    "a folder": Path.mkdir,
    "a pipe": os.mkfifo,
    "a socket": lambda path: (path.touch(), _socket(path)),
    "a circle": lambda path: path.symlink_to(path.name),
    "a link to nothing": lambda path: path.symlink_to("nowhere"),
    "/dev/zero": lambda path: path.symlink_to("/dev/zero"),
    "/dev/full": lambda path: path.symlink_to("/dev/full"),
    "/proc/self/mem": lambda path: path.symlink_to("/proc/self/mem"),
    "below a file": _below_a_file,
    "too long a name": lambda path: path.with_name("n" * 300),
    "too long a path": lambda path: path.joinpath(*["n" * 100] * 50),
}
"""What may be there instead; a maker may say that the path is another."""

PLACES: dict[str, tuple[str, ...]] = {
    "document": ("rules", "ODD.md", "--out", "OUT"),
    "document, planned": ("rules", "ODD.md", "--out", "OUT", "--dry-run"),
    "configuration": ("run", "ODD", "--out", "OUT", "--until", "rules"),
    "--config": ("rules", "RIGHT.md", "--out", "OUT", "--config", "ODD"),
    "--out": ("rules", "RIGHT.md", "--out", "ODD"),
    "report": ("report", "ODD"),
    "cost": ("cost", "ODD"),
    "stage": ("probes", "ODD"),
    "cache": ("cache", "info", "ODD"),
    "cache.folder": ("rules", "RIGHT.md", "--out", "OUT", "--set", "cache.folder='''ODD'''"),
    "seeds": ("rules", "RIGHT.md", "--out", "OUT", "--set", "seeds.path='''ODD'''"),
    "--data": ("specbench", "generate", "OUT", "--data", "ODD"),
    "checkout": ("specbench", "generate", "OUT", "--data", "ODD", "--reference-checkout", "ODD"),
    "import": ("specbench", "import", "OUT", "ODD"),
    "fingerprint": ("specbench", "fingerprint", "ODD"),
    "bench build": ("bench", "build", "ODD.md", "--out", "OUT"),
    "weights": ("rules", "RIGHT.md", "--out", "OUT", "--model", "embedded:ODD.gguf"),
    "checkpoint": ("rules", "RIGHT.md", "--out", "OUT", "--model", "hf:ODD"),
}
NAMED = ("document", "configuration", "--config", "--out", "report")
"""Places in which there is something right to put under an odd name."""


def attacks(size: float, work: Path, seed: int) -> Iterator[Row]:
    """Rows for odd names and for what is no file or folder as it should be."""
    with_names = [(place, kind) for place in NAMED for kind in NAMES]
    with_kinds = [(place, kind) for place in PLACES for kind in KINDS]
    tries = {"odd names": (with_names, 40), "odd files": (with_kinds, 110)}
    for name, (cases, n) in tries.items():
        random.Random(seed).shuffle(cases)
        came = [try_one(work / "odd", *case) for case in cases[: round(n * size)]]
        wrong, tracebacks = (sum(column) for column in zip(*came, strict=True))
        yield Row(name, len(came), 0, wrong, tracebacks)


def try_one(work: Path, place: str, kind: str, tell: bool = False) -> tuple[bool, bool]:
    """Whether it ended wrongly, and whether in a traceback."""
    work.mkdir(parents=True)
    try:
        (work / "right.md").write_text(POLICY)
        done = _named(work, place, kind) if kind in NAMES else _odd(work, place, kind)
        traceback = "specloop: unexpected " in done.stderr
        wrong = done.returncode not in (
            (0,) if kind in NAMES.keys() - REFUSED else (0, 1, 2)
        ) or not _is_calm(done)
        if tell and (wrong or traceback):
            print(place, kind, done.returncode, repr(done.stderr[-500:]), repr(done.stdout[-200:]))
        return wrong, traceback
    finally:
        shutil.rmtree(work)


def _is_calm(done: Done) -> bool:
    """Whether what is said cannot move a cursor, and an error says something in one line."""
    said = done.stderr + done.stdout
    errors = re.findall(r"^specloop: ", done.stderr, re.M)
    return not re.search(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]", said) and (
        done.returncode == 0 or len(errors) == 1 or "Error" in said
    )


def _odd(work: Path, place: str, kind: str) -> Done:
    command = PLACES[place]
    ending = next((part[part.index("ODD") + 3 :] for part in command if "ODD" in part), "")
    path = work / f"odd{ending if ending.startswith('.') else ''}"
    made = KINDS[kind](path)
    return _give(work, command, made if isinstance(made, Path) else path)


def _named(work: Path, place: str, kind: str) -> Done:
    path = work / os.fsdecode(NAMES[kind])
    if place in ("document", "document, planned"):
        path = path.with_name(path.name[:245] + ".md")
        path.write_text(POLICY)
    elif place in ("configuration", "--config"):
        path.write_text(TOML.format(work / "right.md"))
    elif place == "report":
        _give(work, PLACES["--out"], path)
    return _give(work, PLACES[place], path)


def _give(work: Path, command: tuple[str, ...], path: Path) -> Done:
    def filled(part: str) -> str:
        if part in ("OUT", "RIGHT.md"):
            return str(work / {"OUT": "out", "RIGHT.md": "right.md"}[part])
        for odd in ("ODD.md", "ODD.gguf", "ODD"):
            if odd in part:
                return part.replace(odd, str(path))
        return part

    with limited():
        return specloop(*map(filled, command), check=False)
