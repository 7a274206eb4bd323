"""Clean Markdown inside a paragraph: remove emphasis, links, footnote marks, tags and escapes."""

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
    for match in _INLINE.finditer(without_open_comments(raw.text)):
        weaver.copy(raw, at, match.start())
        at = match.end()
        if match.lastgroup == "mark" or match["mark"]:
            _emphasis(raw, match, weaver)
        elif match["label"] is not None:
            _link(raw, match, titles, weaver)
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
    """Whether the run is literal: `2 * 3`, `snake_case`, a blank to fill in."""
    loose = not before.strip() and not after.strip()
    if mark[0] == "_":
        return loose or (before.isalnum() and after.isalnum()) or "_" in (before, after)
    return loose or (before.isdigit() and after.isdigit())


def _link(raw: Mapped, match: re.Match[str], titles: Mapping[str, str], weaver: Weaver) -> None:
    start, end = raw.span(*match.span())
    label, url = match["label"], match["url"] or ""
    if match[0].startswith("!"):
        weaver.close(end)
    elif label == "?" and url.startswith("#"):
        weaver.add(f'"{titles.get(url[1:], url[1:].replace("_", " "))}"', start, end)
    elif label:
        weaver.open(start)
        _weave(raw.cut(*match.span("label")), titles, weaver)
        weaver.close(end)


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
    elif match["tag"] and not match[0].startswith("</") and not match[0].startswith("<!--"):
        weaver.open(start)
    else:
        weaver.close(end)
