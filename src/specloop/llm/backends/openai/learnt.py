"""What a server's refusals have taught about it: known to all later calls, and to the next run."""

from __future__ import annotations

import time
from collections.abc import Container
from typing import NamedTuple

from pydantic import Field, ValidationError
from yarl import URL

from specloop.llm.backends.openai.dialect import Dialect, Structured
from specloop.llm.backends.openai.discovery import Server
from specloop.llm.backends.openai.notes import notes_file, read_note, write_note
from specloop.records import Value

_REMEMBERED_S = 30 * 24 * 3600.0
_SHAPES_OF_ALL = 2
"""Shapes of schemas refused, none being taken, after which all of them count as refused."""


class Learnt(Value):
    """Changes to how a server is spoken to."""

    structured: Structured | None = None
    schemas: dict[str, Structured] = Field(default_factory=dict)
    """By the shape of a schema."""
    system: bool = True
    developer: bool = True
    parts: bool = True
    alternating: bool = False
    prefill_in_words: bool = False
    prefix: bool = False
    renamed: dict[str, str] = Field(default_factory=dict)
    dropped: frozenset[str] = frozenset()
    least_temperature: float = 0.0

    def over(self, known: Dialect) -> Dialect:
        """What is known of the server, with what was learnt instead."""
        prefill = "prefix" if self.prefix else known.prefill
        return known._replace(
            structured=self.structured or known.structured,
            schemas={**known.schemas, **self.schemas},
            system=known.system and self.system,
            developer=known.developer and self.developer,
            parts=known.parts and self.parts,
            alternating=known.alternating or self.alternating,
            prefill="words" if self.prefill_in_words else prefill,
            renamed={**known.renamed, **self.renamed},
            dropped=known.dropped | self.dropped,
            least_temperature=max(known.least_temperature, self.least_temperature),
        )

    def joined(self, other: Learnt) -> Learnt:
        """Both; what the other says of the same counts."""
        return Learnt(
            structured=other.structured or self.structured,
            schemas=self.schemas | other.schemas,
            system=self.system and other.system,
            developer=self.developer and other.developer,
            parts=self.parts and other.parts,
            alternating=self.alternating or other.alternating,
            prefill_in_words=self.prefill_in_words or other.prefill_in_words,
            prefix=self.prefix or other.prefix,
            renamed=self.renamed | other.renamed,
            dropped=self.dropped | other.dropped,
            least_temperature=max(self.least_temperature, other.least_temperature),
        )

    def without_schemas(self, shapes: Container[str]) -> Learnt:
        """The same, but for what it holds of schemas of these shapes."""
        kept = {name: form for name, form in self.schemas.items() if name not in shapes}
        return self.model_copy(update={"schemas": kept})

    def for_all_schemas(self) -> Learnt:
        """The same; where several shapes of schemas were refused, it is true of all of them."""
        if self.structured or len(self.schemas) < _SHAPES_OF_ALL:
            return self
        worst = "words" if "words" in self.schemas.values() else next(iter(self.schemas.values()))
        return self.model_copy(update={"structured": worst})

    def without_detour(self, before: Learnt) -> Learnt:
        """The same, but for a step that was tried on the way and did not help."""
        kept = {k: v for k, v in self.schemas.items() if before.schemas.get(k) != v}
        if self.structured == "bare" and kept and "bare" not in kept.values():
            return self.model_copy(update={"structured": before.structured})
        return self

    def in_words(self, before: Learnt) -> list[str]:
        """What it holds beyond what was known before, a sentence each."""
        return [line for line in _told(self) if line not in _told(before)]


def _told(learnt: Learnt) -> list[str]:
    forms = (learnt.structured, *learnt.schemas.values())
    sentences = [words for form, words in _FORMS.items() if form in forms]
    if not learnt.system:
        sentences.append("no system role: its text stands in front of the user's turn")
    if not learnt.developer:
        sentences.append("no developer role: sent as system")
    if not learnt.parts:
        sentences.append("no text parts: they are sent as one text")
    if learnt.alternating:
        sentences.append("alternating turns: those of one role are joined")
    if learnt.prefix:
        sentences.append("a begun answer with prefix: true")
    if learnt.prefill_in_words:
        sentences.append("no begun answer: the model is asked in words to begin so")
    sentences += [f"{name} as {other}" for name, other in learnt.renamed.items()]
    sentences += [f"no {name}: {_INSTEAD.get(name, 'left out')}" for name in sorted(learnt.dropped)]
    if learnt.least_temperature:
        sentences.append(f"no temperature of 0: {learnt.least_temperature} is sent")
    return sentences


_FORMS: dict[Structured, str] = {
    "schema": "JSON schemas",
    "bare": "no limits in a JSON schema: they are described in it",
    "value": "a JSON schema as response_format's value",
    "object": "no such JSON schema: its fields are described in words, with JSON mode",
    "words": "no such JSON schema: its fields are described in words",
}
_INSTEAD = {
    "stop": "left out, and replies are cut here",
    "seed": "left out, so replies cannot be drawn again",
    "temperature": "left out, so the server's own counts",
}


class Noted(Value):
    """What was learnt, of which server and when (seconds since 1970)."""

    learnt: Learnt
    server: Server
    at: float


class Notebook(NamedTuple):
    """Where what is learnt of one model at one address is kept."""

    base: URL
    model: str
    server: Server

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes it the same one: the file, the server, what it is."""
        return str(notes_file()), self._name, self._same.model_dump_json()

    def read(self) -> Learnt:
        """What was learnt of the same server in the last 30 days."""
        try:
            noted = Noted.model_validate(read_note(self._name))
        except ValidationError:
            return Learnt()
        fresh = 0 <= time.time() - noted.at < _REMEMBERED_S
        return noted.learnt if fresh and noted.server == self._same else Learnt()

    def write(self, learnt: Learnt) -> None:
        """Remember it."""
        noted = Noted(learnt=learnt, server=self._same, at=time.time())
        write_note(self._name, noted.model_dump(mode="json"))

    @property
    def _same(self) -> Server:
        """What has to stay the same: not how it was started."""
        return self.server.model_copy(update={"context": 0})

    @property
    def _name(self) -> str:
        return f"learnt {self.base} {self.model}"
