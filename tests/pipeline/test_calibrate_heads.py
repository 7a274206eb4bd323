"""Weights of a weighted judge, fitted on one part of the labels and certified on the other."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from tests.judge_replies import in_form, prompt_of
from tests.pipeline.test_calibrate import calibrate, labels

from specloop.llm.base import Request
from specloop.llm.calls.cache import FILE
from specloop.llm.calls.ledger import read_ledger
from specloop.records import Certificate, Judgement
from specloop.store import RunFolder

MODEL = "scripted:tests.pipeline.test_calibrate_heads.members"
NOBODY = "scripted:tests.pipeline.test_calibrate.nobody"
TABLE = (
    'calibrate.judge={name="weighted", members=[{name="graded", samples=4, repairs=0},'
    ' {name="graded", samples=4, repairs=0, temperature=0.5}]}'
)
JUDGE = ("--set", TABLE)


def members(request: Request) -> str:
    """A sharp member, wrong about a fifth of the answers, and one that goes by a number."""
    prompt, seed = prompt_of(request), request.sampling.seed
    n = int(re.findall(r"^> \w+ \w+ (\d+)$", prompt, re.M)[0])
    looks_kept = ("> polite" in prompt) is not ("odd" in prompt)
    is_high = looks_kept if request.sampling.temperature == 1.0 else n % 2 == 0
    return in_form(request, "7" if seed < (3 if is_high else 1) else "1")


def fitted(said: str) -> str:
    """The option that the command prints, as a shell would read it."""
    line = next(line for line in said.splitlines() if line.startswith("certify them with"))
    *_, part, name, pasted = shlex.split(line)
    assert (part, name) == ("certify", "--set")
    return pasted


def test_the_part_to_choose_on_fits_a_head_that_the_other_part_certifies(tmp_path: Path) -> None:
    run, gold = tmp_path / "run", labels(tmp_path / "labels.jsonl", n=40)
    said = calibrate(run, gold, MODEL, *JUDGE, "--part", "choose").stderr
    assert "YES from a probability of" in said
    assert "fitted, on labels left out of the fit 0." in said
    assert "mean of the members 0." in said
    assert "1. graded 0." in said
    assert "2. graded 0." in said
    pasted = fitted(said)
    done = json.loads(
        calibrate(run, gold, MODEL, "--set", pasted, "--part", "certify", "--json").stdout
    )
    settings = done["settings"]
    assert settings["weights"][0] > 5 * abs(settings["weights"][1])
    assert [one["name"] for one in settings["members"]] == ["graded", "graded"]
    assert "head" not in done
    figures = {one["name"]: one["value"] for one in done["figures"] if not one["group"]}
    assert figures["sensitivity"] == pytest.approx(0.8, abs=0.1)
    assert figures["specificity"] == pytest.approx(0.8, abs=0.1)
    chosen, certified = RunFolder(run).read(Certificate)
    assert chosen.head is not None
    assert settings["weights"] == list(chosen.head.weights)
    assert (certified.part, certified.head) == ("certify", None)
    assert chosen.id != certified.id
    assert f"judge = {pasted.partition('=')[2]}" in said


def test_the_head_is_in_the_data_and_in_toml(tmp_path: Path) -> None:
    run, gold = tmp_path / "run", labels(tmp_path / "labels.jsonl", n=40)
    told = json.loads(calibrate(run, gold, MODEL, *JUDGE, "--part", "choose", "--json").stdout)
    head = told["head"]
    assert len(head["weights"]) == 2
    assert 0 < head["threshold"] < 1
    assert [one["group"] for one in head["aucs"]][2:] == ["1. graded", "2. graded"]
    assert all(one["ci_low"] <= one["value"] <= one["ci_high"] for one in head["aucs"])
    said = calibrate(run, gold, NOBODY, *JUDGE, "--part", "choose", check=False)
    assert said.returncode != 0
    config = tmp_path / "run.toml"
    table = calibrate(run, gold, MODEL, *JUDGE, "--part", "choose").stderr
    (line,) = re.findall(r"(judge = \{.*\})$", table, re.M)
    config.write_text(f"[calibrate]\npart = 'certify'\n{line}\n")
    other = tmp_path / "other"
    made = json.loads(calibrate(other, gold, MODEL, "--config", str(config), "--json").stdout)
    assert made["settings"]["weights"] == head["weights"]


@pytest.mark.parametrize("part", ["certify", "all"])
def test_nothing_is_fitted_on_labels_that_certify(tmp_path: Path, part: str) -> None:
    run, gold = tmp_path / "run", labels(tmp_path / "labels.jsonl", n=40)
    done = calibrate(run, gold, MODEL, *JUDGE, "--part", part)
    assert "fitted" not in done.stderr
    (made,) = RunFolder(run).read(Certificate)
    assert made.head is None
    assert len(RunFolder(run).part("gold").read(Judgement)[0].verdicts[0].parts) == 2


def test_labels_of_one_section_say_why_nothing_is_fitted(tmp_path: Path) -> None:
    for name in "abcdef":
        gold = labels(tmp_path / f"{name}.jsonl", section=f"Shop > {name}")
        done = calibrate(tmp_path / name, gold, MODEL, *JUDGE, "--part", "choose", check=False)
        if done.returncode == 0:
            assert "no weights are fitted: labels that hang together" in done.stderr
            return
    pytest.fail("no section fell into the part to choose on")


def test_other_judges_have_no_head(tmp_path: Path) -> None:
    run, gold = tmp_path / "run", labels(tmp_path / "labels.jsonl", n=40)
    one = "calibrate.judge={name='graded', samples=4, repairs=0}"
    done = calibrate(run, gold, MODEL, "--set", one, "--part", "choose")
    assert "fitted" not in done.stderr
    assert RunFolder(run).read(Certificate)[0].head is None


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("members=['logprob', 'joint']", "the member 'joint' gives no probability of YES"),
        ("weights=[1.0]", "1 weights for 2 members"),
        ("weights='high'", "weights"),
        ("bias=nan", "bias"),
    ],
)
def test_a_head_that_makes_no_sense_is_refused_before_anything_is_asked(
    tmp_path: Path, change: str, told: str
) -> None:
    run, gold = tmp_path / "run", labels(tmp_path / "labels.jsonl")
    table = f"calibrate.judge={{name='weighted', {change}}}"
    done = calibrate(run, gold, NOBODY, "--set", table, check=False)
    assert done.returncode == 2
    assert told in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("judge", "calls"),
    [
        (JUDGE, 320),
        (("--judge", "likelihood"), 60),
        (("--set", "calibrate.judge={name='likelihood', against='opposite'}"), 80),
    ],
)
def test_the_bill_holds_and_an_answer_is_scored_alone_once(
    tmp_path: Path, judge: tuple[str, ...], calls: int
) -> None:
    path, run = tmp_path / "labels.jsonl", tmp_path / "run"
    gold = labels(path, n=10)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    lines += [line | {"rule": "Be very polite."} for line in lines]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    bill: dict[str, Any] = json.loads(
        calibrate(run, gold, MODEL, *judge, "--dry-run", "--json").stdout
    )["total"]
    calibrate(run, gold, MODEL, *judge)
    spent = [entry.cost for entry in read_ledger(run / FILE)]
    paid = sum(cost.n_calls - cost.n_cached for cost in spent)
    assert bill["calls"]["low"] <= paid <= bill["calls"]["high"]
    tokens = sum(cost.prompt_tokens for cost in spent)
    assert bill["prompt"]["low"] <= tokens <= bill["prompt"]["high"]
    assert paid == calls
