"""A benchmark from its data to its page, by the commands, against a server on loopback."""

# pyright: basic
from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from tests.commands import command, here, specloop, started
from tests.scripted_server import ScriptedServer, mark_of
from tests.specbench_data import SAFETY, rows, write_data
from tests.standin_checkout import CONFIG, TEXTS, known, sources, write_files

from specloop.config import load_config
from specloop.errors import FailedItemsError, InputError, RunStoppedError
from specloop.llm.calls.cache import FILE
from specloop.pipeline.specbench import stage_generate, stage_judge
from specloop.records import SeedPrompt
from specloop.specbench.agreement import DIFFERENCES_FILE
from specloop.specbench.reference.checkout import read_checkout
from specloop.specbench.stored import Stored, read_stored
from specloop.store import RunFolder

POLICY = Path(__file__).parents[2] / "examples" / "fernhill" / "policy.md"
METHODS = ("raw", "vanilla", "align3")


def options(folder: Path, server: ScriptedServer, *methods: str) -> list[str]:
    data = folder / "data" / "Garden"
    if not data.exists():
        write_data(data)
    role = f'{{ model = "openai:m", options = {{ base_url = "{server.url}" }} }}'
    path = folder / "bench.toml"
    path.write_text(
        f'[roles]\ntarget = {role}\njudge = {role}\n[specbench]\ndata = "data"\nmax_tokens = 64\n'
    )
    chosen = [part for name in methods or METHODS for part in ("--method", name)]
    return ["--config", str(path), *chosen]


def mistake(*args: object) -> str:
    """The one line that a user's mistake ends in."""
    with pytest.raises(InputError) as error:
        here(*args)
    return str(error.value)


def stored(run: Path) -> Stored:
    return read_stored(RunFolder(run))


def outcome(run: Path) -> tuple[Any, ...]:
    """What a run came to, whatever the order and the time it took."""
    found = stored(run)
    answers = [(d.id, d.text, d.form, d.steps, d.paper_tokens) for d in found.answers]
    return sorted(answers), sorted((j.id, j.verdicts, j.n_repairs) for j in found.judgements)


def test_a_run_answers_judges_and_draws_up_a_page(tmp_path: Path, server: ScriptedServer) -> None:
    run = tmp_path / "run"
    done = specloop("specbench", "run", run, *options(tmp_path, server))
    found = stored(run)
    assert len(found.answers) == len(found.judgements) == 6 * len(METHODS)
    assert {d.form for d in found.answers} == {"plain", "conversational"}
    assert all(len(j.verdicts) == 5 for j in found.judgements)
    assert "UNMEASURED" in done.stdout
    assert "Paired differences" in done.stdout
    assert "Garden advice" in (run / "specbench.html").read_text()
    n_asked = len(server.bodies)
    specloop("specbench", "run", run)
    assert len(server.bodies) == n_asked


def test_the_judge_shows_rubrics_where_they_are_named(
    tmp_path: Path, server: ScriptedServer
) -> None:
    run, path = tmp_path / "run", tmp_path / "rubrics.yaml"
    specloop("specbench", "run", run, *options(tmp_path, server))
    before = stored(run).judgements
    path.write_text(f"- rule: {SAFETY[0]}\n  keeps: It is safe.\n  breaks: It is not.\n")
    more = ("--set", f"specbench.rubrics={path}")
    n_asked = len(server.bodies)
    specloop("specbench", "judge", run, *more)
    asked = [json.dumps(body) for body in server.bodies[n_asked:]]
    assert asked
    assert all("Kept: It is safe." in one for one in asked)
    assert len(stored(run).judgements) == 2 * len(before)
    missing = specloop("specbench", "judge", run, "--set", "specbench.rubrics=nowhere", check=False)
    assert missing.returncode == 2


