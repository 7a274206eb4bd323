"""The page of two versions of a document: both texts side by side, in one self-contained file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from specloop.errors import InputError
from specloop.report.shell import render, script_json
from specloop.revision.comparison import Comparison
from specloop.revision.written import as_data

_SCRIPTS = ("shell.js", "diff.js", "changes.js")


def write_page(comparison: Comparison, path: Path) -> None:
    """Write the page; InputError where it cannot be written."""
    try:
        path.write_text(render_page(comparison), encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path}: the page cannot be written ({error.strerror})") from None


def render_page(comparison: Comparison) -> str:
    """The whole page as HTML. The same versions give the same page."""
    data = as_data(comparison)
    page: dict[str, Any] = {
        **data,
        "run": {"title": "What changed"},
        "kind": "diff",
        "tabs": ("Changes",),
        "payloads": {"changes": script_json(data["changes"])},
    }
    return render("changes.html", page, ("style.css",), _SCRIPTS, {})
