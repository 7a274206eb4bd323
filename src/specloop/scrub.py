"""Remove API keys from what is kept or shown, in any form in which they appear.

A key is registered where it is read. It is then found with upper and lower case mixed up, with
anything but letters and digits between its characters, in the escapes of JSON, Python, URLs and
HTML (also nested), reversed, in base64, in hex, and cut short. A key of only a few words is found
only in its own spelling and in those escapes: otherwise ordinary text would be removed.
"""

from __future__ import annotations

import base64
import html
import os
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

MASK = "***"
_SHORTEST = 8
"""Least characters of a key that is searched for everywhere. A shorter one is most likely a
placeholder (EMPTY, none) and is only removed after `Bearer `."""
_PLACEHOLDER = re.compile(
    # Words and small numbers in under 20 characters, or as a path or address; numbers.
    r"(?!(?:sk|pk|hf|gsk|ghp|xai|key)[-_])(?=.{1,19}$|[./~]|\w+://)[\W_]*(?:PART)(?:[\W_]+(?:PART))*+[\W_]*|\d{1,15}".replace(
        "PART", r"(?:[A-Z]?[a-z]{1,12}|[A-Z]{1,12})\d{0,3}|\d{1,4}[a-z]?"
    )
)
"""Keys for servers that need none (not-needed, dummykey), and values that are not keys although
their variable is named like one (production, 1000000000, /run/secrets/a): ordinary text has them,
too."""
_RANDOM = 12
"""How many letters and digits of a key cannot occur by chance, if it has both."""
_PART = 16
"""How many letters and digits of a key in a row are too many to show; for a long key a quarter,
except at its ends."""
_ROUNDS = 5
"""How often escapes are undone, because they may be nested."""

_KEPT = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_LOWER = bytes(range(256)).lower()
_DROPPED = bytes(set(range(256)) - set(_KEPT))
_ESCAPE = re.compile(
    # Each begins with one fixed character, which makes the search fast.
    r"\\\\*+(?:[ux]\{0*([0-9a-f]{1,6})\}|(?-i:U)([0-9a-f]{8})|u([0-9a-f]{4})|x([0-9a-f]{2})"
    r"|([0-7]{3})|([nrtfvb]))?"
    r"|%(?:25)*+(?:u([0-9a-f]{4})|([0-9a-f]{2}))"
    r"|&(?:amp;)*+(\#?\w{1,31});?",
    re.I,
)
_BASE64 = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=_-")
_NAMED = re.compile(r"(?:API_?KEY|ACCESS_KEY|SECRET|SECRET_KEY|TOKEN|PASSW(?:OR)?D)$", re.I)
_REACH = 64
"""Characters of base64 on either side of a key that belong to it: `Bearer `, a user's name."""
_WINDOW, _OVERLAP = 100_000, 2_000
"""Characters searched together where there is a key, to limit the memory for a long text."""


class _Form(NamedTuple):
    """One way to write a key."""

    text: str
    step: int
    """The length of the pieces to look for: any part that counts holds a whole piece."""
    least: int
    """How many characters in a row count as the key."""
    is_base64: bool = False

    @property
    def starts(self) -> range:
        """Where the pieces of this form begin."""
        return range(0, max(1, len(self.text) - self.step + 1), self.step)


_forms: list[_Form] = []
_needles: list[bytes] = []
_literal: list[str] = []
_words: list[str] = []
"""Placeholders, which are removed only from errors."""
_known: set[str] = set()


