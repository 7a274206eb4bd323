# pyright: basic
from __future__ import annotations

import io
import time

import pytest
from rich.console import Console

from specloop import progress as module
from specloop.errors import RunStoppedError
from specloop.progress import CallStatus, progress, showing_calls
from specloop.records import Failure
from specloop.tolerance import Tolerance

BUSY = CallStatus(2, 14, 1_234_567, 88_000, 1.5, 200, 256)


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    file = io.StringIO()
    monkeypatch.setattr(module, "console", Console(file=file, width=200))
    monkeypatch.setattr(module, "LINE_EVERY_S", 0.05)
    return file


def test_a_log_gets_plain_lines_even_while_nothing_ends(shown: io.StringIO) -> None:
    with showing_calls(lambda: BUSY), progress("probes", 8) as advance:
        advance(2, "1 with violations")
        time.sleep(0.12)
        advance(6)
    first, *_, last = shown.getvalue().splitlines()
    assert "probes: 2/8, " in first
    assert "1 with violations" in first
    assert "2 failed, 14 retried, 1.2 M tokens in, 88.0 k out, 1.50 USD" in first
    assert "200 of 256 in flight" in first
    assert last.startswith("  probes: 8/8 in ")


def test_a_terminal_gets_a_bar_with_the_calls_below(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file = io.StringIO()
    console = Console(file=file, width=120, force_terminal=True, color_system=None)
    monkeypatch.setattr(module, "console", console)
    with showing_calls(lambda: BUSY), progress("probes", 8) as advance:
        advance(8)
    text = file.getvalue()
    assert "8/8" in text
    assert "/s" in text
    assert "200 of 256 in flight" in text


def test_unknown_figures_are_left_out() -> None:
    assert str(CallStatus(0, 0, 10, 5, None, 3, None)) == "10 tokens in, 5 out, 3 in flight"


def test_a_stage_stops_at_the_first_failure_beyond_its_share() -> None:
    tolerance = Tolerance("pairs", 10, 0.2)
    left_out = Failure(stage="pairs", item="a", reason="nothing to keep", kind="left out")
    failed = Failure(stage="pairs", item="b", reason="HTTP 400")
    for failure in (*[left_out] * 9, failed, failed):
        tolerance.add([failure])
        tolerance.check()
    assert tolerance.note == "11 left out"
    tolerance.add([failed])
    with pytest.raises(RunStoppedError, match="pairs: 3 of 10 failed, stopped there: HTTP 400"):
        tolerance.check()


def test_the_time_left_is_what_the_caller_knows(shown: io.StringIO) -> None:
    with progress("train dpo", 10, lambda: 754.0) as advance:
        advance(2)
        time.sleep(0.12)
    assert "about 13 min left" in shown.getvalue()


def test_the_time_left_is_unknown_before_the_first_item(shown: io.StringIO) -> None:
    with progress("probes", 10):
        time.sleep(0.12)
    assert "time left unknown" in shown.getvalue()
