"""`specloop diff OLD NEW`: which rules of a document changed, and what that does."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from specloop import aio
from specloop.cli.common import JsonOption
from specloop.errors import InputError, did_you_mean
from specloop.report.changes import write_page
from specloop.revision.written import NAMES, as_data, chosen, heading, lines_of
from specloop.terminal import console, one_line, results, show, show_json


def diff(  # noqa: PLR0913 - one parameter an option
    old: Path,
    new: Path,
    *,
    only: Annotated[
        list[str] | None,
        Parameter(help="Only changes of these kinds or effects: reworded,looser.", negative=""),
    ] = None,
    page: Annotated[Path | None, Parameter(help="Write a page to read in a browser.")] = None,
    model: Annotated[
        str | None, Parameter(help="Model that judges what a change of words does.")
    ] = None,
    embed: Annotated[
        str | None,
        Parameter(name="--embedding", help="hf:PATH: also find rules again by their meaning."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Compare two versions of a document, or of the rules in two run folders with their edits in
    force, rule by rule.

    Exit code 0, whatever has changed; 2: a document or an option cannot be used.
    """
    names = _names(only or ())
    found = asyncio.run(aio.diff(old, new, model=model, embedding=embed))
    comparison = found.comparison
    for remark in found.remarks:
        console.print(f"  {remark}", style="yellow")
    if page is not None:
        write_page(comparison, page)
    if json:
        show_json(as_data(comparison, names))
        return
    for line in heading(comparison):
        show(one_line(line))
    for one in chosen(comparison, names):
        show("")
        for line in lines_of(one, comparison):
            results.print(line, soft_wrap=True)
    if page is not None:
        console.print(f"page: {page}", soft_wrap=True)


def _names(only: list[str] | tuple[()]) -> list[str]:
    """The chosen kinds and effects; several may stand in one, with commas between them."""
    names = [name.strip() for entry in only for name in entry.split(",") if name.strip()]
    for name in names:
        if name not in NAMES:
            raise InputError(
                f"--only: {name!r} is no kind or effect of a change.{did_you_mean(name, NAMES)} "
                f"There are {', '.join(NAMES)}"
            )
    return names
