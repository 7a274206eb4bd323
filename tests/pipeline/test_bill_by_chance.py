"""The dry run's bounds over configurations drawn by chance, with models that answer by chance."""

# pyright: basic
from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from tests.commands import started
from tests.loop import SHOP_POLICY
from tests.pipeline.test_bill_bounds import check

from specloop.config import load_config
from specloop.pipeline import Run, estimate

MODEL = "scripted:tests.pipeline.erratic.anyone"
CHOICES: dict[str, list[object]] = {
    **{f"roles.{role}.model": [MODEL, MODEL, "plain"] for role in ("annotator", "planner")},
    **{f"roles.{role}.model": [MODEL, MODEL, "plain"] for role in ("attacker", "quality")},
    "roles.extractor.model": [MODEL, "plain", "plain"],
    "instances.max_rules": [4, 8],
    "seeds.n_topics": [3, 5],
    "seeds.n_per_topic": [1, 3],
    "synthesis.exchanges_per_wave": [4, 12, 25],
    "synthesis.direct_share": [0.0, 0.3, 0.9],
    "synthesis.switch_share": [0.0, 0.3, 1.0],
    "synthesis.rounds": [1, 2, 3],
    "synthesis.permitted_share": [0.0, 0.3, 1.0],
    "synthesis.pairing": ["minimal", "repaired", "sampled"],
    "synthesis.samples": [1, 3],
    "synthesis.judge": [
        *("sequential", "joint", "logprob", "check", "graded", "panel", "cascade"),
        *("likelihood", "weighted"),
    ],
    "synthesis.judged_share": [0.1, 0.5],
    "synthesis.trust_judge": [True, False],
    "synthesis.min_quality": [0.0, 0.3],
    "synthesis.constrained_by": ["instance", "broken"],
    "synthesis.defender_rules": [True, False],
    "evaluate.judged_share": [0.0, 0.3],
    "evaluate.baselines": [[], ["prompt-only"]],
}
ALWAYS: dict[str, object] = {
    "document.path": str(SHOP_POLICY),
    "roles.target.model": MODEL,
    "roles.compliance.model": MODEL,
    "instances.n_train": 3,
    "instances.n_test": 1,
    "instances.min_rules": 3,
    "synthesis.waves": 2,
    "synthesis.n_validation": 3,
    "synthesis.n_test": 4,
    "synthesis.max_failures": 1.0,
    "evaluate.max_failures": 1.0,
    "evaluate.general": False,
}


def drawn(folder: Path, seed: int) -> Run:
    rng = random.Random(seed)
    settings = ALWAYS | {key: rng.choice(values) for key, values in CHOICES.items()}
    (folder / "run.toml").write_text("")
    sets = [f"{key}={json.dumps(value)}" for key, value in settings.items()]
    return started(folder / "run", load_config(folder / "run.toml", sets))


MORE = [pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 5)]


@pytest.mark.parametrize("seed", [0, *MORE])
def test_what_is_used_lies_within_the_bill(tmp_path: Path, seed: int) -> None:
    check(drawn(tmp_path, seed), {})


@pytest.mark.parametrize("seed", [5, *(pytest.param(n, marks=pytest.mark.slow) for n in (6, 7))])
def test_a_sample_tells_of_all(tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(estimate, "_MOST_EXCHANGES", 20)
    monkeypatch.setattr(estimate, "_MOST_ANSWERS", 20)
    run = drawn(tmp_path, seed)
    update = {"synthesis": run.config.synthesis.model_copy(update={"exchanges_per_wave": 25})}
    run.config = run.config.model_copy(update=update)
    assert estimate.sampled_wave(run) < 25
    check(run, {})
