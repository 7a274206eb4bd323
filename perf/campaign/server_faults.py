"""A run against a server that breaks: every kind of fault, at 10% of the calls and at all of them.

After each, the server is repaired and the same commands are given again: they must end with the
bytes of a run that met no fault, and ask for nothing that had been answered.
"""

# pyright: basic
from __future__ import annotations

import logging
import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from perf.campaign import faults
from perf.campaign.fault_server import MARK, Fault, FaultServer
from perf.campaign.rows import Row
from tests.commands import Done, specloop
from tests.loop import SHOP_POLICY, write_seeds

from specloop.llm.backends.openai.fitting import _shared

GROUPS = {
    "statuses": faults.STATUSES,
    "Retry-After": faults.WAITS,
    "connections": faults.CONNECTIONS,
    "framing": faults.FRAMING,
    "bodies": faults.BODIES,
    "odd answers": faults.ODD,
    "lists of models": faults.LISTS,
}
SHARES = (0.1, 1.0)
ATTEMPTS = 5
TIMEOUT_S = 1.0
LONGEST_S = 30.0
"""A faulted command has to end within this."""
STAGES = ("synth", "pairs")


class Ended(NamedTuple):
    """What came of the commands."""

    code: int
    said: str
    traceback: bool
    seconds: float


class Course:
    """A run that is ready for its calls, and how it ends without a fault."""

    def __init__(self, work: Path, server: FaultServer) -> None:
        self.work, self.server = work, server
        self.start = work / "start"
        config = _config(work, server.url)
        specloop("rules", SHOP_POLICY, "--out", self.start, "--config", config)
        for stage in ("instances", "probes"):
            specloop(stage, self.start)
        whole = self.copy("whole")
        assert self.run(whole).code == 0
        self.right = outcome(whole)

    def copy(self, name: str) -> Path:
        """The run as it stands before its calls."""
        return Path(shutil.copytree(self.start, self.work / name))

    def run(self, run: Path) -> Ended:
        """Give the commands up to the first that fails."""
        begin, said, code = time.monotonic(), "", 0
        with _loop_errors() as logged:
            try:
                for stage in STAGES:
                    done: Done = specloop(stage, run, check=False)
                    said, code = said + done.stderr, done.returncode
                    if code:
                        break
            except Exception as error:
                logged.append(f"{type(error).__name__}: {error}")
        said += "\n".join(logged)
        return Ended(code, said, bool(logged), time.monotonic() - begin)


def attacks(size: float, work: Path, seed: int) -> Iterator[Row]:
    """A row for each group of faults and share of calls."""
    os.environ["XDG_CACHE_HOME"] = str(work / "notes")
    with FaultServer(seed) as server:
        course = Course(work, server)
        for group, kinds in GROUPS.items():
            chosen = list(kinds.items())[:: max(1, round(1 / size))]
            for share in SHARES if group != "lists of models" else SHARES[1:]:
                yield _row(f"server: {group}, {share:.0%} of calls", course, chosen, share)


def _row(name: str, course: Course, kinds: list[tuple[str, Fault]], share: float) -> Row:
    lost = wrong = tracebacks = 0
    most = 0.0
    for kind, fault in kinds:
        result = try_fault(course, kind, fault, share)
        lost, tracebacks = lost + result.lost, tracebacks + result.traceback
        wrong += bool(result.faults)
        most = max(most, result.requests)
        for problem in [*result.faults, *([f"{result.lost} lost"] if result.lost else [])]:
            print(f"    {name}: {kind}: {problem}", file=sys.stderr, flush=True)
    return Row(name, len(kinds), lost, wrong, tracebacks, most)


class FaultResult(NamedTuple):
    """What came of one fault."""

    faults: list[str]
    lost: int
    traceback: bool
    requests: float


def try_fault(course: Course, kind: str, fault: Fault, share: float) -> FaultResult:
    """Run with the fault, repair the server, run again."""
    _forget(course)
    server, run = course.server, course.copy("broken")
    try:
        server.begin(fault, share)
        ended = course.run(run)
        _forget(course)
        requests = sum(server.sent.values()) / max(1, len(server.sent))
        answered = set(server.answered)
        server.begin(None, 0.0)
        again = course.run(run)
        lost = len(answered & set(server.sent))
        broken = list(_faults(ended, fault, share, requests))
        broken += _after(run, again)
        if _has_to_be_same(fault, share, run):
            broken += _differs(course, run, again)
        return FaultResult(broken, lost, ended.traceback or again.traceback, requests)
    finally:
        shutil.rmtree(run)


