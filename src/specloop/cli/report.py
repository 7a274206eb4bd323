"""`specloop report RUN`: the run as one page."""

from __future__ import annotations

from pathlib import Path

from cyclopts import App

from specloop.progress import console
from specloop.report import write_report
from specloop.store import RunFolder


def report(run: Path) -> None:
    """Write report.html: document, figures, pairs, cost and manifest on one page."""
    console.print(f"report: {write_report(RunFolder(run))}")


def register(app: App) -> None:
    """Add the command."""
    app.command(report)
