"""How a run opens and closes its models."""

from pathlib import Path

import pytest

from specloop.config import Config
from specloop.llm.backends.scripted import ScriptedModel
from specloop.pipeline import model_pool
from specloop.pipeline.model_pool import ModelPool, ModelRequest


class Closing(ScriptedModel):
    closed = 0

    async def aclose(self) -> None:
        self.closed += 1


async def test_models_are_closed_after_a_stage_or_when_nothing_keeps_them_any_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Closing] = []

    def resolve(name: str, **options: object) -> Closing:
        opened.append(Closing(["fine"], name=name))
        return opened[-1]

    monkeypatch.setattr(model_pool, "resolve", resolve)
    pool = ModelPool(tmp_path, Config())
    wanted = [ModelRequest("planner", "scripted:a", {})]
    async with pool.open("rules", wanted):
        assert [model.closed for model in opened] == [0]
    assert [model.closed for model in opened] == [1]
    async with pool.keeping():
        for stage in ("probes", "synth"):
            async with pool.open(stage, wanted):
                pass
        assert [model.closed for model in opened] == [1, 0, 0]
    assert [model.closed for model in opened] == [1, 1, 1]
