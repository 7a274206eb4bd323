"""What a run would ask, told beforehand, against what it then asked."""

from __future__ import annotations

import asyncio
import json
import random
from pathlib import Path

import pytest
from tests.commands import specloop
from tests.loop import STAGES, config, run_stages
from tests.pipeline.test_specbench import POLICY
from tests.scripted_server import ScriptedServer

from specloop.cli.bill import bill_table
from specloop.config import Price, load_config
from specloop.llm.base import Request
from specloop.llm.calls.cache import FILE
from specloop.llm.calls.ledger import read_ledger
from specloop.pipeline import Run
from specloop.pipeline.amounts import Estimate, Range, least_drawn
from specloop.pipeline.estimate import estimate
from specloop.pipeline.reading import document_of, stage_rules
from specloop.records import Rule
from specloop.spec import read_spec
from specloop.store import RunFolder


def asked(run: Path) -> dict[tuple[str, str], int]:
    """Calls that reached a model, by stage and role."""
    found: dict[tuple[str, str], int] = {}
    for entry in read_ledger(run / FILE):
        key = (entry.stage.partition("-")[0], entry.role)
        found[key] = found.get(key, 0) + entry.cost.n_calls - entry.cost.n_cached
    return found


def bill(run: Run, *stages: str) -> list[Estimate]:
    """The bill of the stages that the loop has."""
    return asyncio.run(estimate(run, [name for name in stages if name not in ("eval", "report")]))


def test_what_is_asked_lies_within_what_was_told(tmp_path: Path, server: ScriptedServer) -> None:
    path = config(tmp_path, server)
    empty = tmp_path / "empty"
    empty.mkdir()
    told = bill(Run(RunFolder(empty), load_config(path)), "rules", *STAGES, "evaluate")
    run = tmp_path / "run"
    run_stages(run, path)
    calls = {(one.stage, one.role): one.calls for one in told}
    for key, n in asked(run).items():
        # The target is trained by no stage of this test: fewer models are evaluated than told.
        low = 0 if key[0] == "evaluate" else calls[key].low
        assert low <= n <= calls[key].high, key
    assert bill(Run.resume(run), *STAGES, "evaluate") == []


TONE = """# Tone

The assistant greets each customer by name.

The assistant answers in plain words.

Never lie to anybody about the price.
"""


def one_rule(request: Request) -> str:
    """An extractor that confirms one rule alone, and an annotator."""
    if "greet" not in request.messages[-1].content:
        return "no idea"
    rule = "The assistant greets each customer by name."
    entry = {"quote": rule, "text": rule, "type": "requirement", "category": "behavioral"}
    return json.dumps({"rules": [entry]})


def test_a_model_that_passes_over_rules_leaves_less_to_annotate_and_the_least_tells_it(
    tmp_path: Path,
) -> None:
    (tmp_path / "tone.md").write_text(TONE)
    helper = "scripted:tests.pipeline.test_bill.one_rule"
    path = tmp_path / "run.toml"
    roles = f"[roles]\nextractor = '{helper}'\nannotator = '{helper}'\n"
    path.write_text(f"{roles}[document]\npath = '{tmp_path / 'tone.md'}'\n")
    run = Run(RunFolder(tmp_path / "run", create=True), load_config(path))
    told = {one.role: one.calls for one in bill(run, "rules")}
    asyncio.run(stage_rules(run))
    n_rules = len(run.folder.read(Rule))
    assert n_rules < len(read_spec(document_of(run.config.document)).rules)
    n_asked = asked(run.folder.path)["rules", "annotator"]
    assert told["annotator"].low <= n_rules <= n_asked <= told["annotator"].high


@pytest.mark.slow
def test_what_a_trusted_judge_is_asked_about_chosen_answers_is_told(
    tmp_path: Path, server: ScriptedServer
) -> None:
    path = config(tmp_path, server)
    told = {}
    for trust in ("false", "true"):
        folder = RunFolder(tmp_path / trust, create=True)
        settings = load_config(path, [f"synthesis.trust_judge={trust}"])
        told[trust] = {
            one.role: one
            for one in bill(Run(folder, settings), "rules", "instances", "synth", "pairs")
            if one.stage == "pairs"
        }
    assert told["true"].keys() - told["false"].keys() == {"compliance"}
    calls = told["true"]["compliance"].calls
    # At most 2 x 8 exchanges and their twins, two samples each, three rules, two repairs.
    assert calls.low == 0
    assert 0 < calls.high <= 32 * 2 * 3 * 3


