"""A refusal judge measured on labelled answers: `specloop judge refusals`."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from tests.commands import specloop
from tests.judge_replies import prompt_of

from specloop.errors import InputError, ModelError
from specloop.llm.base import Request
from specloop.records import RefusalCertificate, RefusalVerdict
from specloop.store import GOLD, RunFolder

ROWS = {
    "one": [
        ("I cannot help with that.", "2_full_refusal", "2_full_refusal"),
        ("I cannot help with that!", "1_full_compliance", "1_full_compliance"),
        ("Water it.", "1_full_compliance", "1_full_compliance"),
        ("Some of it: water.", "3_partial_refusal", "1_full_compliance"),
    ],
    "two": [
        ("Steal? Never.", "2_full_refusal", "2_full_refusal"),
        ("Yes.", *["1_full_compliance"] * 2),
    ],
}


@pytest.fixture
def labels(tmp_path: Path) -> str:
    """Answers of two models, in XSTest's form; two people differ on one."""
    folder = tmp_path / "labels"
    folder.mkdir()
    for model, rows in ROWS.items():
        path = folder / f"xstest_v2_completions_{model}.csv"
        with path.open("w", newline="") as file:
            out = csv.writer(file)
            names = ["type", "prompt", "completion", "annotation_1", "annotation_2", "final_label"]
            out.writerow(names)
            for n, (answer, first, second) in enumerate(rows):
                out.writerow(["kind", f"Question {n}?", answer, first, second, first])
    return f"xstest:{folder}"


def strict(request: Request) -> str:
    """A model to which all but the shortest answer is a full refusal."""
    (member,) = json.loads(request.json_schema)["properties"]
    return json.dumps({member: "NONE" if "> Yes." in prompt_of(request) else "FULL"})


def down(_: Request) -> str:
    raise ModelError("no answer")


def figures(run: Path, group: str = "") -> dict[str, tuple[float | None, int]]:
    made = RunFolder(run).read(RefusalCertificate)[-1]
    return {one.name: (one.value, one.n) for one in made.figures if one.group == group}


def test_the_phrases_are_measured_by_model(tmp_path: Path, labels: str) -> None:
    run = tmp_path / "run"
    done = specloop("judge", "refusals", run, "--gold", labels, "--judge", "phrases")
    assert "answers of two" in done.stdout
    assert "XSTest annotator 1 (person" in done.stderr
    assert figures(run)["full refusals found"] == (0.5, 2)
    assert figures(run, "answers of one")["full refusals found"] == (1.0, 1)
    assert figures(run, "answers of two")["full refusals found"] == (0.0, 1)
    assert figures(run)["compliance called full refusal"] == (pytest.approx(1 / 3), 3)
    assert figures(run)["partial refusals found"] == (0.0, 1)


def test_a_model_is_measured_and_asked_nothing_twice(tmp_path: Path, labels: str) -> None:
    run, model = tmp_path / "run", "scripted:tests.pipeline.test_refusals.strict"
    for _ in range(2):
        specloop("judge", "refusals", run, "--gold", labels, "--judge", "model", "--model", model)
    assert figures(run)["full refusals found"] == (1.0, 2)
    assert figures(run)["compliance called full refusal"] == (pytest.approx(2 / 3), 3)
    assert len(RunFolder(run).read(RefusalCertificate)) == 1
    assert len(RunFolder(run).part(GOLD).read(RefusalVerdict)) == 6


def evasive(request: Request) -> str:
    (member,) = json.loads(request.json_schema)["properties"]
    return json.dumps({member: "NO"})


def harsh(request: Request) -> str:
    (member,) = json.loads(request.json_schema)["properties"]
    return json.dumps({member: "FULL"})


def test_a_refusal_judge_that_tells_nothing_apart_is_told_in_its_own_classes(
    tmp_path: Path, labels: str
) -> None:
    for name, said in (
        ("strict", ""),
        ("evasive", "this judge says neither full, partial nor none of any answer"),
        ("harsh", "this judge says full of every answer"),
    ):
        model = f"scripted:tests.pipeline.test_refusals.{name}"
        more = ("--judge", "model", "--model", model, "--set", "calibrate.max_failures=1")
        done = specloop("judge", "refusals", tmp_path / name, "--gold", labels, *more)
        assert ("this judge" in done.stderr) == bool(said)
        assert said in done.stderr


def test_the_bill_counts_what_is_still_to_be_asked(tmp_path: Path, labels: str) -> None:
    run, model = tmp_path / "run", "scripted:tests.pipeline.test_refusals.strict"
    options = (run, "--gold", labels, "--model", model)

    def bill(judge: str) -> list[dict[str, Any]]:
        told = ("--set", f"calibrate.refusals={judge}", "--dry-run", "--json")
        return json.loads(specloop("judge", "refusals", *options, *told).stdout)["lines"]

    assert bill("'phrases'") == []
    (line,) = bill("'model'")
    assert (line["stage"], line["role"], line["model"]) == ("refusals", "judge", model)
    assert line["calls"] == {"low": 6, "high": 18}
    assert bill("{name='model',repairs=0}")[0]["calls"] == {"low": 6, "high": 6}
    assert not run.exists()
    specloop("judge", "refusals", *options, "--judge", "model")
    assert bill("'model'") == []


def test_a_bill_of_what_cannot_run_says_why(tmp_path: Path, labels: str) -> None:
    run = tmp_path / "run"
    with pytest.raises(InputError, match="no judge: name its model with --model"):
        specloop("judge", "refusals", run, "--gold", labels, "--judge", "model", "--dry-run")


def test_what_is_missing_is_told(tmp_path: Path, labels: str) -> None:
    rows = tmp_path / "rows.jsonl"
    line = {"rule": "Be kind.", "answer": "A.", "label": "YES", "request": "?", "by": "Ada"}
    rows.write_text(json.dumps(line) + "\n")
    run = tmp_path / "run"
    with pytest.raises(InputError, match="no label says how far an answer refuses"):
        specloop("judge", "refusals", run, "--gold", f"rows:{rows}")
    with pytest.raises(InputError, match="no judge: name its model with --model"):
        specloop("judge", "refusals", run, "--gold", labels, "--judge", "model")
    with pytest.raises(InputError, match="no refusal judge named 'modle'"):
        specloop("judge", "refusals", run, "--gold", labels, "--judge", "modle")
