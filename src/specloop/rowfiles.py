"""Files of rows: CSV, TSV and JSON Lines, each row with its place."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from specloop.errors import InputError, did_you_mean
from specloop.files import lines_of, read_text
from specloop.jsontext import first_fault, numbered_lines, read_value

M = TypeVar("M", bound=BaseModel)


def read_rows(path: Path, kind: type[M]) -> Iterator[tuple[str, M]]:
    """The rows as models of their columns, with their places: `FILE: line 3`.

    InputError with the place of what does not fit, such as a column that the model does not know.
    """
    is_table = path.suffix.lower() in (".csv", ".tsv")
    for number, columns in _of_table(path) if is_table else _of_json_lines(path):
        place = f"{path}: line {number}"
        try:
            yield place, kind.model_validate(columns)
        except ValidationError as error:
            raise InputError(f"{place}: {_fault(error, kind)}") from None


def csv_lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    """The lines of a CSV or TSV file that hold something, each with the number of its first line.
    InputError for what is neither."""
    delimiter = "\t" if path.suffix.lower() == ".tsv" else ","
    lines = csv.reader(io.StringIO(read_text(path), newline=""), delimiter=delimiter, strict=True)
    number = 1
    try:
        for cells in lines:
            if any(cell.strip() for cell in cells):
                yield number, cells
            number = lines.line_num + 1
    except csv.Error as error:
        raise InputError(
            f"{path}: line {lines.line_num}: not CSV: {error}; repair the file"
        ) from None


def read_cell(text: str | bytes) -> Any:
    """The JSON value of a cell or line; ValueError that says what is wrong."""
    try:
        return read_value(text)
    except UnicodeDecodeError:
        raise ValueError("not UTF-8; save it as UTF-8") from None
    except json.JSONDecodeError:
        raise ValueError("not JSON; repair it") from None


def _of_table(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    lines = csv_lines(path)
    _, names = next(lines, (0, []))
    head = [name.strip().lower() for name in names]
    if len(head) == 1 and (other := next((mark for mark in ";\t," if mark in head[0]), "")):
        raise InputError(
            f"{path}: its columns seem to be parted by {other!r}; part them by a comma, or by a tab"
            " in a .tsv file"
        )
    if twice := [name for name, n in Counter(head).items() if name and n > 1]:
        raise InputError(f"{path}: two columns are called {twice[0]!r}; rename one")
    for number, cells in lines:
        yield number, _columns(f"{path}: line {number}", head, cells)


def _columns(place: str, head: Sequence[str], cells: Sequence[str]) -> dict[str, Any]:
    if len(cells) > len(head):
        raise InputError(
            f"{place}: {len(cells)} cells under {len(head)} columns; put cells that hold a comma"
            " or a line end in double quotes"
        )
    filled = zip(head, cells, strict=False)
    return {name: cell for name, cell in filled if name or cell}


def _of_json_lines(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for number, line in numbered_lines(lines_of(path)):
        try:
            row = read_cell(line)
        except ValueError as error:
            raise InputError(f"{path}: line {number}: {error}") from None
        if not isinstance(row, Mapping):
            raise InputError(f"{path}: line {number}: not an object; write a JSON object a line")
        yield number, row


def _fault(error: ValidationError, kind: type[BaseModel]) -> str:
    unknown = [one["loc"][0] for one in error.errors() if one["type"] == "extra_forbidden"]
    if unknown:
        hint = did_you_mean(str(unknown[0]), kind.model_fields)
        return f"no column is called {str(unknown[0])[:60]!r}.{hint} Rename it, or take it out"
    needed = [name for name, field in kind.model_fields.items() if field.is_required()]
    further = [name for name in kind.model_fields if name not in needed]
    more = f"; further: {', '.join(further)}" if further else ""
    return f"{first_fault(error, 'the row')}; columns are {', '.join(needed)}{more}"
