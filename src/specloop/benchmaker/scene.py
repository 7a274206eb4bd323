"""Describe a scenario: its names and its task."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from pydantic import Field

from specloop.benchmaker.specs import BenchMaterial, ChosenSpecs
from specloop.benchmaker.steps import left_out
from specloop.config import Benchmaker
from specloop.draws import seed_of
from specloop.errors import InputError, ModelError
from specloop.llm.roles import RoleModel, RoleQuestion, ask, object_schema
from specloop.prompt import Prompt
from specloop.records import Failure, Value

_OPENING = 700
"""Most characters of the document's opening to show the model that describes the scenario."""
_SHOWN = 8
_KEY = re.compile(r"[\w-][\w .-]*")


class Scene(NamedTuple):
    """The scenario's names and its task."""

    key: str
    name: str
    description: str


class _Description(Value):
    description: str = Field(min_length=20)


_SCHEMA = object_schema(description={"type": "string", "minLength": 40, "maxLength": 240})


async def describe(
    material: BenchMaterial, chosen: ChosenSpecs, settings: Benchmaker, planner: RoleModel
) -> tuple[Scene, tuple[Failure, ...]]:
    """Find key, name and description: those given, or else the document's own and the model's
    words.

    Without the model's words the description is the document's title.
    """
    key, name = settings.key or _slug(material.document), _title(material)
    check_key(key)
    if settings.description:
        return Scene(key, name, settings.description), ()
    plain = Scene(key, name, f"The assistant answers under this specification: {name}.")
    shown = "\n".join(f"- {spec.text}" for spec in chosen.specs[:_SHOWN])
    values = {"title": name, "opening": _opening(material), "rules": shown}
    seed = seed_of(settings.seed, "description")
    question = RoleQuestion(Prompt.beside(__file__), values, _SCHEMA, seed, max_tokens=90)
    try:
        written, _ = await ask(planner, question, _Description)
    except ModelError as error:
        return plain, (left_out("the scenario's description", str(error)),)
    return plain._replace(description=_whole(written.description)), ()


def check_key(key: str) -> None:
    """InputError if a scenario's key cannot be a folder's name."""
    if not _KEY.fullmatch(key):
        raise InputError(f"[bench] key: {key!r} cannot be a folder's name; use letters and digits")


def _whole(text: str) -> str:
    """The text without a last sentence that was cut off."""
    text = " ".join(text.split())
    end = max(text.rfind(mark) for mark in ".!?。")
    return text[: end + 1] or text


def _slug(document: str) -> str:
    return re.sub(r"\W+", "-", Path(document).stem).strip("-") or "scenario"


def _title(material: BenchMaterial) -> str:
    titles = (section.path[0] for section in material.sections if section.path)
    return next(titles, _slug(material.document))


def _opening(material: BenchMaterial) -> str:
    """What the document says about itself: its first sections without rules."""
    stating = {rule.section for rule in material.rules}
    texts: list[str] = []
    for section in material.sections:
        if section.id in stating:
            break
        texts.append(section.text)
    return "\n".join(texts)[:_OPENING].strip() or "(nothing)"
