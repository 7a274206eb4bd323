"""Markdown inside a paragraph: emphasis, links, footnote marks, tags and escapes go; code spans
stay as written.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from specloop.htmltext import unescaped, without_open_comments
from specloop.spec.mapped import Mapped, Weaver

_INLINE = re.compile(
    r"""
      (?P<mark_of_item>\A\[[ xX]\]\s|\A\[!\w+\])
    | (?P<escape>\\[!-/:-@\[-`{-~\n])
    | (?P<code>(?<!`)(?P<ticks>`+)(?!`).+?(?<!`)(?P=ticks)(?!`))
    | (?P<footnote>\s?\[\^[^\]\s]+\])
    | !?\[(?P<label>(?:[^\[\]]|\[[^\[\]]*\])*)\]
      (?:\((?P<url>[^()\s]*(?:\([^()\s]*\)[^()\s]*)*)(?:\s+"[^"]*")?\)|\[(?P<ref>[^\]]*)\])
    | <(?P<auto>(?:https?://|mailto:)[^<>\s]+)>
    | (?P<tag></?[a-zA-Z][^<>]*>|<!--.*?-->)
    | (?P<entity>&(?:\w+|\#\d+|\#x[0-9a-fA-F]+);)
    | (?P<mark>\*{1,3}|_{1,3}|~~)
    """,
    re.X | re.S,
)


def clean(raw: Mapped, titles: Mapping[str, str]) -> Mapped:
    """Remove inline markup; `[?](#anchor)` becomes that section's title in quotation marks."""
    weaver = Weaver()
    _weave(raw, titles, weaver)
    return weaver.done()


def _weave(raw: Mapped, titles: Mapping[str, str], weaver: Weaver) -> None:
    at = 0
    for found in _INLINE.finditer(without_open_comments(raw.text)):
        _copy(raw, at, found.start(), weaver)
        at = found.end()
        if found.lastgroup == "mark" or found["mark"]:
            _emphasis(raw, found, weaver)
        elif found["label"] is not None:
            _link(raw, found, titles, weaver)
        else:
            _other(raw, found, weaver)
    _copy(raw, at, len(raw.text), weaver)


def _copy(raw: Mapped, begin: int, end: int, weaver: Weaver) -> None:
    for i in range(begin, end):
        weaver.add(raw.text[i], raw.starts[i], raw.ends[i])


def _emphasis(raw: Mapped, found: re.Match[str], weaver: Weaver) -> None:
    before = raw.text[found.start() - 1 : found.start()]
    after = raw.text[found.end() : found.end() + 1]
    start, end = raw.span(found.start(), found.end())
    if _literal(found[0], before, after):
        _copy(raw, found.start(), found.end(), weaver)
    elif after.strip() and not (before.strip() and (before.isalnum() or before in ".,;:!?)]\"'”’")):
        weaver.open(start)
    else:
        weaver.close(end)


def _literal(mark: str, before: str, after: str) -> bool:
    """Whether the run stands for itself: `2 * 3`, `snake_case`, a blank to fill in."""
    loose = not before.strip() and not after.strip()
    if mark[0] == "_":
        return loose or (before.isalnum() and after.isalnum()) or "_" in (before, after)
    return loose or (before.isdigit() and after.isdigit())


def _link(raw: Mapped, found: re.Match[str], titles: Mapping[str, str], weaver: Weaver) -> None:
    start, end = raw.span(found.start(), found.end())
    label, url = found["label"], found["url"] or ""
    if found[0].startswith("!"):
        weaver.close(end)
    elif label == "?" and url.startswith("#"):
        weaver.add(f'"{titles.get(url[1:], url[1:].replace("_", " "))}"', start, end)
    elif label:
        weaver.open(start)
        _weave(raw.cut(*found.span("label")), titles, weaver)
        weaver.close(end)


def _other(raw: Mapped, found: re.Match[str], weaver: Weaver) -> None:
    start, end = raw.span(found.start(), found.end())
    if found["escape"]:
        weaver.add(found[0][1], start, end)
    elif found["code"]:
        _copy(raw, found.start(), found.end(), weaver)
    elif found["auto"]:
        weaver.add(found["auto"], start, end)
    elif found["entity"]:
        weaver.add(unescaped(found[0]), start, end)
    elif found["tag"] and not found[0].startswith("</") and not found[0].startswith("<!--"):
        weaver.open(start)
    else:
        weaver.close(end)
