"""The binary judge: a model says YES, NO or NA for one rule, with a short reason first.

Its verdicts are of kind `llm`: unmeasured until calibrated. The reply's last verdict counts; a
reply that was cut or cannot be read is `unscored`.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, ClassVar, Literal, cast

from pydantic import Field

from specloop.errors import NotScoredError
from specloop.judges import Judge, JudgeCase, judges, wrapped
from specloop.llm.base import Model, Reply, Request, schema_text
from specloop.prompt import Prompt
from specloop.records import MadeBy, Message, Sampling, Verdict, VerdictValue

_LABELS = ("YES", "NO", "NA")
_SCHEMA = schema_text(
    {
        "type": "object",
        "properties": {
            "reason": {"type": "string", "maxLength": 120},
            "verdict": {"type": "string", "enum": list(_LABELS)},
        },
        "required": ["reason", "verdict"],
        "additionalProperties": False,
    }
)
_SPOKEN = re.compile(
    r"""(?:"verdict"|\bverdict)\s*[:=]\s*["'*]*(\w+)|^\W*(YES|NO|NA)\W*$""", re.I | re.M
)


@judges.register("binary")
class BinaryJudge(Judge):
    """Asks a model whether the answer keeps the whole rule."""

    kind: ClassVar[Literal["check", "llm"]] = "llm"
    max_tokens: int = Field(default=80, ge=16, description="room for the reason and the verdict")
    probability: bool = Field(
        default=False,
        description="three more calls for the probability of YES, where the backend scores",
    )

    async def judge(self, case: JudgeCase, model: Model | None) -> Verdict:
        """One call, and three scorings where the probability is wanted."""
        if model is None:
            raise ValueError("the binary judge needs a model")
        prompt = Prompt.beside(__file__)
        messages = prompt.render(
            rule=case.rule.text,
            request=wrapped("request", case.request),
            answer=wrapped("answer", case.response.text),
        )
        sampling = Sampling(max_tokens=self.max_tokens)
        schema = _SCHEMA if model.capabilities.json_schema else ""
        reply = await model.generate(
            Request(messages=messages, sampling=sampling, json_schema=schema)
        )
        value, reason = read_verdict(reply)
        known = value != "unscored" and self.probability and model.capabilities.score
        return Verdict(
            response=case.response.id,
            rule=case.rule.id,
            value=value,
            judge=f"binary:{model.name}",
            kind=self.kind,
            rationale=reason,
            probability=await _probability(messages, reason, model) if known else None,
            made_by=MadeBy(model=model.name, prompt=prompt.digest, sampling=sampling),
        )


def read_verdict(reply: Reply) -> tuple[VerdictValue, str]:
    """The last verdict of a reply with its reason.

    Only the labels offered count, and a cut reply counts only where its JSON is whole.
    """
    told = _last_object(reply.text)
    if told is not None:
        label = str(told.get("verdict", "")).strip().upper()
        reason = str(told.get("reason", ""))
    elif reply.finish == "length":
        return "unscored", "the judge's reply was cut"
    else:
        spoken = [a or b for a, b in _SPOKEN.findall(reply.text)]
        label, reason = (spoken[-1].upper() if spoken else ""), reply.text.strip()[:200]
    if label not in _LABELS:
        return "unscored", f"unreadable reply: {reply.text.strip()[:120]!r}"
    return cast(VerdictValue, label), reason


def _last_object(text: str) -> dict[str, Any] | None:
    """The last JSON object in the text that names a verdict."""
    decoder = json.JSONDecoder(strict=False)
    found: dict[str, Any] | None = None
    at = text.find("{")
    while at >= 0:
        try:
            value, end = decoder.raw_decode(text, at)
        except json.JSONDecodeError:
            end = at + 1
        else:
            found = value if "verdict" in value else found
        at = text.find("{", end)
    return found


async def _probability(messages: tuple[Message, ...], reason: str, model: Model) -> float | None:
    """P(YES) among the three labels after the reason the judge gave; None where the server turns
    out not to score."""
    head = json.dumps({"reason": reason}, ensure_ascii=False)[:-1] + ', "verdict": "'
    try:
        nats = [sum(await model.score(messages, f'{head}{label}"}}')) for label in _LABELS]
    except NotScoredError:
        return None
    top = max(nats)
    weights = [math.exp(n - top) for n in nats]
    return weights[0] / sum(weights)
