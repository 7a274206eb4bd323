"""One batch over three files, in forks that are stopped at each of its operations, or whose disk is
full. Run with the faulty disk preloaded; prints, as JSON, what the folders came to."""

# pyright: basic
from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from perf.campaign.faulty_disk import Fault

from specloop.errors import RunStoppedError
from specloop.records import Failure, Judgement, QualityScore, Record, SeedPrompt, Verdict
from specloop.store import RunFolder

KINDS = (SeedPrompt, Judgement, QualityScore)
TOLD = 3


def batch(number: int) -> list[Record]:
    """Records of three kinds, one of them in a file that the batch makes."""
    seeds = [SeedPrompt(topic="roses", text=f"Roses {number}-{n}?") for n in range(3)]
    verdict = Verdict(rule="r", value="YES", kind="check")
    judgements = [
        Judgement.of([verdict], answer=f"r{number}-{n}", judge="check", model="code")
        for n in range(4)
    ]
    grades = [QualityScore(answer=f"r{number}", score=0.5, judge="q")] if number else []
    return [*seeds, *judgements, *grades]


def content(folder: Path) -> dict[str, str]:
    """The files of a folder."""
    return {path.name: path.read_text() for path in sorted(folder.iterdir())}


OWN = SeedPrompt(topic="own", text="By hand?")


def stopped(folder: Path, fault: Fault) -> int:
    """Exit code of a fork that adds the second batch under a fault: 0, TOLD or killed."""
    pid = os.fork()
    if pid:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    fault.arm()
    code = 1
    try:
        RunFolder(folder).append_new(batch(1))
        code = 0
    except RunStoppedError:
        code = TOLD
    finally:
        os._exit(code)


def attack(folder: Path, fault: Fault) -> dict[str, object]:
    """How it ended, how many records of the second batch a reader then finds, and the files after
    it was added again."""
    folder.mkdir()
    run = RunFolder(folder)
    run.append(batch(0))
    code = stopped(folder, fault)
    ids = {record.id for record in batch(1)}
    there = sum(record.id in ids for kind in KINDS for record in run.read(kind))
    run.append([Failure(stage="synth", item="after", reason="the next run")])
    run.append_new(batch(1))
    return {"code": code, "there": there, "files": content(folder)}


def recovery(folder: Path, at: int) -> dict[str, object]:
    """The same where a kill came late in the batch, a line was put into it by hand, and each of two
    runs that take the batch out was killed again."""
    folder.mkdir()
    run = RunFolder(folder)
    run.append(batch(0))
    assert stopped(folder, Fault(folder, _LATE, "half")) == -9
    lines = (folder / SeedPrompt.FILE).read_text().splitlines(keepends=True)
    assert len(lines) == 6
    lines.insert(4, OWN.model_dump_json() + "\n")
    (folder / SeedPrompt.FILE).write_text("".join(lines))
    codes = [stopped(folder, Fault(folder, one, "half")) for one in (at, at + 1)]
    there = OWN in run.read(SeedPrompt)
    run.append_new(batch(1))
    return {"code": codes[0], "there": there, "files": content(folder)}


_LATE = 7
"""An operation within the second file of a batch."""


def main(work: Path) -> None:
    """Every operation, killed before it, in its middle or failed, then every size of disk."""
    found: list[dict[str, object]] = []
    for do in ("kill", "half", "fail"):
        at, code = 0, 1
        while code:
            at += 1
            folder = work / f"{do}{at}"
            found.append(attack(folder, Fault(folder, at, do)))
            code = found[-1]["code"]
    for room in range(400, 2800, 60):
        folder = work / f"room{room}"
        found.append(attack(folder, Fault(folder, room=room)))
    again: list[dict[str, object]] = []
    while not again or again[-1]["code"]:
        again.append(recovery(work / f"again{len(again)}", len(again) + 1))
    print(json.dumps({"stopped": found, "again": again}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
