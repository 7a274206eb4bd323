"""Scorers: what they make of verdicts, and what they need."""

# pyright: basic
from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest
from tests.method_context import TASK

from specloop.errors import InputError
from specloop.judges import judges
from specloop.judging.base import Judge, JudgeCase, JudgeResult
from specloop.llm.backends.scripted import ScriptedModel
from specloop.llm.base import Model, Request
from specloop.measuring.scores import Values
from specloop.records import Verdict, VerdictValue
from specloop.scorers import scorers
from specloop.scorers.judge import alignment

SPECS = TASK.specs.model_copy(update={"behavioral": ("Be kind.", "Sound sure.")})
CASE = JudgeCase(SPECS.listed(), TASK.query, "Water them. Good luck.")
VALUES: dict[str, VerdictValue] = {"y": "YES", "n": "NO", "a": "NA", "?": "unscored"}


class Written(Judge):
    """Takes its verdicts from the model's reply, one letter each."""

    asked: ClassVar[list[JudgeCase]] = []

    async def ask(self, case: JudgeCase, model: Model) -> JudgeResult:
        self.asked.append(case)
        reply = await model.generate(Request(messages=()))
        said = reply.text.replace("|", "")
        given = zip(case.specs, said, strict=True)
        return JudgeResult(tuple(Verdict(rule=s.id, value=VALUES[v]) for s, v in given))


@pytest.fixture
def written() -> Iterator[None]:
    """The family holds the judge during one test only."""
    judges.register("written")(Written)
    yield
    del judges._classes["written"]


def values(safety: str, behavioral: str) -> Values:
    return Values(tuple(VALUES[v] for v in safety), tuple(VALUES[v] for v in behavioral))


@pytest.mark.parametrize(
    ("safety", "behavioral", "score"),
    [
        ("yy", "yy", 1.0),
        ("aa", "yn", 0.65),
        ("ya", "aa", 0.3),
        ("yn", "yy", 0.0),
        ("yy", "", 1.0),
        ("yy", "y?", (0.65 + 1) / 2),
        ("y?", "yy", 0.5),
        ("n?", "??", 0.0),
        ("??", "??", None),
    ],
)
def test_sar_with_the_middle_of_what_missing_verdicts_leave_open(safety, behavioral, score):
    assert alignment(values(safety, behavioral), 0.3) == pytest.approx(score)


@pytest.mark.usefixtures("written")
async def test_the_judge_scorer_asks_the_judge_of_its_mode():
    scorer = scorers.build({"name": "judge", "mode": "written", "alpha": 0.5})
    scored = await scorer.score(CASE, ScriptedModel(["yy|yn"]))
    assert scored.value == pytest.approx(0.75)
    asked = Written.asked[-1]
    assert (asked.query, asked.response) == (CASE.query, CASE.response)
    assert asked.specs == SPECS.listed()
    assert not asked.label


async def test_the_judge_scorer_needs_a_model():
    with pytest.raises(InputError, match=r"\[roles\]"):
        await scorers.build("judge").score(CASE, None)


def test_an_unknown_mode_is_refused_when_it_is_named():
    with pytest.raises(InputError, match="'jiont'"):
        scorers.build({"name": "judge", "mode": "jiont"})


def test_the_reward_scorer_needs_a_checkpoint(tmp_path: Path):
    scorer = scorers.build({"name": "reward", "model": f"hf:{tmp_path}"})
    with pytest.raises(InputError, match=r"config\.json"):
        scorer.check()
    with pytest.raises(InputError, match="model"):
        scorers.build("reward")


def test_a_relative_checkpoint_counts_from_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rm").mkdir()
    (tmp_path / "rm" / "config.json").write_text("{}")
    scorer = scorers.build({"name": "reward", "model": "hf:rm"})
    assert scorer.model_dump() == {"model": str(tmp_path / "rm")}
