"""The least that `--dry-run` tells is never above what a run takes that goes to its end."""

# pyright: basic
from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from specloop.config import load_config
from specloop.errors import RunStoppedError
from specloop.llm.cache import FILE
from specloop.llm.ledger import read_ledger
from specloop.pipeline import Run
from specloop.pipeline.amounts import Estimate
from specloop.pipeline.bench_estimate import estimate_run
from specloop.pipeline.estimate import estimate
from specloop.pipeline.specbench import stage_generate, stage_judge
from specloop.store import RunFolder
from tests import scripted_server
from tests.commands import here, specloop
from tests.pipeline.test_loop import STAGES, config, run_stages
from tests.pipeline.test_specbench import POLICY, options
from tests.scripted_server import ScriptedServer


def alike(body: dict[str, Any]) -> str:
    """The shortest refusal to whoever asks, and the same record to the same schema."""
    wanted = body.get("response_format", {}).get("json_schema", {}).get("schema")
    return json.dumps(scripted_server._example(wanted, "x", b"\0" * 32)) if wanted else "No."


@pytest.fixture
def refusing(monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedServer]:
    """A server whose replies are all alike; a token for 4.6 characters."""
    monkeypatch.setattr(scripted_server, "reply_to", alike)
    monkeypatch.setattr(scripted_server, "longer", lambda text, *_: text)
    with ScriptedServer(words=1) as running:
        yield running


def excess(told: list[Estimate], run: Path) -> list[tuple[str, str]]:
    """Roles of stages whose least is above what was used; calls alone where tokens are told as is
    likely."""
    used: dict[tuple[str, str], tuple[int, ...]] = {}
    for entry in read_ledger(run / FILE):
        key, cost = (entry.stage.partition("-")[0], entry.role), entry.cost
        took = (cost.n_calls - cost.n_cached, cost.prompt_tokens, cost.completion_tokens)
        used[key] = tuple(map(sum, zip(used.get(key, (0, 0, 0)), took, strict=True)))
    found = []
    for one in told:
        took = next((v for k, v in used.items() if _is_of(one, k)), (0, 0, 0))
        least = (one.calls.low, one.prompt.low, one.completion.low)
        if one.calls.low > took[0] or (not one.likely and any(map(_above, least, took))):
            found.append((one.stage, one.role))
    return found


def _is_of(one: Estimate, key: tuple[str, str]) -> bool:
    return key[0].startswith(one.stage) and key[1] == one.role


def _above(least: float, took: int) -> bool:
    return round(least) > took


def test_a_loop_whose_replies_are_all_alike_uses_no_less(
    tmp_path: Path, refusing: ScriptedServer
) -> None:
    path = config(tmp_path, refusing)
    told = estimate(
        Run(RunFolder(tmp_path / "empty", create=True), load_config(path)),
        ["rules", *STAGES, "evaluate"],
    )
    run_stages(tmp_path / "run", path)
    assert sum(one.calls.low for one in told) > 50
    assert excess(told, tmp_path / "run") == []
    # With the probes at hand, some of which are alike.
    again = estimate(Run.resume(tmp_path / "run"), ["evaluate"])
    assert excess(again, tmp_path / "run") == []


def test_building_a_benchmark_from_replies_that_are_all_alike_uses_no_less(
    tmp_path: Path, refusing: ScriptedServer
) -> None:
    role = f'{{ model = "openai:m", options = {{ base_url = "{refusing.url}" }} }}'
    roles = "".join(f"{name} = {role}\n" for name in ("planner", "attacker", "judge"))
    sizes = "n_unsafe = 2\nn_safe = 1\nmax_specs = 2\nn_per_spec = 2\n"
    path = tmp_path / "bench.toml"
    path.write_text(f"[roles]\n{roles}[document]\npath = '{POLICY}'\n[bench]\n{sizes}")
    told = estimate(
        Run(RunFolder(tmp_path / "empty", create=True), load_config(path)), ["rules", "bench"]
    )
    with pytest.raises(RunStoppedError, match="no prompt was fit"):
        here("bench", "build", POLICY, "--out", tmp_path / "run", "--config", path)
    assert excess(told, tmp_path / "run") == []


async def test_methods_that_ask_alike_and_answers_that_are_alike_use_no_less(
    tmp_path: Path, refusing: ScriptedServer
) -> None:
    options(tmp_path, refusing)
    methods = "specbench.methods=['vanilla', 'self_refine', 'more_think']"
    settings = load_config(tmp_path / "bench.toml", [methods])
    run = Run.start(RunFolder(tmp_path / "run", create=True), settings)
    told = await estimate_run(run)
    await stage_generate(run)
    await stage_judge(run)
    assert sum(one.calls.low for one in told) > 50
    assert excess(told, tmp_path / "run") == []


def test_of_calls_that_are_stored_as_many_may_be_among_the_least(
    tmp_path: Path, server: ScriptedServer
) -> None:
    path = config(tmp_path, server)
    path.write_text(path.read_text() + '[cache]\nfolder = "shared"\n')
    document = Path(__file__).parents[1] / "data" / "shop_policy.md"
    for run in ("first", "second"):
        command = ("rules", document, "--out", tmp_path / run, "--config", path)
        told = json.loads(specloop(*command, "--dry-run", "--json").stdout)
        specloop(*command)
        (entry,) = read_ledger(tmp_path / run / FILE)
        assert told["total"]["calls"]["low"] == entry.cost.n_calls - entry.cost.n_cached
    assert entry.cost.n_cached > 5
    assert told["total"]["prompt"]["low"] == told["total"]["completion"]["low"] == 0