def _faults(ended: Ended, fault: Fault, share: float, requests: float) -> Iterator[str]:
    """What is wrong about the end of the faulted run."""
    codes = {0} if fault.due == "fine" else {1} if share == 1.0 else {0, 1}
    if fault.due == "answer":
        codes = {0, 1}
    if fault.due == "passing" and share < 1.0:
        codes = {0}
    if ended.traceback or ended.code not in codes:
        yield f"exit {ended.code}, not one of {codes}: {ended.said[-600:]}"
    if ended.code and "specloop: " not in ended.said:
        yield f"no word of it: {ended.said[-300:]}"
    if ended.seconds > LONGEST_S:
        yield f"{ended.seconds:.0f} s"
    if requests > ATTEMPTS:
        yield f"{requests:.1f} requests a call"
    messages = [line for line in ended.said.splitlines() if line.startswith("specloop: ")]
    if ended.code and len(messages) != 1:
        yield f"{len(messages)} lines: {ended.said[-600:]}"


def _forget(course: Course) -> None:
    """Forget what the server was found to take: a fault is no lesson for the next one."""
    shutil.rmtree(course.work / "notes", ignore_errors=True)
    _shared.clear()


def _after(run: Path, again: Ended) -> Iterator[str]:
    """What is wrong with the run once the server is repaired."""
    if any(MARK.encode() in content for content in outcome(run).values()):
        yield "a record holds what the fault has planted"
    if again.traceback:
        yield f"repaired: {again.said[-600:]}"


def _has_to_be_same(fault: Fault, share: float, run: Path) -> bool:
    """Whether the repaired run has to end with the bytes of one without a fault: not where an odd
    answer counted, or calls were refused for good and are recorded as failed."""
    if share == 1.0:
        return fault.due != "answer"
    is_whole = not (run / "failures.jsonl").exists()
    return fault.due in ("fine", "passing") or (fault.due == "final" and is_whole)


def _differs(course: Course, run: Path, again: Ended) -> Iterator[str]:
    """In what the run is not as without the fault."""
    files = outcome(run)
    if again.code:
        yield f"repaired, exit {again.code}: {again.said[-600:]}"
    differ = [name for name in course.right if files.get(name) != course.right[name]]
    if differ:
        yield f"repaired, other bytes: {', '.join(differ)}"


def outcome(run: Path) -> dict[str, bytes]:
    """All records but the failures, as they are on disk."""
    files = (path for path in sorted(run.glob("*.jsonl")) if path.name != "failures.jsonl")
    return {path.name: path.read_bytes() for path in files}


@contextmanager
def _loop_errors() -> Iterator[list[str]]:
    """What the event loop says of exceptions that nobody has seen."""
    logged: list[str] = []
    handler = logging.Handler(logging.ERROR)
    handler.emit = lambda record: logged.append(record.getMessage())
    logger = logging.getLogger("asyncio")
    logger.addHandler(handler)
    try:
        yield logged
    finally:
        logger.removeHandler(handler)


def _config(work: Path, url: str) -> Path:
    """The run's configuration and seed prompts."""
    write_seeds(work)
    retry = f"{{ attempts = {ATTEMPTS}, base_s = 0.02, cap_s = 0.1 }}"
    options = f'{{ base_url = "{url}", timeout_s = {TIMEOUT_S}, retry = {retry} }}'
    role = f'{{ model = "openai:m", options = {options} }}'
    names = ("target", "planner", "attacker", "compliance", "quality")
    roles = "\n".join(f"{name} = {role}" for name in names)
    path = work / "run.toml"
    path.write_text(f"""
[roles]
{roles}
[instances]
n_train = 2
n_test = 1
min_rules = 5
max_rules = 8
[seeds]
path = "seeds.jsonl"
[synthesis]
waves = 2
exchanges_per_wave = 6
judged_share = 0.5
n_validation = 2
n_test = 3
""")
    return path
