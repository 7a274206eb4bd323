"""Attacks specloop on purpose and prints what was lost, wrong or ended in a traceback.

    python -m perf.campaign [--size 1.0] [--only kills,disk] [--seed 0]

A part is a module beside this one with `attacks(size, work, seed)`, which gives a `Row` for each
kind of attack; `size` scales how many are tried. Exit code 1 where a row is not clean.
"""

# pyright: basic
from __future__ import annotations

import argparse
import importlib
import sys
import tempfile
from pathlib import Path

from perf.campaign.rows import HEAD, line

PARTS = (
    "kills",
    "file_operations",
    "disk",
    "places",
    "limits",
    "server_faults",
    "poison",
    "injections",
    "folders",
    "paths",
)
"""Modules beside this one, in the order of the table."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m perf.campaign")
    parser.add_argument("--size", type=float, default=1.0)
    parser.add_argument("--only", default=",".join(PARTS))
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    print(HEAD, flush=True)
    clean = True
    for name in options.only.split(","):
        part = importlib.import_module(f"perf.campaign.{name}")
        with tempfile.TemporaryDirectory() as folder:
            for row in part.attacks(options.size, Path(folder), options.seed):
                print(line(row), flush=True)
                clean = clean and row.clean
    return 0 if clean else 1


if __name__ == "__main__":
    sys.exit(main())
