"""Remove inline markup of Markdown from a block's text: emphasis, links, notes, tags, escapes.

Only names of HTML are tags, and of those that are words as well (`<address>`, `<title>`) only such
as have attributes or an end in the document: `<file>` and `List<String>` are text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from specloop.htmltext import unescaped, without_open_comments
from specloop.spec.html import TAGS, VOID_TAGS
from specloop.spec.mapped import Mapped, Weaver


def ended_tags(source: str) -> frozenset[str]:
    """The names that have an end tag in a document."""
    return frozenset(name.lower() for name in re.findall(r"</([a-zA-Z][\w-]*)", source))


_INLINE = re.compile(
    r"""
      (?P<mark_of_item>\A\[[ xX]\]\s|\A\[!\w+\][-+]?)
    | (?P<escape>\\[!-/:-@\[-`{-~\n])
    | (?P<code>(?<!`)(?P<ticks>`+)(?!`).+?(?<!`)(?P=ticks)(?!`))
    | (?P<footnote>\s?\[\^[^\]\s]+\])
    | !?\[(?P<label>(?:[^\[\]]|\[[^\[\]]*\])*)\]
      (?:\((?P<url>[^()\s]*(?:\([^()\s]*\)[^()\s]*)*)(?:\s+"[^"]*")?\)|\[(?P<ref>[^\]]*)\])
    | <(?P<auto>(?:https?://|mailto:)[^<>\s]+)>
    | (?P<tag></?(?P<name>[a-zA-Z][\w-]*)(?P<rest>[^<>]*)>|<!--.*?-->)
    | (?P<entity>&(?:\w+|\#\d+|\#x[0-9a-fA-F]+);)
    | (?P<mark>\*{1,3}|_{1,3}|~~)
    """,
    re.X | re.S,
)


_MARKS = re.compile(r"[\\`\[<&*_~]")
"""What inline markup begins with; most texts have none."""


class _Names(NamedTuple):
    titles: Mapping[str, str]
    ended: frozenset[str]


def clean(raw: Mapped, titles: Mapping[str, str], ended: frozenset[str] | None = None) -> Mapped:
    """Remove inline markup; `[?](#anchor)` becomes that section's title in quotation marks.

    `titles` are those of the document's sections by anchor, `ended` its `ended_tags`; without them
    the text's own count.
    """
    weaver = Weaver()
    _weave(raw, _Names(titles, ended_tags(raw.text) if ended is None else ended), weaver)
    return weaver.done()


def _weave(raw: Mapped, names: _Names, weaver: Weaver) -> None:
    at = 0
    marked = without_open_comments(raw.text) if _MARKS.search(raw.text) else ""
    for match in _INLINE.finditer(marked):
        weaver.copy(raw, at, match.start())
        at = match.end()
        if match.lastgroup == "mark" or match["mark"]:
            _emphasis(raw, match, weaver)
        elif match["label"] is not None:
            _link(raw, match, names, weaver)
        elif match["tag"]:
            _tag(raw, match, names.ended, weaver)
        else:
            _other(raw, match, weaver)
    weaver.copy(raw, at)


def _emphasis(raw: Mapped, match: re.Match[str], weaver: Weaver) -> None:
    before = raw.text[match.start() - 1 : match.start()]
    after = raw.text[match.end() : match.end() + 1]
    start, end = raw.span(*match.span())
    if _literal(match[0], before, after):
        weaver.copy(raw, *match.span())
    elif after.strip() and not (before.strip() and (before.isalnum() or before in ".,;:!?)]\"'”’")):
        weaver.open(start)
    else:
        weaver.close(end)


def _literal(mark: str, before: str, after: str) -> bool:
    """Whether a run of marks is literal: `2 * 3`, `snake_case`, a blank to fill in."""
    loose = not before.strip() and not after.strip()
    if mark[0] == "_":
        return loose or (before.isalnum() and after.isalnum()) or "_" in (before, after)
    return loose or (before.isdigit() and after.isdigit())


def _link(raw: Mapped, match: re.Match[str], names: _Names, weaver: Weaver) -> None:
    start, end = raw.span(*match.span())
    label, url = match["label"], match["url"] or ""
    if match[0].startswith("!"):
        weaver.close(end)
    elif label == "?" and url.startswith("#"):
        weaver.add(f'"{names.titles.get(url[1:], url[1:].replace("_", " "))}"', start, end)
    elif label:
        weaver.open(start)
        _weave(raw.cut(*match.span("label")), names, weaver)
        weaver.close(end)


def _tag(raw: Mapped, match: re.Match[str], ended: frozenset[str], weaver: Weaver) -> None:
    start, end = raw.span(*match.span())
    name, ends = (match["name"] or "").lower(), match[0].startswith("</")
    if not name:
        weaver.close(end)
    elif not is_tag(name, match["rest"], ended, ends=ends):
        weaver.copy(raw, *match.span())
    elif name == "br":
        weaver.add(" ", start, end)
    elif ends:
        weaver.close(end)
    else:
        weaver.open(start)


def is_tag(name: str, rest: str, ended: frozenset[str], *, ends: bool) -> bool:
    """Whether `<name rest>` is a tag of HTML and no placeholder or type in angle brackets."""
    if name not in TAGS:
        return False
    return ends or name in VOID_TAGS or name in ended or "=" in rest


def _other(raw: Mapped, match: re.Match[str], weaver: Weaver) -> None:
    start, end = raw.span(*match.span())
    if match["escape"]:
        weaver.add(match[0][1], start, end)
    elif match["code"]:
        weaver.copy(raw, *match.span())
    elif match["auto"]:
        weaver.add(match["auto"], start, end)
    elif match["entity"]:
        weaver.add(unescaped(match[0]), start, end)
    else:
        weaver.close(end)
