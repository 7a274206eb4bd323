"""`specloop cost RUN`: what the run's model calls have cost, by stage and role."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from cyclopts import App
from rich.table import Table

from specloop.cli.common import ConfigOption
from specloop.config import Price, load_config
from specloop.errors import InputError
from specloop.llm.cache import FILE
from specloop.llm.ledger import Entry, read_ledger, total_money
from specloop.pipeline import Run
from specloop.progress import console
from specloop.records import Cost

_COUNTS: tuple[tuple[str, str], ...] = (
    ("calls", "n_calls"),
    ("cached", "n_cached"),
    ("failed", "n_failed"),
    ("failed attempts", "n_failed_attempts"),
    ("prompt", "prompt_tokens"),
    ("of it cached", "cached_tokens"),
    ("completion", "completion_tokens"),
    ("of it reasoning", "reasoning_tokens"),
)


def cost(run: Path, *, config: ConfigOption = None) -> None:
    """Print calls, tokens and, where `[prices]` are configured, money of all the run's stages."""
    opened = Run.resume(run)
    prices = load_config(config).prices if config else opened.config.prices
    entries = read_ledger(opened.folder / FILE)
    if not entries:
        raise InputError(f"{run}: no model has been called in this run yet")
    console.print(cost_table(entries, prices))


def cost_table(entries: Sequence[Entry], prices: Mapping[str, Price]) -> Table:
    """A line for each stage, role and model, and their sum."""
    table = Table(show_footer=len(entries) > 1)
    total = _sum([entry.cost for entry in entries])
    for title, foot in (("stage", "all"), ("role", ""), ("model", "")):
        table.add_column(title, footer=foot)
    for title, name in _COUNTS:
        table.add_column(title, footer=f"{getattr(total, name):,}", justify="right")
    table.add_column("seconds", footer=f"{total.wall_s:.1f}", justify="right")
    table.add_column("USD", footer=_money(entries, prices), justify="right")
    for entry in entries:
        counts = (f"{getattr(entry.cost, name):,}" for _, name in _COUNTS)
        seconds = f"{entry.cost.wall_s:.1f}"
        table.add_row(*entry.key, *counts, seconds, _money([entry], prices))
    return table


def _sum(costs: Sequence[Cost]) -> Cost:
    names = tuple(Cost.model_fields)
    return Cost(**{name: sum(getattr(cost, name) for cost in costs) for name in names})


def _money(entries: Sequence[Entry], prices: Mapping[str, Price]) -> str:
    """USD; a dash where no price is known."""
    usd = total_money(entries, prices)
    return "-" if usd is None else f"{usd:.4f}"


def register(app: App) -> None:
    """Add the command."""
    app.command(cost)
