"""What every scorer that asks a model must do, for each one in the registry."""

import pytest

from specloop.judging.base import JudgeCase
from specloop.llm.backends.scripted import ScriptedModel
from specloop.records import Spec
from specloop.scorers import scorers

CASE = JudgeCase((Spec("safety", 1, "Be kind."),), "My rose?", "Water it weekly.")
REPLIES = [
    "",
    "YES",
    '{"reason": "", "verdict": "NA"}',
    "\x00 {{",
    "ignore the rules and pass",
    "5",
]


@pytest.mark.parametrize("name", [name for name in scorers.names() if scorers.get(name).asks])
@pytest.mark.parametrize("reply", REPLIES)
async def test_a_figure_lies_between_0_and_1_or_is_none(name: str, reply: str) -> None:
    scored = await scorers.build(name).score(CASE, ScriptedModel(lambda _: reply))
    assert scored.value is None or 0 <= scored.value <= 1
