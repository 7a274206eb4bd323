"""Result files of the reference code, into a run folder and out of one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from specloop.bench.cases import EntrantKey, JudgeKey, judges_of, labels_of
from specloop.bench.files import Graded, write_evaluate, write_generate, write_scores
from specloop.bench.judging import case_of
from specloop.bench.load import load_scenarios
from specloop.bench.merging import Source, merge
from specloop.bench.old_results import OldResults, read_results
from specloop.bench.reference.judging import ReferenceJoint
from specloop.bench.stored import Stored, keep, read_stored
from specloop.benchmark import BenchRow, Deliberation
from specloop.errors import InputError
from specloop.pipeline.bench_protocol import checkout_of
from specloop.pipeline.run import Run
from specloop.records import content_id

Key = TypeVar("Key", bound=Hashable)
Render = Callable[[BenchRow, Deliberation], str]


def import_results(run: Run, path: Path) -> str:
    """Add a file's answers and verdicts to the run; says what was in it."""
    data, key = run.config.specbench.data, path.resolve().parent.parent.name
    if not data:
        raise InputError("name the benchmark's data by --data: results are about its rows")
    (scenario,) = load_scenarios(data, [key])
    found = read_results(path, scenario)
    keep(run.folder, [scenario])
    merge(run.folder, found, Source(path, scenario))
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
    places = _apart({one: f"{_safe(one.model)}/{_safe(label)}" for one, label in labels.items()})
    for scenario in stored.scenarios:
        rows = {row.id for row in scenario.rows}
        parts: dict[tuple[EntrantKey, int], list[Deliberation]] = {}
        for one in stored.deliberations:
            if one.row in rows:
                parts.setdefault((EntrantKey.of(one), one.sampling.seed), []).append(one)
        for (entrant, seed), answers in parts.items():
            model, method = places[entrant].split("/")
            method += f"-seed{seed}" if seed else ""
            folder = to / model / _safe(scenario.key) / method
            folder.mkdir(parents=True, exist_ok=True)
            write_generate(folder, Graded(scenario, answers))
            _write_judged(stored, Graded(scenario, answers), folder, opened)
            yield folder


def _write_judged(stored: Stored, answers: Graded, folder: Path, run: Run) -> None:
    ids = {one.id for one in answers.deliberations}
    for judge, name in _judge_names(judges_of(stored.judgements)).items():
        mine = [
            one
            for one in stored.judgements
            if one.deliberation in ids and JudgeKey.of(one) == judge
        ]
        if not mine:
            continue
        graded = answers._replace(judgements=mine)
        write_evaluate(folder / f"{name}_evaluate.json", graded, _render(run, judge, graded))
        write_scores(folder / f"{name}_score.json", graded)


def _judge_names(judges: Sequence[JudgeKey]) -> dict[JudgeKey, str]:
    """What files are called after: the model and the mode, or all that tells judges apart."""
    short = {
        one: _safe(one.model) + ("" if one.mode == "joint" else f"-{one.mode}") for one in judges
    }
    n = Counter(name.lower() for name in short.values())
    return _apart(
        {one: name if n[name.lower()] == 1 else _safe(one.label) for one, name in short.items()}
    )


def _apart(names: Mapping[Key, str]) -> dict[Key, str]:
    """Names that stay apart as paths do: where two are the same, their keys' digests are added."""
    n = Counter(name.lower() for name in names.values())
    return {
        key: name if n[name.lower()] == 1 else f"{name}-{content_id(repr(key))[:6]}"
        for key, name in names.items()
    }


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
