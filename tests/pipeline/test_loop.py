"""The loop from a document to pairs and figures, over `openai:` against a server on loopback."""

from __future__ import annotations

from pathlib import Path

from tests.commands import process, specloop
from tests.loop import SHOP_POLICY, STAGES, config, run_stages
from tests.scripted_server import ScriptedServer

from specloop.records import (
    Answer,
    Case,
    Evaluation,
    Exchange,
    Instance,
    Judgement,
    PreferencePair,
    QualityScore,
    Rule,
    verdicts_of,
)
from specloop.store import RunFolder


def test_every_stage_alone_makes_the_chain_from_rule_to_figure(
    tmp_path: Path, server: ScriptedServer
) -> None:
    run = tmp_path / "run"
    run_stages(run, config(tmp_path, server))
    folder = RunFolder(run)
    rules = {r.id: r for r in folder.read(Rule)}
    instances = {i.id: i for i in folder.read(Instance)}
    probes = {p.id: p for p in folder.read(Case)}
    responses = {r.id: r for r in folder.read(Answer)}
    exchanges = {e.id: e for e in folder.read(Exchange)}
    pairs = folder.read(PreferencePair)
    assert len(rules) == 12
    assert {r.annotated_by.model for r in rules.values() if r.annotated_by} == {"openai:helper"}
    assert pairs
    held_out = set(folder.manifest()["held_out_rules"])
    for pair in pairs:
        assert pair.exchange
        assert probes[pair.probe].split == "train"
        if pair.pairing == "contrast":
            assert responses[pair.rejected_id].source == pair.chosen_id
            opening = "Safety first:\n"
            chosen, rejected = pair.chosen_text, pair.rejected_text
            assert opening + rejected == chosen or rejected == opening + chosen
            continue
        assert exchanges[pair.exchange].answer == pair.rejected_id
        assert responses[pair.chosen_id].text == pair.chosen_text
        assert responses[pair.rejected_id].text == pair.rejected_text
        assert set(pair.violated) <= set(exchanges[pair.exchange].violated)
        assert not held_out & set(pair.violated)
        assert not held_out & set(instances[pair.instance].rules)
        assert pair.chosen_text.endswith("\nSee you at the shop.")
    assert {p.side for p in pairs} == {"violation", "permitted"}
    assert {p.pairing for p in pairs} == {"repaired", "contrast"}
    assert any(e.switched for e in exchanges.values())
    assert {v.kind for v in verdicts_of(folder.read(Judgement))} == {"check", "model"}
    assert folder.read(QualityScore)
    evaluations = folder.read(Evaluation)
    assert [e.label for e in evaluations] == ["base", "prompt-only"]
    assert "See you at the shop." in (run / "report.html").read_text()


def test_a_rerun_makes_no_call_and_changes_no_record(
    tmp_path: Path, server: ScriptedServer
) -> None:
    run = tmp_path / "run"
    path = config(tmp_path, server)
    run_stages(run, path)
    before = {p.name: p.read_bytes() for p in run.glob("*.jsonl")}
    n_calls = len(server.bodies)
    run_stages(run, path)
    assert len(server.bodies) == n_calls
    assert {p.name: p.read_bytes() for p in run.glob("*.jsonl")} == before


def test_the_loop_works_with_the_target_alone_and_says_so(
    tmp_path: Path, server: ScriptedServer
) -> None:
    run = tmp_path / "run"
    path = config(tmp_path, server, helper="plain")
    specloop("rules", SHOP_POLICY, "--out", run, "--config", path)
    outputs = [specloop(stage, run).stderr for stage in STAGES[:4]]
    assert "ran plain" in outputs[2]
    assert RunFolder(run).read(PreferencePair)
    assert {body["model"] for body in server.bodies} == {"target"}


def test_a_users_mistake_ends_in_one_line_and_exit_code_2(tmp_path: Path) -> None:
    missing = process("synth", tmp_path / "nowhere")
    assert missing.returncode == 2
    assert "no such run folder" in missing.stderr
    bad = tmp_path / "bad.toml"
    bad.write_text("[train]\nlearning_rat = 1\n")
    done = process("run", bad)
    assert done.returncode == 2
    assert "train.learning_rat" in done.stderr
    assert "Traceback" not in done.stderr
