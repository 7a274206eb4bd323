"""Result files of the reference code, into a run folder and out of one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from specloop.bench.cases import EntrantKey, JudgeKey, cases_of, judges_of, labels_of
from specloop.bench.files import Graded, write_evaluate, write_generate, write_scores
from specloop.bench.judging import case_of
from specloop.bench.load import load_scenarios
from specloop.bench.old_results import OldResults, read_results
from specloop.bench.reference.judging import ReferenceJoint
from specloop.bench.stored import Stored, keep, read_stored
from specloop.benchmark import BenchRow, Deliberation
from specloop.errors import InputError
from specloop.pipeline.bench_protocol import checkout_of
from specloop.pipeline.run import Run

Render = Callable[[BenchRow, Deliberation], str]


def import_results(run: Run, path: Path) -> str:
    """Add a file's answers and verdicts to the run; says what was in it."""
    data, key = run.config.specbench.data, path.resolve().parent.parent.name
    if not data:
        raise InputError("name the benchmark's data by --data: results are about its rows")
    (scenario,) = load_scenarios(data, [key])
    found = read_results(path, scenario)
    keep(run.folder, [scenario])
    run.folder.append_new([*found.deliberations, *found.judgements])
    return _told(found)


def _told(found: OldResults) -> str:
    parts = [f"{len(found.deliberations)} answers", f"{len(found.judgements)} judgements"]
    parts += [f"{len(found.empty)} empty"] if found.empty else []
    parts += [f"{len(found.unknown)} about no row of the data"] if found.unknown else []
    return ", ".join(parts)


def export_results(run: Path, to: Path) -> Iterator[Path]:
    """Write every entrant's files, a folder for each seed; gives the folders."""
    opened = Run.resume(run)
    stored = read_stored(opened.folder)
    labels = labels_of(dict.fromkeys(EntrantKey.of(one) for one in stored.deliberations))
    for scenario in stored.scenarios:
        rows = {row.id for row in scenario.rows}
        parts: dict[tuple[EntrantKey, int], list[Deliberation]] = {}
        for one in stored.deliberations:
            if one.row in rows:
                parts.setdefault((EntrantKey.of(one), one.sampling.seed), []).append(one)
        for (entrant, seed), answers in parts.items():
            method = _safe(labels[entrant]) + (f"-seed{seed}" if seed else "")
            folder = to / _safe(entrant.model) / _safe(scenario.key) / method
            folder.mkdir(parents=True, exist_ok=True)
            write_generate(folder, Graded(scenario, answers))
            _write_judged(stored, Graded(scenario, answers), folder, opened)
            yield folder


def _write_judged(stored: Stored, answers: Graded, folder: Path, run: Run) -> None:
    for judge in judges_of(stored.judgements):
        mine = [case.judgement for case in cases_of(stored, judge) if case.judgement]
        graded = answers._replace(judgements=mine)
        name = _safe(judge.model) + ("" if judge.mode == "joint" else f"-{judge.mode}")
        write_evaluate(folder / f"{name}_evaluate.json", graded, _render(run, judge, graded))
        write_scores(folder / f"{name}_score.json", graded)


def _render(run: Run, judge: JudgeKey, graded: Graded) -> Render:
    """What the joint judge of the reference was sent; nothing for judges of our own."""
    settings = run.config.specbench
    if (judge.mode, judge.protocol) != ("joint", "reference") or not settings.reference_checkout:
        return lambda row, answer: ""
    joint = ReferenceJoint.of(checkout_of(settings))
    return lambda row, answer: joint.prompt(case_of(graded.scenario, row, answer))[-1].content


def _safe(name: str) -> str:
    """A name as one part of a path: it may be a model's or come from a folder."""
    return re.sub(r"[^\w.+=-]+", "_", name).strip(".") or "_"
