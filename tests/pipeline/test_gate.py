"""`specloop gate`: two runs of a document's versions, compared for the CI of its repository."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from tests.commands import Done, specloop
from tests.loop import SHOP_POLICY
from tests.scripted_server import ScriptedServer
from tests.two_runs import evaluated, policy

from specloop.records import Revision
from specloop.store import RunFolder

REVISED = (
    ("at most 40 words", "at most 30 words"),
    ("- Do not promise delivery dates.\n", ""),
    ("- Never blame the customer.", "- Never blame the customer.\n- Always use exclamation marks."),
)
HOSTILE = "**x** | <script>alert(1)</script> @everyone ![p](http://e.org) `a`"


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A run of the document, the same again, and runs of a revision by two targets."""
    folder = tmp_path_factory.mktemp("gate")
    revised = policy(folder, "revised.md", *REVISED)
    return {
        "old": evaluated(folder, "old", SHOP_POLICY, "good"),
        "again": evaluated(folder, "again", SHOP_POLICY, "good"),
        "good": evaluated(folder, "good", revised, "good"),
        "bad": evaluated(folder, "bad", revised, "bad"),
    }


def gate(runs: dict[str, Path], new: str, old: str, *more: object) -> Done:
    return specloop("gate", runs[new], "--against", runs[old], *more, check=False)


def told(runs: dict[str, Path], new: str, old: str, *more: object) -> dict[str, Any]:
    return json.loads(gate(runs, new, old, *more, "--json").stdout)


def states(data: dict[str, Any]) -> dict[str, str]:
    return {one["text"]: one["state"] for one in data["rules"]}


def test_the_same_run_twice_over_has_nothing_better_or_worse(runs: dict[str, Path]) -> None:
    data = told(runs, "again", "old")
    assert data["passed"]
    assert set(states(data).values()) == {"as before", "open"}
    assert {one["change"] for one in data["rules"]} == {"kept"}
    assert data["requests"]["before"] == data["requests"]["now"] == data["requests"]["both"] > 20
    assert (data["gone"], data["new_conflicts"]) == ([], [])


def test_rules_that_got_worse_are_found_request_by_request(runs: dict[str, Path]) -> None:
    data = told(runs, "bad", "old")
    by_text = {one["text"]: one for one in data["rules"]}
    worse = {text for text, state in states(data).items() if state == "worse"}
    assert worse == {
        "Never use exclamation marks.",
        'End every answer with the line "See you at the shop."',
    }
    lost = by_text["Never use exclamation marks."]
    assert lost["paired"]
    assert (lost["before"]["value"], lost["after"]["value"]) == (1.0, 0.0)
    assert lost["difference"]["p_holm"] > lost["difference"]["p_value"]
    assert data["totals"]["rcs"]["state"] == "worse"
    assert data["totals"]["general"]["state"] == "as before"
    assert not data["passed"]
    assert {one["text"] for one in data["gone"]} >= {"Do not promise delivery dates."}


def test_a_rule_that_no_verdict_decides_is_open_and_its_condition_does_not_pass_silently(
    runs: dict[str, Path],
) -> None:
    data = told(runs, "good", "old", "--fail-if", "worse")
    (kind,) = (one for one in data["rules"] if one["text"].startswith("The assistant must be kind"))
    assert (kind["state"], kind["why"]) == ("open", "no probe and no judge has tested it")
    (worse,) = data["conditions"]
    assert worse["verdict"] == "open"
    assert "could not be told" in worse["found"]
    assert data["passed"]
    done = gate(runs, "good", "old", "--fail-if", "worse,undecided")
    assert done.returncode == 1
    assert "failed undecided: 1 of 1 conditions open" in done.stdout


def test_what_an_unmeasured_judge_says_neither_fails_nor_passes(
    tmp_path: Path, server: ScriptedServer
) -> None:
    judge = f'{{ model = "openai:helper", options = {{ base_url = "{server.url}" }} }}'
    both = [
        evaluated(tmp_path, target, SHOP_POLICY, target, compliance=judge)
        for target in ("good", "bad")
    ]
    said = specloop("gate", both[1], "--against", both[0], "--json", check=False).stdout
    rules = {one["text"]: one for one in json.loads(said)["rules"]}
    kind = rules["The assistant must be kind to every customer."]
    assert kind["after"]["n_judged"] > 0
    assert (kind["state"], kind["why"]) == ("open", "judged by a judge that is unmeasured")
    assert rules["Never use exclamation marks."]["state"] == "worse"


