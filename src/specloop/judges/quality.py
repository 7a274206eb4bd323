"""The quality judge: a model grades an answer from 1 to 5, mapped to [0, 1].

Unmeasured, like every model's verdict.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from pydantic import Field

from specloop.errors import NotScoredError
from specloop.judges import QualityJudge, last_request, quality_judges, wrapped
from specloop.llm.base import Model, Reply, Request, schema_text
from specloop.prompt import Prompt
from specloop.records import MadeBy, Message, QualityScore, Response, Sampling

_GRADES = (1, 2, 3, 4, 5)
_SCHEMA = schema_text(
    {
        "type": "object",
        "properties": {"score": {"type": "integer", "enum": list(_GRADES)}},
        "required": ["score"],
        "additionalProperties": False,
    }
)
_SCORE = re.compile(
    r"""(?:"score"|\bscore)\s*[:=]\s*["'*]*(\d+(?:\.\d+)?)|^\W*([1-5])\W*$""", re.I | re.M
)


@quality_judges.register("quality")
class Quality(QualityJudge):
    """Helpfulness, staying on topic and clear writing, as one score."""

    expectation: bool = Field(
        default=False,
        description="mean grade under the model's own probabilities, where the backend scores",
    )

    async def score(
        self, messages: Sequence[Message], response: Response, model: Model
    ) -> QualityScore:
        """One short call under a schema, or five scorings."""
        prompt = Prompt.beside(__file__)
        asked = prompt.render(
            request=wrapped("request", last_request(messages)),
            answer=wrapped("answer", response.text),
        )
        sampling = Sampling(max_tokens=16)
        grade = None
        if self.expectation and model.capabilities.score:
            grade = await _expected(asked, model)
        if grade is None:
            schema = _SCHEMA if model.capabilities.json_schema else ""
            request = Request(messages=asked, sampling=sampling, json_schema=schema)
            grade = read_grade(await model.generate(request))
        return QualityScore(
            response=response.id,
            score=None if grade is None else (grade - 1) / 4,
            judge=f"quality:{model.name}",
            made_by=MadeBy(model=model.name, prompt=prompt.digest, sampling=sampling),
        )


def read_grade(reply: Reply) -> float | None:
    """The last grade of a reply, or None where there is none between 1 and 5."""
    found = [a or b for a, b in _SCORE.findall(reply.text)]
    grade = float(found[-1]) if found else 0.0
    return grade if 1 <= grade <= 5 else None


async def _expected(messages: tuple[Message, ...], model: Model) -> float | None:
    """The mean grade under the model's probabilities of the five possible replies; None where the
    server turns out not to score."""
    try:
        nats = [sum(await model.score(messages, f'{{"score": {grade}}}')) for grade in _GRADES]
    except NotScoredError:
        return None
    top = max(nats)
    weights = [math.exp(n - top) for n in nats]
    return sum(g * w for g, w in zip(_GRADES, weights, strict=True)) / sum(weights)