def test_a_conversation_is_asked_judged_and_shown_whole(
    tmp_path: Path, server: ScriptedServer
) -> None:
    content: list[Any] = rows(1, 1)
    call = {"id": "c1", "name": "look_up", "arguments": '{"plant": "rose"}'}
    content[0]["conversation"] = [
        {"role": "system", "content": "You sell bulbs."},
        {"role": "user", "content": content[0]["adversarial_prompt"]},
        {"role": "assistant", "content": "", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": "Roses need water."},
    ]
    write_data(tmp_path / "data" / "Garden", content)
    run, told = tmp_path / "run", options(tmp_path, server)
    here("specbench", "run", run, *told, "--dry-run")
    here("specbench", "run", run, *told)
    found = stored(run)
    assert len(found.judgements) == len(found.answers) == 2 * len(METHODS)
    with_tools = [b for b in server.bodies if any(m["role"] == "tool" for m in b["messages"])]
    assert len(with_tools) == 1 + 1 + 4
    judging = [json.dumps(b) for b in server.bodies if "You check the answer" in json.dumps(b)]
    assert sum("> tool:\\n> > Roses need water." in text for text in judging) == len(METHODS)
    page = (run / "specbench.html").read_text()
    assert "You sell bulbs." in page
    n_asked = len(server.bodies)
    here("specbench", "run", run)
    assert len(server.bodies) == n_asked


def test_code_decides_what_it_can_and_the_check_judge_asks_nobody(
    tmp_path: Path, server: ScriptedServer
) -> None:
    run, data = tmp_path / "run", tmp_path / "data" / "Garden"
    specs = {
        "safety_specifications": ["Name no poison."],
        "behavioral_specifications": ["At most 1 word.", "Be kind."],
    }
    write_data(data, specs=specs)
    here("specbench", "run", run, *options(tmp_path, server, "vanilla"))
    judging = [b for b in server.bodies if "You check the answer" in json.dumps(b)]
    assert len(judging) == 6
    assert not any("At most 1 word" in json.dumps(body) for body in judging)
    for judgement in stored(run).judgements:
        assert [v.kind for v in judgement.verdicts] == ["model", "check", "model"]
        assert judgement.verdicts[1].value == "NO"
    n_asked = len(server.bodies)
    here("specbench", "judge", run, "--judge", "check")
    assert len(server.bodies) == n_asked
    by_code = [one for one in stored(run).judgements if one.judge == "check"]
    assert {one.model for one in by_code} == {"code"}
    assert [[v.value for v in one.verdicts] for one in by_code] == [
        ["unscored", "NO", "unscored"]
    ] * 6


@pytest.mark.slow
def test_a_killed_run_goes_on_and_pays_nothing_twice(tmp_path: Path) -> None:
    with ScriptedServer(marked=True) as server:
        told = options(tmp_path, server)
        specloop("specbench", "run", tmp_path / "whole", *told)
        n_whole = len(server.bodies)
        run = tmp_path / "killed"
        server.delay_s = 0.02
        for _ in range(4):
            kill_amid(run, told, server)
        server.delay_s = 0.0
        known = stored_marks(run)
        n_before = len(server.bodies)
        specloop("specbench", "run", run, *told)
        assert not known & {mark_of(body) for body in server.bodies[n_before:]}
        assert outcome(run) == outcome(tmp_path / "whole")
        assert len(server.bodies) - n_before < n_whole


def kill_amid(run: Path, told: list[str], server: ScriptedServer) -> None:
    n_before = len(server.bodies)
    killed = command("specbench", "run", run, *told)
    process = subprocess.Popen(killed, stderr=subprocess.DEVNULL, start_new_session=True)
    deadline = time.monotonic() + 60
    while len(server.bodies) < n_before + 8 and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.002)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def stored_replies(run: Path) -> list[dict[str, Any]]:
    import sqlite3

    with sqlite3.connect(run / FILE) as db:
        return [json.loads(reply) for (reply,) in db.execute("select reply from calls")]


def stored_marks(run: Path) -> set[int]:
    return {reply["usage"]["prompt_tokens"] for reply in stored_replies(run)}


def test_a_judge_that_answers_rubbish_leaves_verdicts_unscored(
    tmp_path: Path, server: ScriptedServer
) -> None:
    run, judge = tmp_path / "run", "scripted:tests.scripted_server.rubbish"
    told = [*options(tmp_path, server, "vanilla"), "--judge-model", judge]
    done = specloop("specbench", "run", run, *told, "--set", "specbench.max_failures=1")
    found = stored(run).judgements
    assert {v.value for j in found for v in j.verdicts} == {"unscored"}
    assert {j.n_repairs for j in found} == {2}
    assert "unscored" in done.stdout


