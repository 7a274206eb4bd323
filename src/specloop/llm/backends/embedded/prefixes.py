"""Decide which requests must wait, so that none continues what another one is still writing.

The runtime keeps key-value blocks and gives them to every later request that begins with the same
tokens: whole blocks, and the last, partly filled block of a text that the new prompt continues. It
knows a block by its tokens alone. So a request that starts too early is given a block that is not
yet computed, or one that two requests then continue in the same place; its log-probabilities and
its text are wrong from there on, without an error. Waiting also saves time: a shared beginning is
read once.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

BLOCK = 32
"""Tokens in one key-value block of the CPU runtime."""

_Key = TypeVar("_Key")

Tail = tuple[int, int]
"""A partly filled block: the number of the block before it and its first token."""


class BlockedPrompt:
    """A prompt's tokens, and one number for the beginning that each of its whole blocks ends.

    Equal numbers mean an equal beginning; the first is that of nothing.
    """

    def __init__(self, ids: Sequence[int]) -> None:
        self.ids = list(ids)
        self.numbers = [0]
        for start in range(0, len(ids) - BLOCK + 1, BLOCK):
            block = tuple(self.ids[start : start + BLOCK])
            self.numbers.append(hash((self.numbers[-1], block)))

    def tails(self) -> Iterable[Tail]:
        """All places where it could continue a partly filled block."""
        return zip(self.numbers, self.ids[::BLOCK], strict=False)

    def begins(self, other: BlockedPrompt) -> bool:
        """Whether the other prompt is this one, or continues it."""
        last = len(self.ids) - 1
        return (
            last < len(other.ids)
            and self.ids[last] == other.ids[last]
            and self.ids == other.ids[: last + 1]
        )


@dataclass
class _Active:
    prompt: BlockedPrompt
    continued: set[Tail]
    is_read: bool = False


class Prefixes:
    """Keeps track of the prompts that are read or continued, and of the texts that ended."""

    def __init__(self, keep: int = 4096) -> None:
        self._keep = keep
        self._read: OrderedDict[int, None] = OrderedDict()
        self._ended: OrderedDict[Tail, None] = OrderedDict()
        self._active: dict[int, _Active] = {}
        self._unread: set[int] = set()

    def must_wait(self, prompt: BlockedPrompt) -> bool:
        """Whether a request would be given a block that another one has not finished."""
        if not self._unread.isdisjoint(prompt.numbers):
            return True
        continued: set[Tail] | None = None
        for active in self._active.values():
            is_same = len(active.prompt.ids) == len(prompt.ids)
            if not (is_same and active.is_read) and active.prompt.begins(prompt):
                return True
            if active.continued and not active.is_read:
                continued = self._continued(prompt) if continued is None else continued
                if not continued.isdisjoint(active.continued):
                    return True
        return False

    def start(self, key: int, prompt: BlockedPrompt) -> None:
        """Note that a request's prompt is being read."""
        self._active[key] = _Active(prompt, self._continued(prompt))
        self._find_unread()

    def read(self, key: int) -> None:
        """Note that a request's prompt has been read and its reply is being written."""
        active = self._active[key]
        if not active.is_read:
            active.is_read = True
            self._remember(self._read, active.prompt.numbers)
            self._find_unread()

    def end(self, key: int, reply: Sequence[int] = ()) -> None:
        """Note that a request ended, with these ids of its reply (the last is never computed)."""
        prompt = self._active.pop(key).prompt
        text = BlockedPrompt([*prompt.ids, *reply[:-1]])
        self._remember(self._ended, list(text.tails())[-1:])
        self._find_unread()

    def _continued(self, prompt: BlockedPrompt) -> set[Tail]:
        return {tail for tail in prompt.tails() if tail in self._ended}

    def _find_unread(self) -> None:
        reading = (active.prompt for active in self._active.values() if not active.is_read)
        numbers = {number for prompt in reading for number in prompt.numbers[1:]}
        self._unread = numbers - self._read.keys()

    def _remember(self, kept: OrderedDict[_Key, None], new: Iterable[_Key]) -> None:
        for item in new:
            kept[item] = None
            kept.move_to_end(item)
        while len(kept) > self._keep:
            kept.popitem(last=False)
