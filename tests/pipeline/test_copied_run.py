"""A run folder that was copied or moved: what its models have said is found again."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest
from tests.pipeline.test_continued_training import made

from specloop.llm.backends.hf.model import HFModel
from specloop.llm.base import Reply, Request
from specloop.pipeline import Run
from specloop.pipeline.entrants import EntrantNames, planned_entrants
from specloop.pipeline.evaluating import evaluate_all
from specloop.records import Answer, Evaluation, Revision
from specloop.store import RunFolder

pytest.importorskip("transformers")


def evaluated(path: Path) -> list[Answer]:
    """The answers of a run whose base and trained model have been evaluated."""
    run = Run.resume(path)
    asyncio.run(evaluate_all(run, planned_entrants(run, EntrantNames(["base", "dpo"]))))
    assert [one.label for one in run.folder.read(Evaluation)] == ["base", "dpo"]
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
