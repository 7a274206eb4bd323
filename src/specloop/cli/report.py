"""`specloop report RUN`: write the run as one page."""

from __future__ import annotations

from pathlib import Path

from cyclopts import App

from specloop.cli.common import tell_losses
from specloop.report import write_report
from specloop.store import RunFolder
from specloop.terminal import show


def report(run: Path) -> None:
    """Write report.html: document, figures, pairs, cost and manifest on one page."""
    folder = RunFolder(run)
    tell_losses(folder.path)
    show(f"report: {write_report(folder)}")


def register(app: App) -> None:
    """Add the command."""
    app.command(report)
