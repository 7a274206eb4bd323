"""`specloop specbench check|fingerprint`: check the data and a checkout of SpecBench."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.table import Table
from rich.text import Text

from specloop.sources import load_scenarios
from specloop.specbench.oddities import oddities
from specloop.specbench.reference.checkout import read_checkout
from specloop.specbench.reference.fingerprint import Print, fingerprint
from specloop.terminal import show, show_table

Data = Annotated[str, Parameter(help="Data folder, SpecBench checkout, hf:OWNER/NAME, or run:RUN.")]
Scenarios = Annotated[
    list[str] | None, Parameter(help="A scenario; again for more; all without.", negative="")
]
_SHOWN = 12
"""Most row numbers shown for one finding."""


def check(data: Data, *, scenario: Scenarios = None) -> None:
    """Load the data with all checks, and print what is odd about them."""
    for loaded in load_scenarios(data, scenario or ()):
        n_unsafe = sum(row.label == "unsafe" for row in loaded.rows)
        show(
            f"{loaded.key}: {loaded.name}: {len(loaded.specs.safety)} safety and "
            f"{len(loaded.specs.behavioral)} behavioural specs, {len(loaded.rows)} rows, "
            f"{n_unsafe} of them unsafe"
        )
        for odd in oddities(loaded):
            rows = ", ".join(map(str, odd.rows[:_SHOWN])) + ", ..." * (len(odd.rows) > _SHOWN)
            where = f" (rows {rows})" if odd.rows else ""
            show(f"  {odd.what}{where}")


def print_fingerprint(
    *,
    reference_checkout: Annotated[Path, Parameter(help="A checkout of SpecBench.")],
    data: Data = "",
    scenario: Scenarios = None,
) -> None:
    """Digests of a checkout's texts and of the joint judge's prompts, beside the known ones."""
    checkout = read_checkout(reference_checkout)
    scenarios = load_scenarios(data or str(reference_checkout), scenario or ())
    prints = fingerprint(checkout, scenarios)
    table = Table(title="SHA-256, first 16 digits")
    for title in ("text", "found", "known", ""):
        table.add_column(title)
    for print_ in prints:
        table.add_row(Text(print_.what), print_.found, print_.known or "-", _verdict(print_))
    show_table(table)


def _verdict(print_: Print) -> Text:
    if print_.is_same is None:
        return Text("not known")
    return Text("same", style="green") if print_.is_same else Text("other", style="red")
