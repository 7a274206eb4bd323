"""JSON with slips, repaired in a time that grows with its length and no faster.

json_repair looks ahead in search of ends that a slip has left out; a text made for it is read again
for every one of its characters. So it is given a text that counts the looks, and runs out of them.
"""

from __future__ import annotations

from typing import Any, SupportsIndex

from json_repair import repair_json

from specloop.jsontext import NESTED

MAX_CHARS = 100_000
"""Characters of a text that are repaired at most."""
MAX_OPEN = 200
"""Brackets that may be left open: a reply that was cut leaves a few, one in circles thousands."""
_LOOKS = 12
"""Looks for each character: real replies take 1 to 5."""
_FREE_LOOKS = 5_000


class _TiredError(Exception):
    """No looks are left."""


class _Counted(str):
    """A text that can be looked at so many times; what is cut out of it takes from the same."""

    left: list[int]

    def __getitem__(self, key: SupportsIndex | slice) -> str:
        self.left[0] -= 1
        if self.left[0] < 0:
            raise _TiredError
        found = str.__getitem__(self, key)
        return _counted(found, self.left) if isinstance(key, slice) else found

    def __add__(self, other: str) -> str:
        return _counted(str.__add__(self, other), self.left)

    def __radd__(self, other: str) -> str:
        return _counted(other + str(self), self.left)


def _counted(text: str, left: list[int]) -> _Counted:
    found = _Counted(text)
    found.left = left
    return found


def repaired_json(text: str) -> Any:
    """What the JSON in a text was meant to be, an empty string where there is none; ValueError
    where that cannot be told within reason."""
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
        # Its causes hold a frame for every level.
        raise ValueError(str(error)) from None
