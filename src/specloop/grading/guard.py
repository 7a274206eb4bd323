"""Judged text as quoted data that can neither end its quotation nor look like a turn.

Three layers, of which each would do against most attacks:

- Every line of the text begins with `> `, so that nothing in it stands at the beginning of a line,
  where delimiters, headings of turns and instructions stand (marking of data: Hines et al., 2024,
  "Defending Against Indirect Prompt Injection Attacks With Spotlighting").
- The delimiters around it hold a word, the call's *key*, that does not occur in the text.
- Control tokens of chat templates, imitations of our delimiters and characters that cannot be seen
  are taken out or changed to look-alikes that mean nothing to a tokenizer.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from itertools import count

_SALT = "specloop sheet"
_SYLLABLES = tuple(c + v for c in "bdfgklmnprstvz" for v in "aeiou")
_KEY_SYLLABLES = 6

_LINE_ENDS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co"})
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")
"""Letters and marks by their category, and yet nothing is drawn."""

_OPEN, _CLOSE, _BAR = "<＜﹤", ">＞﹥", "|｜"
_NAMES = (
    "s|bos|eos|pad|unk|sep|cls|g?mask|sop|eop|sys|inst|system|developer|user|assistant|human|model"
    r"|think|thinking|thought|thoughts|reasoning|(?:start|end)_\w+|tools?|tool_\w+"
    r"|special|seed|longcat|channel|turn|role|bot|end|eo[aht]|escape|arg"
    r"|function_\w+|available_tools|system_prompt|img|fim_\w+|file_sep|repo_name|reserved_\d+"
    r"|extra_id_\d+|query|request|question|answer|response|reference|specs?|specifications?"
    r"|verdicts?|data|prompt|instructions?"
)
_PIPED = re.compile(
    rf"[{_OPEN}][{_BAR}][^\n]{{0,80}}?[{_BAR}][{_CLOSE}]"
    rf"|[{_OPEN}][{_BAR}][\w/]{{1,40}}[{_CLOSE}]|[{_OPEN}][\w/]{{1,40}}[{_BAR}][{_CLOSE}]"
    rf"|\[[{_BAR}][\w/]{{1,40}}[{_BAR}]\]"
)
_TILDE = re.compile(r"\]~!?\w{1,8}[\[\]]|\[\w{1,8}~\[")
_TAG = re.compile(
    rf"[{_OPEN}]{{1,2}}\s*+(?:/\s*+)?_?(?:{_NAMES})(?:[\s_:=\-][^<>\n]{{0,80}})?/?\s*[{_CLOSE}]{{1,2}}",
    re.I,
)
_SQUARE = re.compile(rf"[\[［]\s*+(?:/\s*+)?(?:{_NAMES})\s*+[\]］]", re.I)
_SQUARE_NAMED = re.compile(
    r"[\[［](?:UNUSED_TOKEN_\d+|unused\d+|EOT|[A-Z]+_ID|ARGS|[A-Z]+_SETTINGS)[\]］]"
)
_TURN = re.compile(
    r"(?<!=)={2,}+[ \t]{0,8}(system|developer|user|assistant|tool)[ \t]{0,8}={2,}", re.I
)
_HARMLESS = str.maketrans(dict.fromkeys(_OPEN + "[［", "‹") | dict.fromkeys(_CLOSE + "]］", "›"))


def neutral(text: str) -> str:
    """The text without hidden characters and with every marker string made harmless.

    Words stay as they are, those of other scripts too: what an answer says is for the judge to see.
    """
    text = without_hidden(_LINE_ENDS.sub("\n", text))
    before = None
    # Taking a marker apart can leave another one around it.
    while before != text:
        before = text
        for pattern in (_PIPED, _TAG, _SQUARE, _SQUARE_NAMED, _TILDE):
            text = pattern.sub(lambda found: found[0].translate(_HARMLESS), text)
    return _TURN.sub(r"--- \1 ---", text)


def without_hidden(text: str) -> str:
    """The text without control, format, private-use, surrogate and other undrawn characters."""
    hidden = [ch for ch in set(text) if is_hidden(ch)]
    return text.translate(dict.fromkeys(map(ord, hidden))) if hidden else text


def is_hidden(character: str) -> bool:
    """Whether nothing is drawn for a character that is no space, tab or line end."""
    if character in "\n\t":
        return False
    code = ord(character)
    selector = 0xFE00 <= code <= 0xFE0F or 0xE0100 <= code <= 0xE01EF or 0x180B <= code <= 0x180F
    hidden = unicodedata.category(character) in _HIDDEN_CATEGORIES
    return hidden or selector or character in _BLANK


def call_key(*parts: str) -> str:
    """A word that occurs in none of the parts, and is the same whenever they are the same.

    A random word would make each call a new one for the call cache. A digest of known content could
    be computed beforehand by an author who knows this code; but the judged text is part of the
    content, so a text that holds its own key would have to be a fixed point of the digest. And
    should somebody search for one: the first key that does not occur in the text is taken.
    """
    content = json.dumps([_SALT, *parts])
    haystack = "\n".join(parts).casefold()
    keys = (_word(f"{n}{content}") for n in count())
    return next(key for key in keys if key not in haystack)


def _word(content: str) -> str:
    number = int.from_bytes(hashlib.sha256(content.encode()).digest())
    syllables: list[str] = []
    for _ in range(_KEY_SYLLABLES):
        number, place = divmod(number, len(_SYLLABLES))
        syllables.append(_SYLLABLES[place])
    return "".join(syllables)


def quoted(name: str, text: str, key: str) -> str:
    """A text that was made `neutral`, marked line by line between its delimiters."""
    lines = [f"> {line}" for line in text.split("\n")] if text.strip() else ["(empty)"]
    return "\n".join([f"<{name} {key}>", *lines, f"</{name} {key}>"])
