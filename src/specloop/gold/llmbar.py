"""LLMBar's pairs: one answer follows an instruction, the other does not (Zeng et al., 2023,
arXiv 2310.07641).

A file holds a list of objects with `input`, `output_1`, `output_2` and `label`, the number of the
better output, as its authors judged it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import ConfigDict, ValidationError

from specloop.errors import InputError
from specloop.gold import FOLLOWED, GoldItem, GoldSource, PairItem, gold, only_pairs
from specloop.jsontext import first_fault, read_json
from specloop.records import GoldPair, GoldPreference, Message, PairValue, Rule, Value, content_id

_VALUES: dict[int, PairValue] = {1: "first", 2: "second"}


class _Row(Value):
    model_config = ConfigDict(extra="ignore")

    input: str
    output_1: str
    output_2: str
    label: Literal[1, 2]


@gold.register("llmbar")
class LLMBar(GoldSource):
    """LLMBar's pairs of answers, of which people say which one follows the instruction."""

    def read(self, where: str, rules: Sequence[Rule] = ()) -> Iterable[GoldItem]:
        """InputError: nobody says of one answer alone whether it is right."""
        raise only_pairs(f"llmbar:{where}")

    def read_pairs(self, where: str, rules: Sequence[Rule] = ()) -> Iterator[PairItem]:
        """The pairs of a file, or of all files of a folder; a file is a family."""
        for path in _files(Path(where)):
            content = read_json(path)
            if not isinstance(content, list):
                raise InputError(f"{path}: must hold a list of pairs, like [{{...}}, ...]")
            for number, raw in enumerate(content, 1):
                yield _pair(path.stem, raw, f"{path}: pair {number}")


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    if files := sorted(path.glob("*.json")):
        return files
    raise InputError(f"{path}: no .json file is there; name LLMBar's files or their folder")


def _pair(family: str, raw: Any, place: str) -> PairItem:
    try:
        row = _Row.model_validate(raw)
    except ValidationError as error:
        raise InputError(f"{place}: {first_fault(error, 'the pair')}") from None
    pair = GoldPair(
        messages=(Message(role="user", content=row.input),),
        answers=(row.output_1, row.output_2),
        rule_text=FOLLOWED,
        family=family,
        group=content_id(row.input),
        place=place,
    )
    value = _VALUES[row.label]
    return PairItem(pair, GoldPreference(pair=pair.id, value=value, by="LLMBar", kind="person"))
