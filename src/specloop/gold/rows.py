"""Labels of one's own: a row an answer, a rule and a label, or two answers and the better one, as
CSV or JSON Lines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import ConfigDict, Field, field_validator, model_validator

from specloop.errors import InputError
from specloop.gold import (
    FOLLOWED,
    GoldItem,
    GoldSource,
    PairItem,
    gold,
    names_model,
    only_pairs,
)
from specloop.records import (
    Authority,
    GoldCase,
    GoldLabel,
    GoldPair,
    GoldPreference,
    GoldValue,
    LabellerKind,
    Message,
    PairValue,
    Rule,
    Value,
    content_id,
    must_ask,
)
from specloop.rowfiles import read_cell, read_rows


class _Columns(Value):
    """What rows of labels have in common, as it is written. Columns that are not known are refused,
    so that no misspelt one is passed over."""

    model_config = ConfigDict(str_strip_whitespace=True)

    rule: str = Field(min_length=1)
    """The rule's wording, or its id."""
    request: str = ""
    messages: tuple[Message, ...] = ()
    """The conversation, in place of the request."""
    by: str = ""
    kind: LabellerKind | None = None
    """What `by` is; may be left out where the name tells."""
    comment: str = ""
    section: str = ""
    authority: Authority | None = None
    family: str = ""
    group: str = ""
    time: str = ""

    @field_validator("authority", "kind", mode="before")
    @classmethod
    def _may_be_empty(cls, value: Any) -> Any:
        return value or None

    @field_validator("time")
    @classmethod
    def _in_utc(cls, value: str) -> str:
        """To the second, so that the later of two labels can be told."""
        try:
            time = datetime.fromisoformat(value) if value else None
        except ValueError:
            raise ValueError("write it like 2026-01-31T12:00:00Z, or leave it out") from None
        if time is None:
            return ""
        aware = time if time.tzinfo else time.replace(tzinfo=UTC)
        return aware.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    @field_validator("messages", mode="before")
    @classmethod
    def _of_a_cell(cls, value: Any) -> Any:
        return read_cell(value or "[]") if isinstance(value, str) else value

    @model_validator(mode="after")
    def _names_models(self) -> _Columns:
        if self.kind == "model" and not self.by:
            raise ValueError("a model's label must say which model it is of, in by")
        if self.kind == "person" and names_model(self.by):
            raise ValueError(f"{self.by} names a model: write model as kind, or another name")
        return self

    @property
    def labelled_by(self) -> LabellerKind:
        """What the labeller is, as far as the row says it."""
        if self.kind or not self.by:
            return self.kind or "unknown"
        return "model" if names_model(self.by) else "person"

    @model_validator(mode="after")
    def _asks(self) -> _Columns:
        if self.messages and self.request:
            raise ValueError("give what was asked as request or as messages, not as both")
        if self.messages:
            try:
                must_ask(self.messages)
            except InputError as error:
                raise ValueError(f"messages: {error}") from None
        return self

    @property
    def asked(self) -> tuple[Message, ...]:
        """The conversation that was answered."""
        return self.messages or (Message(role="user", content=self.request),)


class _Row(_Columns):
    answer: str
    label: GoldValue
    answered_by: str = ""

    @field_validator("label", mode="before")
    @classmethod
    def _in_any_case(cls, value: Any) -> Any:
        words = _words(value)
        return words if words in ("cannot tell", "bad item") else words.upper()


class _PairRow(_Columns):
    rule: str = ""
    """Empty: the answers are compared by how they follow the request."""
    first: str
    second: str
    preferred: PairValue
    first_by: str = ""
    """The model that gave the first answer."""
    second_by: str = ""

    @field_validator("preferred", mode="before")
    @classmethod
    def _in_any_case(cls, value: Any) -> Any:
        return _words(value)


def _words(value: Any) -> str:
    return str(value).strip().lower().replace("_", " ")


@gold.register("rows")
class Rows(GoldSource):
    """A CSV or JSON Lines file with the columns rule, answer, label and request."""

    def read(self, where: str, rules: Sequence[Rule] = ()) -> Iterator[GoldItem]:
        """Its rows; a rule is given by its wording or its id."""
        path, known = Path(where), {rule.id: rule for rule in rules}
        for place, row in read_rows(path, _Row):
            case = GoldCase(
                answer=row.answer, answered_by=row.answered_by, **_about(place, row, known)
            )
            label = GoldLabel(case=case.id, value=row.label, **_said(path, row))
            yield GoldItem(case, label)


@gold.register("pairs")
class PairRows(GoldSource):
    """A CSV or JSON Lines file with the columns request, first, second and preferred."""

    def read(self, where: str, rules: Sequence[Rule] = ()) -> Iterable[GoldItem]:
        """InputError: its rows say nothing of one answer alone."""
        raise only_pairs(f"pairs:{where}")

    def read_pairs(self, where: str, rules: Sequence[Rule] = ()) -> Iterator[PairItem]:
        """Its rows; a rule is given by its wording or its id."""
        path, known = Path(where), {rule.id: rule for rule in rules}
        for place, row in read_rows(path, _PairRow):
            pair = GoldPair(
                answers=(row.first, row.second),
                answered_by=(row.first_by, row.second_by),
                **_about(place, row, known),
            )
            label = GoldPreference(pair=pair.id, value=row.preferred, **_said(path, row))
            yield PairItem(pair, label)


def _about(place: str, row: _Columns, rules: Mapping[str, Rule]) -> dict[str, Any]:
    rule = rules.get(row.rule)
    if rule is None and _is_id(row.rule):
        raise InputError(
            f"{place}: no rule has the id {row.rule}; give the rule's wording, or"
            " the document or run that it is a rule of"
        )
    return {
        "messages": row.asked,
        "rule_text": rule.text if rule else row.rule or FOLLOWED,
        "rules": (rule.id,) if rule else (),
        "section": tuple(part.strip() for part in row.section.split(">") if part.strip()),
        "authority": row.authority or (rule.authority if rule else None),
        "family": row.family or (rule.family if rule else ""),
        "group": row.group or _request(row),
        "place": place,
    }


def _said(path: Path, row: _Columns) -> dict[str, Any]:
    return {
        "by": row.by or path.name,
        "kind": row.labelled_by,
        "comment": row.comment,
        "time": row.time,
    }


def _request(row: _Columns) -> str:
    """A name of what was asked, which several rows may share; empty if nothing is said of it."""
    asked = [turn.content for turn in row.asked]
    return content_id(asked) if any(asked) else ""


def _is_id(text: str) -> bool:
    """Whether it is an id, or a number such as pages give a rule (R12), and no wording."""
    return re.fullmatch(r"[0-9a-f]{16}|[A-Za-z]?\d+", text.strip()) is not None