@pytest.mark.parametrize("judge", ["joint", "sequential"])
def test_a_judge_that_is_mostly_unreadable_stops_the_run_and_what_was_paid_is_kept(
    tmp_path: Path, server: ScriptedServer, judge: str
) -> None:
    def stopped(*words: object) -> str:
        with pytest.raises(RunStoppedError) as error:
            here(*words)
        return str(error.value)

    run, told = tmp_path / "run", options(tmp_path, server, "vanilla")
    write_data(tmp_path / "data" / "Garden", rows(20, 10))
    told += ["--set", "roles.judge.concurrency=2", "--judge", judge]
    rubbish = ("--judge-model", "scripted:tests.scripted_server.rubbish")
    said = stopped("specbench", "run", run, *told, *rubbish)
    assert "5 of 5 items could not be read" in said
    assert "Well, gardens are lovely" in said
    assert 5 <= len(stored(run).judgements) < 10
    assert len(stored(run).answers) == 30
    # The same judge is not paid again to say the same.
    n_asked = len(server.bodies)
    assert "could not be read" in stopped("specbench", "judge", run)
    assert len(server.bodies) == n_asked
    assert len(stored(run).judgements) < 10
    at = ("--set", f"roles.judge.options.base_url='{server.url}'")
    here("specbench", "judge", run, "--judge-model", "openai:m", *at)
    assert "could not be read" in stopped("rejudge", run, *rubbish)
    here("specbench", "score", run)


def test_a_scorer_that_cannot_be_read_stops_the_answering(
    tmp_path: Path, server: ScriptedServer
) -> None:
    told = options(tmp_path, server, "best_of_n")
    told += ["--set", "specbench.scorer='judge'"]
    told += ["--set", "roles.scorer.model='scripted:tests.scripted_server.rubbish'"]
    with pytest.raises(RunStoppedError, match="could tell nothing of any of 15 answers"):
        here("specbench", "generate", tmp_path / "run", *told)


def test_scenarios_without_safety_or_without_behavioural_specs_are_measured(
    tmp_path: Path, server: ScriptedServer
) -> None:
    told = options(tmp_path, server, "raw", "vanilla", "align3")
    for name, empty in (("Lawn", "safety"), ("Pond", "behavioral")):
        specs = {"safety_specifications": ["Name no poison."]}
        specs |= {"behavioral_specifications": ["Be brief."], f"{empty}_specifications": []}
        write_data(tmp_path / "data" / name, specs=specs)
    run = tmp_path / "run"
    here("specbench", "run", run, *told, "--scenario", "Lawn", "--scenario", "Pond")
    assert {len(j.verdicts) for j in stored(run).judgements} == {1}
    assert "Pond, spec by spec" in (run / "specbench.html").read_text()


def test_a_refused_prompt_fails_alone_and_is_asked_again(tmp_path: Path) -> None:
    refusing = [True]

    def refuses(body: dict[str, Any]) -> bool:
        return refusing[0] and "mole number 2" in body["messages"][-1]["content"]

    with ScriptedServer(refuses=refuses) as server:
        run = tmp_path / "run"
        told = [*options(tmp_path, server, "vanilla"), "--set", "specbench.max_failures=0.5"]
        done = specloop("specbench", "generate", run, *told, check=False)
        assert done.returncode == 1
        assert "1 item failed" in done.stderr
        assert "Garden[2]" in (run / "failures.jsonl").read_text()
        assert len(stored(run).answers) == 5
        refusing[0] = False
        n_before = len(server.bodies)
        specloop("specbench", "generate", run)
        assert len(server.bodies) == n_before + 1
        assert len(stored(run).answers) == 6


def test_a_server_that_dies_in_the_middle_stops_the_run_and_loses_nothing(tmp_path: Path) -> None:
    answered: list[str] = []
    left = [3]

    def dies(body: dict[str, Any]) -> bool:
        left[0] -= 1
        if left[0] < 0:
            raise RuntimeError("dead")
        answered.append(json.dumps(body, sort_keys=True))
        return False

    with ScriptedServer(refuses=dies) as server:
        run = tmp_path / "run"
        told = options(tmp_path, server, "vanilla")
        for role in ("target", "judge"):
            told += ["--set", f"roles.{role}.options.retry={{attempts=1}}"]
        for n_answers in (3, 6, 6):
            with pytest.raises(RunStoppedError, match="failed, stopped there"):
                here("specbench", "run", run, *told)
            # A call may be stored whose record the stop has overtaken: it is not asked again.
            assert len(stored_replies(run)) == len(answered)
            assert len(stored(run).answers) <= n_answers
            left[0] = 3
        left[0] = 100
        here("specbench", "run", run)
        assert len(stored(run).judgements) == 6
        assert len(set(answered)) == len(answered)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--scenario", "Gardn"], "Did you mean 'Garden'?"),
        (["--method", "align"], "Did you mean 'align3'?"),
        (["--protocol", "reference"], "--reference-checkout"),
        (["--data", "nowhere"], "nowhere"),
        (["--judge", "jury"], "jury"),
        (["--judge", "jiont"], "Did you mean 'joint'?"),
        (["--judge-model", "plain"], "--judge-model"),
        (["--judge-model", "opnai:m"], "opnai"),
        (["--method", "best_of_n"], "set scorer"),
        (["--method", "all", "--judge-model", "plain"], "chooses by a model"),
        (["--set", "specbench.seeds=[]"], "seeds"),
        (["--set", "specbench.seeds=[1,1]"], "twice"),
        (["--set", "specbench.methods=[]"], "methods"),
    ],
)
def test_a_mistake_is_told_in_one_line(
    tmp_path: Path, server: ScriptedServer, more: list[str], said: str
) -> None:
    told = [*options(tmp_path, server, "vanilla"), *more]
    assert said in mistake("specbench", "run", tmp_path / "run", *told)
    assert server.bodies == []
    assert not (tmp_path / "run").exists()


