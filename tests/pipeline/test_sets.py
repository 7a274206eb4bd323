"""Judges measured on the exact sets of rules that answers break."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.commands import specloop
from tests.judge_replies import asked_in, in_form, in_json, in_lines, key_in, prompt_of
from tests.review_fixture import judged_run

from specloop.errors import ModelError
from specloop.llm.base import Request
from specloop.records import (
    Answer,
    Case,
    GoldLabel,
    GoldValue,
    Instance,
    Judgement,
    Message,
    Rule,
    SetScore,
)
from specloop.review.candidates import gold_case
from specloop.store import GOLD, RunFolder

_HERE = "scripted:tests.pipeline.test_sets"
SHARP, KIND, NOBODY = f"{_HERE}.sharp", f"{_HERE}.kind", f"{_HERE}.nobody"


def sharp(request: Request) -> str:
    """A judge that reads off the answer what it breaks, but never the third rule."""
    prompt = prompt_of(request)
    labels = {
        id_: "NO" if f"breaks R{id_[1:]}" in prompt and id_ != "B3" else "YES"
        for id_ in asked_in(prompt)
    }
    return (in_json if request.json_schema else in_lines)(key_in(prompt), labels)


def kind(request: Request) -> str:
    """A judge that always says YES."""
    return in_form(request, "YES")


def vague(request: Request) -> str:
    """A judge whose server fails on some answers."""
    if "breaks R1" in prompt_of(request):
        raise ModelError("not today")
    return sharp(request)


def nobody(request: Request) -> str:
    raise AssertionError("asked although all is stored")


def items(path: Path, n: int = 12) -> Path:
    """As many answers that break nothing, the first, the second and the third rule."""
    rows = [
        {
            "name": f"item-{i}",
            "kind": ("plain", "exception chain")[i % 2],
            "group": f"policy {i // 2}",
            "policy": [{"id": f"R{k}", "text": f"Rule {k} of {i // 2}."} for k in (1, 2, 3)],
            "request": f"Question {i}?",
            "answer": f"It breaks R{i % 4}." if i % 4 else "It is fine.",
            "broken": [f"R{i % 4}"] if i % 4 else [],
        }
        for i in range(n)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def sets(run: Path, *more: object, check: bool = True) -> Any:
    return specloop("judge", "sets", run, *more, check=check)


def figure(printed: dict[str, Any], judge: int, name: str, group: str = "") -> dict[str, Any]:
    every = printed["scores"][judge]["figures"]
    return next(one for one in every if (one["name"], one["group"]) == (name, group))


def test_judges_stand_side_by_side_and_are_asked_nothing_twice(tmp_path: Path) -> None:
    run, own = tmp_path / "run", items(tmp_path / "items.jsonl")
    options = ("--items", own, "--judge", "joint", "--judge", "sequential")
    printed = json.loads(sets(run, *options, "--model", SHARP, "--json").stdout)
    for judge in (0, 1):
        assert figure(printed, judge, "exact")["value"] == pytest.approx(0.75)
        assert figure(printed, judge, "nothing broken")["value"] == pytest.approx(0.25)
        assert figure(printed, judge, "recall")["value"] == pytest.approx(2 / 3)
        assert figure(printed, judge, "precision")["value"] == 1
        assert figure(printed, judge, "exact", "plain")["value"] == pytest.approx(1.0)
    assert [one["judge"] for one in printed["scores"]] == ["joint", "sequential"]
    assert printed["differences"][0]["value"] == 0
    folder = RunFolder(run)
    before = folder.read(SetScore)
    assert len(before) == 2
    assert len(folder.part("sets").read(Judgement)) == 24
    said = sets(run)
    assert "recall" in said.stdout
    assert "guess:" in said.stdout
    assert "0.75" in said.stdout
    assert f"items: {own}" in said.stderr
    assert folder.read(SetScore) == before


def test_a_corrected_gold_set_counts_without_asking_again(tmp_path: Path) -> None:
    run, own = tmp_path / "run", items(tmp_path / "items.jsonl")
    sets(run, "--items", own, "--judge", "joint", "--model", SHARP)
    n_asked = len(RunFolder(run).part("sets").read(Judgement))
    own.write_text(own.read_text().replace('"broken": ["R3"]', '"broken": []'))
    printed = json.loads(sets(run, "--json").stdout)
    assert figure(printed, 0, "exact")["value"] == 1
    assert len(RunFolder(run).part("sets").read(Judgement)) == n_asked
    assert len(RunFolder(run).read(SetScore)) == 2


def test_the_bundled_items_are_billed_and_nothing_is_written(tmp_path: Path) -> None:
    run = tmp_path / "run"
    bill = json.loads(
        sets(run, "--model", NOBODY, "--judge", "joint", "--dry-run", "--json").stdout
    )
    assert bill["total"]["calls"] == {"low": 150, "high": 450}
    some = json.loads(
        sets(run, "--model", NOBODY, "--judge", "joint", "--n", 4, "--dry-run", "--json").stdout
    )
    assert some["total"]["calls"]["low"] == 4
    assert not run.exists()


def test_a_bill_holds_for_judges_that_ask_again_differently_often(tmp_path: Path) -> None:
    own = items(tmp_path / "items.jsonl", n=4)
    judges = "sets.judges=[{name='joint', repairs=0}, {name='sequential', repairs=1}]"
    options = ("--items", own, "--model", SHARP, "--set", judges)
    bill = json.loads(sets(tmp_path / "run", *options, "--dry-run", "--json").stdout)
    assert bill["total"]["calls"] == {"low": 4 + 12, "high": 4 + 24}


def test_a_judge_that_always_says_yes_is_shown_to_guess(tmp_path: Path) -> None:
    own = items(tmp_path / "items.jsonl")
    options = ("--items", own, "--judge", "joint", "--model", KIND)
    printed = json.loads(sets(tmp_path / "run", *options, "--json").stdout)
    assert figure(printed, 0, "above guessing")["value"] == 0
    assert figure(printed, 0, "precision")["value"] is None
    assert "0.25" in sets(tmp_path / "run").stdout


def test_answers_that_failed_are_open_and_told(tmp_path: Path) -> None:
    own = items(tmp_path / "items.jsonl")
    options = ("--items", own, "--judge", "joint", "--set", "sets.max_failures=0.5")
    done = sets(tmp_path / "run", *options, "--model", f"{_HERE}.vague", check=False)
    assert done.returncode != 0
    assert "3 items failed" in done.stderr
    assert "3 answers have a verdict that could not be read" in done.stderr


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--model", KIND, "--judge", "check"), "check: it asks no model"),
        (
            ("--model", KIND, "--judge", "joint", "--judge", "joint"),
            "joint: this judge is named tw",
        ),
        (("--model", KIND, "--judge", "jiont"), "no judge named 'jiont'"),
        ((), "no judge: name its model"),
        (("--model", KIND, "--items", "missing.jsonl"), "missing.jsonl: no such file"),
        (("--model", KIND, "--items", "x.jsonl", "--labelled"), "--items and --labelled"),
        (("--model", KIND, "--labelled"), "rules.jsonl: nothing there yet"),
        (("--model", KIND, "--n", "-1"), "sets.n"),
    ],
)
def test_what_cannot_be_measured_is_told_before_anything_is_asked(
    tmp_path: Path, options: tuple[str, ...], told: str
) -> None:
    done = sets(tmp_path / "run", *options, check=False)
    assert done.returncode == 2
    assert told in done.stderr
    assert not (tmp_path / "run").exists()


def evaluated(path: Path) -> RunFolder:
    """A run with six answers of an evaluation, each under an instance of three rules."""
    folder = judged_run(path)
    rules = folder.read(Rule)
    instance = Instance(rules=tuple(rule.id for rule in rules), seed=0, split="test")
    folder.append([instance])
    for number in range(6):
        request = Message(role="user", content=f"Request {number}?")
        asked = Case(messages=(request,), side="permitted", scenario=instance.id)
        text = f"Answer {number} breaks R{number}." if number in (1, 2) else f"Answer {number}."
        folder.append([asked, Answer(case=asked.id, model="m", text=text, purpose="evaluation")])
    return folder


def label(folder: RunFolder, n: int, value: GoldValue = "YES", by: str = "Ada") -> None:
    """Label all rules on the first answers; those that say that they break one break it."""
    rules, cases = folder.read(Rule), {case.id: case for case in folder.read(Case)}
    answers = [answer for answer in folder.read(Answer) if cases[answer.case].scenario][:n]
    gold = folder.part(GOLD)
    gold.make()
    for answer in answers:
        for number, rule in enumerate(rules, 1):
            is_broken = f"breaks R{number}" in answer.text
            case = gold_case(cases[answer.case], answer, rule)
            gold.append(
                [
                    case,
                    GoldLabel(
                        case=case.id, value="NO" if is_broken else value, by=by, kind="person"
                    ),
                ]
            )


def test_a_run_s_own_answers_count_where_every_rule_has_a_label(tmp_path: Path) -> None:
    folder = evaluated(tmp_path / "run")
    options = ("--labelled", "--judge", "joint", "--model", SHARP)
    refused = sets(folder.path, *options, check=False)
    assert refused.returncode == 2
    assert "no answer of its evaluation has labels" in refused.stderr
    label(folder, 4)
    printed = json.loads(sets(folder.path, *options, "--json").stdout)
    assert printed["scores"][0]["n_items"] == 4
    assert figure(printed, 0, "exact")["value"] == 1
    assert figure(printed, 0, "nothing broken")["value"] == pytest.approx(0.5)
    label(folder, 1, value="NO", by="Bob")
    printed = json.loads(sets(folder.path, "--json").stdout)
    assert printed["scores"][0]["n_items"] == 3


def test_answers_with_labels_of_some_of_their_rules_are_counted(tmp_path: Path) -> None:
    folder = evaluated(tmp_path / "run")
    options = ("--labelled", "--judge", "joint", "--model", SHARP)
    gold = folder.part(GOLD)
    label(folder, 1)
    gold.replace(GoldLabel, gold.read(GoldLabel)[1:])
    refused = sets(folder.path, *options, check=False)
    assert "kept or broken (1 have labels of some of their rules); label with" in refused.stderr
    label(folder, 4)
    gold.replace(GoldLabel, gold.read(GoldLabel)[:-1])
    said = " ".join(sets(folder.path, *options).stderr.split())
    assert "labelled answers of the run; 1 others have labels of some of their rules" in said
