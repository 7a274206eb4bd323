"""Print a command's results on stdout, and progress, remarks and errors on stderr.

Tables are fitted to the width before they are printed. Words are not broken as long as they fit,
and columns that do not fit go into a table of their own below.
"""

from __future__ import annotations

import io
import json
import os
import re
import sys
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from typing import Any, cast

from rich.console import Console, ConsoleDimensions, ConsoleOptions, RenderableType
from rich.measure import Measurement
from rich.protocol import rich_cast
from rich.segment import Segment
from rich.table import Column, Table
from rich.text import Text

from specloop.errors import RunStoppedError
from specloop.scrub import has_key, scrub, scrub_value

WIDTH = 120
"""Width for files and pipes, which have none of their own, if COLUMNS is not set."""
NARROWEST = 20
"""Least width to lay out for: on a narrower terminal, lines wrap."""
MOST = 60
"""Most columns of a cell, if its words allow it and the table sets no other limit."""
_AROUND = 3
"""Columns for padding and rule beside each cell."""

_HIDDEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f"  # controls of ASCII and Latin-1
    r"\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u3164\uffa0"  # invisible
    r"\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"  # order and format
    r"\ud800-\udfff\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"  # half pairs, music, tags
    r"|(?<![^\x00-\x7f])[\u200c\u200d]|[\u200c\u200d](?![^\x00-\x7f])"
)
"""Characters that move the cursor, change the reading order or are invisible. The two joiners are
part of some scripts and emoji; next to ASCII they only hide."""

_LETTERS = re.compile(r"[^\x00-\x7f]{5,}")
_ACCENTS = 4
"""Most accents shown on one letter in any script: more would reach into other lines."""


class _Plain(Console):
    """A console that prints text as it is: names of models and words of documents are not read as
    markup or emoji (`:m:`) and do not move the cursor."""

    @property
    def size(self) -> ConsoleDimensions:  # pyright: ignore[reportIncompatibleMethodOverride]
        """The size, with room for at least a word."""
        size = super().size
        return size._replace(width=max(size.width, NARROWEST))

    def render_str(self, text: str, **options: Any) -> Text:
        """Indent further lines, so that none of them looks like a line of its own."""
        return super().render_str(_within(harmless(text)), **options)

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Clean texts that other code has made, such as the command line's parser, too."""
        cast = rich_cast(renderable)
        return super().render(_cell(cast) if isinstance(cast, Text) else renderable, options)

    def _write_buffer(self) -> None:
        """Write; a closed pipe is ignored, but a result that cannot be written is an error."""
        try:
            super()._write_buffer()
        except OSError as error:
            self._fall_silent()
            if not self.stderr and not isinstance(error, BrokenPipeError):
                raise RunStoppedError(
                    f"standard output: cannot be written ({error.strerror}); what was done is "
                    "kept: repair that and give the command again"
                ) from None

    def _fall_silent(self) -> None:
        self.quiet = True
        self._buffer.clear()
        with suppress(OSError, ValueError):
            # Otherwise Python tries to write the rest again when it exits, and prints an error.
            os.dup2(os.open(os.devnull, os.O_WRONLY), self.file.fileno())


def _console(*, stderr: bool) -> Console:
    columns = os.environ.get("COLUMNS", "")
    width = int(columns) if re.fullmatch("[0-9]{1,4}", columns) and int(columns) else None
    # rich believes any digits in these two.
    rest = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
    console = _Plain(
        stderr=stderr, highlight=False, emoji=False, markup=False, width=width, _environ=rest
    )
    if not console.is_terminal:
        console.width = width or WIDTH
    return console


results = _console(stderr=False)
console = _console(stderr=True)
errors = _console(stderr=True)
"""Like `console`, but it prints under `--quiet` too."""


class _Guarded(io.TextIOBase):
    """A stream for output that does not come from the consoles: warnings, logs, tracebacks.

    Text up to a line end is one message.
    """

    def __init__(self, place: Console) -> None:
        self._place = place
        self._held = ""

    @property
    def encoding(self) -> str:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Of the stream behind it."""
        return self._place.encoding

    def write(self, text: str, /) -> int:
        """Print complete lines."""
        self._held += text
        if self._held.endswith("\n"):
            self.flush()
        return len(text)

    def flush(self) -> None:
        """Print what is held back."""
        held, self._held = self._held, ""
        if held:
            end = "\n" * held.endswith("\n")
            self._place.print(held.removesuffix("\n"), end=end, soft_wrap=True)

    def fileno(self) -> int:
        """Of the stream behind it."""
        return self._place.file.fileno()


def guard() -> None:
    """From now on print everything through the consoles."""
    if isinstance(sys.stdout, _Guarded):
        return
    results.file, console.file, errors.file = sys.stdout, sys.stderr, sys.stderr
    sys.stdout, sys.stderr = _Guarded(results), _Guarded(console)


def show(text: str) -> None:
    """Print a line of the result as it is, of any length."""
    results.out(text)


def show_table(table: Table, keys: int = 1) -> None:
    """Print a table of the result; its first `keys` columns say what a row is about."""
    for part in fitted(table, results, keys):
        results.print(part)


def show_remarks(lines: Iterable[str]) -> None:
    """Print what stands below a table, beside the result, a line each."""
    for line in lines:
        console.print(line, markup=False, soft_wrap=True)


def text_of(table: Table, keys: int = 1) -> str:
    """The table as plain text, as it would be printed to a file."""
    on = _Plain(file=io.StringIO(), width=WIDTH, color_system=None, force_jupyter=False)
    for part in fitted(table, on, keys):
        on.print(part)
    return cast(io.StringIO, on.file).getvalue()


def show_json(data: Any) -> None:
    """Print the result as one JSON document."""
    shown = scrub_value(data) if has_key(json.dumps(data)) else data
    text = json.dumps(shown, ensure_ascii=False, indent=1).encode(errors="replace").decode()
    text = _unstacked(_HIDDEN.sub(lambda match: _escaped(match[0]), text), _escaped)
    results.print(Text(text), soft_wrap=True)


def fitted(table: Table, on: Console, keys: int = 1) -> Iterator[Table]:
    """The table in parts that fit the console's width, each with its first `keys` columns."""
    ranges = [_range(column, on) for column in table.columns]
    first, rest = list(range(keys)), list(range(keys, len(table.columns)))
    title = str(table.title or "")
    while True:
        taken = [*first, *_fitting(first, rest, ranges, on.width)]
        part = _part(table, taken, _widths([ranges[i] for i in taken], on.width))
        part.title = _cell(_within(title)) if title else None
        rest = rest[len(taken) - keys :]
        part.caption = _cell(_within(str(table.caption))) if table.caption and not rest else None
        yield part
        if not rest:
            return
        title = f"{table.title}, continued" if table.title else ""