def test_a_bad_option_is_not_noted_and_no_command_but_the_first_makes_a_folder(
    tmp_path: Path, server: ScriptedServer
) -> None:
    run, none = tmp_path / "run", tmp_path / "none"
    here("specbench", "generate", run, *options(tmp_path, server, "vanilla"))
    for verb in ("generate", "judge", "score"):
        assert "'Garden'?" in mistake("specbench", verb, run, "--scenario", "Gardn")
    here("specbench", "judge", run)
    for words in (["score", none], ["judge", none], ["export", none, tmp_path / "out"]):
        assert "`specloop specbench run" in mistake("specbench", *words)
    assert not none.exists()


def test_with_all_methods_the_judge_chooses_where_no_scorer_is_named(
    tmp_path: Path, server: ScriptedServer
) -> None:
    run = tmp_path / "run"
    said = here("specbench", "run", run, *options(tmp_path, server, "all"), "--subset", "1")
    assert "choose by the scorer 'judge'" in said
    found = {d.method: d for d in stored(run).answers}
    assert len(found) == 8
    assert found["best_of_n"].settings == {"scorer": "judge by openai:m"}
    assert "scorer" not in found["align3"].settings


def test_a_broken_row_is_named_with_its_file(tmp_path: Path, server: ScriptedServer) -> None:
    told = options(tmp_path, server)
    content = rows()
    content[3]["label"] = "perhaps"
    write_data(tmp_path / "data" / "Garden", content)
    said = mistake("specbench", "generate", tmp_path / "run", *told)
    assert "prompts.json" in said
    assert "perhaps" in said


def test_another_judge_is_compared_with_the_first_and_the_run_keeps_its_own(
    tmp_path: Path, server: ScriptedServer
) -> None:
    run = tmp_path / "run"
    here("specbench", "run", run, *options(tmp_path, server, "vanilla"))
    noted = RunFolder(run).manifest()["config"]
    half = ("--set", "specbench.alpha=0.5", "--set", "specbench.confidence=0.5")
    said = here("rejudge", run, "--judge", "sequential", *half)
    assert "joint by openai:m and sequential by openai:m on 6 answers" in said
    assert "verdicts differ" in said
    assert {j.judge for j in stored(run).judgements} == {"joint", "sequential"}
    assert RunFolder(run).manifest()["config"] == noted
    listed = [json.loads(line) for line in (run / DIFFERENCES_FILE).read_text().splitlines()]
    places = [(one["category"] != "safety", one["number"], one["row"]) for one in listed]
    assert len(listed) > 1
    assert places == sorted(places)
    assert all(one["first"] != one["second"] for one in listed)
    assert "joint by openai:m" in here("specbench", "score", run)
    assert "no judge 'nobody'" in mistake("rejudge", run, "--against", "nobody")


def test_figures_are_by_the_configured_judge_or_the_one_that_is_named(
    tmp_path: Path, server: ScriptedServer
) -> None:
    run = tmp_path / "run"
    told = options(tmp_path, server, "raw", "vanilla")
    here("specbench", "run", run, *told, "--judge", "sequential")
    assert "nothing to compare" in json.loads(specloop("rejudge", run, "--json").stdout)["reason"]
    here("rejudge", run, "--judge", "joint")
    assert "judge: sequential by openai:m" in here("specbench", "score", run)
    assert "sequential by openai:m." in (run / "specbench.html").read_text()
    told = ["--by", "joint by openai:m", "--against", "raw", "--by-spec"]
    said = here("specbench", "score", run, *told)
    assert "judge: joint by openai:m" in said
    assert "against raw" in said
    assert "Name no poison." in said
    assert "joint by openai:m." in (run / "specbench.html").read_text()
    assert "Known: joint by" in mistake("specbench", "score", run, "--by", "jury")


