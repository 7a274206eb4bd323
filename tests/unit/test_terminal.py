from __future__ import annotations

import io
import os
import subprocess
import sys

import pytest
from rich.console import Console
from rich.table import Table

from specloop.evaluation.table import headline_table
from specloop.progress import progress
from specloop.records import Evaluation, Figure
from specloop.terminal import NARROWEST, WIDTH, console, errors, fitted, results

LABELS = ("base", "prompt-only", "sft", "dpo")


def printed(table: Table, width: int = 80, keys: int = 1) -> str:
    console = Console(file=io.StringIO(), width=width, highlight=False, emoji=False)
    for part in fitted(table, console, keys):
        console.print(part)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def words(table: Table) -> set[str]:
    cells = [c for column in table.columns for c in (column.header, *column.cells)]
    return {word for cell in cells for word in str(cell).split()}


def wide_table(n_columns: int) -> Table:
    table = Table(title="Figures", show_lines=True)
    table.add_column("rule", max_width=60)
    for n in range(n_columns):
        table.add_column(f"entrant-number-{n}")
    long = "Unconditional recommendations are incomprehensible without considerable qualification."
    for row in range(3):
        cells = [f"0.{n}{row} [+0.54, +0.64] n=1,000 unscored:363" for n in range(n_columns)]
        table.add_row(f"{long} {row}", *cells)
    return table


@pytest.mark.parametrize("width", [80, 100, 120, 200])
@pytest.mark.parametrize("n_columns", [1, 2, 4, 9, 30])
def test_no_line_breaks_inside_a_word(width: int, n_columns: int) -> None:
    table = wide_table(n_columns)
    text = printed(table, width)
    assert max(map(len, text.splitlines())) <= width
    shown = {word.strip("│┃") for word in text.split()}
    assert words(table) <= shown


def test_what_does_not_fit_beside_goes_below_with_its_rows_named_again() -> None:
    text = printed(wide_table(9))
    assert text.count("Figures, continued") >= 1
    assert text.count("incomprehensible") == 3 * (1 + text.count("continued"))


def test_a_note_below_the_table_stands_once_below_its_last_part() -> None:
    table = wide_table(9)
    table.caption = "Without a whole answer: base 12%."
    text = printed(table)
    assert text.count("Without a whole answer") == 1
    assert text.rstrip().endswith("Without a whole answer: base 12%.")


def test_a_word_longer_than_the_line_is_folded_and_nothing_else_is_lost() -> None:
    table = Table()
    table.add_column("model")
    table.add_column("calls")
    table.add_row("openai:" + "x" * 200, "1,234")
    text = printed(table)
    assert max(map(len, text.splitlines())) <= 80
    assert text.count("x") == 200
    assert "1,234" in text


def test_text_of_others_is_neither_markup_nor_moves_the_cursor() -> None:
    table = Table(title="[red]title[/]")
    table.add_column("[b]head[/b]")
    table.add_row("\x1b[2Jgone [link=http://x]y[/link] \x9b31m \u202etxt")
    text = printed(table, 120)
    assert "[red]title[/]" in text
    assert "[b]head[/b]" in text
    assert "[link=http://x]y[/link]" in text
    assert not {"\x1b", "\x9b", "\u202e"} & set(text)


def evaluation(label: str, against: str | None) -> Evaluation:
    names = ("rcs", "rcs_in_scope", "all_rules_kept", "over_application", "over_refusal")
    more = ("general", "perplexity", "mean_words")
    metrics = [Figure(name=n, value=0.6, n=352, n_unscored=363 * (n == "rcs")) for n in names]
    metrics += [Figure(name=name, value=73.9, n=40) for name in more]
    metrics += [Figure(name=name, value=0.01, n=87) for name in ("cut", "failed")]
    metrics.append(Figure(name="rcs", group="held-out rules", value=0.4, n=98))
    change = {"value": 0.36, "n": 352, "ci_low": 0.32, "ci_high": 0.42}
    bounds = {"bound_low": 0.11, "bound_high": 0.51}
    return Evaluation(
        label=label,
        model="m",
        of=label,
        benchmark="b",
        against=against,
        metrics=tuple(metrics),
        differences=tuple(Figure(name=n, **change, **bounds) for n in names) if against else (),
    )


def test_the_last_table_of_a_run_fits_a_screen() -> None:
    evaluations = [evaluation(label, None if label == "base" else "base") for label in LABELS]
    text = printed(headline_table(evaluations))
    lines = text.splitlines()
    assert len(lines) <= 24, text
    assert max(map(len, lines)) <= 80
    assert "dpo against" in text
    assert "51%" in text


def test_a_run_with_its_base_alone_has_no_difference() -> None:
    text = printed(headline_table([evaluation("base", None)]))
    assert "against" not in text
    assert "0.60" in text


HOSTILE = "openai:a[/b][red]c \x1b[31m\x1b]0;t\x07 \u202e:m: [link=x]"


@pytest.mark.parametrize("is_terminal", [True, False])
def test_names_in_progress_and_remarks_are_no_markup(
    is_terminal: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = io.StringIO()
    options = {"markup": False, "emoji": False, "width": 300}
    there = type(console)(file=written, force_terminal=is_terminal, **options)
    monkeypatch.setattr("specloop.progress.console", there)
    with progress(f"answers of {HOSTILE}", 2) as advance:
        advance(2, note=HOSTILE)
    there.print(f"  warning: {HOSTILE}", style="yellow")
    text = written.getvalue()
    assert text.count("a[/b][red]c") >= 2
    assert ":m: [link=x]" in text
    assert not {"\x07", "\u202e"} & set(text)
    assert "\x1b]" not in text


def test_what_is_printed_is_never_markup(capfd: pytest.CaptureFixture[str]) -> None:
    for place in (results, console, errors):
        place.print("a[/b] [red]c")
    assert capfd.readouterr() == ("a[/b] [red]c\n", "a[/b] [red]c\n" * 2)


@pytest.mark.parametrize("columns", ["1", "99999999999", "²", "9" * 5000])
def test_odd_numbers_of_columns_are_laid_out_in_some_width(columns: str) -> None:
    program = "from specloop.terminal import results, console; print(results.width, console.width)"
    env = os.environ | {"COLUMNS": columns, "LINES": columns}
    done = subprocess.run(
        [sys.executable, "-c", program], env=env, capture_output=True, text=True, check=True
    )
    width = NARROWEST if columns == "1" else WIDTH
    assert done.stdout.split() == [str(width)] * 2
