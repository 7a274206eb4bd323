"""What is known before the first call: nothing is asked, nothing noted, all told at once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.commands import Done, specloop
from tests.loop import SHOP_POLICY, config
from tests.scripted_server import ScriptedServer

from specloop.errors import InputError, RunStoppedError
from specloop.llm.backends import check_model
from specloop.llm.base import Request
from specloop.records import Evaluation, PreferencePair, SeedPrompt, TrainingRun
from specloop.store import RunFolder

UNDECIDED = """# Policy

## Tone

- Be kind to everyone who writes.
- The assistant must be honest about what it does not know.
- The assistant must take complaints seriously.

## Money

- The assistant must treat questions about money with care.
- The assistant must respect the privacy of customers.
"""


def refused(*args: object) -> str:
    """What a command that must not begin says."""
    done = specloop(*args, check=False)
    assert done.returncode == 2, done.stderr
    return done.stderr


def begun(folder: Path, server: ScriptedServer, *stages: str) -> Path:
    path, run = config(folder, server), folder / "run"
    specloop("rules", SHOP_POLICY, "--out", run, "--config", path)
    for stage in stages:
        specloop(stage, run)
    return run


def test_everything_that_is_missing_is_told_before_the_first_call(
    tmp_path: Path, server: ScriptedServer
) -> None:
    out = tmp_path / "out"
    (tmp_path / "file").touch()
    sets = {
        "cache.folder": str(tmp_path / "file" / "cache"),
        "roles.planner.model": "opnai:helper",
        "roles.attacker.options.base_ulr": "http://x/v1",
        "roles.quality": "hf:nowhere",
        "roles.target.model": "embedded:smollm",
        "roles.target.options": {},
        "instances.held_out_rules": ["guarantee", "no such words"],
    }
    told = [part for key, value in sets.items() for part in ("--set", f"{key}={_toml(value)}")]
    said = refused("run", config(tmp_path, server), "--out", out, *told)
    for words in (
        "roles.planner: no model backend for 'opnai:helper'. Did you mean 'openai:helper'?",
        "roles.attacker: openai:helper: it has no option 'base_ulr'",
        "roles.quality: hf:nowhere: no config.json",
        "cache.folder: ",
        "roles.target: no embedded model 'smollm'",
        "'no such words'",
    ):
        assert words in said
    assert server.bodies == []
    assert not out.exists()


def _toml(value: object) -> str:
    return "{}" if value == {} else json.dumps(value)


def test_a_refused_command_leaves_the_folder_as_it_was(
    tmp_path: Path, server: ScriptedServer
) -> None:
    run = begun(tmp_path, server, "instances", "probes", "synth")

    def files() -> dict[str, bytes]:
        return {p.name: p.read_bytes() for p in run.iterdir() if p.suffix in (".json", ".jsonl")}

    before, n_calls = files(), len(server.bodies)
    good, bad = ("--set", "train.beta=0.3"), ("--set", "train.epoch=9")
    roles = {"instances": "planner", "probes": "attacker", "synth": "defender", "pairs": "quality"}
    for stage, role in {**roles, "eval": "target"}.items():
        assert "train.epoch" in refused(stage, run, *good, *bad)
        wrong = f"roles.{role}.model=nosuch:m"
        assert f"roles.{role}" in refused(stage, run, *good, "--set", wrong)
        specloop(stage, run, *good, "--dry-run")
        with RunFolder(run).locked():
            assert "another specloop process" in refused(stage, run, *good)
        assert files() == before
    assert len(server.bodies) == n_calls


@pytest.mark.parametrize(
    ("item", "said"),
    [
        ("roles.judge=opnai:j", "roles.judge: no model backend for 'opnai:j'. Did you mean"),
        (
            "roles.target.options.base_ulr=x",
            "roles.target: openai:target: it has no option 'base_ulr'",
        ),
        ("roles.defender.model=openai:", "roles.defender: openai: name the model"),
        ("synthesis.pairing=minmal", "Did you mean 'minimal'?"),
        ("synthesis.judge=jont", "Did you mean 'joint'?"),
        ("synthesis.quality=qualty", "Did you mean 'quality'?"),
        (
            "evaluate.judge={name='joint',chunks=2}",
            "evaluate.judge.chunks: Extra inputs are not permitted. Did",
        ),
        ("document.path=nowhere.md", "nowhere.md: no such file"),
        ("seeds.path=nowhere.jsonl", "nowhere.jsonl: no such file"),
        ("roles.judge={model='openai:j',options={server='vlm'}}", "option 'server': Input should"),
        ("roles.judge={model='openai:j',options={contxt=1}}", "Did you mean 'context'?"),
        ("roles.judge={model='openai:j',options={retry={attempts=0}}}", "retry.attempts"),
        ("train.name=dpoo", "Did you mean 'dpo'?"),
        ("specbench.methods=['vanila']", "Did you mean 'vanilla'?"),
        ("specbench.judge=jont", "Did you mean 'joint'?"),
        ("specbench.scorer=juge", "Did you mean 'judge'?"),
    ],
)
def test_a_name_that_is_none_is_not_kept_by_a_command_that_does_without(
    tmp_path: Path, server: ScriptedServer, item: str, said: str
) -> None:
    run = begun(tmp_path, server)
    before = (run / "manifest.json").read_bytes()
    assert said in refused("instances", run, "--set", item)
    assert said in refused("train", run, "--set", item)
    assert (run / "manifest.json").read_bytes() == before


def test_what_is_set_holds_from_when_the_command_begins_and_stays_visible(
    tmp_path: Path, server: ScriptedServer
) -> None:
    run = begun(tmp_path, server)
    specloop("instances", run, "--set", "synthesis.samples=4", "--set", "train.beta=0.3")
    told = json.loads(specloop("config", run, "--json").stdout)["config"]
    assert told["synthesis.samples"] == {"value": 4, "from": "--set of `specloop instances`"}
    assert told["train.beta"]["from"] == "--set of `specloop instances`"
    assert told["document.path"]["from"] == "DOCUMENT of `specloop rules`"
    assert told["instances.n_train"]["from"] == str(tmp_path / "loop.toml")
    assert told["train.epochs"] == {"value": 2.0, "from": "default"}
    assert told["roles.planner.temperature"]["from"] == "default"
    assert set(told) >= {"out", "roles.defender", "limits.max_calls", "prices"}
    text = specloop("config", run).stdout
    (tmp_path / "again.toml").write_text(text)
    before = RunFolder(run).manifest()["config"]
    specloop("probes", run, "--config", tmp_path / "again.toml")
    assert RunFolder(run).manifest()["config"] == before
    assert "samples = 4" in text


def test_labels_and_models_to_evaluate_are_known_before_the_base_is_asked(
    tmp_path: Path, server: ScriptedServer
) -> None:
    run = begun(tmp_path, server, "instances", "probes")
    n_calls = len(server.bodies)
    said = refused("eval", run, "--model", "nosuch")
    assert "nothing is called 'nosuch' in this run" in said
    assert "base, prompt-only" in said
    assert "'nosuch'" in refused("eval", run, "--model", "base", "--against", "nosuch")
    assert "hf:nowhere" in refused("eval", run, "--model", "hf:nowhere")
    assert len(server.bodies) == n_calls
    assert not RunFolder(run).read(Evaluation)


def test_a_document_without_a_rule_for_code_and_no_judge_is_refused_with_what_to_do(
    tmp_path: Path, server: ScriptedServer
) -> None:
    (tmp_path / "policy.md").write_text(UNDECIDED)
    path, run = config(tmp_path, server), tmp_path / "run"
    none = ("--set", "instances.held_out_rules=[]")
    said = refused(
        "run", path, "--out", run, *none, "--set", f"document.path={tmp_path / 'policy.md'}"
    )
    assert "0 of 5 rules are decided by code" in said
    assert not run.exists()
    specloop("rules", tmp_path / "policy.md", "--out", run, "--config", path, *none)
    n_calls = len(server.bodies)
    for stage in ("instances", "probes", "synth", "pairs", "train"):
        assert "0 of 5 rules are decided by code" in refused(stage, run)
    assert 'synthesis.trust_judge = "unmeasured"' in refused("instances", run)
    plain = ("--set", "roles.compliance=plain")
    assert "no judge is configured" in refused("instances", run, *plain)
    assert len(server.bodies) == n_calls
    specloop("instances", run, "--set", "synthesis.trust_judge=unmeasured")


def test_a_judge_that_is_to_judge_answers_must_be_there(
    tmp_path: Path, server: ScriptedServer
) -> None:
    run = begun(tmp_path, server, "instances", "probes")
    n_calls = len(server.bodies)
    sets = ("--set", "roles.compliance=plain", "--set", "evaluate.judged_share=0.5")
    assert "evaluate.judged_share is above 0, and there is no judge" in refused("eval", run, *sets)
    sets = ("--set", "roles.compliance=plain", "--set", "evaluate.refusals=model")
    assert "evaluate.refusals asks a model, and there is none" in refused("eval", run, *sets)
    assert len(server.bodies) == n_calls


@pytest.mark.parametrize(
    "raw", [b"[]", b"3", b'{"config": 3}', b'{"stages": []}', b"\xff", b"[" * 100_000]
)
def test_a_manifest_that_is_none_is_named(
    tmp_path: Path, server: ScriptedServer, raw: bytes
) -> None:
    run = begun(tmp_path, server)
    (run / "manifest.json").write_bytes(raw)
    for command in ("instances", "config", "cost"):
        assert "manifest.json: not a manifest (" in refused(command, run)


def test_a_run_folder_of_another_form_is_refused_in_one_line(
    tmp_path: Path, server: ScriptedServer
) -> None:
    run = begun(tmp_path, server)
    manifest = json.loads((run / "manifest.json").read_text())
    del manifest["form"]
    (run / "manifest.json").write_text(json.dumps(manifest))
    for command in ("instances", "config", "cost"):
        said = refused(command, run)
        assert "a run folder of form 1, written by another version of specloop" in said


def test_a_configuration_that_cannot_be_used_is_mended_by_another(
    tmp_path: Path, server: ScriptedServer
) -> None:
    run = begun(tmp_path, server)
    manifest = json.loads((run / "manifest.json").read_text())
    manifest["config"] |= {"roles": 3, "specbench": None}
    (run / "manifest.json").write_text(json.dumps(manifest))
    assert "manifest.json: config: roles" in refused("instances", run)
    again = ("--config", tmp_path / "loop.toml", "--set", "train.beta=0.3")
    specloop("instances", run, *again)


def test_a_judge_that_is_trusted_must_be_there(tmp_path: Path, server: ScriptedServer) -> None:
    run = begun(tmp_path, server, "instances", "probes")
    told = ("--set", "synthesis.trust_judge=true", "--set", "roles.compliance=plain")
    assert "roles.compliance.model" in refused("synth", run, *told)


def test_a_target_behind_an_api_is_measured_and_not_trained(
    tmp_path: Path, server: ScriptedServer
) -> None:
    path, out = config(tmp_path, server), tmp_path / "out"
    done = specloop("run", path, "--out", out)
    assert done.stderr.count("skipped: synth, pairs, train") == 1
    folder = RunFolder(out)
    assert {one.label for one in folder.read(Evaluation)} == {"base", "prompt-only"}
    assert (out / "report.html").exists()
    assert not folder.read(PreferencePair)
    assert not folder.read(TrainingRun)
    bill = specloop("run", path, "--out", tmp_path / "other", "--dry-run").stdout
    assert "evaluate" in bill
    assert "synth" not in bill
    n_calls = len(server.bodies)
    for more in (("run", path, "--out", out, "--until", "train"), ("train", out)):
        assert "cannot be trained" in refused(*more)
    assert len(server.bodies) == n_calls


def test_a_run_goes_from_a_stage_to_a_stage(tmp_path: Path, server: ScriptedServer) -> None:
    path, out = config(tmp_path, server), tmp_path / "out"

    def run(*more: str, check: bool = True) -> Done:
        return specloop("run", path, "--out", out, *more, check=check)

    assert "Did you mean 'synth'?" in refused("run", path, "--out", out, "--until", "sinth")
    assert "comes before" in refused("run", path, "--from", "synth", "--until", "rules")
    missing = refused("run", path, "--out", out, "--from", "synth")
    assert "rules.jsonl: nothing there yet" in missing
    assert "seeds.jsonl: nothing there yet; run `specloop instances" in missing
    assert not out.exists()
    run("--until", "instances")
    assert RunFolder(out).read(SeedPrompt)
    assert not (out / "cases.jsonl").exists()
    n_calls = len(server.bodies)
    assert run("--from", "pairs", "--until", "pairs", check=False).returncode == 2
    assert len(server.bodies) == n_calls
    assert "evaluate" not in run("--from", "probes", "--until", "pairs", "--dry-run").stdout
    run("--from", "probes", "--until", "pairs")
    assert RunFolder(out).read(PreferencePair)
    assert not RunFolder(out).read(Evaluation)
    assert "skipped" not in run("--from", "eval").stderr
    assert (out / "report.html").exists()


def test_a_model_without_a_price_is_known_before_the_first_stage(
    tmp_path: Path, server: ScriptedServer
) -> None:
    prices = "{ 'openai:helper' = { input = 1, output = 1 } }"
    said = refused(
        *("run", config(tmp_path, server), "--out", tmp_path / "out"),
        *("--max-cost", "5", "--set", f"prices={prices}"),
    )
    assert "the price of openai:target is not known" in said
    assert server.bodies == []


@pytest.mark.parametrize(
    ("options", "variable"),
    [
        ({}, "OPENAI_API_KEY"),
        ({"api_key_env": "MY_KEY"}, "MY_KEY"),
        ({"base_url": "https://openrouter.ai/api/v1", "api_key_env": "ROUTER"}, "ROUTER"),
        ({"base_urls": ["http://127.0.0.1/v1", "https://8.8.8.8/v1"]}, "OPENAI_API_KEY"),
    ],
)
def test_a_hosted_model_needs_its_key(
    monkeypatch: pytest.MonkeyPatch, options: dict[str, object], variable: str
) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "MY_KEY", "ROUTER"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(InputError, match=f"environment variable {variable} is not set"):
        check_model("openai:m", **options)
    monkeypatch.setenv(variable, "sk-of-a-test")
    check_model("openai:m", **options)


@pytest.mark.parametrize(
    "url",
    [
        *("http://127.0.0.1:8000/v1", "http://localhost:8000/v1", "http://node7:8000/v1"),
        *("https://10.0.0.7/v1", "https://llm.internal/v1", "https://[::1]:8000/v1"),
    ],
)
def test_a_server_of_ones_own_needs_no_key(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    check_model("openai:m", base_url=url)


def test_a_benchmark_asks_nobody_for_labels_that_nothing_has(
    tmp_path: Path, server: ScriptedServer
) -> None:
    from tests.pipeline.test_specbench import options

    run, told = tmp_path / "bench", options(tmp_path, server, "vanilla")
    said = refused("specbench", "run", run, *told, "--against", "vanila")
    assert "no entrant is called 'vanila'. Did you mean 'vanilla'?" in said
    assert "no judge is called 'x'" in refused("specbench", "run", run, *told, "--by", "x")
    assert "price" in refused("specbench", "run", run, *told, "--max-cost", "1")
    assert server.bodies == []
    assert not run.exists()
    specloop("specbench", "run", run, *told, "--against", "vanilla")


def test_building_a_benchmark_is_checked_whole(tmp_path: Path) -> None:
    out = tmp_path / "out"
    told = ("--set", "bench.embedding=hashd", "--set", "roles.planner.model=nosuch:m")
    told += ("--set", "bench.key=a/b", "--against", str(tmp_path))
    said = refused("bench", "build", SHOP_POLICY, "--out", out, *told)
    for words in ("roles.attacker: name a model", "roles.judge", "nosuch:m", "hashd", "'a/b'"):
        assert words in said
    assert not out.exists()


def one_unreadable(request: Request) -> str:
    """A planner whose reply about a dog cannot be read."""
    said = request.messages[-1].content + request.messages[1].content
    if "Topic: a dog" in said or "Topic: dog" in said:
        return "I would rather not."
    topic = said.partition("Topic: ")[2].splitlines()[0]
    return json.dumps({"messages": [f"Tell me more about {topic}, please.", f"Is {topic} dear?"]})


def test_three_topics_and_an_unreadable_reply_end_in_a_clear_failure(
    tmp_path: Path, server: ScriptedServer
) -> None:
    run = begun(tmp_path, server)
    planner = "roles.planner=scripted:tests.pipeline.test_preflight.one_unreadable"
    told = ("--set", planner, "--set", "seeds.path=", "--set")
    with pytest.raises(RunStoppedError, match="for 2 topics, and 3 are needed") as caught:
        specloop("instances", run, *told, "seeds.n_topics=3")
    assert "seeds.md" in str(caught.value) or "seeds:" in str(caught.value)
    done = specloop("instances", run, *told, "seeds.n_topics=4", check=False)
    assert done.returncode == 1
    assert {seed.split for seed in RunFolder(run).read(SeedPrompt)} == {
        *("train", "validation", "test")
    }
    specloop("probes", run, "--set", "roles.planner=plain", check=False)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("# Hello\n\nThis text asks for nothing.\n", "no rule was found in the document"),
        ("# Tone\n\n- Answers must have at most 50 words.\n", "names 0 subjects"),
    ],
)
def test_a_document_that_leads_nowhere_is_known_before_anything_is_written(
    tmp_path: Path, server: ScriptedServer, text: str, said: str
) -> None:
    path, out = tmp_path / "thin.md", tmp_path / "out"
    path.write_text(text)
    sets = (f"document.path={path}", "seeds.path=", "instances.held_out_rules=[]")
    sets += ("roles.annotator=plain",)
    told = ("--out", out, *(part for item in sets for part in ("--set", item)))
    assert said in refused("run", config(tmp_path, server), *told)
    assert not out.exists()
    if "no rule" in said:
        build = ("bench", "build", path, "--out", out, "--model", "openai:b")
        assert said in refused(*build)
        assert not out.exists()
    assert "a file, and no run folder" in refused("rules", path, "--out", path)
    assert server.bodies == []


def all_blank(_: Request) -> str:
    """A planner that writes messages without a word."""
    return json.dumps({"messages": ["", " ", "\u200b"]})


def test_blank_messages_are_a_failure_of_the_planner(
    tmp_path: Path, server: ScriptedServer
) -> None:
    run = begun(tmp_path, server)
    planner = "roles.planner=scripted:tests.pipeline.test_preflight.all_blank"
    with pytest.raises(RunStoppedError, match=r"for 0 topics, and 3 are needed.* is blank"):
        specloop("instances", run, "--set", planner, "--set", "seeds.path=")


def test_seed_prompts_are_about_the_document_where_no_file_is_given(
    tmp_path: Path, server: ScriptedServer
) -> None:
    run = begun(tmp_path, server)
    specloop("instances", run, "--set", "roles.planner=plain", "--set", "seeds.path=")
    topics = {seed.topic for seed in RunFolder(run).read(SeedPrompt)}
    assert {"a dog", "a cat", "a complaint", "delivery dates"} <= topics
    assert not topics & {"opening hours", "a booking", "prices", "advice"}


def test_instances_of_rules_that_are_gone_are_told(tmp_path: Path, server: ScriptedServer) -> None:
    run = begun(tmp_path, server, "instances")
    path = run / "rules.yaml"
    text = path.read_text()
    first = next(line for line in text.splitlines() if line.startswith("- id:"))
    path.write_text(text.replace(first, f"{first}\n  drop: true"))
    for stage in ("probes", "synth"):
        assert "rules were dropped since; run `specloop instances" in refused(stage, run)


@pytest.mark.parametrize(
    ("model", "options", "said"),
    [
        ("hf:nowhere", {"adaptr": "x"}, "it has no option 'adaptr'. Did you mean 'adapter'?"),
        ("hf:nowhere", {"batch_size": "many"}, "option 'batch_size'"),
        ("openai:m", {"timeout": 5}, "option 'timeout'"),
        ("openai:m", {"timeout_s": "long"}, "option 'timeout_s'"),
        ("scripted:tests.pipeline.test_preflight.keeps_all", {"x": 1}, "it has no option 'x'"),
    ],
)
def test_an_option_is_known_by_name_and_type(
    model: str, options: dict[str, object], said: str
) -> None:
    with pytest.raises(InputError) as caught:
        check_model(model, **options)
    assert said in str(caught.value)


def keeps_all(request: Request) -> str:
    """A target that breaks no rule of the shop's form."""
    return "Roses like the sun in the morning.\nSee you at the shop."


def test_no_pairs_are_told_with_the_reason(tmp_path: Path, server: ScriptedServer) -> None:
    run = begun(tmp_path, server)
    target = "roles.target={ model = 'scripted:tests.pipeline.test_preflight.keeps_all' }"
    specloop(
        "instances", run, "--set", target, "--set", "instances.held_out_rules=['dog or a cat']"
    )
    specloop("probes", run)
    specloop("synth", run, "--set", "roles.attacker=plain", "--set", "synthesis.switch_share=0")
    said = " ".join(specloop("pairs", run).stderr.split())
    assert "no pairs, so nothing can be trained: 0 of 16 exchanges broke a rule" in said


def test_a_stage_in_which_nothing_comes_to_an_end_says_why(
    tmp_path: Path, server: ScriptedServer
) -> None:
    run = begun(tmp_path, server, "instances", "probes")
    silent = "roles.planner=scripted:tests.scripted_server.rubbish"
    told = ("--set", "synthesis.direct_share=0", "--set", "synthesis.max_failures=1")
    with pytest.raises(RunStoppedError, match="no exchange came to an end, 16 failed; the first"):
        specloop("synth", run, "--set", silent, *told)
