"""Commands of specloop without its start: a process that has everything imported forks for each."""

# pyright: basic
from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from perf.campaign.faulty_disk import Fault, build

_IMPORTED = (
    "specloop.cli.app",
    "specloop.llm.backends.openai.model",
    "specloop.report",
    "specloop.specbench.comparison",
)


class Ended(NamedTuple):
    """How a command ended; `code` is negative for the signal that killed it."""

    code: int
    said: str
    """What it wrote on stderr."""

    @property
    def is_killed(self) -> bool:
        """Whether a SIGKILL ended it."""
        return self.code == -9

    @property
    def has_traceback(self) -> bool:
        """Whether it ended in an error that nobody had foreseen."""
        return "Traceback (most recent" in self.said or "mistake of specloop" in self.said

    @property
    def is_refusal(self) -> bool:
        """Whether it ended with exit 1 or 2 and its last line says why."""
        lines = self.said.strip().splitlines()
        return self.code in (1, 2) and bool(lines) and "specloop: " in lines[-1]


class Warm:
    """Starts commands in forks of one process that has the faulty disk preloaded."""

    def __init__(self, folder: Path) -> None:
        """`folder` keeps the library and what commands print."""
        self._said = folder / "said.txt"
        env = os.environ | {"LD_PRELOAD": str(build(folder)), "OPENAI_API_KEY": "x"}
        env |= {"SPECLOOP_CACHE": str(folder / "cache"), "COLUMNS": "300"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "perf.campaign.warm"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=env,
            text=True,
        )

    def __enter__(self) -> Warm:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def command(
        self,
        folder: Path,
        words: Sequence[str],
        fault: Fault | None = None,
        meanwhile: Callable[[int], None] = lambda pid: None,
    ) -> Ended:
        """Run a command in a folder to its end; `meanwhile` is told its process."""
        given = [str(fault.folder), *fault[1:]] if fault else None
        self._tell({"in": str(folder), "words": list(words), "fault": given})
        meanwhile(self._answer())
        code = self._answer()
        return Ended(code, self._said.read_text(errors="replace"))

    def _tell(self, job: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        print(json.dumps(job | {"said": str(self._said)}), file=self._process.stdin, flush=True)

    def _answer(self) -> int:
        assert self._process.stdout is not None
        return int(self._process.stdout.readline())


def _serve() -> None:
    for name in _IMPORTED:
        importlib.import_module(name)
    answers = os.fdopen(os.dup(1), "w")
    for line in sys.stdin:
        job = json.loads(line)
        pid = os.fork()
        if pid == 0:
            os._exit(_run(job))
        print(pid, file=answers, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), file=answers, flush=True)


def _run(job: dict[str, Any]) -> int:
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    os.dup2(os.open(job["said"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 2)
    os.chdir(job["in"])
    sys.argv = ["specloop", *job["words"]]
    if job["fault"]:
        folder, *rest = job["fault"]
        Fault(Path(folder), *rest).arm()
    try:
        importlib.import_module("specloop.cli").main()
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 0 if ended.code is None else 1
    except BaseException:
        traceback.print_exc()
        return 1
    finally:
        sys.stderr.flush()
    return 0


if __name__ == "__main__":
    _serve()
