from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from specloop.llm.calls.database import connect

TOGETHER = """
import sys, time
from pathlib import Path
from specloop.llm.calls.database import connect

for n in range(20):
    while time.time() < float(sys.argv[2]) + n / 20:
        pass
    for _ in range(20):
        db = connect(Path(sys.argv[1]) / str(n))
        db.execute("create table if not exists calls (n)")
        db.execute("insert into calls values (1)")
        db.close()
"""


def test_files_that_processes_open_at_the_same_time_can_be_opened(tmp_path: Path) -> None:
    command = [sys.executable, "-c", TOGETHER, str(tmp_path), str(time.time() + 1)]
    running = [subprocess.Popen(command) for _ in range(5)]
    assert [one.wait(60) for one in running] == [0] * 5
    for n in range(20):
        assert connect(tmp_path / str(n)).execute("select count(*) from calls").fetchone() == (100,)
