"""Prompt files: a `.md` beside its module, one conversation a file.

Lines `=== system ===`, `=== user ===` and `=== assistant ===` split turns; a last assistant turn is
a prefill. `{{field}}` marks a value. Turns are split before values are filled in, and filling is
one pass, so a value that holds `{{rule}}` or `=== system ===` cannot reopen the template.
"""

from __future__ import annotations

import hashlib
import inspect
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple, cast

from specloop.records import Message, Role

_TURN = re.compile(r"^=== (system|user|assistant) ===\n", re.M)
_FIELD = re.compile(r"\{\{(\w+)\}\}")


class Prompt(NamedTuple):
    """A parsed prompt file; `digest` covers its whole text."""

    name: str
    turns: tuple[Message, ...]
    digest: str

    @classmethod
    def beside(cls, module_file: str, name: str = "") -> Prompt:
        """Load the `.md` beside a module: `name`.md, or the module's own name."""
        path = Path(module_file)
        return _load(path.with_name(f"{name}.md") if name else path.with_suffix(".md"))

    @property
    def fields(self) -> frozenset[str]:
        """Names of the values the prompt needs."""
        return frozenset(f for turn in self.turns for f in _FIELD.findall(turn.content))

    def render(self, **values: object) -> tuple[Message, ...]:
        """Fill every field; ValueError with the file and the name of a missing or unknown field."""
        odd = self.fields ^ values.keys()
        if odd:
            raise ValueError(f"{self.name}: missing or unknown field(s): {', '.join(sorted(odd))}")

        def fill(match: re.Match[str]) -> str:
            return str(values[match[1]])

        return tuple(Message(role=t.role, content=_FIELD.sub(fill, t.content)) for t in self.turns)


def digest_beside(strategy: object) -> str:
    """The digest of the prompt file beside a strategy's module; empty if there is none."""
    module = inspect.getfile(type(strategy))
    return Prompt.beside(module).digest if Path(module).with_suffix(".md").exists() else ""


@cache
def _load(path: Path) -> Prompt:
    text = path.read_text(encoding="utf-8")
    head, *parts = _TURN.split(text)
    if head.strip() or not parts:
        raise ValueError(
            f"{path.name}: a prompt file begins with a line '=== system ===' or '=== user ==='"
        )
    turns = tuple(
        Message(role=cast(Role, role), content=body.strip("\n"))
        for role, body in zip(parts[::2], parts[1::2], strict=True)
    )
    return Prompt(path.name, turns, hashlib.sha256(text.encode()).hexdigest()[:16])
