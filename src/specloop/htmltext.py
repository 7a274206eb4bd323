"""HTML inside texts that others wrote: its references and comments, in a time that grows with the
length alone."""

from __future__ import annotations

import html
import re

_LONG_REFERENCE = re.compile(r"&#[0-9]{300,};?")


def unescaped(text: str) -> str:
    """A text with its character references resolved; one of more digits than Python reads is no
    character."""
    return html.unescape(_LONG_REFERENCE.sub("\ufffd", text))


def without_open_comments(text: str) -> str:
    """A text of the same length in which every `<!--` has its `-->`: a search looks for the end of
    each of the others through all the rest."""
    last = max(0, text.rfind("-->"))
    return text[:last] + text[last:].replace("<!--", "<\0--")
