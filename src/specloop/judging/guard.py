"""Judged text as quoted data that can neither end its quotation nor look like a turn.

There are three layers, each of which would stop most attacks:

- Every line of the text begins with `> `, so that nothing in it is at the beginning of a line,
  where delimiters, headings of turns and instructions stand (marking of data: Hines et al., 2024,
  "Defending Against Indirect Prompt Injection Attacks With Spotlighting").
- The delimiters around it hold a word, the call's *key*, that does not occur in the text.
- Control tokens of chat templates, imitations of our delimiters and characters that cannot be seen
  are removed or changed to look-alikes that mean nothing to a tokenizer.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from itertools import count

from specloop.turntokens import broken_up, is_hidden, turn_tokens, without

_SALT = "specloop sheet"
_SYLLABLES = tuple(c + v for c in "bdfgklmnprstvz" for v in "aeiou")
_KEY_SYLLABLES = 6
"""Syllables of a key that a judge copies with every verdict. No text holds it."""
FULL = 21
"""Syllables of a key that nobody has to copy: 128 bits."""

_LINE_ENDS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_NAMES = (
    r"query|request|question|answer|response|reference|specs?|specifications?|verdicts?|data|prompt"
    r"|instructions?|system|developer|user|assistant|model"
)
_TAG = re.compile(
    rf"<{{1,2}}\s{{0,8}}(?:/\s{{0,8}})?(?:(?:{_NAMES})(?:[\s_:=\-][^<>\n]{{0,80}})?/?|\w{{1,40}}[_:]\w{{1,40}})"
    r"\s{0,8}>{1,2}",
    re.I,
)
"""Imitations of our delimiters, and names that only a tokenizer or a program would give."""
_SQUARE = re.compile(rf"\[\s{{0,8}}(?:/\s{{0,8}})?(?:{_NAMES})\s{{0,8}}\]", re.I)
_TURN = re.compile(
    r"(?<!=)={2,}+[ \t]{0,8}(system|developer|user|assistant|tool)[ \t]{0,8}={2,}", re.I
)


def neutral(text: str) -> str:
    """The text without hidden characters and with every marker string made harmless.

    Words stay as they are, in other scripts too, because the judge has to see what an answer says.
    """
    text = without_hidden(_LINE_ENDS.sub("\n", text))
    return _TURN.sub(r"--- \1 ---", without(text, _markers))


def _markers(text: str) -> Iterator[tuple[int, int]]:
    yield from turn_tokens(text)
    yield from (match.span() for pattern in (_TAG, _SQUARE) for match in pattern.finditer(text))


def without_hidden(text: str) -> str:
    """The text without control, format, private-use, surrogate and other undrawn characters."""
    hidden = [ch for ch in set(text) if is_hidden(ch)]
    return text.translate(dict.fromkeys(map(ord, hidden))) if hidden else text


def call_key(*parts: str, syllables: int = _KEY_SYLLABLES) -> str:
    """A word that occurs in none of the parts, and is the same for the same parts.

    A random word would make each call a new one for the call cache. An author who knows this code
    could compute a digest of known content; but the judged text is part of the content, so a text
    that holds its own key would have to be a fixed point of the digest. Should somebody find one,
    the first key that does not occur in the text is taken.
    """
    content = json.dumps([_SALT, *parts])
    haystack = "\n".join(parts).casefold()
    keys = (_word(f"{n}{content}")[: 2 * syllables] for n in count())
    return next(key for key in keys if key not in haystack)


def _word(content: str) -> str:
    number = int.from_bytes(hashlib.sha256(content.encode()).digest())
    syllables: list[str] = []
    for _ in range(FULL):
        number, place = divmod(number, len(_SYLLABLES))
        syllables.append(_SYLLABLES[place])
    return "".join(syllables)


def quoted(name: str, text: str, key: str) -> str:
    """A text made `neutral` and marked line by line, between its delimiters."""
    lines = [f"> {line}" for line in text.split("\n")] if text.strip() else ["(empty)"]
    return "\n".join([f"<{name} {key}>", *lines, f"</{name} {key}>"])


def marked_lines(text: str) -> Iterator[str]:
    """The lines of a text that hold something, marked as quoted ones."""
    yield from (f"> {line}" for line in text.splitlines() if line.strip())


def wrapped(tag: str, text: str) -> str:
    """A text as data between tags that it can't close, with its turn tokens broken up.

    The tags' name holds a digest of the whole text that does not occur in it. With a random word
    the same request would differ for the call cache.
    """
    text = broken_up(text)
    name = f"{tag}-{call_key(text, syllables=FULL)}"
    return f"<{name}>\n{text}\n</{name}>"
