"""`specloop rubrics`: what it asks, what it keeps, what a person's edits change."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from tests.commands import specloop
from tests.judge_replies import in_form, prompt_of
from tests.loop import SHOP_POLICY
from tests.specbench_data import rows, write_data

from specloop.llm.base import Request
from specloop.pipeline import Run
from specloop.pipeline.reviewing import ReviewPlan, planned_items
from specloop.records import Certificate, Evaluation, Judgement, Rubric
from specloop.runrules import RUBRICS_FILE, current_guides, current_rules
from specloop.store import RunFolder

HERE = "scripted:tests.pipeline.test_rubrics"


def writer(_request: Request) -> str:
    texts = {"keeps": "It is kind to all.", "breaks": "It is rude to one.", "does_not_apply": ""}
    more = {"keeps_example": "Hello!", "breaks_example": "Go.", "does_not_apply_example": ""}
    return json.dumps(texts | more)


def nobody(_request: Request) -> str:
    raise AssertionError("asked although all is there")


def answering(_request: Request) -> str:
    return "We open at nine."


def seeing(request: Request) -> str:
    """A judge that says YES where it sees a rubric."""
    return in_form(request, "YES" if "  Kept: It is kind" in prompt_of(request) else "NO")


@pytest.fixture
def run(tmp_path: Path) -> Path:
    specloop("rules", SHOP_POLICY, "--out", tmp_path / "run")
    return tmp_path / "run"


def rubrics(run: Path, *more: object, model: str = "writer", check: bool = True) -> Any:
    return specloop("rubrics", run, "--model", f"{HERE}.{model}", *more, check=check)


def undecided(run: Path) -> int:
    return len({rule.text for rule in current_rules(RunFolder(run)) if rule.check is None})


def test_rubrics_are_written_once_and_more_are_added(run: Path) -> None:
    assert undecided(run) > 3
    assert rubrics(run, "--n", 2).stdout.startswith("2 rubrics, 0 edited by hand, 0 left out")
    first = RunFolder(run).read(Rubric)
    assert [bool(one.made_by) for one in first] == [True, True]
    rubrics(run, "--n", 2, model="nobody")
    assert RunFolder(run).read(Rubric) == first
    rubrics(run, "--n", 0)
    every = RunFolder(run).read(Rubric)
    assert len(every) == undecided(run)
    assert {one.id for one in first} < {one.id for one in every}
    assert (run / RUBRICS_FILE).read_text().count("\n- rule: ") == len(every)


def test_edits_are_recorded_and_nonsense_is_refused_before_anything_is_asked(run: Path) -> None:
    rubrics(run, "--n", 2)
    path = run / RUBRICS_FILE
    path.write_text(path.read_text().replace("keeps: It is kind", "keeps: It is nice", 1))
    assert "2 rubrics, 1 edited" in rubrics(run, "--n", 2, model="nobody").stdout
    (edited,) = (one for one in RunFolder(run).read(Rubric) if one.edited_by)
    assert edited.text.keeps == "It is nice to all."
    path.write_text(path.read_text().replace("breaks:", "braeks:", 1))
    refused = rubrics(run, "--n", 3, model="nobody", check=False)
    assert refused.returncode == 2
    assert "rubrics.yaml: line " in refused.stderr
    assert "no 'braeks' in a rubric" in refused.stderr
    assert len(RunFolder(run).read(Rubric)) == 2


def test_one_rubric_for_every_rule_is_refused(run: Path) -> None:
    rubrics(run, "--n", 3)
    path = run / RUBRICS_FILE
    rules = re.findall(r"^- rule: .*$", path.read_text(), re.M)
    assert len(rules) == 3
    same = "\n  keeps: It does as told.\n  breaks: It does not do as told.\n"
    path.write_text("\n".join(rule + same for rule in rules[:2]))
    rubrics(run, "--n", 3, model="nobody")
    path.write_text("\n".join(rule + same for rule in rules))
    refused = rubrics(run, "--n", 3, model="nobody", check=False)
    assert refused.returncode == 2
    assert "3 rules have this rubric word for word" in refused.stderr


def test_the_bill_counts_what_is_not_there_yet(run: Path) -> None:
    def calls() -> int:
        out = rubrics(run, "--n", 3, "--dry-run", "--json", model="writer").stdout
        return json.loads(out)["total"]["calls"]["low"]

    assert calls() == 3
    rubrics(run, "--n", 2)
    assert calls() == 1


KIND, BLAME = "The assistant must be kind to every customer.", "Never blame the customer."
DATES, OFFER = "Do not promise delivery dates.", "Offer to pass a complaint on."
CHANGED = {BLAME: "Never blame a colleague.", DATES: "Do not promise exact delivery dates."}


@pytest.mark.parametrize("model", ["plain", f"{HERE}.nobody"])
def test_an_update_asks_no_model_for_rubrics_where_a_person_wrote_all(
    run: Path, tmp_path: Path, model: str
) -> None:
    specloop("rules", run, "--set", f"roles.judge.model={model}")
    mine = f"- rule: {BLAME}\n  keeps: It helps.\n  breaks: It scolds.\n  author: Ada\n"
    (run / RUBRICS_FILE).write_text(mine)
    newer = tmp_path / "newer.md"
    newer.write_text(SHOP_POLICY.read_text().replace(BLAME, CHANGED[BLAME]))
    specloop("update", run, newer)
    assert [one.rule_text for one in RunFolder(run).read(Rubric)] == [BLAME]
    assert current_guides(RunFolder(run)).by_text == {}
    first = planned_items(Run.resume(run), ReviewPlan("Bob", answers="rules"))[0]
    assert first.case.rule_text == CHANGED[BLAME]
    assert first.before[0].startswith("rubric by Ada; to accept the rule accepts it too")


def test_an_update_writes_rubrics_of_changed_rules_and_keeps_all_others(
    run: Path, tmp_path: Path
) -> None:
    """Rubrics of two rules were edited by hand, and one of these rules changes."""

    def by_rule() -> dict[str, Rubric]:
        return {one.rule_text: one for one in RunFolder(run).read(Rubric)}

    specloop("rubrics", run, "--n", 0, "--set", f"roles.judge.model={HERE}.writer")
    path = run / RUBRICS_FILE
    parts = path.read_text().split("\n- rule: ")
    mine = [
        p.replace("It is rude", "It scolds") if p.startswith((DATES, OFFER)) else p for p in parts
    ]
    path.write_text("\n- rule: ".join(mine))
    before = by_rule()
    text = SHOP_POLICY.read_text()
    for old, new in CHANGED.items():
        text = text.replace(old, new)
    newer = tmp_path / "newer.md"
    newer.write_text(text)

    listed = json.loads(specloop("update", run, newer, "--dry-run", "--json").stdout)
    assert listed["bill"]["total"]["calls"]["low"] == 2
    specloop("update", run, newer)
    after = by_rule()
    assert after[DATES].edited_by == after[OFFER].edited_by != ""
    same = before.keys() - CHANGED.keys()
    assert all(after[one] == before[one] for one in same - {OFFER})
    assert after[DATES].text.breaks == after[OFFER].text.breaks == "It scolds to one."
    assert {after[one].text.breaks for one in CHANGED.values()} == {"It is rude to one."}
    assert after[BLAME] == before[BLAME]  # It holds again where its wording returns.
    guides = current_guides(RunFolder(run)).by_text
    assert KIND in guides
    assert DATES not in guides
    items = planned_items(Run.resume(run), ReviewPlan("Ada", answers="rules"))
    (offered,) = (one for one in items if one.case.rule_text.endswith(CHANGED[DATES]))
    assert any("It scolds to one." in line for line in offered.before)

    specloop("update", run, SHOP_POLICY, "--back")
    assert by_rule()[DATES] == after[DATES]
    assert DATES in current_guides(RunFolder(run)).by_text


def test_without_a_model_or_rules_it_is_refused(tmp_path: Path, run: Path) -> None:
    assert "no model writes rubrics" in specloop("rubrics", run, check=False).stderr
    said = specloop("rubrics", tmp_path / "none", "--model", f"{HERE}.writer", check=False).stderr
    assert "rules DOC --out" in said


def labels_in(path: Path, run: Path) -> str:
    """Labels on two of a run's rules, as gold."""
    texts = [rule.text for rule in current_rules(RunFolder(run)) if rule.check is None][:2]
    lines = [
        {"rule": text, "answer": f"{n} {value}", "label": value, "request": "Hello?", "by": "Ada"}
        for text in texts
        for n in range(6)
        for value in ("YES", "NO")
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return f"rows:{path}"


def test_a_judge_that_is_calibrated_shows_them(run: Path, tmp_path: Path) -> None:
    rubrics(run, "--n", 0)
    gold = labels_in(tmp_path / "labels.jsonl", run)
    measure = ("judge", "calibrate", run, "--gold", gold, "--model", f"{HERE}.seeing")
    assert "rubrics quote" not in specloop(*measure).stderr
    judged = RunFolder(run).part("gold").read(Judgement)
    assert {verdict.value for one in judged for verdict in one.verdicts} == {"YES"}
    assert all(verdict.guide for one in judged for verdict in one.verdicts)
    written = next(iter(RunFolder(run).read(Rubric))).text.keeps
    labels = tmp_path / "labels.jsonl"
    labels.write_text(labels.read_text().replace("0 YES", written, 1))
    assert "of the labelled answers, so the figures are too good" in specloop(*measure).stderr


def test_the_judge_of_a_benchmark_with_the_runs_rules_shows_them(run: Path, tmp_path: Path) -> None:
    rubrics(run, "--n", 0)
    texts = [rule.text for rule in current_rules(RunFolder(run)) if rule.check is None][:2]
    specs = {"safety_specifications": ["Name no poison."], "behavioral_specifications": texts}
    write_data(tmp_path / "bench" / "Garden", specs=specs, content=rows(1, 1))
    by = ("--model", f"{HERE}.answering", "--judge", "sequential")
    by = (*by, "--benchmark", tmp_path / "bench")
    sets = ("--set", f"roles.compliance={HERE}.seeing", "--set", f"roles.target={HERE}.answering")
    specloop("eval", run, *by, *sets)
    (folder,) = (run / "benchmarks").iterdir()
    found = {
        (v.value, bool(v.guide)) for one in RunFolder(folder).read(Judgement) for v in one.verdicts
    }
    assert found == {("YES", True), ("NO", False)}
    # It is the judge that is measured on the document's rules: the benchmark has two of them.
    gold = labels_in(tmp_path / "labels.jsonl", run)
    judge = ("--judge", "sequential", "--model", f"{HERE}.seeing")
    specloop("judge", "calibrate", run, "--gold", gold, *judge)
    specloop("eval", run, *by, *sets)
    (certificate,) = RunFolder(run).read(Certificate)
    (evaluation,) = RunFolder(folder).read(Evaluation)
    assert evaluation.belief
    assert evaluation.belief.certificate == certificate.id
