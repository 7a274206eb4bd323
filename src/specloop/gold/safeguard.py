"""A moderation policy with labelled texts, in the form of gpt-oss-safeguard's examples.

A folder holds `policy.txt` and `golden_dataset.csv`. There a line such as `SP2` begins the texts of
a category, and each text follows its number; category 0 is allowed. In the last column stands what
a model said: it is told in the comment and is no label.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from specloop.errors import InputError
from specloop.files import read_text
from specloop.gold import GoldItem, GoldSource, gold
from specloop.records import GoldCase, GoldLabel, Message, Rule
from specloop.rowfiles import csv_lines

_POLICY, _TEXTS = "policy.txt", "golden_dataset.csv"
_CATEGORY = re.compile(r"[A-Z]+(\d)")


class _Text(NamedTuple):
    text: str
    category: str
    said: str
    """The category that a model gave it; empty if none did."""
    place: str

    @property
    def is_allowed(self) -> bool:
        """Whether the policy's authors put it under category 0."""
        return self.category.endswith("0")


@gold.register("safeguard")
class Safeguard(GoldSource):
    """A folder with a moderation policy and texts that its authors put into its categories."""

    def read(self, where: str, rules: Sequence[Rule] = ()) -> Iterator[GoldItem]:
        """A case a text: YES if it is allowed; a category is a family."""
        folder = Path(where)
        policy = read_text(folder / _POLICY).strip()
        if not policy:
            raise InputError(f"{folder / _POLICY}: it is empty; write the policy into it")
        for text in _texts(folder / _TEXTS):
            case = GoldCase(
                messages=(Message(role="user", content=""),),
                answer=text.text,
                rule_text=f"The text is allowed by this policy:\n\n{policy}",
                family=text.category,
                place=text.place,
            )
            label = GoldLabel(
                case=case.id,
                value="YES" if text.is_allowed else "NO",
                by=_TEXTS,
                kind="document",
                comment=f"a model said {text.said}" if text.said else "",
            )
            yield GoldItem(case, label)


def _texts(path: Path) -> Iterator[_Text]:
    category = ""
    for line, cells in csv_lines(path):
        first, text, *rest = (*(cell.strip() for cell in cells), "", "")
        if _CATEGORY.fullmatch(first):
            category = first
        elif first.isdecimal():
            place = f"{path}: line {line}"
            if not category or not text:
                raise InputError(
                    f"{place}: text {first} {'is empty' if category else 'has no category'}; write"
                    " a line such as SP2 before the texts of a category, and each after its number"
                )
            said = (cell for cell in rest if _CATEGORY.fullmatch(cell))
            yield _Text(text, category, next(said, ""), place)
