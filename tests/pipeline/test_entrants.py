"""`specloop eval`: models, methods and what they are told side by side, over a loopback server."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.commands import specloop
from tests.loop import SHOP_POLICY, config
from tests.scripted_server import ScriptedServer

from specloop.records import Answer, Evaluation, Judgement, Rule
from specloop.store import RunFolder

TWO = ("--model", "base", "--model", "openai:other")
BOTH = ("--method", "vanilla", "--method", "align3")


@pytest.fixture
def run(tmp_path: Path, server: ScriptedServer) -> Path:
    """A run whose held-out probes are written."""
    run = tmp_path / "run"
    specloop("rules", SHOP_POLICY, "--out", run, "--config", config(tmp_path, server))
    specloop("instances", run, "--set", "instances.max_rules=8")
    specloop("probes", run)
    return run


def against(folder: RunFolder) -> dict[str, str | None]:
    return {one.label: one.against for one in folder.read(Evaluation)}


def system_turns(server: ScriptedServer, model: str) -> list[str]:
    """What stood before the conversations that a model was asked."""
    bodies = (body["messages"] for body in server.bodies if body["model"] == model)
    return [turns[0]["content"] for turns in bodies if turns[0]["role"] == "system"]


def test_two_models_and_two_methods_stand_in_one_table_each_with_its_base(
    run: Path, server: ScriptedServer
) -> None:
    said = json.loads(specloop("eval", run, *TWO, *BOTH, "--json").stdout)
    folder = RunFolder(run)
    other = "openai:other"
    expected = {"base": None, "align3": "base", other: "base", f"{other} align3": other}
    assert against(folder) == expected
    for one in said["evaluations"]:
        assert {d["outcome"] for d in one["differences"]} <= {"noise", "open", "unknown"} | {
            "better",
            "worse",
            "changed",
        }
        assert all("outcome" not in figure for figure in one["metrics"])
    compliance = [
        difference
        for one in folder.read(Evaluation)
        for difference in one.differences
        if (difference.name, difference.group) == ("rcs", "")
    ]
    assert len(compliance) == 3
    for one in compliance:
        assert one.p_value is not None
        assert one.p_holm is not None
        assert one.p_value <= one.p_holm
    table = specloop("eval", run, *TWO, *BOTH).stdout
    assert "Tokens an answer" in table
    assert "vs base" in table


def test_answers_of_a_method_carry_thought_steps_and_tokens(
    run: Path, server: ScriptedServer
) -> None:
    specloop("eval", run, "--method", "align3")
    folder = RunFolder(run)
    thinking = [one for one in folder.read(Answer) if one.entrant == "align3"]
    plain = [one for one in folder.read(Answer) if one.entrant == "base"]
    assert len(thinking) == len(plain) > 0
    assert all(len(one.steps) > 1 and one.thought and one.cost.n_calls > 1 for one in thinking)
    assert all(len(one.steps) == 1 and not one.thought for one in plain)
    tokens = {
        one.label: next(figure.value for figure in one.metrics if figure.name == "tokens")
        for one in folder.read(Evaluation)
    }
    assert (tokens["align3"] or 0) > (tokens["base"] or 0) > 0


def test_what_is_answered_is_not_asked_again_when_another_entrant_comes(
    run: Path, server: ScriptedServer
) -> None:
    specloop("eval", run, *TWO, *BOTH)
    n_calls, answers = len(server.bodies), (run / "answers.jsonl").read_bytes()
    specloop("eval", run, *TWO, *BOTH)
    assert len(server.bodies) == n_calls
    assert (run / "answers.jsonl").read_bytes() == answers
    specloop("eval", run, "--model", "base", "--told", "rules", "--against", "align3")
    assert (run / "answers.jsonl").read_bytes().startswith(answers)
    assert against(RunFolder(run))["prompt-only"] == "align3"
    prompts = {body["model"] for body in server.bodies[n_calls:]}
    assert prompts == {"target"}


def test_a_model_is_told_its_cases_rules_or_the_whole_document(
    run: Path, server: ScriptedServer
) -> None:
    rules = [rule.text for rule in RunFolder(run).read(Rule)]
    specloop("eval", run, "--model", "openai:told", "--told", "rules", "--told", "document")
    turns = system_turns(server, "told")
    in_all = [all(text in turn for text in rules) for turn in turns]
    labels = set(against(RunFolder(run)))
    assert labels == {"base", "openai:told", "openai:told prompt-only", "openai:told document"}
    assert sum(in_all) == len(in_all) / 2


def test_a_judge_that_is_named_is_asked_about_what_code_cannot_decide(
    run: Path, server: ScriptedServer
) -> None:
    specloop("eval", run, "--model", "base", "--judge", "joint")
    folder = RunFolder(run)
    verdicts = (v for judgement in folder.read(Judgement) for v in judgement.verdicts)
    judged = [one for one in verdicts if one.kind == "model"]
    assert {one.judge for one in judged} == {"joint:openai:helper"}
    decided = {rule.id for rule in folder.read(Rule) if rule.check is not None}
    assert not decided & {one.rule for one in judged}
    said = specloop("eval", run, "--judge", "jont", check=False).stderr
    assert "--judge of `specloop eval`: evaluate.judge.name: no judge named 'jont'" in said


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--method", "algn3"), "no method named 'algn3'. Did you mean 'align3'?"),
        (("--method", "align3", "--told", "nothing"), "it works on rules, and is told nothing"),
        (("--method", "best_of_n"), "best_of_n chooses by a scorer"),
        (("--model", "bse"), "nothing is called 'bse' in this run. Did you mean 'base'?"),
        (("--set", "evaluate.methods=['best_of_n']"), "best_of_n chooses by a scorer"),
    ],
)
def test_who_cannot_be_measured_is_told_before_anything_is_asked(
    run: Path, server: ScriptedServer, options: tuple[str, ...], said: str
) -> None:
    n_calls = len(server.bodies)
    done = specloop("eval", run, *options, check=False)
    assert done.returncode == 2
    assert said in done.stderr
    assert len(server.bodies) == n_calls
    assert not RunFolder(run).read(Evaluation)


def test_methods_of_the_configuration_are_measured_on_the_base_and_billed_before(
    run: Path, server: ScriptedServer
) -> None:
    methods = ("--set", "evaluate.methods=[{ name = 'align3', thought_tokens = 9 }]")
    n_calls = len(server.bodies)
    bill = json.loads(specloop("eval", run, *methods, "--dry-run", "--json").stdout)
    assert len(server.bodies) == n_calls
    specloop("eval", run, *methods)
    asked = [body for body in server.bodies[n_calls:] if body["model"] == "target"]
    assert bill["total"]["calls"]["low"] <= len(asked) <= bill["total"]["calls"]["high"]
    assert list(against(RunFolder(run))) == ["base", "prompt-only", "align3"]
    assert sum(body["max_tokens"] == 9 for body in asked) > 0
    found = next(one for one in RunFolder(run).read(Evaluation) if one.label == "align3")
    assert (found.method, found.told, found.settings) == ("align3", "rules", {"thought_tokens": 9})