def register(key: str | None) -> None:
    """Remove this key from everything from now on."""
    if not key or key in _known:
        return
    _known.add(key)
    if len(key) < _SHORTEST or _PLACEHOLDER.fullmatch(key):
        _literal.append(f"Bearer {key}")
        _words.extend([key] * (len(key) >= _SHORTEST))
        return
    plain = _folded(key).decode()
    if len(plain) >= _RANDOM and not plain.isdigit() and not plain.isalpha():
        least = min(max(_PART, len(plain) // 4), len(plain))
        _add(_Form(plain, -(-least // 2), least))
        _add(_whole(plain[::-1]))
        if least > _PART:  # the ends of a key are shown most often
            _add(_whole(plain[:_PART]))
            _add(_whole(plain[-_PART:]))
    else:
        _literal.append(key)
    raw = key.encode(errors="replace")
    _add(_whole(raw.hex()))
    for before in range(3):
        coded = base64.b64encode(bytes(before) + raw).decode()
        # Characters at the ends depend on the text beside the key.
        inner = coded[-(-before * 8 // 6) : (before + len(raw)) * 8 // 6]
        _add(_whole(_folded(inner).decode())._replace(is_base64=True))


def _whole(text: str) -> _Form:
    return _Form(text, len(text), len(text))


def _add(form: _Form) -> None:
    _forms.append(form)
    _needles.extend(form.text[at : at + form.step].encode() for at in form.starts)


def register_environment() -> None:
    """Register environment variables named like a key or token, which the providers' libraries read
    themselves."""
    for name, value in os.environ.items():
        if _NAMED.search(name):
            register(value.strip())


def scrub(text: str) -> str:
    """The text without keys."""
    if not has_key(text):
        return text
    spans = (span for at in range(0, len(text), _WINDOW) for span in _in_window(text, at))
    parts: list[str] = []
    done = 0
    for start, end in sorted(spans):
        if start >= done:
            parts += [text[done:start], MASK]
        done = max(done, end)
    return "".join([*parts, text[done:]])


def scrub_error(text: str) -> str:
    """A server's error without keys, and without placeholders, which are not ordinary words
    there."""
    for word in _words:
        text = text.replace(word, MASK)
    return scrub(text)


def scrub_value(value: Any) -> Any:
    """A JSON value whose texts have no keys."""
    return each_text(value, scrub)


def each_text(value: Any, change: Callable[[str], str]) -> Any:
    """A JSON value with each of its texts changed."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list | tuple):
        return [each_text(item, change) for item in value]
    if isinstance(value, dict):
        return {each_text(name, change): each_text(item, change) for name, item in value.items()}
    return value


def has_key(text: str) -> bool:
    """Whether the text seems to hold a key; takes some microseconds for a reply of usual length."""
    return bool(_known) and (_seems(text) or any(map(_seems, _unescaped(text))))


def _seems(text: str) -> bool:
    for literal in _literal:
        if literal in text:
            return True
    folded = _folded(text)
    for needle in _needles:  # noqa: SIM110 - half as fast in any()
        if needle in folded:
            return True
    return False


def _folded(text: str) -> bytes:
    """The letters and digits of a text, in lower case."""
    return text.encode(errors="replace").translate(_LOWER, _DROPPED)


def _unescaped(text: str) -> Iterator[str]:
    """The text with its escapes undone once, twice and so on."""
    for _ in range(_ROUNDS):
        if "\\" not in text and "%" not in text and "&" not in text:
            return
        before, text = text, _ESCAPE.sub(_meant, text)
        if text == before:
            return
        yield text


def _meant(escape: re.Match[str]) -> str:
    *numbers, entity = escape.groups()
    if entity:
        return html.unescape(f"&{entity};")
    braced, long, short, byte, octal, space, *of_url = numbers
    if space:
        return " "
    code = (
        int(octal, 8)
        if octal
        else int(next(filter(None, (braced, long, short, byte, *of_url)), "0"), 16)
    )
    return chr(code) if 0 < code < 0x110000 else ""


class _Unit(NamedTuple):
    """A decoded character, and where in the text it is written."""

    char: str
    start: int
    end: int


def _in_window(text: str, at: int) -> Iterator[tuple[int, int]]:
    """Where keys are in a part of a text, and a little beyond it."""
    part = text[at : at + _WINDOW + _OVERLAP]
    if not has_key(part):
        return
    units = [_Unit(char, place, place + 1) for place, char in enumerate(part, at)]
    for _ in range(_ROUNDS + 1):
        yield from _spans(units, text)
        decoded = _decoded(units)
        if len(decoded) == len(units):
            return
        units = decoded


def _decoded(units: list[_Unit]) -> list[_Unit]:
    decoded: list[_Unit] = []
    done = 0
    for escape in _ESCAPE.finditer("".join(unit.char for unit in units)):
        start, end = escape.span()
        where = units[start].start, units[end - 1].end
        decoded += units[done:start]
        decoded += (_Unit(char, *where) for char in _meant(escape))
        done = end
    return decoded + units[done:]


def _spans(units: list[_Unit], text: str) -> Iterator[tuple[int, int]]:
    decoded = "".join(unit.char for unit in units)
    for literal in _literal:
        for first in _places(literal, decoded):
            yield units[first].start, units[first + len(literal) - 1].end
    letters = [unit for unit in units if unit.char.isascii() and unit.char.isalnum()]
    folded = "".join(unit.char for unit in letters).lower()
    for form in _forms:
        for first, last in _runs(form, folded):
            start, end = letters[first].start, letters[last - 1].end
            yield _token(text, start, end) if form.is_base64 else (start, end)


def _runs(form: _Form, folded: str) -> Iterator[tuple[int, int]]:
    """Beginnings and ends of places with enough of a form."""
    whole = form.text
    for at in form.starts:
        for place in _places(whole[at : at + form.step], folded):
            zero = place - at  # where the whole form would begin
            first, last = place, place + form.step
            while first > max(zero, 0) and folded[first - 1] == whole[first - 1 - zero]:
                first -= 1
            while last < min(zero + len(whole), len(folded)) and folded[last] == whole[last - zero]:
                last += 1
            if last - first >= form.least:
                yield first, last


def _places(part: str, text: str) -> Iterator[int]:
    at = text.find(part)
    while at >= 0:
        yield at
        at = text.find(part, at + 1)


def _token(text: str, start: int, end: int) -> tuple[int, int]:
    """The place with the adjoining characters of the same base64 text."""
    for _ in range(_REACH):
        start -= start > 0 and text[start - 1] in _BASE64
        end += end < len(text) and text[end] in _BASE64
    return start, end
