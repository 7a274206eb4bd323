"""Result files of the reference code, into a run folder and out of one."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from specloop.errors import InputError
from specloop.methods import methods
from specloop.pipeline.rehearsed import RehearsedFolder
from specloop.pipeline.run import Run
from specloop.pipeline.specbench_protocol import checkout_of
from specloop.records import Answer, Case, content_id
from specloop.sources import load_scenarios
from specloop.specbench.cases import EntrantKey, JudgeKey, judges_of, labels_of
from specloop.specbench.files import GradedScenario, write_evaluate, write_generate, write_scores
from specloop.specbench.judging import case_of
from specloop.specbench.old_results import merge, read_results
from specloop.specbench.reference.judging import ReferenceJoint
from specloop.specbench.reference.settings import ModelSettings, generator_settings, judge_settings
from specloop.specbench.sidecar import EntrantTold, JudgeTold, Sidecar, write_sidecar
from specloop.specbench.stored import Stored, keep, read_stored

Key = TypeVar("Key", bound=Hashable)
Render = Callable[[Case, Answer], str]


def check_import(run: Run, paths: Sequence[Path]) -> None:
    """InputError where one of the files cannot be imported beside the others; nothing is
    written."""
    import_results(Run(RehearsedFolder(run.folder.path), run.config, run.origins), paths)


def import_results(run: Run, paths: Sequence[Path]) -> list[str]:
    """Add files' answers and verdicts to the run; says of each file what was in it."""
    data = run.config.specbench.data
    if not data:
        raise InputError("name the benchmark's data by --data: results are about its rows")
    lines: list[str] = []
    for path in paths:
        (scenario,) = load_scenarios(data, [path.resolve().parent.parent.name])
        results = read_results(path, scenario)
        keep(run.folder, [scenario])
        merge(run.folder, results)
        parts = [f"{len(results.answers)} answers", f"{len(results.judgements)} judgements"]
        parts += [f"{len(results.empty)} empty"] if results.empty else []
        parts += [f"{len(results.unknown)} about no row of the data"] if results.unknown else []
        lines.append(f"{path}: {', '.join(parts)}")
    return lines


def export_results(run: Path, to: Path) -> Iterator[Path]:
    """Write every entrant's files, a folder for each seed; gives the folders."""
    opened = Run.resume(run)
    stored = read_stored(opened.folder)
    places = _places(opened, stored)
    for scenario in stored.scenarios:
        rows = {row.id for row in scenario.rows}
        parts: dict[tuple[EntrantKey, int], list[Answer]] = {}
        for one in stored.answers:
            if one.case in rows:
                parts.setdefault((EntrantKey.of(one), one.sampling.seed), []).append(one)
        for (entrant, seed), answers in parts.items():
            model, method = places[entrant].split("/")
            method += f"-seed{seed}" if seed else ""
            folder = to / model / _safe(scenario.key) / method
            folder.mkdir(parents=True, exist_ok=True)
            write_generate(folder, GradedScenario(scenario, answers))
            judges = _write_judged(stored, GradedScenario(scenario, answers), folder, opened)
            write_sidecar(folder, Sidecar(entrant=EntrantTold.of(answers[0]), judges=judges))
            yield folder


def _places(run: Run, stored: Stored) -> dict[EntrantKey, str]:
    """MODEL/METHOD of every entrant: SpecBench's code looks for a method of its own under the bare
    name, which the plainest of a model's entrants by it has; all others have their label's."""
    entrants = sorted({EntrantKey.of(answer) for answer in stored.answers}, key=_plainness)
    labels, names, taken = labels_of(entrants), dict[EntrantKey, str](), set[str]()
    for one in entrants:
        model = _safe(_configured(run, generator_settings, one.model, one.protocol))
        known = one.method in methods.names() and methods.get(one.method).published
        bare = f"{model}/{_safe(one.method)}"
        is_first = known and bare.lower() not in taken
        names[one] = bare if is_first else f"{model}/{_safe(labels[one])}"
        taken.add(names[one].lower())
    return _apart(names)


def _plainness(one: EntrantKey) -> tuple[bool, int, tuple[str, ...]]:
    """Sorts by what SpecBench's code would have done, then by how little is set otherwise."""
    return one.protocol != "reference", len(json.loads(one.settings)), tuple(one)


Settings = Callable[[Path, str], ModelSettings]


def _configured(run: Run, settings: Settings, model: str, protocol: str) -> str:
    """What the checkout's configuration calls a model of the reference protocol."""
    checkout = run.config.specbench.reference_checkout
    if protocol != "reference" or not checkout:
        return model
    try:
        return settings(Path(checkout), model).key
    except InputError:
        # Files can be written where the checkout is gone since.
        return model


def _write_judged(
    stored: Stored, answers: GradedScenario, folder: Path, run: Run
) -> dict[str, JudgeTold]:
    """A file of verdicts and one of scores for each judge; the judges by the former's name."""
    ids = {answer.id: answer.case for answer in answers.answers}
    judges: dict[str, JudgeTold] = {}
    for judge, name in _judge_names(run, judges_of(stored.judgements)).items():
        mine = [
            judgement
            for judgement in stored.judgements
            if judgement.answer in ids and JudgeKey.of(judgement) == judge
        ]
        if not mine:
            continue
        graded = answers._replace(judgements=mine)
        path = folder / f"{name}_evaluate.json"
        write_evaluate(path, graded, _render(run, judge, graded))
        write_scores(folder / f"{name}_score.json", graded)
        reasons = {ids[one.answer]: tuple(v.rationale for v in one.verdicts) for one in mine}
        judges[path.name] = JudgeTold.of(mine[0], {row: r for row, r in reasons.items() if any(r)})
    return judges


def _judge_names(run: Run, judges: Sequence[JudgeKey]) -> dict[JudgeKey, str]:
    """What files are called after: the model and the mode, or all that tells judges apart."""
    short = {
        judge: _safe(_configured(run, judge_settings, judge.model, judge.protocol))
        + ("" if judge.mode == "joint" else f"-{judge.mode}")
        for judge in judges
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


def _render(run: Run, judge: JudgeKey, graded: GradedScenario) -> Render:
    """What the joint judge of the reference was sent; nothing for judges of our own."""
    settings = run.config.specbench
    if (judge.mode, judge.protocol) != ("joint", "reference") or not settings.reference_checkout:
        return lambda row, answer: ""
    joint = ReferenceJoint.of(checkout_of(settings))
    return lambda row, answer: joint.prompt(case_of(graded.scenario, row, answer))[-1].content


def _safe(name: str) -> str:
    """A name as one part of a path: it may be a model's or come from a folder."""
    return re.sub(r"[^\w.+=-]+", "_", name).strip(".") or "_"
