"""Handle references and comments of HTML inside texts from others, in linear time."""

from __future__ import annotations

import html
import re

_LONG_REFERENCE = re.compile(r"&#[0-9]{300,};?")


def unescaped(text: str) -> str:
    """A text with its character references resolved, except those with more digits than Python
    reads."""
    return html.unescape(_LONG_REFERENCE.sub("\ufffd", text)) if "&" in text else text


def without_open_comments(text: str) -> str:
    """A text of the same length in which every `<!--` has its `-->`.

    For each one without, a search would go through all the rest of the text.
    """
    last = max(0, text.rfind("-->"))
    return text[:last] + text[last:].replace("<!--", "<\0--")