def _fitting(
    first: Sequence[int], rest: Sequence[int], ranges: Sequence[Measurement], width: int
) -> Iterator[int]:
    """The next columns whose longest words fit beside the first ones; at least one."""
    left = width - 1 - sum(ranges[i].minimum + _AROUND for i in first)
    for n, column in enumerate(rest):
        left -= ranges[column].minimum + _AROUND
        if n and left < 0:
            return
        yield column


def _range(column: Column, on: Console) -> Measurement:
    """The widths of a column's longest word and longest line."""
    cells = map(_cell, (column.header, column.footer, *column.cells))
    measurements = [Measurement.get(on, on.options, cell) for cell in cells]
    least = max(measured.minimum for measured in measurements)
    most = min(max(measured.maximum for measured in measurements), column.max_width or MOST)
    return Measurement(least, max(least, most))


def _widths(ranges: Sequence[Measurement], width: int) -> list[int]:
    """A width for each column: its longest word, and a share of the rest."""
    room = width - 1 - _AROUND * len(ranges)
    left = room - sum(range_.minimum for range_ in ranges)
    if left < 0:
        return _squeezed(ranges, room)
    widths = [range_.minimum for range_ in ranges]
    lacking = [range_.maximum - range_.minimum for range_ in ranges]
    # Columns that want least come first, so that what they leave goes to the others.
    for n, column in enumerate(sorted(range(len(ranges)), key=lacking.__getitem__)):
        more = min(lacking[column], left // (len(ranges) - n))
        widths[column] += more
        left -= more
    return widths


def _squeezed(ranges: Sequence[Measurement], room: int) -> list[int]:
    """Widths where a word is longer than a line: the widest column gets narrower."""
    widths = [range_.minimum for range_ in ranges]
    while sum(widths) > max(room, len(widths)):
        widest = max(range(len(widths)), key=widths.__getitem__)
        widths[widest] -= 1
    return widths


def _part(table: Table, taken: Sequence[int], widths: Sequence[int]) -> Table:
    part = Table(
        box=table.box,
        show_lines=table.show_lines,
        show_footer=table.show_footer,
        title_justify="left",
        caption_justify="left",
    )
    columns = [table.columns[i] for i in taken]
    for column, width in zip(columns, widths, strict=True):
        head, foot = _cell(column.header), _cell(column.footer)
        part.add_column(head, foot, justify=column.justify, width=width, overflow="fold")
    cells = [list(column.cells) for column in columns]
    for row in islice(zip(*cells, strict=True), len(table.rows)):
        part.add_row(*map(_cell, row))
    return part


def _cell(content: RenderableType) -> Text:
    """A cell of plain text: a model's or document's text is not markup and does not move the
    cursor."""
    text = content if isinstance(content, Text) else Text(str(content or ""))
    plain = harmless(text.plain)
    if plain != text.plain:
        text = text.copy()
        text.plain = plain
    return text


def harmless(text: str) -> str:
    """The text without keys, with control characters and those that hide or turn text made visible,
    except line ends and tabs."""
    visible = _HIDDEN.sub("\N{REPLACEMENT CHARACTER}", scrub(text))
    return _unstacked(visible, lambda _: "")


def _unstacked(text: str, instead: Callable[[str], str]) -> str:
    """The text with a replacement for too many accents."""

    def shown(match: re.Match[str]) -> str:
        chars: list[str] = []
        n = 0
        for char in match[0]:
            n = n + 1 if unicodedata.category(char) in ("Mn", "Me") else 0
            chars.append(char if n <= _ACCENTS else instead(char))
        return "".join(chars)

    return _LETTERS.sub(shown, text)


def _escaped(text: str) -> str:
    return json.dumps(text)[1:-1]


def one_line(text: str) -> str:
    """The harmless text on one line."""
    return " ".join(harmless(text).split("\n"))


def _within(text: str) -> str:
    return text.replace("\n", "\n  ")