@pytest.mark.parametrize("n", [1, 2, 3])
def test_what_building_a_benchmark_asks_lies_within_what_was_told(tmp_path: Path, n: int) -> None:
    helper = "scripted:tests.unit.benchmaker.crew.anyone"
    sets = ["bench.n_unsafe=2", "bench.n_safe=1", "bench.max_specs=2", f"bench.n_per_spec={n}"]
    set_all = [part for one in sets for part in ("--set", one)]
    specloop("bench", "build", POLICY, "--out", tmp_path / "run", "--model", helper, *set_all)
    roles = "".join(f'{role} = "{helper}"\n' for role in ("planner", "attacker", "judge"))
    document = f"[document]\npath = '{POLICY}'\n"
    (tmp_path / "bench.toml").write_text(f"[roles]\n{roles}{document}")
    empty = RunFolder(tmp_path / "empty", create=True)
    told = bill(Run(empty, load_config(tmp_path / "bench.toml", sets)), "rules", "bench")
    calls = {one.role: one.calls for one in told}
    spent = {role: count for (_, role), count in asked(tmp_path / "run").items() if count}
    assert spent.keys() == calls.keys()
    for role, count in spent.items():
        assert calls[role].low <= count <= calls[role].high, role
    assert spent["planner"] == 1 + 4 * 2 * (n + (n + 1) // 2)
    assert calls["planner"].high < 3 * spent["planner"]


def test_a_dry_run_asks_nothing_and_leaves_nothing(tmp_path: Path, server: ScriptedServer) -> None:
    path = config(tmp_path, server)
    out = tmp_path / "run"
    done = specloop("run", path, "--out", out, "--dry-run")
    assert "annotator" in done.stdout
    assert "planner" in done.stdout
    assert server.bodies == []
    assert not out.exists()


def test_a_finished_stage_is_left_out_of_the_bill(tmp_path: Path, server: ScriptedServer) -> None:
    path = config(tmp_path, server, helper="plain")
    out = tmp_path / "run"
    run_stages(out, path)
    done = specloop("synth", out, "--dry-run")
    assert "no model would be called" in done.stdout


def test_what_entrants_ask_alike_is_billed_once(tmp_path: Path, server: ScriptedServer) -> None:
    path, out = config(tmp_path, server, helper="plain"), tmp_path / "run"
    specloop("run", path, "--out", out, "--until", "probes")
    address = f"roles.target.options.base_url={server.url}"
    named = ("--model", "openai:other", "--method", "align3", "--method", "zero_think")
    told = ("eval", out, "--set", address, *named)
    bill = json.loads(specloop(*told, "--dry-run", "--json").stdout)
    measured = ("base", "openai:other", "openai:other align3", "openai:other zero_think")
    assert [line["stage"] for line in bill["lines"]] == [f"evaluate {name}" for name in measured]
    before = len(server.bodies)
    specloop(*told)
    calls = bill["total"]["calls"]
    assert calls["low"] <= len(server.bodies) - before <= calls["high"]
    assert "no model would be called" in specloop(*told, "--dry-run").stdout


@pytest.mark.parametrize("n", [16, 240])
def test_fewer_drawn_ones_than_the_least_are_hardly_ever_drawn(n: int) -> None:
    for share in (0.1, 0.5, 0.9):
        streams = (random.Random(f"judged-{share}-{seed}") for seed in range(1000))
        drawn = [sum(rng.random() < share for _ in range(n)) for rng in streams]
        assert sum(number < least_drawn(n, share) for number in drawn) <= 1
        # The mean, which is no least, is above every second.
        assert sum(number < n * share for number in drawn) > 300
        assert least_drawn(n, share) > n * share - 4 * n**0.5 / 2 - 1e-9
    assert (least_drawn(n, 0.0), least_drawn(n, 1.0)) == (0, n)


def test_money_is_told_only_where_prices_are_configured() -> None:
    told = Estimate("synth", "planner", "openai:m", Range(2, 4), Range(1e6, 2e6), Range(0, 1e6))
    other = told._replace(role="attacker", model="openai:other")
    table = bill_table([told, other], {"openai:m": Price(input=1.0, output=10.0)})
    usd = next(column for column in table.columns if column.header == "USD")
    assert list(usd.cells) == ["1.0000 to 12.0000", "-"]
    assert usd.footer == "1.0000 to 12.0000"


@pytest.mark.slow
def test_the_bill_of_a_finished_run_is_empty_until_a_rule_is_edited(
    tmp_path: Path, server: ScriptedServer
) -> None:
    run = tmp_path / "run"
    run_stages(run, config(tmp_path, server))
    opened = Run.resume(run)
    assert bill(opened, "rules", *STAGES, "evaluate") == []
    path = run / "rules.yaml"
    path.write_text(path.read_text().replace("at most 40 words", "at most 30 words"))
    told = {one.stage for one in bill(Run.resume(run), "rules", *STAGES, "evaluate")}
    assert told
    assert "rules" not in told
