"""Repair JSON with slips in linear time.

json_repair looks ahead for ends that are missing; a malicious text makes it read the rest again for
every character. So it gets a text that counts the looks and runs out of them.
"""

from __future__ import annotations

from typing import Any, SupportsIndex

from json_repair import repair_json

from specloop.jsontext import NESTED

MAX_CHARS = 100_000
"""Most characters of a text to repair."""
MAX_OPEN = 200
"""Most brackets that may be left open: a cut reply leaves a few, a looping one thousands."""
_LOOKS = 12
"""Most looks per character: real replies take 1 to 5."""
_FREE_LOOKS = 5_000


class _TiredError(Exception):
    """No looks are left."""


class _Counted(str):
    """A text that can be looked at a limited number of times, which its slices share."""

    left: list[int]

    def __getitem__(self, key: SupportsIndex | slice) -> str:
        self.left[0] -= 1
        if self.left[0] < 0:
            raise _TiredError
        part = str.__getitem__(self, key)
        return _counted(part, self.left) if isinstance(key, slice) else part

    def __add__(self, other: str) -> str:
        return _counted(str.__add__(self, other), self.left)

    def __radd__(self, other: str) -> str:
        return _counted(other + str(self), self.left)


def _counted(text: str, left: list[int]) -> _Counted:
    counted = _Counted(text)
    counted.left = left
    return counted


def repaired_json(text: str) -> Any:
    """The repaired JSON in a text, an empty string if there is none; ValueError if repair takes too
    long."""
    if len(text) > MAX_CHARS:
        raise ValueError(f"the reply is no JSON, and its {len(text):,} characters are not mended")
    if text.count("{") + text.count("[") - text.count("}") - text.count("]") > MAX_OPEN:
        raise ValueError(NESTED)
    try:
        return repair_json(
            _counted(text, [_FREE_LOOKS + _LOOKS * len(text)]),
            return_objects=True,
            skip_json_loads=True,
        )
    except RecursionError:
        raise ValueError(NESTED) from None
    except _TiredError:
        raise ValueError("the reply is no JSON that can be mended") from None
    except ValueError as error:
        # The causes hold a frame for every level.
        raise ValueError(str(error)) from None
