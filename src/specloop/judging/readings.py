"""The ways to read a text: as it is, and with hidden words made visible."""

from __future__ import annotations

import base64
import binascii
import codecs
import html
import re
import unicodedata
from collections.abc import Callable, Iterator
from urllib.parse import unquote

from specloop.judging.guard import without_hidden

_ALIKE = str.maketrans(
    "авеёзкмнорстухіјѕһԁԛԝАВЕЗКМНОРСТУХІЈЅҮ" + "αβεικνορτυχΑΒΕΖΗΙΚΜΝΟΡΤΥΧ",
    "abee3kmhopctyxijshdqwABE3KMHOPCTYXIJSY" + "abeikvoptuxABEZHIKMNOPTYX",
)
_QUOTES = str.maketrans("“”„‟‘’‚", '""""\'\'\'')
_SMALL_CAPITALS = str.maketrans("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ", "ABCDEFGHIJKLMNOPRSTUVWYZ")
_LEET = str.maketrans("0134578@$!|", "oleastbasil")
_MARKS = re.compile("[\u0300-\u036f\u0489\u20d0-\u20f0]")
_BASE64 = re.compile(r"(?<![A-Za-z0-9+/=_-])[A-Za-z0-9+/_-]{16,}={0,2}")
_BASE32 = re.compile(r"\b[A-Z2-7]{24,}\b")
_HEX = re.compile(r"(?:(?:0x|\\x)?[0-9a-fA-F]{2}[ ,:]?){12,}")
_BITS = re.compile(r"(?:[01]{8}\s*){6,}")
_CODES = re.compile(r"(?:\b\d{2,3}\b[ ,;]+){11,}\d{2,3}\b")
_ESCAPES = re.compile(r"\\u\{?([0-9a-fA-F]{4})\}?|\\x([0-9a-fA-F]{2})")
_APART = re.compile(r"(?<!\w)(?:\w[ .\-_*·|/]{1,3}){2,}\w(?!\w)")
_MARKUP = re.compile(r"(?m)^[ \t>#*|/\\+=-]+|<!--|-->|[*`~]+|(?<!\w)_+|_+(?!\w)|</?[a-z]{1,10}>")
_MOST_RUNS = 50
"""Most encoded runs that are decoded."""


def as_latin(text: str) -> str:
    """The text with look-alikes replaced by Latin letters, so that words in it are found."""
    folded = unicodedata.normalize("NFKC", without_hidden(text))
    return folded.translate(_ALIKE).translate(_SMALL_CAPITALS)


def readings(text: str) -> Iterator[tuple[str, str]]:
    """Each reading of a text, with how its words are hidden; empty for the text as it is.

    Readings that change nothing are left out, so that most texts have few.
    """
    marked = unicodedata.normalize("NFKC", without_hidden(html.unescape(text)))
    plain = _ESCAPES.sub(_unescaped, marked).translate(_QUOTES)
    yield "", plain
    latin = as_latin(plain)
    bare = _MARKS.sub("", unicodedata.normalize("NFD", latin))
    others = {
        "in look-alike letters": latin,
        "under combining marks": bare,
        "in invisible characters": _invisible(text),
        "in leetspeak": bare.translate(_LEET) if re.search(r"[a-z][0134578@$]+[a-z]", bare) else "",
        "in letters set apart": _APART.sub(_joined, bare),
        "in percent signs": unquote(plain) if plain.count("%") > 5 else "",
        "in an encoding": "\n".join(_decoded(plain)),
        "in rot13": codecs.encode(bare, "rot13"),
        "backwards": bare[::-1],
    }
    for how, reading in others.items():
        if reading and reading != plain:
            yield how, reading


def flat(text: str) -> str:
    """The text on one line, without the marks of lists, quotations, comments and formatting."""
    return " ".join(_MARKUP.sub(" ", text).split())


def _unescaped(match: re.Match[str]) -> str:
    return chr(int(match[1] or match[2], 16))


def _joined(match: re.Match[str]) -> str:
    """Spaced-out letters as words again; two spaces or a slash separate the words."""
    words = re.sub(r" {2,3}| ?[/|] ?", "\0", match[0])
    return re.sub(r"[ .\-_*·]", "", words).replace("\0", " ")


def _invisible(text: str) -> str:
    """What tag characters and variation selectors spell; empty where they draw flags."""
    tags = "".join(chr(ord(ch) - 0xE0000) for ch in text if 0xE0020 <= ord(ch) <= 0xE007E)
    codes = [ord(ch) for ch in text]
    low = [code - 0xFE00 for code in codes if 0xFE00 <= code <= 0xFE0F]
    high = [code - 0xE0100 + 16 for code in codes if 0xE0100 <= code <= 0xE01EF]
    # Emoji take one selector each, always the same.
    return f"{tags}\n{bytes(low + high).decode(errors='ignore')}" if tags or high else ""


def _decoded(text: str) -> Iterator[str]:
    for run in _BASE64.findall(text)[:_MOST_RUNS]:
        body = run.rstrip("=").replace("-", "+").replace("_", "/")
        yield _text_of(body + "=" * (-len(body) % 4), base64.b64decode)
    for run in _BASE32.findall(text)[:_MOST_RUNS]:
        yield _text_of(run + "=" * (-len(run) % 8), base64.b32decode)
    for run in _HEX.findall(text)[:_MOST_RUNS]:
        digits = re.sub(r"0x|\\x|[ ,:]", "", run)
        yield _text_of(digits, bytes.fromhex)
    for run in _BITS.findall(text)[:_MOST_RUNS]:
        yield "".join(chr(int(bits, 2)) for bits in re.findall(r"[01]{8}", run))
    for run in _CODES.findall(text)[:_MOST_RUNS]:
        yield "".join(map(chr, map(int, re.findall(r"\d+", run))))


def _text_of(run: str, decode: Callable[[str], bytes]) -> str:
    try:
        decoded = decode(run).decode()
    except (binascii.Error, ValueError):
        return ""
    return decoded if decoded.isprintable() or "\n" in decoded else ""
