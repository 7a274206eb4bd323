"""When a stage stops for a judge that cannot be read."""

# pyright: basic
from __future__ import annotations

import pytest

from specloop.errors import RunStoppedError
from specloop.tolerance import Legibility


def stops_at(pattern: str, share: float, n: int = 0) -> int | None:
    """After how many items it stops; `x` is one that could not be read."""
    legibility = Legibility("verdicts of j", share, n)
    for done, one in enumerate(pattern, 1):
        try:
            legibility.add("it began 'Well'" if one == "x" else "")
        except RunStoppedError:
            return done
    return None


@pytest.mark.parametrize(
    ("pattern", "share", "n", "place"),
    [
        ("x" * 30, 0.2, 0, 5),
        ("x" * 30, 0.2, 30, 5),
        ("x" * 6, 0.2, 6, 3),
        ("x" * 2, 0.2, 2, None),
        ("..x" * 400, 0.2, 0, 144),
        ("..x" * 10, 0.2, 30, 21),
        ("....x" * 400, 0.2, 0, None),
        (".....x" * 400, 0.2, 0, None),
        ("x" * 100, 1.0, 100, None),
        ("x" * 100, 0.5, 0, 10),
        (".....x" * 3, 0.0, 0, 18),
    ],
)
def test_it_stops_early_where_it_is_as_good_as_certain(
    pattern: str, share: float, n: int, place: int | None
) -> None:
    assert stops_at(pattern, share, n) == place


def test_the_message_has_the_share_an_example_and_what_to_do() -> None:
    legibility = Legibility("verdicts of j", 0.2)
    for _ in range(4):
        legibility.add("unreadable reply: 'Well'")
    with pytest.raises(RunStoppedError) as error:
        legibility.add("unreadable reply: 'Well, gardens'")
    said = str(error.value)
    assert said.startswith("verdicts of j: 5 of 5 items could not be read, more than the share of")
    assert "0.2 that max_failures allows" in said
    assert "unreadable reply: 'Well, gardens'" in said
    assert "or raise max_failures" in said
