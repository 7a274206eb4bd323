"""What `--dry-run` takes for likely, against what a server is then asked."""

# pyright: basic
from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from tests.commands import here
from tests.scripted_server import ScriptedServer
from tests.specbench_data import rows, write_data

from specloop.config import Config, load_config
from specloop.llm.calls.cache import FILE
from specloop.llm.calls.ledger import read_ledger
from specloop.pipeline import Run
from specloop.pipeline.amounts import Estimate, Range
from specloop.pipeline.specbench_estimate import estimate_run
from specloop.pipeline.specbench_likely import chars_per_token
from specloop.store import RunFolder

METHODS = ("'vanilla'", "'align3'", "{name='best_of_n', n=3}")


def configured(folder: Path, server: ScriptedServer, *more: str) -> list[str]:
    if not (folder / "data").exists():
        write_data(folder / "data" / "Garden", rows(4, 2))
    role = f'{{ model = "openai:m", options = {{ base_url = "{server.url}" }} }}'
    path = folder / "bench.toml"
    table = f'data = "{folder / "data"}"\nscorer = "judge"\nmethods = [{", ".join(METHODS)}]\n'
    path.write_text(f"[roles]\ntarget = {role}\njudge = {role}\n[specbench]\n{table}")
    return ["--config", str(path), *more]


def config_of(folder: Path) -> Config:
    return load_config(folder / "bench.toml")


def spent(run: Path) -> tuple[int, int, int]:
    """Calls, prompt and completion tokens that were paid."""
    costs = [entry.cost for entry in read_ledger(run / FILE)]
    return (
        sum(cost.n_calls for cost in costs),
        sum(cost.prompt_tokens for cost in costs),
        sum(cost.completion_tokens for cost in costs),
    )


def tokens(told: list[Estimate]) -> tuple[float, Range]:
    """Likely tokens in all, and their range."""
    ranges = [part for one in told for part in (one.prompt, one.completion)]
    likely = sum(one.likely.prompt + one.likely.completion for one in told if one.likely)
    return likely, Range(sum(r.low for r in ranges), sum(r.high for r in ranges))


def test_without_any_answer_the_likely_tokens_are_within_a_factor_of_three(
    tmp_path: Path,
) -> None:
    with ScriptedServer(words=400) as server:
        told = configured(tmp_path, server)
        run = tmp_path / "run"
        empty = RunFolder(tmp_path / "empty", create=True)
        bill = asyncio.run(estimate_run(Run(empty, config_of(tmp_path))))
        here("specbench", "run", run, *told)
        _, prompt, completion = spent(run)
        likely, (low, high) = tokens(bill)
        assert low <= prompt + completion <= high
        assert 1 / 3 <= (prompt + completion) / likely <= 3


def test_a_few_rows_in_the_folder_narrow_it(tmp_path: Path) -> None:
    with ScriptedServer(words=40) as server:
        told = configured(tmp_path, server)
        run = tmp_path / "run"
        here("specbench", "run", run, *told, "--subset", "3")
        before = spent(run)
        bill = asyncio.run(estimate_run(Run(RunFolder(run), config_of(tmp_path))))
        here("specbench", "run", run, "--subset", "0")
        used = [b - a for a, b in zip(before, spent(run), strict=True)]
        likely, (low, high) = tokens(bill)
        assert high / low < 2
        assert low <= used[1] + used[2] <= high
        assert 0.8 < likely / (used[1] + used[2]) < 1.25


def test_one_methods_answers_tell_of_the_others(tmp_path: Path) -> None:
    with ScriptedServer(words=60) as server:
        told = configured(tmp_path, server)
        run = tmp_path / "run"
        here("specbench", "run", run, *told, "--subset", "3", "--method", "vanilla")
        before = spent(run)
        bill = asyncio.run(estimate_run(Run(RunFolder(run), config_of(tmp_path))))
        here("specbench", "run", run, *told)
        used = [b - a for a, b in zip(before, spent(run), strict=True)]
        likely, (low, high) = tokens(bill)
        assert high / low <= 3.0
        assert 1 / 3 < (used[1] + used[2]) / likely < 3


def test_the_bill_says_what_it_rests_on(tmp_path: Path) -> None:
    with ScriptedServer(words=60) as server:
        told = configured(tmp_path, server, "--method", "vanilla")
        run = tmp_path / "run"
        said = here("specbench", "run", run, *told, "--dry-run")
        assert "tokens in all" in said
        assert "published lengths, for the folder has no answer of openai:m yet" in said
        here("specbench", "run", run, *told, "--subset", "3")
        said = here("specbench", "run", run, "--subset", "0", "--dry-run")
        assert "3 answers of its own in the folder: generate vanilla" in said
        assert "its 3 judgements in the folder: judge" in said


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("The cat sat on the mat, and it was glad of the warmth.", 3.5, 5.5),
        ("Incomprehensibly internationalised counterrevolutionaries", 5.5, 10),
        ("庭に水をやる時間はいつですか", 1, 2),
        ("for i in range(10):\n    print(f'{i:02d}')\n", 1.5, 3.5),
        ("", 4, 4),
    ],
)
def test_characters_a_token_are_guessed_as_tokenizers_have_them(
    text: str, low: float, high: float
) -> None:
    assert low <= chars_per_token([text]) <= high
