"""`--dry-run`: print what a command would ask of its models, before anything is asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import reduce

from rich.table import Table
from rich.text import Text

from specloop.config import Price
from specloop.llm.backends import backend_of
from specloop.llm.calls.ledger import money
from specloop.pipeline.amounts import NONE, Estimate, Range
from specloop.records import Cost
from specloop.terminal import console, show, show_json, show_table

_AMOUNTS = ("calls", "prompt", "completion")


def print_bill(
    estimates: Sequence[Estimate], prices: Mapping[str, Price], *, json: bool = False
) -> None:
    """Print calls, tokens and, where `[prices]` are configured, money."""
    if json:
        show_json(bill_data(estimates, prices))
        return
    if not estimates:
        show("no model would be called")
        return
    show_table(bill_table(estimates, prices))
    for line in _rests_on(estimates):
        show(line)
    what = "Calls" if any(estimate.likely for estimate in estimates) else "Ranges"
    console.print(
        f"{what} run from the least to the most that the settings allow. Finished calls are stored "
        "and never paid for twice; --max-calls, --max-tokens and --max-cost bound the run."
    )


def _rests_on(estimates: Sequence[Estimate]) -> Iterator[str]:
    """The sum of all likely tokens, and what they are based on."""
    expected = [(line, line.likely) for line in estimates if line.likely]
    if not expected:
        return
    likely = sum(each.prompt + each.completion for _, each in expected)
    low, high = _sum([part for line, _ in expected for part in (line.prompt, line.completion)])
    yield f"likely {_about(likely)} tokens in all, {_about(low)} to {_about(high)}, judged by"
    bases: dict[str, dict[str, None]] = {}
    for line, each in expected:
        for basis in each.basis:
            bases.setdefault(basis, {})[line.stage] = None
    for basis, stages in bases.items():
        yield f"  {basis}: {', '.join(stages)}"
    yield "A call that several methods make alike is counted with the first of them."


def _about(n: float) -> str:
    """A number of tokens without meaningless digits."""
    digits = len(str(round(n)))
    return f"{round(n, min(0, 2 - digits)):,.0f}"


def bill_table(estimates: Sequence[Estimate], prices: Mapping[str, Price]) -> Table:
    """A line for each stage and role, and the total."""
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
    for line, usd in zip(estimates, paid, strict=True):
        likely = line.likely
        asked = (
            _words(line.calls),
            _words(line.prompt, likely and likely.prompt),
            _words(line.completion, likely and likely.completion),
        )
        table.add_row(Text(f"{line.stage}, {line.role}\n{line.model}"), *asked, _money(usd))
    return table


def _rounded(amount: Range, estimates: Sequence[Estimate]) -> Range:
    """The range without meaningless digits, if it is a likely one."""
    if not any(line.likely for line in estimates):
        return amount
    return Range(*(float(_about(n).replace(",", "")) for n in amount))


def bill_data(estimates: Sequence[Estimate], prices: Mapping[str, Price]) -> dict[str, object]:
    """The lines and their total, as data; `usd` is null if a price is not known."""
    paid = [_usd(line, prices) for line in estimates]
    lines = [
        {"stage": e.stage, "role": e.role, "model": e.model}
        | {name: _whole(getattr(e, name)) for name in _AMOUNTS}
        | {"likely": e.likely and e.likely._asdict(), "usd": usd and usd._asdict()}
        for e, usd in zip(estimates, paid, strict=True)
    ]
    known = [usd for usd in paid if usd is not None]
    total = {name: _whole(_sum([getattr(e, name) for e in estimates])) for name in _AMOUNTS}
    return {"lines": lines, "total": total | {"usd": _sum(known)._asdict() if known else None}}


def _whole(amount: Range) -> dict[str, int]:
    return {"low": round(amount.low), "high": round(amount.high)}


def _sum(ranges: Sequence[Range]) -> Range:
    return reduce(Range.plus, ranges, NONE)


def _words(amount: Range, likely: float | None = None) -> str:
    if likely is not None:
        return f"{_about(likely)}\n{_about(amount.low)} to {_about(amount.high)}"
    low, high = round(amount.low), round(amount.high)
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def _usd(line: Estimate, prices: Mapping[str, Price]) -> Range | None:
    """The cost in USD; None if the price is not known, because prices are never guessed."""
    if line.model not in prices or backend_of(line.model).is_free:
        return None
    price = prices[line.model]
    low, high = (
        money(Cost(prompt_tokens=round(p), completion_tokens=round(c)), price)
        for p, c in zip(line.prompt, line.completion, strict=True)
    )
    return Range(low, high)


def _money(usd: Range | None) -> str:
    return "-" if usd is None else f"{usd.low:.4f} to {usd.high:.4f}"
