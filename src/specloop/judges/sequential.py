"""The sequential judge: one call a spec, so that no verdict depends on another.

What the calls share comes first and the spec last, and the first call ends before the others
begin: a server with a prefix cache then reads the query and the answer once. With `cite` a verdict
counts only if the words that it cites stand in the spec and in the answer.
"""

from __future__ import annotations

from pydantic import Field

from specloop.items import at_once
from specloop.judges import judges
from specloop.judging.asking import Reading, ReplyForm
from specloop.judging.asking_judge import AskingJudge, verdict
from specloop.judging.base import JudgeCase, JudgeResult
from specloop.judging.citing import MOST, CitingForm, looked_up
from specloop.judging.context import texts_in
from specloop.judging.view import spec_id, spec_text, view
from specloop.llm.base import Model
from specloop.prompt import Prompt
from specloop.records import Message, Spec


@judges.register("sequential")
class Sequential(AskingJudge):
    """Asks for the verdict on each spec in a call of its own."""

    cite: bool = Field(
        default=False,
        description="in place of a reason words of the spec and of the answer, which code looks up",
    )

    def form_of(
        self, key: str, ids: tuple[str, ...], enforced: bool, plain: bool = False
    ) -> ReplyForm:
        """The form of one call."""
        if self.cite:
            return CitingForm(key, ids, enforced, MOST, plain)
        return super().form_of(key, ids, enforced, plain)

    def usual_tokens(self, n: int) -> float:
        """A reply of its own for each spec."""
        return n * super().usual_tokens(1)

    async def ask(self, case: JudgeCase, model: Model) -> JudgeResult:
        """One call a spec, and at most `repairs` more for each."""
        specs, shown = case.specs, view(case, self.max_chars)

        async def read(spec: Spec) -> Reading:
            def prompt(form: ReplyForm, again: str) -> tuple[Message, ...]:
                return Prompt.beside(__file__).render(
                    scenario=shown.scenario,
                    data=shown.data,
                    spec=f"{spec_id(spec)}: {spec_text(spec)}",
                    again=again,
                    form=form.words,
                )

            return await self.read([spec], shown, model, prompt)

        # The first call alone, for the prefix cache.
        readings = {spec: await read(spec) for spec in specs[:1]}
        readings |= await at_once(read, specs[1:])
        verdicts = {spec: verdict(spec, readings[spec]) for spec in specs}
        if self.cite:
            verdicts = {
                s: looked_up(v, "\n".join([s.text, *texts_in(s.guide)]), case.response)
                for s, v in verdicts.items()
            }
        return JudgeResult(
            verdicts=tuple(verdicts[spec] for spec in specs),
            n_repairs=sum(len(reading.replies) - 1 for reading in readings.values()),
            suspicions=shown.suspicions,
            n_hidden=shown.n_hidden,
        )
