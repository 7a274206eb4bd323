"""What an update costs: the bounds that `docs/revisions.md` names, with a scripted model."""

# pyright: basic
from __future__ import annotations

from pathlib import Path

import pytest
from perf.revision_cost import document, drawn, measured

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("judged", [0.0, 1.0])
def test_the_share_of_calls_stays_near_the_share_of_changed_rules(tmp_path: Path, judged: float):
    text = "\n".join(document(100)) + "\n"
    full, rows = measured(tmp_path, text, drawn(text, (0, 1, 3, 10)), judged)
    assert rows["0"].mean(0) == 0
    assert rows["0"].mean(2) < 5
    for name in ("1", "3", "10"):
        assert rows[name].share == pytest.approx(int(name) / 100)
        assert rows[name].mean(0) / full.calls < 1.5 * rows[name].share


@pytest.mark.parametrize("judged", [0.0, 1.0])
def test_no_single_rule_of_a_hundred_costs_more_than_three_percent(tmp_path: Path, judged: float):
    text = "\n".join(document(100)) + "\n"
    full, rows = measured(tmp_path, text, drawn(text, (1,)), judged)
    assert max(one.calls for one in rows["1"].spent) < 0.03 * full.calls
