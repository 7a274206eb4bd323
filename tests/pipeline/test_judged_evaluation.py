"""A judge is measured by one command and believed by the next."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.commands import specloop
from tests.judge_replies import in_form, prompt_of
from tests.loop import SHOP_POLICY
from tests.pipeline.test_calibrate import STRICT, calibrate, labels
from tests.specbench_data import write_data

from specloop.llm.base import Request
from specloop.records import Certificate
from specloop.store import RunFolder

TARGET = "scripted:tests.pipeline.test_judged_evaluation.answers"
SPECS = {"safety_specifications": [], "behavioral_specifications": ["Be polite."]}


def answers(request: Request) -> str:
    """Two in three answers are polite."""
    kept = len(request.messages[-1].content) % 3 > 0
    return f"{'polite' if kept else 'rude'} plain {len(request.messages[-1].content)}"


def evaluated(run: Path, bench: Path, *more: str) -> dict[str, Any]:
    models = ("--set", f"roles.target.model={TARGET}", "--set", f"roles.compliance.model={STRICT}")
    asked = ("--benchmark", f"folder:{bench}", "--model", "base", "--judge", "sequential")
    done = specloop("eval", run, *asked, *models, *more, "--json")
    (one,) = json.loads(done.stdout)["evaluations"]
    return one


def figure(evaluation: dict[str, Any], name: str, group: str = "") -> dict[str, Any]:
    found = [m for m in evaluation["metrics"] if (m["name"], m["group"]) == (name, group)]
    return found[0]


def test_what_calibrate_stores_is_what_an_evaluation_believes(tmp_path: Path) -> None:
    run, bench = tmp_path / "run", tmp_path / "bench"
    write_data(bench / "Shop", specs=SPECS)
    specloop("rules", SHOP_POLICY, "--out", run)
    before = evaluated(run, bench)
    assert before["belief"]["families"][0]["level"] == "unmeasured"
    assert figure(before, "rcs_judged")["belief"] == "unmeasured"
    gold = labels(tmp_path / "labels.jsonl", n=60, answered_by=TARGET)
    calibrate(run, gold, STRICT, "--judge", "sequential")
    (certificate,) = RunFolder(run).read(Certificate)
    after = evaluated(run, bench)
    assert after["belief"]["certificate"] == certificate.id
    # The judge is wrong about a fifth of the labels.
    assert after["belief"]["families"][0]["level"] == "weak"
    corrected = figure(after, "rcs_judged")["corrected"]
    assert corrected["by"] == "certificate"
    assert corrected["n_labels"] == 120
    assert corrected["ci_low"] < corrected["value"]
    text = specloop("eval", run, "--benchmark", f"folder:{bench}", "--model", "base").stdout
    assert "weak judge" in text
    assert "corrected" in text


def aside(request: Request) -> str:
    """A judge that is right of the labelled answers, and says NA of all others."""
    text = prompt_of(request)
    is_labelled = "Question" in text
    return in_form(request, ("YES" if "> polite" in text else "NO") if is_labelled else "NA")


def test_a_certificate_says_nothing_of_a_judge_that_says_na(tmp_path: Path) -> None:
    run, bench = tmp_path / "run", tmp_path / "bench"
    write_data(bench / "Shop", specs=SPECS)
    specloop("rules", SHOP_POLICY, "--out", run)
    gold = labels(tmp_path / "labels.jsonl", n=60, answered_by=TARGET)
    model = "scripted:tests.pipeline.test_judged_evaluation.aside"
    calibrate(run, gold, model, "--judge", "sequential")
    found = evaluated(run, bench, "--set", f"roles.compliance.model={model}")
    assert found["belief"]["families"][0]["level"] == "certified"
    assert "it says NA of 100% of what it was asked here" in " ".join(found["belief"]["remarks"])
    # NA counts against behaviour: the labels cannot certify what rests on it.
    behaves = figure(found, "behavioral")
    assert (behaves["value"], behaves["belief"]) == (0.0, "weak")
