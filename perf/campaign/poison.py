"""Replies, documents and settings that are made to crash, to freeze or to fill the memory."""

# pyright: basic
from __future__ import annotations

import random
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from aiohttp import web
from perf.campaign.course import PIPELINE, RUN, Course
from perf.campaign.rows import Row
from perf.campaign.warm import Ended, Warm
from perf.parsers import PARSERS, measured
from tests.scripted_server import ScriptedServer, mark_of

_SHARE = 3
"""Every so many calls are answered with poison."""
_CHARS = 4_000
REPLIES: dict[str, str] = {
    "nested lists": "[" * 1_200 + "]" * 1_200,
    "nested objects": '{"a":' * 3_000 + "1" + "}" * 3_000,
    "braces": "{" * 12_000,
    "brackets and quotes": '["a" ' * 2_400,
    "braces and quotes": '{"' * 6_000,
    "digits": '{"verdict": ' + "9" * 4_400 + "}",
    "no number": '{"a": 1e999, "b": NaN, "c": -Infinity}',
    "half a character": '{"text": "\\ud800", "family": "\\udfff"}',
    "zeros": "\x00" * 300,
    "a long reply": "word " * 300_000,
    "a long line": "a" * 1_500_000,
    "ends of thoughts": "<think>" * 3_000 + "</think>" * 4_000,
    "comments": "<!--" * 20_000,
    "a long reference": "&#" + "9" * 5_000 + ";",
    "markup": '{"family": "[/bold] \\u001b]52;c;ZQ==\\u0007", "domain": "[red]", "text": "[/b]"}',
    "fences": "```json\n{" * 2_000,
    "tables": "|a" * 20_000,
}
DOCUMENTS: dict[str, str] = {
    "quotes.md": ">",
    "lists.md": "- ",
    "headings.md": "# Never lie\n",
    "definitions.md": "[a]: /b\n",
    "table.md": "|a",
    "ticks.md": "`a ``b ",
    "footnotes.md": "^[a",
    "line.txt": "The bot must not lie. ",
    "comments.html": "<!--",
    "ended.html": "<!--a>",
    "tags.html": "<a ",
    "containers.html": "<div>a",
    "cells.html": "<td>must ",
    "marked.html": "<![",
    "references.html": "&#9999999999",
}
SETTINGS: dict[str, str] = {
    "nested": "a = " + "[" * 10_000,
    "tables": "a." * 5_000 + "a = 1",
    "digits": "a = " + "9" * 5_000,
    "date": "a = 2020-13-45",
    "long": "#" * 2_000_000,
}
RULES: dict[str, str] = {
    "aliases": "".join(f"- &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 9)),
    "nested": "[" * 10_000,
    "digits": "- id: " + "9" * 5_000 + "\n",
    "sixties": "- id: 1" + ":1" * 100_000 + "\n",
    "tag": "- !!python/object/apply:os.system [ls]\n",
    "long": "- id: a\n" * 1_300_000,
}


class _Poisoned(ScriptedServer):
    """Answers a share of the calls, always the same ones, with a text."""

    poison = ""

    async def _answer(self, request: web.Request) -> web.Response:
        answer = await super()._answer(request)
        body: dict[str, Any] = self.bodies[-1]
        if not self.poison or mark_of(body) % _SHARE:
            return answer
        message = {"role": "assistant", "content": self.poison}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        usage = {"prompt_tokens": 9, "completion_tokens": 9, "total_tokens": 18}
        return web.json_response({"model": "m", "choices": [choice], "usage": usage})


class _Count:
    """What has come of the attacks of a kind."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.tried = self.lost = self.wrong = self.tracebacks = 0

    def ended(self, ended: Ended, what: str, right: bool) -> None:
        """A command that was attacked."""
        self.tried += 1
        self.wrong += not right
        self.tracebacks += ended.has_traceback
        if ended.has_traceback or not right:
            print(f"{self.name}: {what}: exit {ended.code}: {ended.said[-300:]}", file=sys.stderr)

    def row(self) -> Row:
        """The line of the table."""
        return Row(self.name, self.tried, self.lost, self.wrong, self.tracebacks)


def attacks(size: float, work: Path, seed: int) -> Iterator[Row]:
    """Rows of replies, documents, settings and parsers."""
    rng = random.Random(seed)
    with _Poisoned(marked=True) as server, Warm(work) as warm:
        course = Course(work, server, warm)
        settings = work / "inputs" / "course.toml"
        settings.write_text(settings.read_text().replace("waves =", "max_failures = 1.0\nwaves ="))
        yield _replies(course, server, _some(list(REPLIES.items()), size, rng))
        yield _documents(course, _some(list(DOCUMENTS.items()), size, rng))
        yield _settings(course, _some(list(SETTINGS.items()), size, rng))
        yield _rules(course, _some(list(RULES.items()), size, rng))
    yield _parsers(_some(list(PARSERS), size, rng))


def _some(items: list[Any], size: float, rng: random.Random) -> list[Any]:
    return items if size >= 1 else rng.sample(items, max(1, round(size * len(items))))


def _replies(course: Course, server: _Poisoned, which: Sequence[tuple[str, str]]) -> Row:
    """A pipeline whose calls are poisoned, and once more over what it has stored."""
    count = _Count("poisoned replies in a pipeline, and its resume")
    for name, text in which:
        server.poison = text
        folder = course.fresh()
        for words in PIPELINE:
            first = course.go(folder, words)
            sent = len(server.bodies)
            again = course.go(folder, words)
            for ended in (first, again):
                count.ended(ended, f"{name}: {words[0]}", ended.code == 0 or ended.is_refusal)
            # What was stored, poison too, is not paid for again.
            count.lost += len(server.bodies) - sent
            if again.code:
                break
        course.drop(folder)
    server.poison = ""
    return count.row()


def _documents(course: Course, which: Sequence[tuple[str, str]]) -> Row:
    count = _Count("documents of 1 MB made to be slow")
    for name, mark in which:
        _read(course, count, name, (mark * (1_000_000 // len(mark) + 1))[:1_000_000])
    return count.row()


def _read(course: Course, count: _Count, name: str, text: str) -> None:
    folder = course.fresh()
    (folder / name).write_text(text)
    ended = course.go(folder, ("rules", name, "--out", RUN))
    count.ended(ended, name, ended.code == 0 or ended.is_refusal)
    course.drop(folder)


def _settings(course: Course, which: Sequence[tuple[str, str]]) -> Row:
    count = _Count("settings (TOML) made to be slow or to crash")
    for name, text in which:
        folder = course.fresh()
        (folder / "c.toml").write_text(text)
        document = "../inputs/policy.md"
        ended = course.go(folder, ("rules", document, "--out", RUN, "--config", "c.toml"))
        count.ended(ended, name, ended.code == 2 and ended.is_refusal)
        course.drop(folder)
    return count.row()


def _rules(course: Course, which: Sequence[tuple[str, str]]) -> Row:
    count = _Count("edited rules (YAML) made to be slow or to crash")
    folder = course.done(course.fresh(), PIPELINE[:1])
    for name, text in which:
        (folder / RUN / "rules.yaml").write_text(text)
        ended = course.go(folder, ("instances", RUN))
        count.ended(ended, name, ended.code == 2 and ended.is_refusal)
    course.drop(folder)
    return count.row()


def _parsers(names: Sequence[str]) -> Row:
    count = _Count("parsers whose time grows faster than their text")
    for name in names:
        result = measured(name, _CHARS, 5.0)
        count.tried += 1
        count.wrong += result.grows
        count.tracebacks += bool(result.odd)
        if result.grows or result.odd:
            print(f"{count.name}: {result}", file=sys.stderr)
    return count.row()