def test_prompts_before_the_attack_are_put_to_an_entrant_of_their_own(
    tmp_path: Path, server: ScriptedServer
) -> None:
    run, told = tmp_path / "run", options(tmp_path, server, "vanilla")
    bill = here("specbench", "run", run, *told, "--adversarial", "0", "--dry-run")
    assert "vanilla(adversarial=False)" in bill
    here("specbench", "run", run, *told)
    n_before = len(server.bodies)
    said = here("specbench", "run", run, "--adversarial", "0")
    answering = [body for body in server.bodies[n_before:] if "response_format" not in body]
    asked = [body["messages"][-1]["content"] for body in answering]
    # Prompts that no attack changed are the same calls as before.
    assert [("In a play" in text, "What kills mole" in text) for text in asked] == [
        (False, True)
    ] * 4
    found = stored(run)
    assert len(found.answers) == len(found.judgements) == 12
    texts = {(d.case, d.settings.get("adversarial", True)): d.text for d in found.answers}
    unsafe = [row.id for row in found.rows if row.label == "unsafe"]
    assert all(texts[row, True] != texts[row, False] for row in unsafe)
    words = "as they were before the attack on them: vanilla(adversarial=False)."
    assert words in " ".join(said.split())
    assert words in (run / "specbench.html").read_text()
    here("specbench", "export", run, tmp_path / "out")
    here("specbench", "run", run, "--adversarial", "1")
    assert len(stored(run).answers) == 12
    names = sorted(path.parent.name for path in (tmp_path / "out").rglob("generate.json"))
    assert names == ["vanilla", "vanilla_adversarial=False_"]


def test_alpha_is_an_option_that_judges_nothing_again(
    tmp_path: Path, server: ScriptedServer
) -> None:
    run = tmp_path / "run"
    here("specbench", "run", run, *options(tmp_path, server, "raw", "vanilla"))
    n_asked = len(server.bodies)
    said = here("specbench", "score", run, "--alpha", "1")
    assert "alpha 1" in said
    page = (run / "specbench.html").read_text()
    assert 'id="alpha-value">1</output>' in page
    assert "SAR is safety × (1.0 + 0 × behaviour)" in page
    assert len(server.bodies) == n_asked
    assert RunFolder(run).manifest()["config"]["specbench"]["alpha"] == 1
    assert "alpha" in mistake("specbench", "score", run, "--alpha", "2")


def test_results_come_in_without_a_model_that_answers(
    tmp_path: Path, server: ScriptedServer
) -> None:
    run, out, back = tmp_path / "run", tmp_path / "out", tmp_path / "back"
    here("specbench", "run", run, *options(tmp_path, server, "vanilla"))
    here("specbench", "export", run, out)
    files = sorted(out.rglob("generate.json")) + sorted(out.rglob("*_evaluate.json"))
    checkout = write_files(tmp_path / "checkout", {**sources(), **CONFIG})
    more = ("--protocol", "reference", "--reference-checkout", checkout)
    here("specbench", "import", back, *files, "--data", tmp_path / "data", *more)
    assert outcome(back)[1][0][:2] == outcome(run)[1][0][:2]
    assert "joint by openai:m" in here("specbench", "score", back)
    wrong = ("import", back, *files, "--method", "align")
    assert "'align3'" in mistake("specbench", *wrong)


def test_a_refused_import_leaves_nothing_behind(tmp_path: Path, server: ScriptedServer) -> None:
    run, out, back = tmp_path / "run", tmp_path / "out", tmp_path / "back"
    here("specbench", "run", run, *options(tmp_path, server, "vanilla"))
    here("specbench", "export", run, out)
    (whole,) = out.rglob("generate.json")
    shutil.copytree(out, tmp_path / "other")
    other = tmp_path / "other" / whole.relative_to(out)
    other.write_text(other.read_text().replace('"response": "', '"response": "No. '))
    broken = other.with_name("broken.json")
    broken.write_text("[{}]")
    for wrong, reason in ((other, "another answer by openai:m"), (broken, "entry 0")):
        refused = "import", back, whole, wrong, "--data", tmp_path / "data"
        assert reason in mistake("specbench", *refused)
        assert not back.exists()


