"""`specloop cost RUN`: print what the run's model calls have cost, by stage and role."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.table import Table
from rich.text import Text

from specloop.cli.common import ConfigOption, JsonOption, tell_losses
from specloop.config import Price, load_config
from specloop.errors import InputError
from specloop.llm.calls.cache import FILE
from specloop.llm.calls.ledger import LedgerEntry, read_ledger, total_money
from specloop.pipeline import Run
from specloop.records import total_cost
from specloop.terminal import show_json, show_table

_COUNTS: tuple[tuple[str, str], ...] = (
    ("calls", "n_calls"),
    ("from cache", "n_cached"),
    ("given up", "n_failed"),
    ("failed attempts", "n_failed_attempts"),
    ("tokens in", "prompt_tokens"),
    ("of it cached", "cached_tokens"),
    ("tokens out", "completion_tokens"),
    ("of it reasoning", "reasoning_tokens"),
)


def cost(run: Path, *, config: ConfigOption = None, json: JsonOption = False) -> None:
    """Print calls, tokens and, where `[prices]` are configured, money of all the run's stages."""
    opened = Run.resume(run)
    prices = load_config(config).prices if config else opened.config.prices
    tell_losses(run)
    entries = read_ledger(opened.folder / FILE)
    if not entries:
        raise InputError(f"{run}: no model has been called in this run yet")
    if json:
        show_json(_as_data(entries, prices))
    else:
        show_table(cost_table(entries, prices))


def _as_data(entries: Sequence[LedgerEntry], prices: Mapping[str, Price]) -> dict[str, object]:
    """The lines and their total; `usd` is null if a price is not known."""
    lines = [
        {"stage": e.stage, "role": e.role, "model": e.model, **e.cost.model_dump(mode="json")}
        | {"usd": total_money([e], prices)}
        for e in entries
    ]
    total = total_cost([entry.cost for entry in entries]).model_dump(mode="json")
    return {"lines": lines, "total": total | {"usd": total_money(entries, prices)}}


def cost_table(entries: Sequence[LedgerEntry], prices: Mapping[str, Price]) -> Table:
    """A row for each stage, role and model, and the total; empty columns are left out."""
    total = total_cost([entry.cost for entry in entries])
    counts = [(title, name) for title, name in _COUNTS if getattr(total, name)]
    table = Table(show_footer=len(entries) > 1)
    table.add_column("stage, role\nmodel", footer="all")
    figures = [(title, f"{getattr(total, name):,}") for title, name in counts]
    figures += [("seconds", f"{total.wall_s:,.1f}"), ("USD", _money(entries, prices))]
    for title, foot in figures:
        table.add_column(title, footer=foot, justify="right")
    for entry in entries:
        what = Text(f"{entry.stage}, {entry.role}\n{entry.model}")
        own = (f"{getattr(entry.cost, name):,}" for _, name in counts)
        table.add_row(what, *own, f"{entry.cost.wall_s:,.1f}", _money([entry], prices))
    return table


def _money(entries: Sequence[LedgerEntry], prices: Mapping[str, Price]) -> str:
    """USD; a dash if no price is known."""
    usd = total_money(entries, prices)
    return "-" if usd is None else f"{usd:.4f}"
