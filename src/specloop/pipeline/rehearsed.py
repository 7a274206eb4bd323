"""A run as a rehearsal has it: the folder's changes stay in memory, and stand-ins answer."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar, cast

from specloop.config import RoleName
from specloop.errors import SpecloopError
from specloop.llm.backends import resolve
from specloop.llm.base import Capabilities, Model, Reply
from specloop.llm.calls.cache import StoredCalls
from specloop.llm.calls.ledger import LedgerEntry, Meter
from specloop.pipeline.judge_models import (
    judges_of_stage,
    refusal_judge_of_stage,
    refusal_role,
)
from specloop.pipeline.model_pool import Metered, ModelPool, ModelRequest
from specloop.pipeline.run import Run
from specloop.pipeline.stand_in import Sample, StandIn, Way
from specloop.records import Cost, Failure, Record
from specloop.scorers import scorers
from specloop.store import RunFolder

R = TypeVar("R", bound=Record)


_ANY = Capabilities(prefill=True, json_schema=True, first_token=True)


class RehearsedFolder(RunFolder):
    """A run folder that is read only: what is written is kept in memory, and read from there."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, planned=True)
        self._records: dict[type[Record], dict[str, Record]] = {}
        self._manifest: dict[str, Any] | None = None
        self._rewritten: set[str] = set()

    def make(self) -> None:
        """Make nothing."""

    def part(self, name: str) -> RunFolder:
        """A folder within it that is read only as well."""
        return self.parts.setdefault(name, RehearsedFolder(self.path / name))

    def read(self, kind: type[R]) -> list[R]:
        """Records of the folder with what was added since."""
        if kind not in self._records:
            self._records[kind] = {record.id: record for record in super().read(kind)}
        return cast(list[R], list(self._records[kind].values()))

    def has(self, kind: type[Record]) -> bool:
        """Whether the folder would have a file of that kind."""
        return kind in self._records or super().has(kind)

    def has_file(self, name: str) -> bool:
        """Whether the folder has a file that was not written since."""
        return name not in self._rewritten and super().has_file(name)

    def append(self, records: Iterable[Record]) -> None:
        """Add records in memory."""
        for record in records:
            self.read(type(record))
            self._records[type(record)].setdefault(record.id, record)
            if isinstance(record, Failure):
                self.failures.append(record)

    def replace(self, kind: type[R], records: Iterable[R]) -> None:
        """Put these in place of all of a kind, in memory."""
        self._records[kind] = {record.id: record for record in records}

    def replace_all(
        self,
        records: Mapping[type[Record], Iterable[Record]],
        texts: Mapping[str, str],
        **entries: Any,
    ) -> None:
        """Put these in place of all of their kinds, in memory."""
        for kind, own in records.items():
            self.replace(kind, own)
        self._rewritten.update(texts)
        self.note(**entries)

    def write_text(self, name: str, text: str) -> Path:
        """Only note that the folder's file would be another."""
        self._rewritten.add(name)
        return self.path / name

    def set_aside(self, name: str, other: str) -> None:
        """Only note that the file would be gone."""
        self._rewritten.add(name)

    def manifest(self) -> dict[str, Any]:
        """The manifest with what was noted since."""
        if self._manifest is None:
            self._manifest = super().manifest()
        return dict(self._manifest)

    def note(self, **entries: Any) -> None:
        """Note entries in memory, as they would be read again."""
        self._manifest = self.manifest() | json.loads(json.dumps(entries))


class RehearsedPool(ModelPool):
    """Gives stand-ins in place of models, and keeps them to be counted."""

    def __init__(self, run: Run, way: Way, stored: StoredCalls) -> None:
        super().__init__(run.folder.path, run.config)
        self.stand_ins: list[StandIn] = []
        """In the order in which they were opened."""
        self.way, self._config, self._stored = way, run.config, stored
        self._replies: defaultdict[str, dict[str, Reply]] = defaultdict(dict)
        """By role, of which each may be the first to make a call that two of them make; the least
        way together."""
        self.sample = Sample()
        """What is rehearsed of the present stage."""

    def has_paid_for(self, *stages: str) -> bool:
        """Whether stages asked anything that is not stored."""
        return any(each.asked.calls for each in self.stand_ins if each.stage in stages)

    @asynccontextmanager
    async def open(
        self, stage: str, requests: Sequence[ModelRequest]
    ) -> AsyncGenerator[dict[RoleName, Metered]]:
        """A stand-in for each role."""
        opened: dict[RoleName, Metered] = {}
        for request in requests:
            stand_in = self._stand_in(stage, request)
            self.stand_ins.append(stand_in)
            meter = Meter(LedgerEntry(stage, request.role, stand_in.name, Cost()))
            opened[request.role] = Metered(stand_in, meter)
        yield opened

    def _stand_in(self, stage: str, request: ModelRequest) -> StandIn:
        model, role = _model(request), request.role
        # A model that is still to be trained has the capabilities of the one it is made from.
        base = model or _model(request, self._config.roles.of(role).model)
        return StandIn(
            model.name if model else request.model,
            stage,
            request,
            self.way,
            base.capabilities if base else _ANY,
            self._stored,
            self._replies[role if self.way.most else ""],
            self.sample,
            self._repairs(stage, role),
            self._config.bench.votes,
        )

    def _repairs(self, stage: str, role: RoleName) -> int:
        """Times that a judge of the loop may be asked again."""
        every = judges_of_stage(self._config, stage)
        repairs = [getattr(one.judge, "repairs", 0) for one in every if role in one.roles]
        if role == refusal_role(stage):
            told = refusal_judge_of_stage(self._config, stage)
            repairs.append(getattr(told, "repairs", 0))
        if role == "quality":
            scorer = scorers.build(self._config.synthesis.quality)
            repairs.append(getattr(scorer, "repairs", 0))
        return max(repairs, default=0)


def _model(request: ModelRequest, name: str = "") -> Model | None:
    """The model itself, which is not opened; None where it cannot be used here and now. What it
    would be asked can still be told."""
    try:
        return resolve(name or request.model, **request.options)
    except SpecloopError:
        return None
