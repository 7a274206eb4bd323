"""The frame of the pages: style, script, policy and the template environment."""

from __future__ import annotations

import hashlib
import json
import re
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

_UNWRITABLE = re.compile("[\0\ud800-\udfff]")
"""Characters that no HTML file can hold: NUL, and half a surrogate pair."""
_ESCAPES = {ord(char): f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"}


def render(
    template: str,
    page: Mapping[str, Any],
    styles: Sequence[str],
    scripts: Sequence[str],
    filters: Mapping[str, Callable[..., object]],
) -> str:
    """A page from its template; everything except the text of our own files is escaped.

    Templates, styles and scripts are files of this package. The policy allows no other style or
    script, and no network.
    """
    style, script = ("".join(map(_part, names)) for names in (styles, scripts))
    policy = (
        f"default-src 'none'; style-src {_source(style)}; script-src {_source(script)}; "
        "base-uri 'none'; form-action 'none'"
    )
    environment = Environment(
        loader=FunctionLoader(_part),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(filters, percent="{:z.2f}%".format)
    html = environment.get_template(template).render(
        page,
        policy=policy,
        style=Markup(style),
        script=Markup(script),
    )
    return _UNWRITABLE.sub("\ufffd", html)


def script_json(content: Any) -> Markup:
    """JSON safe inside `<script type="application/json">`: no character can open or close a tag.

    Line separators that end a line in scripts are escaped too. Half a surrogate pair, which no file
    can hold, becomes the replacement character.
    """
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return Markup(_UNWRITABLE.sub("\ufffd", text.translate(_ESCAPES)))


@cache
def _part(name: str) -> str:
    return files("specloop.report").joinpath(name).read_text(encoding="utf-8")


def _source(text: str) -> str:
    """The digest of an inline part in the policy's form."""
    return f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
