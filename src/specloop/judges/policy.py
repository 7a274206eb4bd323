"""The policy judge: one call a spec in the form that bring-your-own-policy models are trained on.

Models such as gpt-oss-safeguard take a written policy as the system's message and the content as
the user's, and say in a label whether the content violates it. The label counts only beside the
call's key. How long they reason is an option of the model, such as `reasoning_effort`.
"""

from __future__ import annotations

from specloop.items import at_once
from specloop.judges import judges
from specloop.judging.asking import Reading, ReplyForm, ask
from specloop.judging.asking_judge import ValueJudge
from specloop.judging.base import JudgeCase, JudgeResult
from specloop.judging.guard import neutral
from specloop.judging.value_form import ValueForm
from specloop.judging.view import view
from specloop.llm.base import Model
from specloop.prompt import Prompt
from specloop.records import Message, Sampling, Spec, Verdict, VerdictValue

_NAME = "violation"
_VALUES: dict[str, VerdictValue] = {"0": "YES", "1": "NO", "NA": "NA"}


@judges.register("policy")
class Policy(ValueJudge):
    """Shows each spec as a policy, and has the model say whether the answer violates it."""

    def form_of(self, key: str, *, enforced: bool) -> ValueForm:
        """The form of one call."""
        return ValueForm(key, (_NAME,), enforced, tuple(_VALUES))

    def usual_tokens(self, n: int) -> float:
        """A label for each spec."""
        return 12.0 * n

    async def ask(self, case: JudgeCase, model: Model) -> JudgeResult:
        """One call a spec, and at most `repairs` more for each."""
        shown = view(case, self.max_chars)

        async def read(spec: Spec) -> Reading:
            def prompt(form: ReplyForm, again: str) -> tuple[Message, ...]:
                return Prompt.beside(__file__).render(
                    policy=neutral("\n".join(filter(None, [spec.text, spec.guide]))),
                    scenario=shown.scenario,
                    data=shown.data,
                    again=again,
                    form=form.words,
                )

            form = self.form_of(shown.key, enforced=model.capabilities.json_schema)
            sampling = Sampling(max_tokens=self.max_tokens)
            return await ask(form, prompt, model, sampling, self.repairs)

        readings = await at_once(read, case.specs)
        return JudgeResult(
            verdicts=tuple(_verdict(spec, readings[spec]) for spec in case.specs),
            n_repairs=sum(len(reading.replies) - 1 for reading in readings.values()),
            suspicions=shown.suspicions,
            n_hidden=shown.n_hidden,
        )


def _verdict(spec: Spec, reading: Reading) -> Verdict:
    if not reading.items:
        return Verdict(rule=spec.id, value="unscored", rationale=reading.missing(_NAME))
    label = reading.items[_NAME].value
    return Verdict(rule=spec.id, value=_VALUES[label], rationale=f"{_NAME} {label}")
