"""OpenAI's published evaluation of its Model Spec: prompts, each with a rubric of its own.

A file holds items as JSON Lines, or a JSON list of them: `id`, `input` (a text or turns), `target`
(the rubric) and `metadata` with `section_id`, and where there are `focus_id` and `skip`. The
published figure is the share of answers whose median of five grades from 1 to 7 is at least 6: the
judge `graded` with its usual options. Their grader is shown the whole document; ours the item's
section, if the document lies beside the items as `model_spec.md`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from pydantic import ConfigDict, Field, ValidationError, field_validator

from specloop.errors import InputError
from specloop.jsontext import first_fault, read_json
from specloop.records import Case, Message, Role, Scenario, Specs, Value
from specloop.records.conversation import must_ask
from specloop.rowfiles import read_rows
from specloop.sources import BenchmarkSource, sources
from specloop.spec import read_document, read_spec
from specloop.spec.examples import before_examples

_DOCUMENT = "model_spec.md"


class _Lenient(Value):
    model_config = ConfigDict(extra="ignore", str_strip_whitespace=True)


class _Turn(_Lenient):
    role: Role
    content: str


class _About(_Lenient):
    section_id: str = Field(min_length=1)
    focus_id: str | None = None
    skip: bool | None = None


class _Item(_Lenient):
    id: str
    input: tuple[_Turn, ...]
    target: str = Field(min_length=1)
    metadata: _About

    @field_validator("id", mode="before")
    @classmethod
    def _named(cls, value: object) -> object:
        return str(value) if isinstance(value, int) else value

    @field_validator("input", mode="before")
    @classmethod
    def _asked(cls, value: object) -> object:
        return [{"role": "user", "content": value}] if isinstance(value, str) else value

    @field_validator("target", mode="before")
    @classmethod
    def _in_one(cls, value: object) -> object:
        return "\n".join(map(str, value)) if isinstance(value, list) else value

    @property
    def messages(self) -> tuple[Message, ...]:
        """The conversation to answer; InputError if nothing is asked."""
        turns = tuple(Message(role=turn.role, content=turn.content) for turn in self.input)
        must_ask(turns)
        return turns


class _Placed(NamedTuple):
    place: str
    item: _Item


@sources.register("model_spec_evals")
class ModelSpecEvals(BenchmarkSource):
    """Items in the form of OpenAI's evaluation of its Model Spec, each with a rubric."""

    max_chars: int = Field(default=4000, ge=200)
    """Characters of a section that models and judges are shown, where the document is there."""

    def scenarios(self, where: str) -> dict[str, Callable[[], Scenario]]:
        """The scenarios by sections of the document."""
        path = Path(where)
        if path.is_dir():
            raise InputError(f"{path}: a folder; name the file of items that is in it")
        by_section: dict[str, list[_Placed]] = {}
        for placed in _items(path):
            by_section.setdefault(placed.item.metadata.section_id, []).append(placed)
        if not by_section:
            raise InputError(f"{path}: no items to ask; each is an object with id, input, target")
        wordings = self._wordings(path.with_name(_DOCUMENT))
        return {
            section: partial(_scenario, section, placed, wordings)
            for section, placed in by_section.items()
        }

    def _wordings(self, document: Path) -> Mapping[str, str] | None:
        """What sections demand, by their anchors; None without a document."""
        if not document.is_file():
            return None
        spec = read_spec(read_document(document))
        return {
            section.anchor: before_examples(section, spec.examples, self.max_chars)
            for section in spec.sections
            if section.anchor
        }


def _items(path: Path) -> Iterator[_Placed]:
    """The items that are not to be skipped. InputError if two have one id."""
    places: dict[str, str] = {}
    for place, item in _read(path):
        if item.id in places:
            raise InputError(
                f"{place}: its id {item.id!r} is that of {places[item.id]}; change one of them"
            )
        places[item.id] = place
        if not item.metadata.skip:
            yield _Placed(place, item)


def _read(path: Path) -> Iterator[tuple[str, _Item]]:
    if path.suffix.lower() != ".json":
        yield from read_rows(path, _Item)
        return
    content = read_json(path)
    if not isinstance(content, list):
        raise InputError(f"{path}: must hold a list of items, like [{{...}}, ...]")
    for number, raw in enumerate(content, 1):
        place = f"{path}: item {number}"
        try:
            yield place, _Item.model_validate(raw)
        except ValidationError as error:
            raise InputError(f"{place}: {first_fault(error, 'the item')}") from None


def _scenario(
    section: str, items: Sequence[_Placed], wordings: Mapping[str, str] | None
) -> Scenario:
    if wordings is not None and section not in wordings:
        raise InputError(
            f"{items[0].place}: no section of {_DOCUMENT} beside it has the anchor #{section}; put"
            " the document of the same release there, or take it away"
        )
    text = f'The section "{section}" of the Model Spec is kept.'
    said = f" It says: {wordings[section]}" if wordings else ""
    return Scenario(
        key=section,
        name=section,
        specs=Specs(safety=(), behavioral=(text + said,)),
        rows=tuple(_case(section, number, *each) for number, each in enumerate(items)),
    )


def _case(section: str, number: int, place: str, item: _Item) -> Case:
    try:
        messages = item.messages
    except InputError as error:
        raise InputError(f"{place}: input: {error}") from None
    return Case(
        messages=messages,
        scenario=section,
        side="violation",
        topic=item.metadata.focus_id or "",
        source=item.id,
        rubric=item.target,
        number=number,
    )
