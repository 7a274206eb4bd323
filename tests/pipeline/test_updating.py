"""`specloop update`: a run carried over to another version of its document."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest
from tests.commands import command, specloop
from tests.loop import SHOP_POLICY
from tests.scripted_server import ScriptedServer
from tests.two_runs import evaluated, policy
from tests.updated import OLD, UpdatedRun

from specloop.records import Case, Exchange, Instance, PreferencePair, Revision, SetAside
from specloop.report.data import load_report_data
from specloop.report.revision import revision_counts
from specloop.runrules import current_rules
from specloop.store import RunFolder

FEWER = ("40 words", "30 words")
NEW = "- Always recommend a visit to the shop."


@pytest.fixture
def run(tmp_path: Path, server: ScriptedServer) -> UpdatedRun:
    return UpdatedRun.made(tmp_path, server)


def texts(pairs: Iterable[PreferencePair]) -> set[tuple[str, str, str]]:
    return {(pair.request, pair.chosen_text, pair.rejected_text) for pair in pairs}


def test_only_what_hangs_on_the_reworded_rule_is_done_anew_and_all_of_it_can_come_back(
    run: UpdatedRun,
) -> None:
    before, folder = run.lines(), RunFolder(run.path)
    old = {rule.text: rule.id for rule in current_rules(folder)}
    pairs = texts(folder.read(PreferencePair))
    n_calls = len(run.server.bodies)
    assert "records kept, 0 back, " in run.update(run.document(FEWER)).stderr
    n_asked = len(run.server.bodies) - n_calls
    assert 0 < n_asked < n_calls / 4
    new = {rule.text: rule.id for rule in current_rules(folder)}
    (was,) = old.keys() - new.keys()
    (now,) = new.keys() - old.keys()
    assert (was, now) == tuple(f"Keep every answer to at most {n} words." for n in (40, 30))
    assert new[now] in specloop("why", run.path, "--rule", "Keep every answer").stdout
    named = json.dumps(
        [
            one.model_dump()
            for kind in (Case, Exchange, Instance, PreferencePair)
            for one in folder.read(kind)
        ]
    )
    assert old[was] not in named
    assert new[now] in named
    kept = texts(folder.read(PreferencePair)) & pairs
    assert kept
    fallen = [one.content for one in folder.read(SetAside) if one.file == "pairs.jsonl"]
    assert texts(map(PreferencePair.model_validate, fallen)) >= pairs - kept
    assert all("was reworded" in one.reason for one in folder.read(SetAside))

    n_calls, newer = len(run.server.bodies), run.lines()
    run.update(run.document(), "--back")
    assert len(run.server.bodies) == n_calls
    back = run.lines()
    own = before.keys() - {"evaluations.jsonl", "set_aside.jsonl"}
    assert {name: back[name] for name in own} == {name: before[name] for name in own}
    assert len(folder.read(Revision)) == 2

    run.update(run.document(FEWER), "--back")
    assert len(run.server.bodies) == n_calls
    again = run.lines()
    assert {name: again[name] for name in own} == {name: newer[name] for name in own}


def test_a_new_probe_that_is_close_to_a_pair_is_written_again(run: UpdatedRun) -> None:
    older = run.document(('- Never use the word "guarantee".\n', ""))
    human, first = "- The assistant must not pretend to be human.\n", "- Keep every answer"
    last = "- Only when the customer"
    newer = run.document(
        (human, ""), (first, human + first), (last, f"{NEW}\n{last}"), name="newest.md"
    )
    run.update(older)
    before = texts(RunFolder(run.path).read(PreferencePair))
    told = json.loads(run.update(newer, "--dry-run", "--json").stdout)
    run.update(newer)
    kept = texts(RunFolder(run.path).read(PreferencePair)) & before
    assert len(kept) == told["kept"]["pairs.jsonl"]
    probes = [one for one in RunFolder(run.path).read(Case) if one.is_probe]
    tested = {(one.split, rule) for one in probes for rule in one.targets}
    due = told["due"]["probes"].items()
    assert {(split, rule) for split, counts in due for rule in counts} <= tested
    run.update(older, "--back")
    assert texts(RunFolder(run.path).read(PreferencePair)) == before


def test_a_pair_gives_way_where_every_request_is_close_to_it(
    run: UpdatedRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = RunFolder(run.path)
    before, newer = texts(folder.read(PreferencePair)), run.document(FEWER)
    due = json.loads(run.update(newer, "--dry-run", "--json").stdout)["due"]["probes"]
    monkeypatch.setattr("specloop.synth.pairs._LEAK", 0)
    run.update(newer)
    assert not folder.read(PreferencePair)
    aside = [one.content for one in folder.read(SetAside) if one.file == PreferencePair.FILE]
    assert texts(map(PreferencePair.model_validate, aside)) == before
    tested = {(one.split, rule) for one in folder.read(Case) for rule in one.targets}
    assert {(split, rule) for split, counts in due.items() for rule in counts} <= tested
    monkeypatch.undo()
    run.update(run.document(), "--back")
    assert texts(folder.read(PreferencePair)) == before


def test_who_was_told_an_older_version_is_asked_anew_for_a_third_one(run: UpdatedRun) -> None:
    """Answers of the first version do not return for a third, though its rule is back."""
    run.update(run.document(FEWER))
    third = run.document(("- Do not promise delivery dates.\n", ""), name="third.md")
    assert "answers of prompt-only: 0/0" not in run.update(third).stderr


def test_a_run_that_was_updated_is_done(run: UpdatedRun) -> None:
    run.update(run.document(FEWER))
    n_calls, before = len(run.server.bodies), run.lines()
    for stage in ("instances", "probes", "synth", "pairs", "eval"):
        specloop(stage, run.path)
    assert len(run.server.bodies) == n_calls
    assert run.lines() == before


def test_the_same_document_and_another_place_of_a_rule_ask_nothing(run: UpdatedRun) -> None:
    n_calls, before = len(run.server.bodies), run.lines()
    answers, manifest = run.path / "answers.jsonl", run.path / "manifest.json"
    noted = manifest.read_text()
    answers.rename(run.path / "away")
    assert run.update(run.document(), "--dry-run", check=False).returncode == 2
    manifest.write_text(noted.replace('"records"', '"records before"'))
    listed = run.update(run.document(), "--dry-run").stdout
    assert "nothing is left to do" in listed
    assert "evaluate" not in listed  # It leaves alone what else is missing.
    (run.path / "away").rename(answers)
    manifest.write_text(noted)
    assert "nothing is left to do" in run.update(run.document()).stderr
    assert run.lines() == before
    line = "- Offer to pass a complaint on.\n"
    last = "- Do not comment on other shops."
    heading = "## Complaints {#complaints authority=system}"
    moved = run.document((line, ""), (last, f"{last}\n\n{heading}\n\n{line}"))
    run.update(moved)
    assert len(run.server.bodies) == n_calls
    assert not RunFolder(run.path).read(SetAside)


def test_a_document_that_is_no_version_of_the_old_one_is_refused(run: UpdatedRun) -> None:
    other = run.document((OLD, "# Bikes\n\n- Oil the chain twice a year.\n- Wear a helmet.\n"))
    before = run.lines()
    done = run.update(other, check=False)
    assert done.returncode == 2
    assert "0% of its 12 rules are found again" in done.stderr
    assert run.lines() == before
    assert run.update(other, "--dry-run", check=False).returncode == 2
    told = json.loads(run.update(other, "--anyway", "--dry-run", "--json").stdout)
    n_calls = len(run.server.bodies)
    run.update(other, "--anyway")
    bill = told["bill"]["total"]["calls"]
    assert bill["low"] <= len(run.server.bodies) - n_calls <= bill["high"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Bikes have two wheels.", "no rules are found in it"),
        ('- Never use the word "guarantee".', "all rules that are left in it are held out"),
    ],
)
def test_a_document_without_a_rule_to_go_on_with_is_refused_before_anything_is_set_aside(
    run: UpdatedRun, text: str, said: str
) -> None:
    bare, before = run.document((OLD, f"# Shop assistant\n\n## Form\n\n{text}\n")), run.lines()
    for options in (["--anyway"], ["--anyway", "--dry-run"]):
        done = run.update(bare, *options, check=False)
        assert (done.returncode, said in done.stderr) == (2, True)
    assert run.lines() == before


def test_an_older_document_is_refused_unless_it_is_asked_for(run: UpdatedRun) -> None:
    run.update(run.document(FEWER))
    done = run.update(run.path.parent / "policy.md", check=False)
    assert done.returncode == 2
    assert "an older version" in done.stderr
    assert "--back" in done.stderr
    read = specloop("rules", run.path.parent / "policy.md", "--out", run.path, check=False)
    assert read.returncode == 2
    assert "specloop update" in read.stderr


def test_a_dry_run_lists_exactly_what_is_then_done(run: UpdatedRun) -> None:
    newer = run.document(FEWER, ("- Never blame the customer.\n", "- Never tell jokes.\n"))
    before = run.lines()
    told = json.loads(run.update(newer, "--dry-run", "--json").stdout)
    assert run.lines() == before
    folder, n_calls = RunFolder(run.path), len(run.server.bodies)
    document = folder.manifest()["document"]["digest"]
    run.update(newer)
    asides = [one for one in folder.read(SetAside) if one.document == document]
    assert told["set_aside"] == dict(Counter(one.file for one in asides))
    bill, n_asked = told["bill"]["total"]["calls"], len(run.server.bodies) - n_calls
    assert bill["low"] <= n_asked <= bill["high"]
    cases = {case.id: case for case in folder.read(Case)}
    fresh = {rule.id for rule in current_rules(folder)} - {
        json.loads(line)["id"] for line in before["rules.jsonl"]
    }
    aimed = Counter(
        case.targets[0]
        for one in folder.read(Exchange)
        if one.round == 0 and not (case := cases[one.probe]).twin_of and set(case.targets) & fresh
    )
    assert told["due"]["exchanges"] == dict(aimed)
    kept = {kind.FILE: len(folder.read(kind)) for kind in (Instance, Exchange)}
    n_new = sum(bool(set(cases[one.probe].targets) & fresh) for one in folder.read(Exchange))
    assert told["kept"]["rules.jsonl"] == len(before["rules.jsonl"]) - 2
    assert told["kept"]["instances.jsonl"] == kept["instances.jsonl"]
    assert told["kept"]["exchanges.jsonl"] == kept["exchanges.jsonl"] - n_new
    assert folder.read(Revision)[-1].kept == told["kept"]
    counts = {
        what: tuple(map(int, own)) for what, *own in revision_counts(load_report_data(folder))
    }
    n_aside = told["set_aside"]["exchanges.jsonl"]
    assert counts["exchanges"] == (kept["exchanges.jsonl"] - n_new, 0, n_aside, n_new)
    assert counts["instances"][0] == kept["instances.jsonl"]


def test_probes_of_two_rules_do_not_come_to_the_same_request(tmp_path: Path) -> None:
    newer = policy(tmp_path, "newer.md", ("authority=developer", "authority=user"))
    run = evaluated(tmp_path, "run", SHOP_POLICY, "bad")
    told = json.loads(specloop("update", run, newer, "--dry-run", "--json").stdout)
    specloop("update", run, newer)
    probes = [one for one in RunFolder(run).read(Case) if one.is_probe and one.targets]
    attacks = [one for one in probes if one.attack != "direct" and not one.twin_of]
    aimed = Counter((one.split, one.targets[0]) for one in attacks)
    for split, counts in told["due"]["probes"].items():
        assert {rule: aimed[split, rule] for rule in counts} == counts


def test_a_stopped_update_can_be_finished_where_its_document_has_changed_since(
    run: UpdatedRun,
) -> None:
    newer = run.document(FEWER)
    limit = len(run.server.bodies) + 10
    assert run.update(newer, "--max-calls", str(limit), check=False).returncode
    newer.write_text(newer.read_text().replace("30 words", "25 words"))
    done = run.update(newer, check=False)
    copy = run.path / "document.txt"
    assert done.returncode == 2
    assert f"with a copy of {copy} whose name ends in .md" in done.stderr
    run.update(Path(shutil.copy(copy, run.path.parent / "copy.md")))
    run.update(newer)


@pytest.mark.parametrize("n_calls", [1, 8])
def test_an_update_that_is_killed_goes_on_to_the_same_end(
    tmp_path: Path, server: ScriptedServer, n_calls: int
) -> None:
    run = UpdatedRun.made(tmp_path, server)
    newer = run.document(FEWER)
    other = UpdatedRun(tmp_path / "other", server)
    shutil.copytree(run.path, other.path)
    other.update(newer)
    begun, server.delay_s = len(server.bodies), 0.05
    process = subprocess.Popen(command("update", run.path, newer), stderr=subprocess.DEVNULL)
    while process.poll() is None and len(server.bodies) - begun < n_calls:
        time.sleep(0.01)
    process.kill()
    process.wait()
    server.delay_s = 0
    run.update(newer)
    own = run.lines().keys() - {"evaluations.jsonl", "timings.jsonl"}
    assert own == other.lines().keys() - {"evaluations.jsonl", "timings.jsonl"}
    assert {name: run.lines()[name] for name in own} == {n: other.lines()[n] for n in own}