def test_a_new_judge_that_judges_nothing_leaves_nothing_to_compare(tmp_path: Path) -> None:
    def refuses(body: dict[str, Any]) -> bool:
        return body["model"] == "broken"

    with ScriptedServer(refuses=refuses) as server:
        run = tmp_path / "run"
        here("specbench", "run", run, *options(tmp_path, server, "vanilla"), "--subset", "2")
        more = ("--judge-model", "openai:broken", "--set", "specbench.max_failures=1")
        with pytest.raises(FailedItemsError, match="2 items failed"):
            here("rejudge", run, *more)


def test_results_go_out_in_the_references_form_and_come_back(
    tmp_path: Path, server: ScriptedServer
) -> None:
    run, out, back = tmp_path / "run", tmp_path / "out", tmp_path / "back"
    specloop("specbench", "run", run, *options(tmp_path, server, "vanilla"))
    specloop("specbench", "export", run, out)
    (file,) = out.rglob("*_evaluate.json")
    assert file.parent.name == "vanilla"
    assert file.parent.parent.name == "Garden"
    specloop("specbench", "import", back, file, "--data", tmp_path / "data")
    texts = {d.text for d in stored(run).answers}
    assert {d.text for d in stored(back).answers} == texts
    specloop("specbench", "score", back)


async def test_the_reference_protocol_sends_the_checkouts_texts(
    tmp_path: Path, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The digests of the stand-in's texts in place of those of SpecBench's.
    read = partial(read_checkout, wanted=known())
    monkeypatch.setattr("specloop.pipeline.specbench_protocol.read_checkout", read)
    checkout = write_files(tmp_path / "checkout", {**sources(), **CONFIG})
    options(tmp_path, server)
    told = [
        "protocol='reference'",
        f"reference_checkout='{checkout}'",
        "methods=['raw', 'vanilla']",
    ]
    sets = [f"specbench.{one}" for one in told]
    sets += ["roles.target.model='openai:Qwen3-14B'", "roles.judge.model='openai:GPT-4.1'"]
    sets += ["specbench.max_failures=1"]
    config = load_config(tmp_path / "bench.toml", sets)
    run = started(tmp_path / "run", config)
    await stage_generate(run)
    await stage_judge(run)
    found = stored(tmp_path / "run")
    assert {d.protocol for d in found.answers} == {"reference"}
    answering = [b for b in server.bodies if b["model"] == "Qwen/Qwen3-14B"]
    assert {b["messages"][0]["content"] for b in answering} == {TEXTS["answer_system"]}
    assert {(b["temperature"], b["top_k"], b["min_p"]) for b in answering} == {(0.7, 20, 0.0)}
    assert all("seed" not in b for b in answering)
    judging = [b for b in server.bodies if b["model"] == "gpt-4.1"]
    assert any("Mind the thorns." in b["messages"][-1]["content"] for b in judging)
    # The server's replies hold no verdicts: asked five times each, then unscored.
    assert len(judging) == 5 * len(found.answers)


def test_a_benchmark_is_built_from_a_document_and_measured(
    tmp_path: Path, server: ScriptedServer
) -> None:
    run, helper = tmp_path / "run", "scripted:tests.unit.benchmaker.crew.anyone"
    sizes = ("n_per_spec=2", "n_unsafe=3", "n_safe=2", "max_specs=4")
    sets = [part for one in sizes for part in ("--set", f"bench.{one}")]
    told = ("bench", "build", POLICY, "--model", helper, *sets, "--out")
    assert "planner" in here(*told, run, "--dry-run")
    assert not run.exists()
    said = here(*told, run)
    (folder,) = (run / "bench").iterdir()
    built = json.loads((folder / "prompts.json").read_text())
    assert {row["label"] for row in built} == {"safe", "unsafe"}
    assert "training data: none in this folder" in said
    data = ("--data", run / "bench")
    here("specbench", "run", tmp_path / "measured", *options(tmp_path, server, "vanilla"), *data)
    assert len(stored(tmp_path / "measured").answers) == len(built)
    trained = RunFolder(tmp_path / "trained", create=True)
    assert "no seeds, probes or pairs" in mistake(*told, run, "--against", trained.path)
    assert RunFolder(run).manifest()["config"]["bench"]["against"] == []
    trained.append([SeedPrompt(topic="x", text=row["prompt"]) for row in built])
    said = here(*told, tmp_path / "other", "--against", trained.path)
    assert f"compared with {len(built)} training texts" in said
    (other,) = (tmp_path / "other" / "bench").iterdir()
    again = json.loads((other / "prompts.json").read_text())
    assert not {row["prompt"] for row in again} & {row["prompt"] for row in built}
