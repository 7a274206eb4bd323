"""A triage beside making all pairs anew: `perf/triage.py` on a few pairs."""

from __future__ import annotations

import pytest
from perf.triage import CHANGES, Stored


@pytest.mark.parametrize("change", [name for name in CHANGES if name != "new"])
async def test_a_triage_asks_less_and_says_the_same_of_the_answers(change: str) -> None:
    stored = await Stored(24).make()
    total, found = await stored.worth(*CHANGES[change])
    assert 0 < found.n <= total
    assert sum(found.outcomes.values()) == found.n
    assert found.agree + len(found.differ) == found.n
    assert found.agree >= 0.8 * found.n
    assert found.calls < found.remade_calls
    assert found.per_call[0] > found.per_call[1]
