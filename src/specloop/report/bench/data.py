"""What a benchmark's page is made from: the records of one run folder, drawn up once."""

from __future__ import annotations

from typing import Any, NamedTuple

from specloop.bench.agreement import Agreement, Scale, agreement
from specloop.bench.board import Board, Options, board_of
from specloop.bench.cases import judges_of
from specloop.bench.scores import ALPHA
from specloop.bench.stored import read_stored
from specloop.records import Failure
from specloop.report.data import Manifest, ReportData
from specloop.stats import Resampling
from specloop.store import RunFolder


class BenchData(NamedTuple):
    """Everything the page shows."""

    board: Board
    agreements: tuple[Agreement, ...]
    """The page's judge with each other judge of the folder."""
    run: ReportData
    """Manifest, failures and name of the run folder."""


def load_bench_data(run: RunFolder, options: Options | None = None) -> BenchData:
    """Read a run folder; alpha and confidence are the configured ones where `options` is None."""
    manifest = Manifest.of(run.manifest(), str(run / "manifest.json"))
    stored = read_stored(run)
    board = board_of(stored, options or _configured(manifest.config.get("specbench", {})))
    others = [judge for judge in judges_of(stored.judgements) if judge != board.judge]
    scale = Scale(board.options.alpha)
    compared = [
        agreement(stored, (board.judge, other), scale, board.options.how)
        for other in others
        if board.judge
    ]
    return BenchData(
        board=board,
        agreements=tuple(one for one in compared if one.n_answers),
        run=ReportData(
            failures=tuple(run.read(Failure)), manifest=manifest, name=run.path.resolve().name
        ),
    )


def _configured(table: dict[str, Any]) -> Options:
    confidence = float(table.get("confidence", 0.95))
    return Options(alpha=float(table.get("alpha", ALPHA)), how=Resampling(confidence=confidence))
