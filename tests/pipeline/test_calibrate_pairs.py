"""A judge that compares two answers, measured on pairs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.commands import specloop
from tests.judge_replies import prompt_of
from tests.loop import SHOP_POLICY
from tests.unit.judges.test_pairwise import reply_of, shown_first

from specloop.errors import InputError
from specloop.llm.base import Request
from specloop.records import Certificate, GoldPair, GoldPreference, Judgement
from specloop.store import RunFolder

HERE = "scripted:tests.pipeline.test_calibrate_pairs"


def sharp(request: Request) -> str:
    """Finds the better answer, but takes whichever is first where they are odd."""
    is_first = "good" in shown_first(request) or "odd" in prompt_of(request)
    return reply_of(request, "FIRST" if is_first else "SECOND")


def biased(request: Request) -> str:
    """Votes for the first place."""
    return reply_of(request, "FIRST")


def nobody(_request: Request) -> str:
    raise AssertionError("asked although all is stored")


def pairs(folder: Path, n: int = 20) -> str:
    """Pairs of which a fifth are odd; the better answer is as often the first as the second."""
    rows: list[dict[str, Any]] = []
    for i in range(n):
        answers = [f"a {'odd' if i % 5 == 0 else 'plain'} good answer {i}", f"a bad one {i}"]
        label = 1 + i % 2
        rows.append(
            {
                "input": f"Question {i}?",
                "output_1": answers[label - 1],
                "output_2": answers[2 - label],
                "label": label,
            }
        )
    folder.mkdir(exist_ok=True)
    (folder / "natural.json").write_text(json.dumps(rows))
    return f"llmbar:{folder}"


def calibrate(run: Path, gold: str, model: str = "sharp", *more: str, check: bool = True) -> Any:
    options = ("--gold", gold, "--judge", "pairwise", "--model", f"{HERE}.{model}", *more)
    return specloop("judge", "calibrate", run, *options, check=check)


def test_a_judge_that_compares_has_a_certificate_of_its_own_figures(tmp_path: Path) -> None:
    run, gold = tmp_path / "run", pairs(tmp_path / "llmbar")
    bill = json.loads(calibrate(run, gold, "nobody", "--dry-run", "--json").stdout)
    assert bill["total"]["calls"]["low"] == 40
    printed = json.loads(calibrate(run, gold, "sharp", "--json").stdout)
    figures = {(one["name"], one["group"]): one for one in printed["figures"]}
    assert figures["accuracy", ""]["value"] == 1.0
    assert figures["accuracy", ""]["n"] == 16
    assert figures["accuracy", ""]["ci_low"] < 1
    assert figures["ties", ""]["value"] == pytest.approx(0.2)
    assert figures["accuracy with half for ties", ""]["value"] == pytest.approx(0.9)
    assert figures["orders differ", ""]["value"] == pytest.approx(0.2)
    assert figures["position lean", ""]["value"] == pytest.approx(0.2)
    assert figures["unscored", ""]["value"] == 0.0
    assert figures["accuracy", "family: natural"]["n"] == 16
    assert ("sensitivity", "") not in figures
    folder = RunFolder(run)
    kept = folder.part("gold")
    counts = [len(kept.read(kind)) for kind in (GoldPair, GoldPreference, Judgement)]
    assert counts == [20, 20, 20]
    before = folder.read(Certificate)
    calibrate(run, gold)
    assert folder.read(Certificate) == before
    said = specloop("judge", "compare", run).stdout
    assert "20 pairs" in said
    assert "Position lean" in said
    assert "Accuracy" in calibrate(run, gold, "sharp", "--by-group").stdout


def test_absolute_gold_is_paired_request_by_request(tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    lines = [
        {
            "rule": "Be polite.",
            "answer": f"a {'good' if kept else 'bad'} answer {i}",
            "label": "YES" if kept else "NO",
            "request": f"Question {i}?",
            "by": "Ada",
        }
        for i in range(12)
        for kept in (True, False)
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    printed = json.loads(calibrate(tmp_path / "run", f"rows:{path}", "sharp", "--json").stdout)
    figures = {one["name"]: one for one in printed["figures"]}
    assert (figures["accuracy"]["value"], figures["accuracy"]["n"]) == (1.0, 12)
    with pytest.raises(InputError, match="12 pairs of which one answer"):
        calibrate(tmp_path / "other", f"rows:{path}", "sharp", "--set", "calibrate.least=13")


@pytest.mark.parametrize("more", [(), ("--dry-run",)], ids=["run", "bill"])
@pytest.mark.parametrize(
    ("command", "place", "value"),
    [
        ("eval", "evaluate.judge", "'pairwise'"),
        ("eval", "evaluate.second_look", "{name='pairwise',role='judge'}"),
        ("synth", "synthesis.judge", "{name='pairwise',rules='all'}"),
        ("pairs", "synthesis.second_judge", "'pairwise'"),
        ("pairs", "synthesis.second_look", "'pairwise'"),
        ("pairs", "synthesis.quality", "{name='judge',mode='pairwise'}"),
        ("judge sets", "sets.judges", "['joint','pairwise']"),
        ("eval", "specbench.judge", "'pairwise'"),
        ("eval", "evaluate.judge", "{name='panel',members=['joint','pairwise']}"),
        ("eval", "evaluate.judge", "{name='cascade',strong='pairwise'}"),
    ],
)
def test_a_judge_that_compares_is_refused_where_answers_are_judged_one_by_one(
    tmp_path: Path, command: str, place: str, value: str, more: tuple[str, ...]
) -> None:
    run = tmp_path / "run"
    specloop("rules", SHOP_POLICY, "--out", run)
    before = (run / "manifest.json").read_bytes()
    done = specloop(*command.split(), run, "--set", f"{place}={value}", *more, check=False)
    told = " ".join(done.stderr.split())
    assert done.returncode == 2
    assert place in told
    assert "pairwise" in told
    assert (run / "manifest.json").read_bytes() == before


def test_gold_of_pairs_alone_measures_no_other_judge(tmp_path: Path) -> None:
    gold = pairs(tmp_path / "llmbar")
    options = ("--gold", gold, "--model", f"{HERE}.sharp")
    with pytest.raises(InputError, match="--judge pairwise"):
        specloop("judge", "calibrate", tmp_path / "run", *options)


def test_a_judge_that_votes_for_a_place_is_told(tmp_path: Path) -> None:
    run, gold = tmp_path / "run", pairs(tmp_path / "llmbar")
    told = calibrate(run, gold, "biased").stderr
    assert "votes for the answer that is shown first, whichever it is" in told
    assert "whichever it is" not in calibrate(run, gold).stderr


def test_where_the_longer_answer_is_always_better_no_length_bias_can_be_told(
    tmp_path: Path,
) -> None:
    gold = pairs(tmp_path / "llmbar")
    said = json.loads(calibrate(tmp_path / "run", gold, "sharp", "--json").stdout)
    (bias,) = (one for one in said["figures"] if one["name"] == "length bias")
    assert bias["value"] is None
