"""A judge in use: its name, options and model, and its judgements."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from specloop.ended import NOTHING
from specloop.judging.base import Judge, JudgeCase, JudgeResult
from specloop.judging.ends import as_ended
from specloop.llm.base import Model
from specloop.llm.calls.log import Log, Logged
from specloop.records import CODE, Judgement, ProtocolName, content_id


class Grader(NamedTuple):
    """A judge with its options on a model."""

    name: str
    judge: Judge
    model: str = CODE
    protocol: ProtocolName = "specloop"
    options: str = ""
    """The model with its options that decide a reply, as its calls are known."""

    @property
    def settings(self) -> Mapping[str, Any]:
        """The judge's options that are not the defaults."""
        return self.judge.model_dump(mode="json", exclude_defaults=True)

    @property
    def request_digest(self) -> str:
        """Digest of its wording and of its model's options."""
        return content_id([self.judge.digest, self.options])

    def blank(self, answer: str) -> Judgement:
        """The record of a judgement without its verdicts: it has its id already."""
        return self._of(answer, JudgeResult(()))

    async def judgement(self, case: JudgeCase, model: Model | None) -> Judgement:
        """The verdicts on an answer as the judge gives them; ModelError if the model gave no reply
        at all."""
        log = Log()
        result = await self.judge.judge(case, Logged(model, log, "judge") if model else None)
        return self._of(case.answer, result).model_copy(update={"cost": log.cost})

    async def ended_judgement(self, case: JudgeCase, model: Model | None) -> Judgement:
        """The same as far as the answer's end allows verdicts. Nothing is asked about an answer
        that holds nothing."""
        empty = case.end in NOTHING
        judgement = self.blank(case.answer) if empty else await self.judgement(case, model)
        return judgement.with_verdicts(as_ended(judgement.verdicts, case.specs, case.end))

    def _of(self, answer: str, result: JudgeResult) -> Judgement:
        return Judgement.of(
            **result._asdict(),
            answer=answer,
            judge=self.name,
            settings=dict(self.settings),
            model=self.model,
            protocol=self.protocol,
            request_digest=self.request_digest,
        )
