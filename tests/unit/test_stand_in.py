"""What stands in for a model in a dry run gives figures that a judge can read."""

from __future__ import annotations

import asyncio
from contextlib import closing
from pathlib import Path
from typing import Literal

import pytest

from specloop.judges import judges
from specloop.judging.base import JudgeCase
from specloop.llm.base import Capabilities
from specloop.llm.calls.cache import StoredCalls
from specloop.pipeline.model_pool import ModelRequest
from specloop.pipeline.stand_in import Sample, StandIn, Way
from specloop.records import Spec


@pytest.mark.parametrize("verdict", ["YES", "NO"])
@pytest.mark.parametrize("question", ["keeps", "breaks"])
def test_a_judge_that_scores_labels_reads_the_verdict_of_the_way(
    tmp_path: Path, question: str, verdict: Literal["YES", "NO"]
) -> None:
    way, scores = Way(most=True, verdict=verdict), Capabilities(score=True)
    request = ModelRequest("judge", "embedded:x", {})
    case = JudgeCase((Spec("behavioral", 1, "Be kind."),), "Hi", "Hello.")
    with closing(StoredCalls(tmp_path / "calls.sqlite")) as stored:
        model = StandIn("x", "evaluate", request, way, scores, stored, {}, Sample(), 0, 0)
        judge = judges.build({"name": "logprob", "question": question})
        result = asyncio.run(judge.judge(case, model))
    assert [one.value for one in result.verdicts] == [verdict]
