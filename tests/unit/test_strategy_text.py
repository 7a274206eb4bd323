"""How strategies with options are called: never as code writes a table or a list."""

from __future__ import annotations

import pytest

from specloop.judges import judges
from specloop.judging.grader import Grader
from specloop.records import SetScore, strategy_text

TABLES = [
    ({"name": "logprob"}, "logprob"),
    ({"name": "logprob", "question": "breaks"}, "logprob(question=breaks)"),
    (
        {"name": "weighted", "members": ["logprob", "likelihood"], "weights": [0.9, 0.3]},
        "weighted(members=logprob+likelihood, weights=0.9+0.3)",
    ),
    (
        {
            "name": "panel",
            "members": ["joint", {"name": "sequential", "cite": True}, "graded"],
        },
        "panel(members=joint+sequential(cite=True)+graded)",
    ),
    (
        {"name": "cascade", "cheap": {"samples": 1, "name": "graded"}, "strong": "joint"},
        "cascade(cheap=graded(samples=1), strong=joint)",
    ),
]


@pytest.mark.parametrize(("table", "label"), TABLES)
def test_judges_are_called_by_names_and_options(table: dict[str, object], label: str) -> None:
    grader = Grader(str(table["name"]), judges.build(table), "m")
    known = grader.blank("")
    score = SetScore(
        judge=known.judge,
        settings=known.settings,
        model=known.model,
        request_digest="",
        items="",
        items_digest="",
        n_items=1,
        figures=(),
    )
    assert score.label == f"{label} m"


def test_an_option_that_is_empty_stays_readable() -> None:
    assert strategy_text("x", {"a": [], "b": True, "c": {"d": 1}}) == "x(a=, b=True, c=(d=1))"
