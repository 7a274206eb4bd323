"""The joint judge: one call for the verdicts on all specs.

SpecBench judges like this (Zhang et al., arXiv 2509.14760); wording and form are our own. The specs
come before the answer, so that the prompts of a scenario share their beginning. With `chunk` they
are asked for a few at a time and come after the answer, so that the calls share the answer. Only
missing verdicts are asked for again. With `form = "exceptions"` the judge names only what is not
YES: far fewer tokens, and no reasons.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from specloop.items import at_once
from specloop.judges import judges
from specloop.judging.asking import Reading, ReplyForm
from specloop.judging.asking_judge import AskingJudge, verdict
from specloop.judging.base import JudgeCase, JudgeResult
from specloop.judging.exceptions_form import ExceptionsForm
from specloop.judging.verdict_form import ranges
from specloop.judging.view import spec_list, view
from specloop.llm.base import Model
from specloop.prompt import Prompt
from specloop.records import Message

_BETWEEN = "\n---\n"


@judges.register("joint")
class Joint(AskingJudge):
    """Asks for the verdicts on all specs, or on `chunk` of them, in one reply."""

    chunk: int = Field(default=0, ge=0, description="specs in one call; 0: all")
    form: Literal["each", "exceptions"] = Field(
        default="each",
        description="a verdict and its reason for each spec, or the ids alone of those not YES",
    )

    def form_of(
        self, key: str, ids: tuple[str, ...], enforced: bool, plain: bool = False
    ) -> ReplyForm:
        """The form of one call."""
        if self.form == "exceptions":
            return ExceptionsForm(key, ids, enforced)
        return super().form_of(key, ids, enforced, plain)

    @property
    def at_once(self) -> int:
        """As many as a chunk has."""
        return self.chunk

    def usual_tokens(self, n: int) -> float:
        """The short form names only a few specs."""
        return 15 + 2.0 * n if self.form == "exceptions" else super().usual_tokens(n)

    async def ask(self, case: JudgeCase, model: Model) -> JudgeResult:
        """One call a chunk, and at most `repairs` more for each."""
        specs, shown = case.specs, view(case, self.max_chars)
        size = self.chunk or max(1, len(specs))
        starts = range(0, len(specs), size)

        async def read(start: int) -> Reading:
            part = specs[start : start + size]
            listed = spec_list(part)
            first, second = (shown.data, listed) if self.chunk else (listed, shown.data)

            def prompt(form: ReplyForm, again: str) -> tuple[Message, ...]:
                return Prompt.beside(__file__).render(
                    scenario=shown.scenario,
                    first=first,
                    second=second,
                    again=again,
                    wanted=ranges(form.ids),
                    form=form.words,
                )

            return await self.read(part, shown, model, prompt)

        readings = await at_once(read, starts)
        replies = [reply for start in starts for reply in readings[start].replies]
        return JudgeResult(
            verdicts=tuple(verdict(s, readings[n // size * size]) for n, s in enumerate(specs)),
            raw=_BETWEEN.join(replies),
            n_repairs=len(replies) - len(starts),
            suspicions=shown.suspicions,
            n_hidden=shown.n_hidden,
        )
