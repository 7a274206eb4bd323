"""How a run opens and closes its models."""

from pathlib import Path

import pytest

from specloop.config import Config
from specloop.llm.backends.scripted import ScriptedModel
from specloop.pipeline import desk as desk_module
from specloop.pipeline.desk import Desk, Wanted


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

    monkeypatch.setattr(desk_module, "resolve", resolve)
    desk = Desk(tmp_path, Config())
    wanted = [Wanted("planner", "scripted:a", {})]
    async with desk.open("rules", wanted):
        assert [model.closed for model in opened] == [0]
    assert [model.closed for model in opened] == [1]
    async with desk.keeping():
        for stage in ("probes", "synth"):
            async with desk.open(stage, wanted):
                pass
        assert [model.closed for model in opened] == [1, 0, 0]
    assert [model.closed for model in opened] == [1, 1, 1]
