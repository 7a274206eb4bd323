"""Labelled verdicts of one's own: a row an answer, a rule and a label, as CSV or JSON Lines."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ConfigDict, Field, ValidationError, field_validator, model_validator

from specloop.errors import InputError, did_you_mean
from specloop.files import lines_of, read_text
from specloop.gold import GoldItem, GoldSource, gold
from specloop.jsontext import first_fault, numbered_lines, read_value
from specloop.records import (
    Authority,
    GoldCase,
    GoldLabel,
    GoldValue,
    LabellerKind,
    Message,
    Rule,
    Value,
    content_id,
)

_COLUMNS = "rule, answer, label; further: request, messages, by, kind, comment, section, authority"


class _Row(Value):
    """A row as it is written. Columns that are not known are refused, so that no misspelt one is
    passed over."""

    model_config = ConfigDict(str_strip_whitespace=True)

    rule: str = Field(min_length=1)
    """The rule's wording, or its id."""
    answer: str
    label: GoldValue
    request: str = ""
    messages: tuple[Message, ...] = ()
    """The conversation, in place of the request."""
    by: str = ""
    kind: LabellerKind = "person"
    comment: str = ""
    section: str = ""
    authority: Authority | None = None
    family: str = ""
    group: str = ""
    answered_by: str = ""
    time: str = ""

    @field_validator("label", mode="before")
    @classmethod
    def _in_any_case(cls, value: Any) -> Any:
        words = str(value).strip().lower().replace("_", " ")
        return words if words in ("cannot tell", "bad item") else words.upper()

    @field_validator("authority", mode="before")
    @classmethod
    def _may_be_empty(cls, value: Any) -> Any:
        return value or None

    @model_validator(mode="after")
    def _names_models(self) -> _Row:
        if self.kind == "model" and not self.by:
            raise ValueError("a model's label must say which model it is of, in by")
        return self

    @property
    def asked(self) -> tuple[Message, ...]:
        """The conversation that was answered."""
        return self.messages or (Message(role="user", content=self.request),)


@gold.register("rows")
class Rows(GoldSource):
    """A CSV or JSON Lines file with the columns rule, answer, label and request."""

    def read(self, where: str, rules: Sequence[Rule] = ()) -> Iterable[GoldItem]:
        """Its rows; a rule is given by its wording or its id."""
        path, known = Path(where), {rule.id: rule for rule in rules}
        return [_labelled(path, number, row, known) for number, row in _rows(path)]


def _rows(path: Path) -> Iterator[tuple[int, _Row]]:
    """The rows with the numbers of their lines."""
    read = _of_csv if path.suffix.lower() in (".csv", ".tsv") else _of_json_lines
    for number, columns in read(path):
        try:
            yield number, _Row.model_validate(columns)
        except ValidationError as error:
            raise InputError(f"{path}: line {number}: {_fault(error)}") from None


def _fault(error: ValidationError) -> str:
    unknown = [one["loc"][0] for one in error.errors() if one["type"] == "extra_forbidden"]
    if not unknown:
        return f"{first_fault(error, 'the row')}; columns are {_COLUMNS}"
    name = str(unknown[0])
    hint = did_you_mean(name, _Row.model_fields)
    return f"no column is called {name!r}.{hint} Rename it, or take it out"


def _of_csv(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    text = read_text(path)
    lines = csv.reader(
        io.StringIO(text, newline=""), delimiter="\t" if path.suffix.lower() == ".tsv" else ","
    )
    try:
        head = [name.strip().lower() for name in next(lines, [])]
        if twice := [name for name, n in Counter(head).items() if name and n > 1]:
            raise InputError(f"{path}: two columns are called {twice[0]!r}; rename one")
        number = lines.line_num + 1
        for cells in lines:
            if any(cell.strip() for cell in cells):
                yield number, _columns(path, number, head, cells)
            number = lines.line_num + 1
    except csv.Error as error:
        raise InputError(
            f"{path}: line {lines.line_num}: not CSV: {error}; repair the file"
        ) from None


def _columns(path: Path, number: int, head: Sequence[str], cells: Sequence[str]) -> dict[str, Any]:
    if len(cells) > len(head):
        raise InputError(
            f"{path}: line {number}: {len(cells)} cells under {len(head)} columns; put cells that"
            " hold a comma or a line end in double quotes"
        )
    columns: dict[str, Any] = {
        name: cell for name, cell in zip(head, cells, strict=False) if cell or name == "answer"
    }
    if "messages" in columns:
        columns["messages"] = _parsed(path, number, columns["messages"])
    return columns


def _of_json_lines(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for number, line in numbered_lines(lines_of(path)):
        row = _parsed(path, number, line)
        if not isinstance(row, Mapping):
            raise InputError(f"{path}: line {number}: not an object; write a JSON object a line")
        yield number, row


def _parsed(path: Path, number: int, text: str | bytes) -> Any:
    try:
        return read_value(text)
    except (json.JSONDecodeError, UnicodeDecodeError):
        raise InputError(f"{path}: line {number}: not JSON; repair the line") from None
    except ValueError as error:
        raise InputError(f"{path}: line {number}: {error}; repair the line") from None


def _labelled(path: Path, number: int, row: _Row, rules: Mapping[str, Rule]) -> GoldItem:
    rule = rules.get(row.rule)
    if rule is None and _is_id(row.rule):
        raise InputError(
            f"{path}: line {number}: no rule has the id {row.rule}; give the rule's wording, or"
            " the document or run that it is a rule of"
        )
    case = GoldCase(
        messages=row.asked,
        answer=row.answer,
        rule_text=rule.text if rule else row.rule,
        rules=(rule.id,) if rule else (),
        section=tuple(part.strip() for part in row.section.split(">") if part.strip()),
        authority=row.authority or (rule.authority if rule else None),
        family=row.family or (rule.family if rule else ""),
        group=row.group or content_id([turn.content for turn in row.asked]),
        answered_by=row.answered_by,
        place=f"{path}: line {number}",
    )
    label = GoldLabel(
        case=case.id,
        value=row.label,
        by=row.by or path.name,
        kind=row.kind,
        comment=row.comment,
        time=row.time,
    )
    return GoldItem(case, label)


def _is_id(text: str) -> bool:
    return len(text) == 16 and all(letter in "0123456789abcdef" for letter in text)
