"""The parts of every page: style, script, policy and the template environment."""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import Markup

PARTS_FILE = "parts.html"
"""Macros that the pages share."""
_UNWRITABLE = re.compile("[\0\ud800-\udfff]")
"""Characters that no HTML file can hold: NUL, and half a surrogate pair."""


class Inline(NamedTuple):
    """A page's style and script, and the policy that allows no others and no network."""

    style: Markup
    script: Markup
    policy: str


@cache
def part(name: str) -> str:
    """A file of this package, by its path in it."""
    return files("specloop.report").joinpath(name).read_text(encoding="utf-8")


@cache
def inline(styles: tuple[str, ...], scripts: tuple[str, ...]) -> Inline:
    """The style and script, joined from files of this package."""
    style, script = ("".join(part(name) for name in names) for names in (styles, scripts))
    policy = (
        f"default-src 'none'; style-src {_source(style)}; script-src {_source(script)}; "
        "base-uri 'none'; form-action 'none'"
    )
    return Inline(Markup(style), Markup(script), policy)


def render(
    template: str, page: Mapping[str, Any], filters: Mapping[str, Callable[..., object]]
) -> str:
    """A page from its template; everything except the template's own text is escaped."""
    loader = DictLoader({name: part(name) for name in (template, PARTS_FILE)})
    environment = Environment(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(filters)
    return _UNWRITABLE.sub("\ufffd", environment.get_template(template).render(page))


def _source(text: str) -> str:
    """The digest of an inline part in the policy's form."""
    return f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
