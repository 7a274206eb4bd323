"""What a command prints: results on stdout; progress, remarks and errors on stderr.

Tables are fitted to the width before they are printed: no line breaks inside a word as long as the
words themselves fit, and columns that do not fit go into a table of their own below.
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
"""Columns of what goes to a file or a pipe, which have no width, where COLUMNS tells none."""
NARROWEST = 20
"""Columns below which nothing is laid out: a longer line is what the terminal wraps."""
MOST = 60
"""Columns that a cell takes at most, where its words allow it and the table says no other."""
_AROUND = 3
"""Columns that padding and rule take beside each cell."""


_HIDDEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f"  # controls of ASCII and Latin-1
    r"\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u3164\uffa0"  # drawn as nothing
    r"\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"  # order and format
    r"\ud800-\udfff\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"  # half pairs, music, tags
    r"|(?<![^\x00-\x7f])[\u200c\u200d]|[\u200c\u200d](?![^\x00-\x7f])"
)
"""What moves the cursor, changes the order of what is read, or is not seen. The two joiners are
part of some scripts and emoji; beside ASCII they only hide."""


_LETTERS = re.compile(r"[^\x00-\x7f]{5,}")
_ACCENTS = 4
"""Shown on one letter, whatever its script: more of them reach into other lines."""


class _Plain(Console):
    """A console to which text is text: names of models and words of documents are no markup, no
    emoji (`:m:`) and move no cursor."""

    @property
    def size(self) -> ConsoleDimensions:  # pyright: ignore[reportIncompatibleMethodOverride]
        """With room for a word."""
        found = super().size
        return found._replace(width=max(found.width, NARROWEST))

    def render_str(self, text: str, **options: Any) -> Text:
        """Further lines are indented: none of them passes for a line of its own."""
        return super().render_str(_within(harmless(text)), **options)

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Texts that others have made, such as the parser of the command line, are cleaned too."""
        cast = rich_cast(renderable)
        return super().render(_cell(cast) if isinstance(cast, Text) else renderable, options)

    def _write_buffer(self) -> None:
        """Where nobody reads it any more, a command does its work in silence; a result that cannot
        be written is told."""
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
            # Else Python tries to write what is left once more at its end, and fails aloud.
            os.dup2(os.open(os.devnull, os.O_WRONLY), self.file.fileno())


def _console(*, stderr: bool) -> Console:
    told = os.environ.get("COLUMNS", "")
    width = int(told) if re.fullmatch("[0-9]{1,4}", told) and int(told) else None
    # rich believes any digits in these two.
    rest = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
    found = _Plain(
        stderr=stderr, highlight=False, emoji=False, markup=False, width=width, _environ=rest
    )
    if not found.is_terminal:
        found.width = width or WIDTH
    return found


results = _console(stderr=False)
console = _console(stderr=True)
errors = _console(stderr=True)
"""Like `console`, and heard under `--quiet` too."""


class _Guarded(io.TextIOBase):
    """A stream for whatever is not printed by the consoles: warnings, logs, tracebacks. What ends
    with a line end is one message."""

    def __init__(self, place: Console) -> None:
        self._place = place
        self._held = ""

    @property
    def encoding(self) -> str:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Of the stream behind it."""
        return self._place.encoding

    def write(self, text: str, /) -> int:
        """Print what is whole."""
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
    """From now on nothing is printed past the consoles."""
    if isinstance(sys.stdout, _Guarded):
        return
    results.file, console.file, errors.file = sys.stdout, sys.stderr, sys.stderr
    sys.stdout, sys.stderr = _Guarded(results), _Guarded(console)


def show(text: str) -> None:
    """Print a line of the result as it is, however long."""
    results.out(text)


def show_table(table: Table, keys: int = 1) -> None:
    """Print a table of the result; its first `keys` columns say what a row is about."""
    for part in fitted(table, results, keys):
        results.print(part)


def text_of(table: Table, keys: int = 1) -> str:
    """The table as plain text, as it would be printed to a file."""
    on = _Plain(file=io.StringIO(), width=WIDTH, color_system=None, force_jupyter=False)
    for part in fitted(table, on, keys):
        on.print(part)
    return cast(io.StringIO, on.file).getvalue()


def show_json(data: Any) -> None:
    """Print the result as one JSON document."""
    told = scrub_value(data) if has_key(json.dumps(data)) else data
    text = json.dumps(told, ensure_ascii=False, indent=1).encode(errors="replace").decode()
    text = _unstacked(_HIDDEN.sub(lambda found: _escaped(found[0]), text), _escaped)
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
    """The next columns whose longest words fit beside the first ones; one at least."""
    left = width - 1 - sum(ranges[i].minimum + _AROUND for i in first)
    for n, column in enumerate(rest):
        left -= ranges[column].minimum + _AROUND
        if n and left < 0:
            return
        yield column


def _range(column: Column, on: Console) -> Measurement:
    """Widths of a column: of its longest word and of its longest line."""
    cells = map(_cell, (column.header, column.footer, *column.cells))
    found = [Measurement.get(on, on.options, cell) for cell in cells]
    least = max(one.minimum for one in found)
    most = min(max(one.maximum for one in found), column.max_width or MOST)
    return Measurement(least, max(least, most))


def _widths(ranges: Sequence[Measurement], width: int) -> list[int]:
    """A width for each column: its longest word, and what it wants of the rest."""
    room = width - 1 - _AROUND * len(ranges)
    left = room - sum(one.minimum for one in ranges)
    if left < 0:
        return _squeezed(ranges, room)
    widths = [one.minimum for one in ranges]
    wanted = [one.maximum - one.minimum for one in ranges]
    # Those that want least come first, so that what they leave goes to the others.
    for n, column in enumerate(sorted(range(len(ranges)), key=wanted.__getitem__)):
        more = min(wanted[column], left // (len(ranges) - n))
        widths[column] += more
        left -= more
    return widths


def _squeezed(ranges: Sequence[Measurement], room: int) -> list[int]:
    """Widths where a word is longer than a line: it is the widest column that gives way."""
    widths = [one.minimum for one in ranges]
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
    """Text as text: what a model or a document wrote is no markup and moves no cursor."""
    text = content if isinstance(content, Text) else Text(str(content or ""))
    plain = harmless(text.plain)
    if plain != text.plain:
        text = text.copy()
        text.plain = plain
    return text


def harmless(text: str) -> str:
    """Without keys; control characters and what hides or turns text made visible, line ends and
    tabs apart."""
    seen = _HIDDEN.sub("\N{REPLACEMENT CHARACTER}", scrub(text))
    return _unstacked(seen, lambda _: "")


def _unstacked(text: str, instead: Callable[[str], str]) -> str:
    """The text with something else for the accents that are too many."""

    def shown(found: re.Match[str]) -> str:
        kept: list[str] = []
        n = 0
        for char in found[0]:
            n = n + 1 if unicodedata.category(char) in ("Mn", "Me") else 0
            kept.append(char if n <= _ACCENTS else instead(char))
        return "".join(kept)

    return _LETTERS.sub(shown, text)


def _escaped(text: str) -> str:
    return json.dumps(text)[1:-1]


def one_line(text: str) -> str:
    """Harmless, and without line ends."""
    return " ".join(harmless(text).split("\n"))


def _within(text: str) -> str:
    return text.replace("\n", "\n  ")