@pytest.mark.parametrize(
    ("conditions", "code"),
    [
        ("never", 0),
        ("worse", 1),
        ("worse>2", 0),
        ("worse > 1", 1),
        ("total-worse", 1),
        ("ability-worse", 0),
        ("refusals-worse,over-application-worse", 0),
        ("new-conflict", 1),
        ("new-conflict>1", 0),
        ("open>99", 0),
        ("open>1", 1),
        ("gone>5", 0),
        ("gone", 1),
    ],
)
def test_each_condition_decides_the_exit_code(
    runs: dict[str, Path], conditions: str, code: int
) -> None:
    assert gate(runs, "bad", "old", "--fail-if", conditions).returncode == code


def test_a_conflict_is_new_only_where_the_older_document_had_none(runs: dict[str, Path]) -> None:
    (conflict,) = told(runs, "bad", "old")["new_conflicts"]
    assert "Always use exclamation marks" in conflict
    assert told(runs, "bad", "good")["new_conflicts"] == []


def test_other_requests_are_compared_as_separate_samples(
    runs: dict[str, Path], tmp_path: Path
) -> None:
    revised = policy(tmp_path, "revised.md", *REVISED)
    other = evaluated(tmp_path, "other", revised, "bad", topics=("moss", "sheds", "hens"))
    data = told({**runs, "other": other}, "other", "old")
    assert data["requests"]["both"] == 0
    assert any("no request in common" in one for one in data["remarks"])
    lost = next(one for one in data["rules"] if one["text"] == "Never use exclamation marks.")
    assert not lost["paired"]
    assert lost["state"] in ("worse", "open")


def test_the_summary_is_markdown_in_which_foreign_text_is_only_text(
    runs: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule = "- Never blame"
    hostile = policy(tmp_path, "h.md", (rule, f"- Never write {HOSTILE} anywhere.\n{rule}"))
    new = evaluated(tmp_path, "new", hostile, "bad")
    step = tmp_path / "step.md"
    step.write_text("# before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(step))
    where = tmp_path / "gate.md"
    done = specloop(
        *("gate", new, "--against", runs["old"], "--summary", where, "--summary", "github"),
        check=False,
    )
    assert done.returncode == 1
    text = where.read_text()
    assert step.read_text() == "# before\n" + text
    assert text.startswith("## specloop gate: failed: worse, total-worse\n")
    assert "Never use exclamation marks&#46;" in text
    for part in ("<script", "**x**", "@everyone", "![p]", "http://", "`"):
        assert part not in text
    assert "alert&#40;1&#41;" in text
    for line in text.splitlines():
        if line.startswith("| "):
            assert line.count(" | ") in (2, 3, 4)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--fail-if", "wurse"), "no condition 'wurse'. Did you mean 'worse'? Conditions: worse"),
        (("--fail-if", "total-worse>1"), "total-worse counts nothing"),
        (("--fail-if", ""), "--fail-if: no condition; leave it out for the usual, or say 'never'"),
        (("--fail-if", "worse>x"), "no condition 'worse>x'"),
        (("--entrant", "dpo"), "'dpo' has not been evaluated there"),
        (("--summary", "github"), "GITHUB_STEP_SUMMARY is not set"),
        (("--summary", "."), "--summary .: a folder; name a file in it"),
    ],
)
def test_bad_options_end_with_one_line_and_exit_code_2(
    runs: dict[str, Path], more: tuple[str, ...], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    done = gate(runs, "bad", "old", *more)
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_runs_that_may_be_swapped_are_told(runs: dict[str, Path], tmp_path: Path) -> None:
    folder = RunFolder(shutil.copytree(runs["good"], tmp_path / "run"))
    old, new = (
        RunFolder(path).manifest()["document"]["digest"] for path in (runs["old"], folder.path)
    )
    folder.append([Revision(old=old, new=new, changes=())])
    done = specloop("gate", folder.path, "--against", runs["old"], check=False)
    assert "swapped" not in done.stderr
    done = specloop("gate", runs["old"], "--against", folder.path, check=False)
    assert "the two may be swapped" in done.stderr


def test_a_run_that_cannot_be_compared_is_named_with_the_remedy(
    runs: dict[str, Path], tmp_path: Path
) -> None:
    done = gate(runs, "old", "old")
    assert (done.returncode, "the same run twice" in done.stderr) == (2, True)
    bare = tmp_path / "bare"
    specloop("rules", SHOP_POLICY, "--out", bare)
    done = specloop("gate", bare, "--against", runs["old"], check=False)
    assert (done.returncode, "nobody has been evaluated yet" in done.stderr) == (2, True)
    done = specloop("gate", runs["bad"], "--against", tmp_path / "none", check=False)
    assert (done.returncode, "no such run folder" in done.stderr) == (2, True)
