"""Run folders and benchmark folders with one file that is not as it should be.

Each file in turn meets each damage. The commands then either end as with the right file, or say
which file is wrong. With the file put back they end as before, and nothing else has gone.
"""

# pyright: basic
from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from perf.campaign.damage import DAMAGES, put_back
from perf.campaign.rows import Row
from tests.commands import Done, specloop
from tests.loop import config, run_stages
from tests.scripted_server import ScriptedServer
from tests.specbench_data import write_data

LONGEST_S = 20
"""A command on these small folders that takes longer waits for something that never comes."""
_MADE_AGAIN = (".lock", "report.html", "specbench.html")


class Base(NamedTuple):
    """A folder as it should be, and the commands that are given on copies of it."""

    folder: Path
    commands: Sequence[Sequence[str]]
    """`RUN` stands for the copy."""

    def give(self, copy: Path, last: int = 0) -> Iterator[Done]:
        """The commands on a copy, one after the other; or the last of them."""
        for command in self.commands[-last:]:
            with limited():
                yield specloop(
                    *(str(copy) if part == "RUN" else part for part in command), check=False
                )


class Came(NamedTuple):
    """What came of one damage."""

    lost: bool = False
    wrong: bool = False
    traceback: bool = False


def attacks(size: float, work: Path, seed: int) -> Iterator[Row]:
    """Rows for run folders and for benchmark folders."""
    with ScriptedServer() as server:
        bases = {
            "run folder": (_run(work, server), 80),
            "benchmark folder": (_bench(work, server), 50),
        }
        for name, (base, n) in bases.items():
            cases = [(file, kind) for file in _files(base.folder) for kind in DAMAGES]
            random.Random(seed).shuffle(cases)
            chosen = cases[: round(n * size)]
            came = [try_one(base, file, kind, work / "copy") for file, kind in chosen]
            yield Row(f"damaged {name}", len(came), *map(sum, zip(*came, strict=True)))


def try_one(base: Base, file: str, kind: str, place: Path, tell: bool = False) -> Came:
    """Damage one file of a copy, give the commands, put the file back, and give them again."""
    copy = place / base.folder.name
    shutil.copytree(base.folder, copy)
    try:
        DAMAGES[kind](copy / file)
        ends = list(base.give(copy))
        traceback = any("specloop: unexpected " in end.stderr for end in ends)
        wrong = not all(_is_right(base, copy, file, end) for end in ends)
        put_back(copy / file, base.folder / file)
        after = list(base.give(copy, last=2))
        lost = any(end.returncode for end in after) or not _same(base, copy, ())
        if tell and (traceback or wrong or lost):
            said = [(end.returncode, end.stderr[-600:]) for end in (*ends, *after)]
            print(file, kind, f"{lost=} {wrong=} {traceback=}", *said, sep="\n   ")
        return Came(lost, wrong, traceback)
    finally:
        shutil.rmtree(place)


def _is_right(base: Base, copy: Path, file: str, end: Done) -> bool:
    """Whether a command has told of the damage, or has come to what it would have come to."""
    if end.returncode or file in end.stderr:
        # A line that names the file, what is wrong with it, and says what to do.
        return end.returncode in (0, 1, 2) and file in end.stderr
    return _same(base, copy, (file,))


def _same(base: Base, copy: Path, but: Sequence[str]) -> bool:
    """Whether a folder holds what it held, but for files that are made again by each command."""
    return all(
        _content(copy / name) == _content(base.folder / name)
        for name in _files(base.folder)
        if name not in (*but, *_MADE_AGAIN)
    )


def _content(path: Path) -> object:
    if not path.is_file():
        return None
    if path.suffix == ".sqlite":
        db = sqlite3.connect(path)
        calls = sorted(db.execute("select key, reply from calls"))
        db.close()
        return calls
    if path.name == "manifest.json":
        return path.exists()
    content = path.read_bytes()
    return sorted(content.splitlines()) if path.suffix == ".jsonl" else content


def _files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.is_file())


@contextmanager
def limited() -> Iterator[None]:
    """RuntimeError for what takes too long."""

    def late(*_: object) -> None:
        raise RuntimeError("a command waits for ever")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(LONGEST_S)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def _run(work: Path, server: ScriptedServer) -> Base:
    made = work / "loop"
    made.mkdir()
    toml = config(made, server)
    run_stages(made / "run", toml)
    commands = [["report", "RUN"], ["cost", "RUN"], ["pairs", "RUN"]]
    return Base(_settled(made / "run"), [*commands, ["run", str(toml), "--out", "RUN"]])


def _bench(work: Path, server: ScriptedServer) -> Base:
    made = work / "bench"
    made.mkdir()
    write_data(made / "data" / "Garden")
    role = f'{{ model = "openai:m", options = {{ base_url = "{server.url}" }} }}'
    toml = made / "bench.toml"
    table = '[specbench]\ndata = "data"\nmax_tokens = 64\nmethods = ["raw", "vanilla"]\n'
    toml.write_text(f"[roles]\ntarget = {role}\njudge = {role}\n{table}")
    run = ["specbench", "run", "RUN", "--config", str(toml)]
    base = Base(made / "run", [run])
    list(base.give(base.folder))
    score = ["specbench", "score", "RUN"]
    export = ["specbench", "export", "RUN", str(work / "exported")]
    return Base(_settled(made / "run"), [score, export, ["cost", "RUN"], run])


def _settled(folder: Path) -> Path:
    assert {"manifest.json", "calls.sqlite"} <= set(_files(folder)), _files(folder)
    os.sync()
    return folder
