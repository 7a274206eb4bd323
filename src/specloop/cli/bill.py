"""`--dry-run`: what a command would ask of its models, printed before anything is asked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import reduce

from rich.table import Table
from rich.text import Text

from specloop.config import Price
from specloop.errors import SpecloopError
from specloop.llm.backends import backend_of
from specloop.llm.calls.ledger import money
from specloop.pipeline import Run
from specloop.pipeline.amounts import NONE, Estimate, Range
from specloop.pipeline.estimate import estimate, estimate_entrant
from specloop.pipeline.evaluating import EvaluationEntrant
from specloop.records import Cost
from specloop.terminal import console, show, show_json, show_table

_AMOUNTS = ("calls", "prompt", "completion")


def print_bill(
    run: Run, stages: Sequence[str], check: Callable[[Run], None], *, json: bool = False
) -> None:
    """Calls, tokens and, where `[prices]` are configured, money; nothing is written or asked. What
    keeps the command from being run is told too.

    What the folder has done already, stages and calls, is left out.
    """
    found = asyncio.run(estimate(run, stages))
    show_bill(found, run.config.prices, json=json)
    tell_missing(run, check)


def print_entrants_bill(
    run: Run,
    entrants: Sequence[EvaluationEntrant],
    check: Callable[[Run], None],
    *,
    json: bool = False,
) -> None:
    """The same for measuring some models, each on a line."""
    found = [one for entrant in entrants for one in asyncio.run(estimate_entrant(run, entrant))]
    show_bill(found, run.config.prices, json=json)
    tell_missing(run, check)


def tell_missing(run: Run, check: Callable[[Run], None]) -> None:
    """Say what keeps the command from being run as it stands."""
    try:
        check(run)
    except SpecloopError as error:
        console.print("it cannot be run yet:", style="yellow")
        console.print(str(error), style="yellow", markup=False, soft_wrap=True)


def show_bill(
    found: Sequence[Estimate], prices: Mapping[str, Price], *, json: bool = False
) -> None:
    """Print the estimates as a bill."""
    if json:
        show_json(_bill_data(found, prices))
        return
    if not found:
        show("no model would be called")
        return
    show_table(bill_table(found, prices))
    for line in _rests_on(found):
        show(line)
    what = "Calls" if any(one.likely for one in found) else "Ranges"
    console.print(
        f"{what} run from the least to the most that the settings allow. Finished calls are stored "
        "and never paid for twice; --max-calls, --max-tokens and --max-cost bound the run."
    )


def _rests_on(found: Sequence[Estimate]) -> Iterator[str]:
    """All tokens that are likely together, and what they rest on."""
    told = [(one, one.likely) for one in found if one.likely]
    if not told:
        return
    likely = sum(each.prompt + each.completion for _, each in told)
    low, high = _sum([part for one, _ in told for part in (one.prompt, one.completion)])
    yield f"likely {_about(likely)} tokens in all, {_about(low)} to {_about(high)}, judged by"
    bases: dict[str, dict[str, None]] = {}
    for one, each in told:
        for basis in each.basis:
            bases.setdefault(basis, {})[one.stage] = None
    for basis, stages in bases.items():
        yield f"  {basis}: {', '.join(stages)}"
    yield "A call that several methods make alike is counted with the first of them."


def _about(n: float) -> str:
    """A number of tokens without figures that nobody can know."""
    digits = len(str(round(n)))
    return f"{round(n, min(0, 2 - digits)):,.0f}"


def bill_table(estimates: Sequence[Estimate], prices: Mapping[str, Price]) -> Table:
    """A line for each stage and role, and their sum."""
    table = Table(show_footer=len(estimates) > 1)
    table.add_column("stage, role\nmodel", footer="all")
    table.add_column("calls", footer=_words(_sum([e.calls for e in estimates])), justify="right")
    for title, ranges in (
        ("prompt tokens", [e.prompt for e in estimates]),
        ("completion tokens", [e.completion for e in estimates]),
    ):
        table.add_column(title, footer=_words(_rounded(_sum(ranges), estimates)), justify="right")
    paid = [_usd(e, prices) for e in estimates]
    known = [usd for usd in paid if usd is not None]
    table.add_column("USD", footer=_money(_sum(known) if known else None), justify="right")
    for one, usd in zip(estimates, paid, strict=True):
        told = one.likely
        asked = (
            _words(one.calls),
            _words(one.prompt, told and told.prompt),
            _words(one.completion, told and told.completion),
        )
        table.add_row(Text(f"{one.stage}, {one.role}\n{one.model}"), *asked, _money(usd))
    return table


def _rounded(amount: Range, estimates: Sequence[Estimate]) -> Range:
    """Without figures that nobody can know, where it is about what is likely."""
    if not any(one.likely for one in estimates):
        return amount
    return Range(*(float(_about(n).replace(",", "")) for n in amount))


def _bill_data(estimates: Sequence[Estimate], prices: Mapping[str, Price]) -> dict[str, object]:
    """The lines and their sum; `usd` is null where a price is not known."""
    paid = [_usd(one, prices) for one in estimates]
    lines = [
        {"stage": e.stage, "role": e.role, "model": e.model, **_amounts(e)}
        | {"likely": e.likely and e.likely._asdict(), "usd": usd and usd._asdict()}
        for e, usd in zip(estimates, paid, strict=True)
    ]
    known = [usd for usd in paid if usd is not None]
    total = {name: _whole(_sum([getattr(e, name) for e in estimates])) for name in _AMOUNTS}
    return {"lines": lines, "total": total | {"usd": _sum(known)._asdict() if known else None}}


def _amounts(one: Estimate) -> dict[str, object]:
    return {name: _whole(getattr(one, name)) for name in _AMOUNTS}


def _whole(amount: Range) -> dict[str, int]:
    return {"low": round(amount.low), "high": round(amount.high)}


def _sum(ranges: Sequence[Range]) -> Range:
    return reduce(Range.plus, ranges, NONE)


def _words(amount: Range, likely: float | None = None) -> str:
    if likely is not None:
        return f"{_about(likely)}\n{_about(amount.low)} to {_about(amount.high)}"
    low, high = round(amount.low), round(amount.high)
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def _usd(one: Estimate, prices: Mapping[str, Price]) -> Range | None:
    """None where the price is not known: none is ever guessed."""
    if one.model not in prices or backend_of(one.model).is_free:
        return None
    price = prices[one.model]
    low, high = (
        money(Cost(prompt_tokens=round(p), completion_tokens=round(c)), price)
        for p, c in zip(one.prompt, one.completion, strict=True)
    )
    return Range(low, high)


def _money(usd: Range | None) -> str:
    return "-" if usd is None else f"{usd.low:.4f} to {usd.high:.4f}"
