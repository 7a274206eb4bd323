"""What a run's calls have cost, counted by stage, role and model; it survives kills.

The counts are added in the transaction that stores their replies (see `calls.py`), so a run's own
file never has a reply without its cost.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from specloop.config import Price
from specloop.errors import InputError
from specloop.files import is_there
from specloop.jsontext import first_fault
from specloop.llm.base import Usage
from specloop.llm.calls.database import KEEP, check_columns, connect, storing
from specloop.records import Cost

_COLUMNS = tuple(Cost.model_fields)
TABLE = f"""create table if not exists ledger (
    stage text, role text, model text, {", ".join(f"{name} not null" for name in _COLUMNS)},
    primary key (stage, role, model))"""
_SELECT = f"select stage, role, model, {', '.join(_COLUMNS)} from ledger order by rowid"
ADD = f"""insert into ledger values (?, ?, ?, {", ".join("?" for _ in _COLUMNS)})
    on conflict do update set {", ".join(f"{c} = {c} + excluded.{c}" for c in _COLUMNS)}"""

Row = tuple[str | float, ...]


class LedgerEntry(NamedTuple):
    """One line of the ledger."""

    stage: str
    role: str
    model: str
    cost: Cost

    @property
    def key(self) -> tuple[str, str, str]:
        """The stage, role and model of the line."""
        return self[:3]


class Meter:
    """Counts one role's calls to one model in one stage, so that no strategy has to add up tokens.

    `cost` covers all runs of the stage, killed ones included.
    """

    def __init__(self, entry: LedgerEntry) -> None:
        self.stage, self.role, self.model, self._earlier = entry
        self._counts: dict[str, float] = self._earlier.model_dump()
        self._saved = tuple(self._counts.values())
        self._in_flight = 0
        self._flying_since = 0.0

    @property
    def cost(self) -> Cost:
        """The total."""
        counts = self._counts | {"wall_s": round(self._counts["wall_s"], 3)}
        return Cost.model_validate(counts)

    @property
    def since(self) -> LedgerEntry:
        """What was counted since the meter was made."""
        earlier = self._earlier.model_dump()
        added = {name: count - earlier[name] for name, count in self.cost.model_dump().items()}
        return LedgerEntry(self.stage, self.role, self.model, Cost(**added))

    def begin(self) -> None:
        """Count a call that starts."""
        if self._in_flight == 0:
            self._flying_since = time.monotonic()
        self._in_flight += 1

    def cached(self) -> None:
        """Count a call that was answered from the cache."""
        self._counts["n_calls"] += 1
        self._counts["n_cached"] += 1

    def end(self, usage: Usage | None) -> None:
        """Count the end of a call; without a usage it brought no answer."""
        now = time.monotonic()
        self._counts["wall_s"] += now - self._flying_since
        self._flying_since = now
        self._in_flight -= 1
        if usage is not None:
            self._counts["n_calls"] += 1
            self.took(usage)

    def took(self, usage: Usage) -> None:
        """Count spent tokens."""
        counts = self._counts
        counts["prompt_tokens"] += usage.prompt_tokens
        counts["cached_tokens"] += usage.cached_tokens
        counts["completion_tokens"] += usage.completion_tokens
        counts["reasoning_tokens"] += usage.reasoning_tokens

    def failed(self) -> None:
        """Count a call that was given up."""
        self._counts["n_failed"] += 1

    def failed_attempt(self) -> None:
        """Count a failed attempt."""
        self._counts["n_failed_attempts"] += 1

    def unsaved(self) -> Row | None:
        """What was counted since this was last called, as a row to add; None if nothing."""
        counts = tuple(self._counts.values())
        if counts == self._saved:
            return None
        added = (new - old for new, old in zip(counts, self._saved, strict=True))
        row = (self.stage, self.role, self.model, *added)
        self._saved = counts
        return row


class Ledger:
    """The meters of a run: this process's, and the counts of earlier ones in the file."""

    def __init__(self, path: Path) -> None:
        self._known = {entry.key: entry for entry in read_ledger(path)}
        self._meters: dict[tuple[str, str, str], Meter] = {}

    def meter(self, stage: str, role: str, model: str) -> Meter:
        """The meter of a role in a stage, which is made once."""
        key = (stage, role, model)
        if key not in self._meters:
            self._meters[key] = Meter(self._known.get(key, LedgerEntry(*key, Cost())))
        return self._meters[key]

    def unsaved(self) -> list[Row]:
        """Rows to add to the file."""
        rows = (meter.unsaved() for meter in self._meters.values())
        return [row for row in rows if row is not None]

    @property
    def earlier(self) -> list[LedgerEntry]:
        """The lines that were in the file at opening."""
        return list(self._known.values())

    @property
    def since(self) -> list[LedgerEntry]:
        """What was counted since opening."""
        return [meter.since for meter in self._meters.values()]


def read_ledger(path: Path) -> list[LedgerEntry]:
    """The lines of a run's file in the order they began; empty if there is no file."""
    if not is_there(path):
        return []
    with storing(path), closing(connect(path)) as db:
        db.execute(TABLE)
        check_columns(db, path, "ledger", ("stage", "role", "model", *_COLUMNS))
        rows = db.execute(_SELECT).fetchall()
    try:
        return [
            LedgerEntry(stage, role, model, Cost(**dict(zip(_COLUMNS, counts, strict=True))))
            for stage, role, model, *counts in rows
        ]
    except ValidationError as error:
        raise InputError(f"{path}: ledger: {first_fault(error)}; {KEEP}") from None


def money(cost: Cost, price: Price) -> float:
    """What the tokens cost, in USD."""
    cached = price.input if price.cached_input is None else price.cached_input
    fresh = cost.prompt_tokens - cost.cached_tokens
    paid = fresh * price.input + cost.cached_tokens * cached + cost.completion_tokens * price.output
    return paid / 1e6


def total_money(entries: Iterable[LedgerEntry], prices: Mapping[str, Price]) -> float | None:
    """USD for all entries; None if no entry's model has prices."""
    known = [money(e.cost, prices[e.model]) for e in entries if e.model in prices]
    return sum(known) if known else None
