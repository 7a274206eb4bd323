"""The campaign of attacks in small: kills, file operations, full and failing disks."""

# pyright: basic
from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest
from perf.campaign.faulty_disk import NO_COMPILER, compiler
from perf.campaign.rows import line

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(compiler() is None or sys.platform != "linux", reason=NO_COMPILER),
]


@pytest.mark.parametrize(
    ("part", "size"), [("kills", 0.07), ("file_operations", 0.01), ("disk", 0.06), ("places", 0.1)]
)
def test_nothing_is_lost_or_wrong(part: str, size: float, tmp_path: Path) -> None:
    module = importlib.import_module(f"perf.campaign.{part}")
    rows = list(module.attacks(size, tmp_path, 1))
    assert rows
    assert all(row.tried for row in rows)
    assert [line(row) for row in rows if not row.clean] == []
