"""What is used lies within the dry run's bounds, whatever shape the loop has."""

# pyright: basic
from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from pathlib import Path

import pytest
from tests.commands import started
from tests.loop import SHOP_POLICY, STAGES, config
from tests.scripted_server import ScriptedServer

from specloop.config import load_config
from specloop.errors import RunStoppedError
from specloop.llm.calls.cache import FILE
from specloop.llm.calls.ledger import read_ledger
from specloop.pipeline import Run, run_stage
from specloop.pipeline.estimate import estimate

LOOP = ("rules", *(name for name in STAGES if name not in ("eval", "report")), "evaluate")
WRITTEN = ("seeds.path=''", "seeds.n_topics=4", "seeds.n_per_topic=2")
SHAPES = {
    "as it is": (),
    "minimal pairing": ("synthesis.pairing='minimal'", "synthesis.min_quality=0.2"),
    "sampled pairing": ("synthesis.pairing='sampled'", "synthesis.samples=3"),
    "a trusted judge": (
        "synthesis.trust_judge=true",
        "synthesis.judged_share=1.0",
        "synthesis.min_quality=0.2",
    ),
    "judges that must agree": (
        "synthesis.trust_judge='unmeasured'",
        "synthesis.judged_share=1.0",
        "synthesis.second_judge={name='sequential', role='quality'}",
        "synthesis.second_look={name='sequential'}",
        "evaluate.judged_share=0.5",
        "evaluate.second_look={name='joint', role='quality'}",
        "evaluate.n_probes=6",
    ),
    "a joint judge": ("synthesis.judge='joint'", "evaluate.judge={name='joint', repairs=1}"),
    "written seeds": WRITTEN,
    "an extractor": ("roles.extractor.model='openai:helper'", *WRITTEN),
    "written requests": ("synthesis.direct_share=0.0", "synthesis.permitted_share=1.0"),
    "many rounds": ("synthesis.rounds=3", "synthesis.switch_share=1.0"),
    "a defender told its rules": ("synthesis.defender_rules=true",),
    "judged answers": ("evaluate.judged_share=0.5", "evaluate.seeds=[1, 2]"),
    "refusals by a model": ("evaluate.refusals='model'",),
    "methods": (
        "evaluate.methods=['align3', 'zero_think', 'tpo', {name='best_of_n', n=3},"
        " {name='self_refine', until_satisfied=true}]",
        "evaluate.scorer='judge'",
        "evaluate.temperature=0.7",
        "evaluate.n_probes=4",
    ),
    "methods told the document": (
        "evaluate.methods=[{name='align3', told='document'}, {name='vanilla', told='rules'}]",
        "evaluate.general=false",
        "evaluate.n_probes=4",
    ),
    "no baseline": ("evaluate.baselines=[]", "evaluate.general=false", "evaluate.n_probes=5"),
}
Used = dict[tuple[str, str], tuple[int, int, int]]


def used(run: Path) -> Used:
    """Calls that were paid, with prompt and completion tokens, by stage and role."""
    found: Used = {}
    for entry in read_ledger(run / FILE):
        key, cost = (entry.stage.partition("-")[0], entry.role), entry.cost
        paid = (cost.n_calls - cost.n_cached, cost.prompt_tokens, cost.completion_tokens)
        had = found.get(key, (0, 0, 0))
        found[key] = tuple(a + b for a, b in zip(had, paid, strict=True))
    return found


def check(run: Run, spent: Used, stages: Sequence[str] = LOOP) -> None:
    """The bill of what is still to be done holds what is then spent beyond what was before, and
    leaves the folder as it was."""
    files = {path: path.read_bytes() for path in run.folder.path.iterdir()}
    told = {(one.stage, one.role): one for one in asyncio.run(estimate(run, stages))}
    assert files == {path: path.read_bytes() for path in run.folder.path.iterdir()}
    asyncio.run(_go(run, stages))
    after = used(run.folder.path)
    for key, amounts in after.items():
        now = [a - b for a, b in zip(amounts, spent.get(key, (0, 0, 0)), strict=True)]
        if not any(now) and key not in told:
            continue
        ranges = (told[key].calls, told[key].prompt, told[key].completion)
        for what, n, (low, high) in zip(("calls", "in", "out"), now, ranges, strict=True):
            assert low <= n <= high, (key, what, low, n, high)
    assert {one for one in told if told[one].calls.low} <= after.keys()


async def _go(run: Run, stages: Sequence[str] = LOOP) -> None:
    async with run.pool.keeping():
        for name in stages:
            await run_stage(run, name)


def begun(folder: Path, path: Path, *sets: str) -> Run:
    """A run folder in which nothing is done yet."""
    settings = load_config(path, [f"document.path='{SHOP_POLICY}'", *sets])
    return started(folder, settings)


FAST = ("as it is",)


def _slow(value: object, fast: Collection[object]) -> object:
    """A case for the slow tests, unless it is one of a few."""
    return value if value in fast else pytest.param(value, marks=pytest.mark.slow)


@pytest.mark.parametrize("shape", [_slow(shape, FAST) for shape in SHAPES])
def test_what_is_used_lies_within_the_bill(tmp_path: Path, shape: str) -> None:
    with ScriptedServer(words=30) as server:
        path = config(tmp_path, server)
        helper = f"roles.extractor.options.base_url='{server.url}'"
        more = (helper,) if shape == "an extractor" else ()
        measured = shape == "as it is" or any("evaluate" in one for one in SHAPES[shape])
        stages = LOOP if measured else LOOP[:-1]
        check(begun(tmp_path / "run", path, *SHAPES[shape], *more), {}, stages)


def test_plain_helpers_are_not_billed(tmp_path: Path) -> None:
    with ScriptedServer(words=30) as server:
        run = begun(tmp_path / "run", config(tmp_path, server, "plain"))
        assert {one.role for one in asyncio.run(estimate(run, LOOP))} == {"target", "defender"}
        check(run, {})


@pytest.mark.parametrize("n_calls", [_slow(n, []) for n in (5, 20, 45, 120)])
def test_what_is_left_of_a_run_that_stopped_lies_within_its_bill(
    tmp_path: Path, n_calls: int
) -> None:
    with ScriptedServer(words=30) as server:
        path = config(tmp_path, server)
        run = begun(tmp_path / "run", path, f"limits.max_calls={n_calls}")
        whole = asyncio.run(estimate(run, LOOP))
        with pytest.raises(RunStoppedError):
            asyncio.run(_go(run))
        run = begun(tmp_path / "run", path)
        left = asyncio.run(estimate(run, LOOP))
        most, then = (sum(one.calls.high for one in told) for told in (whole, left))
        assert then < most
        check(run, used(run.folder.path))
