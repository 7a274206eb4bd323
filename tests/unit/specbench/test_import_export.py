"""Result files into a run folder and out of one."""

# pyright: basic
from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from tests.commands import started
from tests.specbench_data import put, write_data
from tests.specbench_fixture import WAYS, stored, verdicts, written

from specloop.config import Config, build
from specloop.errors import InputError
from specloop.judging.base import decidable
from specloop.pipeline.specbench_files import export_results, import_results
from specloop.records import Answer, Cost, Judgement, ScenarioRow, Step, Verdict
from specloop.report.specbench.payload import answers_payload
from specloop.report.specbench.scatter import scatters
from specloop.specbench.cases import judges_of
from specloop.specbench.comparison import (
    BenchComparison,
    comparison_of,
    paired_differences,
    token_lines,
)
from specloop.specbench.figures import bench_metric
from specloop.specbench.load import FIELDS
from specloop.specbench.stored import Stored, read_stored
from specloop.specbench.table import tokens_table
from specloop.store import RunFolder

STEPS = (Step(purpose="answer", prompt_tokens=30, completion_tokens=9),)
PAID = Cost(n_calls=1, prompt_tokens=30, completion_tokens=9, wall_s=1.0)


def answered() -> Stored:
    """Two methods' answers to two scenarios with their tokens, and one judge's verdicts."""
    found = stored(n_rows=3, seeds=(0,), ways=WAYS[:2], second_judge=False)
    told = {"steps": STEPS, "cost": PAID, "paper_tokens": 9}
    answers = tuple(one.model_copy(update=told) for one in found.answers)
    return found._replace(answers=answers, judgements=judged(found, answers))


def judged(found: Stored, answers: Iterable[Answer], **told: Any) -> tuple[Judgement, ...]:
    specs = {row.id: one.specs for one in found.scenarios for row in one.rows}
    usual: dict[str, Any] = {"judge": "joint", "model": "openai:j"} | told
    return tuple(
        Judgement(
            answer=one.id,
            verdicts=verdicts(
                specs[one.case],
                ["YES"] * len(specs[one.case].safety),
                ["NO"] * len(specs[one.case].behavioral),
            ),
            **usual,
        )
        for one in answers
    )


def exported(tmp_path: Path, records: Stored) -> list[Path]:
    """The files of answers and of verdicts."""
    folders = list(export_results(written(tmp_path / "run", records).path, tmp_path / "out"))
    names = ("generate.json", "*_evaluate.json")
    return sorted(path for folder in folders for name in names for path in folder.glob(name))


def imported(tmp_path: Path, records: Stored, files: Sequence[Path]) -> Stored:
    for one in records.scenarios:
        specs = {
            "safety_specifications": one.specs.safety,
            "behavioral_specifications": one.specs.behavioral,
        }
        rows = [ScenarioRow.of(row).model_dump(include=set(FIELDS)) for row in one.rows]
        write_data(tmp_path / "data" / one.key, rows, specs)
    config = build(Config, {"specbench": {"data": str(tmp_path / "data")}}, "test")
    run = started(tmp_path / "again", config)
    import_results(run, files)
    return read_stored(run.folder)


@pytest.mark.parametrize("order", [1, -1])
def test_exported_results_come_back_as_one_entrant_a_method_and_one_judge(
    tmp_path: Path, order: int
) -> None:
    records = answered()
    files = exported(tmp_path, records)[::order]
    assert len(files) == 2 * 2 * 2
    found = imported(tmp_path, records, files)
    assert len(found.answers) == len(found.judgements) == 2 * 2 * 3
    assert all(one.read_from for one in (*found.answers, *found.judgements))
    comparison = comparison_of(found)
    assert [one.label for one in comparison.results] == ["raw", "vanilla"]
    assert [judge.label for judge in judges_of(found.judgements)] == ["joint by openai:j"]
    assert {one.id for one in found.judgements} == {one.id for one in records.judgements}
    assert {one.protocol for one in found.answers} == {"specloop"}
    (compared,) = paired_differences(comparison, bench_metric("safety"))
    assert compared.figure.n == 6
    assert [one.paper.value for one in token_lines(comparison)] == [9, 9]


