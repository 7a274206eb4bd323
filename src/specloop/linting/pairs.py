"""Find statements that belong together without comparing all with all: by equal keys."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import TypeVar

from specloop.linting.document import DocumentStatement

T = TypeVar("T")

MOST_OF_KEY = 50
"""Most statements of one key that are compared with one another."""


def pairs(
    statements: Iterable[DocumentStatement],
    keys: Callable[[DocumentStatement], Iterable[Hashable]],
    clash: Callable[[DocumentStatement, DocumentStatement], T],
) -> Iterator[tuple[DocumentStatement, DocumentStatement, T]]:
    """Each pair of comparable statements that share a key and clash, in reading order, with what
    `clash` says of them."""
    groups: defaultdict[Hashable, list[DocumentStatement]] = defaultdict(list)
    texts: defaultdict[Hashable, set[str]] = defaultdict(set)
    seen: set[tuple[tuple[int, int], tuple[int, int]]] = set()
    for statement in statements:
        for key in dict.fromkeys(keys(statement)):
            group, said = groups[key], texts[key]
            if len(group) == MOST_OF_KEY:
                continue
            # What is word for word the same is not comparable, and of other pairs few clash.
            for one in group if said - {statement.text} else ():
                if one.text == statement.text or not (found := clash(one, statement)):
                    continue
                both = one.span, statement.span
                if both not in seen and one.comparable(statement):
                    seen.add(both)
                    yield one, statement, found
            group.append(statement)
            said.add(statement.text)
