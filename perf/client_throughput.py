"""How fast clients make model calls: specloop's beside a bare loop and what others use.

A fake server on a core of its own answers every call after 200 ms with about 300 tokens; each
client runs in a fresh process on another core, against a fresh server. Clients take turns within a
repeat; figures are medians over the repeats, and shares are of the bare loop's rate in the same
repeat. A client that fails is named and has no figure there.

The bare loop is plain workers over one aiohttp session: the body to JSON, one POST, the answer from
JSON. It sends no key, stores nothing, checks nothing and never tries again. specloop sends the
same body with a key of 51 characters, which it looks for in every reply.

    python perf/client_throughput.py [--n 3000] [--repeat 3] [--only specloop ...]

takes some 3 minutes a repeat for all clients, 1 for `--only specloop`. Each figure is told on
standard error as it comes; the table and the bars follow at the end.
"""

# pyright: basic
from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import NamedTuple

HERE = Path(__file__).parent
LEVELS = (32, 256, 1024)
LATENCY_S = 0.2
CEILING = "bare aiohttp"
UNCACHED, FULL = "specloop, no cache", "specloop"
OTHERS = ("openai SDK", "openai SDK, threads", "Inspect")
RATE_BARS = {32: 0.97, 256: 0.95, 1024: 0.90}
CPU_BARS = {UNCACHED: 2.0, FULL: 3.0}
KEY = f"sk-{hashlib.sha256(b'no key of anybody').hexdigest()[:48]}"


class Figures(NamedTuple):
    """Of one client at one level."""

    rate: float
    """Calls a second."""
    cpu_ms: float
    """CPU time of the client's process for one call."""
    peak_mb: float


class Setting(NamedTuple):
    """What is measured and where."""

    server_core: int
    core: int
    n: int


Repeat = dict[tuple[str, int], Figures]
"""What was measured, by client and level; without those that failed."""


def _cores() -> tuple[int, int]:
    """One core for the server and one for the clients; the same where there is only one."""
    cores = sorted(os.sched_getaffinity(0))
    return cores[0], cores[-1]


@contextmanager
def running_server(core: int, *more: str) -> Iterator[str]:
    """The fake server in a process of its own; gives its address."""
    command = [sys.executable, str(HERE / "fake_server.py"), "--core", str(core), *more]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.stdin.close()
        process.wait(10)


def measure(client: str, level: int, setting: Setting) -> Figures:
    """One client at one level, in a fresh process; CalledProcessError where it failed."""
    script = str(HERE / "throughput_clients.py")
    with running_server(setting.server_core, "--latency", str(LATENCY_S)) as url:
        job = [url, str(level), str(setting.n), str(setting.core)]
        command = [sys.executable, script, client, *job]
        # Logs of libraries are not what is measured.
        env = {**os.environ, "OPENAI_API_KEY": KEY}
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=env)
    took = json.loads(done.stdout.splitlines()[-1])
    cpu_ms = 1000 * took["cpu_s"] / setting.n
    return Figures(setting.n / took["seconds"], cpu_ms, took["peak_mb"])


def _tell(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def measure_all(clients: list[str], setting: Setting) -> Repeat:
    """Every client at every level."""
    repeat: Repeat = {}
    for level in LEVELS:
        for client in clients:
            try:
                figures = repeat[client, level] = measure(client, level, setting)
                _tell(
                    f"{client} at {level}: {figures.rate:,.0f} calls/s, {figures.cpu_ms:.3f} ms CPU"
                )
            except subprocess.CalledProcessError as error:
                _tell(f"failed: {client} at {level} (exit code {error.returncode})")
    return repeat


def report(repeats: list[Repeat], clients: list[str]) -> None:
    """Medians, side by side."""
    for level in LEVELS:
        ideal = level / LATENCY_S
        print(f"\n{level} calls at once (ideal {ideal:,.0f}/s)")
        print(f"{'client':<22}{'calls/s':>9}{'of bare':>9}{'CPU ms/call':>13}{'peak MB':>9}")
        for client in clients:
            rows = [repeat[client, level] for repeat in repeats if (client, level) in repeat]
            if not rows:
                print(f"{client:<22}   failed")
                continue
            rate, cpu, peak = (median(column) for column in zip(*rows, strict=True))
            share = _times(repeats, (client, CEILING), level, "rate")
            print(f"{client:<22}{rate:>9,.0f}{share:>9.3f}{cpu:>13.3f}{peak:>9.0f}")


def _times(repeats: list[Repeat], pair: tuple[str, str], level: int, field: str) -> float:
    """How many times the second client's figure the first one's is; NaN where one failed."""
    first, second = pair
    ratios = [
        getattr(repeat[first, level], field) / getattr(repeat[second, level], field)
        for repeat in repeats
        if (first, level) in repeat and (second, level) in repeat
    ]
    return median(ratios) if ratios else float("nan")


def bars(repeats: list[Repeat], clients: list[str]) -> Iterator[tuple[str, bool]]:
    """What is to be reached, with the figure, and whether it is."""
    for level, bar in RATE_BARS.items() if FULL in clients else ():
        share = _times(repeats, (FULL, CEILING), level, "rate")
        yield f"rate at {level}: {share:.3f} of the bare loop's (at least {bar})", share >= bar
    for client, bar in CPU_BARS.items():
        if client in clients:
            times = _times(repeats, (client, CEILING), 256, "cpu_ms")
            yield f"CPU of {client} at 256: {times:.2f} times (at most {bar})", times <= bar
    for other in OTHERS if FULL in clients else ():
        for level in LEVELS if other in clients else ():
            times = _times(repeats, (FULL, other), level, "rate")
            if times == times:  # not where the other one failed
                yield f"rate at {level}: {times:.2f} times that of {other} (more than 1)", times > 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--n", type=int, default=3000, help="calls of each client at each level")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--only", nargs="+", default=[UNCACHED, FULL, *OTHERS], metavar="CLIENT")
    options = parser.parse_args()
    server_core, client_core = _cores()
    if server_core == client_core:
        print("only one core: server and clients share it")
    clients = [CEILING, *(c for c in options.only if c != CEILING)]
    setting = Setting(server_core, client_core, options.n)
    repeats: list[Repeat] = []
    for number in range(options.repeat):
        repeats.append(measure_all(clients, setting))
        _tell(f"repeat {number + 1} of {options.repeat} done")
    report(repeats, clients)
    print()
    met = list(bars(repeats, clients))
    for words, reached in met:
        print(f"{'met   ' if reached else 'MISSED'}  {words}")
    return 0 if all(reached for _, reached in met) else 1


if __name__ == "__main__":
    sys.exit(main())