def test_prompts_put_as_before_the_attack_stay_one_entrant(tmp_path: Path) -> None:
    records = answered()
    path, *_ = exported(tmp_path, records)
    entries = json.loads(path.read_text(encoding="utf-8"))
    put(path, [one | {"prompt": one["data"]["prompt"]} for one in entries])
    found = imported(tmp_path, records, [path])
    assert [one.label for one in comparison_of(found).results] == ["raw(adversarial=False)"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("generate.json", "the folder has another answer by scripted:fixture with raw"),
        ("openai_j_evaluate.json", "the folder has other verdicts by openai:j"),
    ],
)
def test_other_results_under_the_same_names_are_refused(
    tmp_path: Path, name: str, words: str
) -> None:
    records = answered()
    files = [path for path in exported(tmp_path, records) if path.name == name]
    before = imported(tmp_path, records, files)
    entries = json.loads(files[0].read_text(encoding="utf-8"))
    if name == "generate.json":
        entries[1]["response"] = "Another one."
    else:
        entries[1]["eval"]["result"]["safety"]["1"] = "NO"
    put(files[0], entries)
    with pytest.raises(InputError) as error:
        imported(tmp_path, records, files)
    assert f"{name}: row Ferry[1]: {words}" in str(error.value)
    assert read_stored(RunFolder(tmp_path / "again")) == before


def test_tokens_that_are_not_known_are_shown_as_that(tmp_path: Path) -> None:
    records = answered()
    files = [path for path in exported(tmp_path, records) if "evaluate" in path.name]
    comparison = comparison_of(imported(tmp_path, records, files))
    for taken in token_lines(comparison):
        assert {figure.value for figure in taken} == {None}
    assert {one.title for one in scatters(comparison)} == {"Safety against behaviour"}
    assert "–" in _printed(comparison)
    assert " 0" not in _printed(comparison)
    answers = [one for row in answers_payload(comparison)["rows"] for one in row["answers"]]
    assert {(one["paper"], one["billed"], one["calls"]) for one in answers} == {(None,) * 3}
    again = tmp_path / "third"
    (folder, *_) = export_results(tmp_path / "again", again)
    assert "usage" not in json.loads((folder / "generate.json").read_text())[0]
    assert not (folder / "generate_usage.json").exists()


def test_what_papers_count_says_nothing_of_what_was_billed(tmp_path: Path) -> None:
    records = answered()
    comparison = comparison_of(imported(tmp_path, records, exported(tmp_path, records)))
    taken = token_lines(comparison)[0]
    assert (taken.paper.value, taken.billed.value, taken.calls.value) == (9, None, None)
    assert taken.seconds.value is None


def test_without_our_file_beside_them_a_path_tells_whose_results_they_are(tmp_path: Path) -> None:
    records = answered()
    files = exported(tmp_path, records)
    for path in files:
        (path.parent / "specloop.json").unlink(missing_ok=True)
    found = imported(tmp_path, records, files)
    judges = [judge.label for judge in judges_of(found.judgements)]
    assert judges == ["joint by openai_j, reference protocol"]
    assert {one.model for one in found.answers} == {"scripted_fixture"}


def test_a_broken_file_of_ours_is_named_with_its_place(tmp_path: Path) -> None:
    records = answered()
    path, *_ = exported(tmp_path, records)
    put(path.parent / "specloop.json", {"entrant": {"model": "m"}})
    with pytest.raises(
        InputError, match=r"specloop.json: entrant.method: Field required; repair it"
    ):
        imported(tmp_path, records, [path])


