"""A run folder that was copied or moved: what its models have said is found again."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.pipeline.test_continued_training import made

from specloop.cli.common import Changes
from specloop.errors import InputError
from specloop.llm.backends.hf.model import HFModel
from specloop.llm.base import Reply, Request
from specloop.pipeline import Run
from specloop.pipeline.entrants import EntrantNames, planned_entrants
from specloop.pipeline.evaluating import evaluate_all
from specloop.records import Answer, Evaluation, Message, Revision
from specloop.store import RunFolder

pytest.importorskip("transformers")
TRAINED = EntrantNames(["base", "dpo"])
CHOOSING = EntrantNames(["base"], ["vanilla", "best_of_n"])


def evaluated(path: Path, *changes: str, named: EntrantNames = TRAINED) -> list[Answer]:
    """The answers of a run whose base and trained model have been evaluated, or other entrants."""
    folder = RunFolder(path)
    run = Run(folder, *Changes(set_=list(changes)).draft(folder, "eval").built())
    asyncio.run(evaluate_all(run, planned_entrants(run, named)))
    assert len(run.folder.read(Evaluation)) == 2
    return run.folder.read(Answer)


def test_answers_of_a_trained_model_are_found_again_in_a_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    async def generate(self: HFModel, _: Request) -> Reply:
        asked.append(self.name)
        return Reply(text="Water them daily.")

    monkeypatch.setattr(HFModel, "generate", generate)
    run = made(tmp_path).path
    RunFolder(run).replace(Revision, [])
    trained = Path("models", "dpo", "merged")
    (run / trained).mkdir(parents=True)
    (run / trained / "config.json").write_text("{}")
    (run / trained / "model.safetensors").write_text("trained")
    first = evaluated(run)
    assert len(first) == len(asked) == 6
    # Copied with new times, as `cp -r` does, and without the stored calls.
    copied = shutil.copytree(run, tmp_path / "copy", copy_function=shutil.copyfile)
    for path in copied.glob("calls.sqlite*"):
        path.unlink()
    assert evaluated(copied) == first
    moved = tmp_path / "elsewhere" / "moved"
    moved.parent.mkdir()
    shutil.move(copied, moved)
    assert evaluated(moved) == first
    assert len(asked) == 6
    (moved / trained / "model.safetensors").write_text("another")
    evaluated(moved)
    assert len(asked) == 9, "a model that was trained again is asked again"


def test_answers_that_a_reward_model_chose_are_found_again_wherever_it_lies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    async def generate(self: HFModel, request: Request) -> Reply:
        asked.append(self.name)
        return Reply(text="Water them daily." + " Daily." * request.sampling.seed)

    class Longest:
        async def score(self, chat: Sequence[Message]) -> float:
            return len(chat[-1].content)

    monkeypatch.setattr(HFModel, "generate", generate)
    monkeypatch.setattr("specloop.scorers.reward.reward_model", lambda _: Longest())
    run = made(tmp_path).path
    RunFolder(run).replace(Revision, [])
    reward = run / "reward"
    reward.mkdir()
    (reward / "config.json").write_text("{}")
    (reward / "model.safetensors").write_text("likes long answers")
    methods = "evaluate.methods=[{name='best_of_n', n=3}]"

    def measured(path: Path, reward: Path) -> list[Answer]:
        scorer = f"evaluate.scorer={{name='reward', model='{reward}'}}"
        hot = "evaluate.temperature=0.7"
        return evaluated(path, methods, scorer, hot, named=CHOOSING)

    first = measured(run, reward)
    n_asked = len(asked)
    assert n_asked == 3 + 9
    copied = shutil.copytree(run, tmp_path / "copy", copy_function=shutil.copyfile)
    for path in copied.glob("calls.sqlite*"):
        path.unlink()
    assert measured(copied, copied / "reward") == first
    assert len(asked) == n_asked
    shutil.rmtree(copied / "reward")
    with pytest.raises(InputError, match=r"reward: no config.json in .*copy/reward"):
        measured(copied, copied / "reward")
    (reward / "model.safetensors").write_text("likes short answers")
    measured(run, reward)
    assert len(asked) == n_asked + 9, "another reward model chooses anew"