def test_reasons_and_modes_of_our_own_judges_come_back(tmp_path: Path) -> None:
    """With who decided: a verdict of code is known by its spec."""
    records = answered()
    scenarios = {row.id: one for one in records.scenarios for row in one.rows}
    by_code = {
        (answer.id, spec.id)
        for answer in records.answers
        for spec in decidable(scenarios[answer.case].specs)
        if spec.check
    }
    assert 0 < len(by_code) < len(records.answers)

    def reason(one: Judgement, v: Verdict) -> Verdict:
        kind = "check" if (one.answer, v.rule) in by_code else "model"
        return v.model_copy(update={"rationale": f"why {v.rule}", "kind": kind})

    reasoned = tuple(
        Judgement.of(
            [reason(one, v) for v in one.verdicts], **one.model_dump(exclude={"id", "verdicts"})
        )
        for one in judged(records, records.answers, judge="sequential")
    )
    found = imported(tmp_path, records, exported(tmp_path, records._replace(judgements=reasoned)))
    had = {one.id: one.verdicts for one in reasoned}
    assert {one.id: one.verdicts for one in found.judgements} == had
    assert len(had) == 12


def test_a_method_of_the_reference_has_the_folder_that_its_code_looks_for(tmp_path: Path) -> None:
    records = answered()
    first = [one for one in records.answers if one.method == "raw"]
    settings = ({"iterations": 3, "history": 2}, {}, {"iterations": 3})
    refined = tuple(
        one.model_copy(update={"method": "self_refine", "settings": told, "protocol": protocol})
        for told, protocol in zip(settings, ("reference", "specloop", "specloop"), strict=True)
        for one in first
    )
    refined = tuple(Answer(**one.model_dump(exclude={"id"})) for one in refined)
    files = exported(tmp_path, records._replace(answers=refined, judgements=()))
    names = {
        path.parent.name: json.loads((path.parent / "specloop.json").read_text())["entrant"]
        for path in files
    }
    assert len(files) == 2 * 3
    assert names["self_refine"]["settings"] == {"iterations": 3, "history": 2}
    assert all(name.startswith("self_refine") for name in names)
    alone = tuple(one for one in refined if one.settings == {"iterations": 3})
    files = exported(tmp_path / "one", records._replace(answers=alone, judgements=()))
    assert {path.parent.name for path in files} == {"self_refine"}


def test_answers_that_a_scorer_chose_are_exported(tmp_path: Path) -> None:
    records, settings = answered(), {"n": 4, "scorer": "judge by openai:s"}
    chosen = [
        one.model_copy(update={"method": "best_of_n", "settings": settings})
        for one in records.answers
        if one.method == "raw"
    ]
    files = exported(tmp_path, records._replace(answers=tuple(chosen), judgements=()))
    assert [path.parent.name for path in files] == ["best_of_n_n=4_scorer=judge_by_openai_s_"] * 2
    assert json.loads(files[0].read_text())[0]["usage"]["completion_tokens"] == 9


def test_each_judge_has_files_of_its_own_where_it_judged(tmp_path: Path) -> None:
    records = answered()
    raw = [one for one in records.answers if one.method == "raw"]
    judges = (
        {"settings": {"chunk": 3}},
        {"protocol": "reference"},
        {"judge": "sequential"},
        {"model": "openai:J"},
    )
    more = [one for told in judges for one in judged(records, raw, **told)]
    files = exported(tmp_path, records._replace(judgements=(*records.judgements, *more)))
    raw_files, vanilla_files = (
        [path.name for path in files if path.parts[-3:-1] == ("Ferry", method)]
        for method in ("raw", "vanilla")
    )
    assert len({name.lower() for name in raw_files}) == 1 + 1 + len(judges)
    assert "openai_j-sequential_evaluate.json" in raw_files
    assert any("chunk=3" in name for name in raw_files)
    assert len(vanilla_files) == 2


def _printed(comparison: BenchComparison) -> str:
    console = Console(file=StringIO(), width=200)
    console.print(tokens_table(comparison))
    file = console.file
    assert isinstance(file, StringIO)
    return file.getvalue()
