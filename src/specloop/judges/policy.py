"""The policy judge: one call a spec in the form that bring-your-own-policy models are trained on.

Models such as gpt-oss-safeguard take a written policy as the system's message and the content as
the user's, and say in a label whether the content violates it. The label counts only beside the
call's key. How long they reason is an option of the model, such as `reasoning_effort`.
"""

from __future__ import annotations

from pydantic import Field

from specloop.items import at_once
from specloop.judges import judges
from specloop.judging.asking import Reading, ReplyForm, ask
from specloop.judging.base import Judge, JudgeCase, JudgeResult
from specloop.judging.guard import neutral
from specloop.judging.value_form import ValueForm
from specloop.judging.view import layout, view
from specloop.llm.base import Model
from specloop.prompt import Prompt
from specloop.records import Message, Sampling, Spec, Verdict, VerdictValue, content_id

_NAME = "violation"
_VALUES: dict[str, VerdictValue] = {"0": "YES", "1": "NO", "NA": "NA"}


@judges.register("policy")
class Policy(Judge):
    """Shows each spec as a policy, and has the model say whether the answer violates it."""

    max_tokens: int = Field(
        default=4200, ge=16, description="room for a reply, with the reasoning of models that do"
    )
    repairs: int = Field(
        default=2, ge=0, description="times that a label which cannot be read is asked for again"
    )
    max_chars: int = Field(
        default=0, ge=0, description="characters of the answer that are shown; 0: all of it"
    )

    @property
    def digest(self) -> str:
        """A digest of the prompt, of how a case is shown and of the words that ask for a label."""
        words = [_form("", enforced=enforced).words for enforced in (True, False)]
        return content_id([super().digest, layout(), *words])

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

            form = _form(shown.key, enforced=model.capabilities.json_schema)
            sampling = Sampling(max_tokens=self.max_tokens)
            return await ask(form, prompt, model, sampling, self.repairs)

        readings = await at_once(read, case.specs)
        return JudgeResult(
            verdicts=tuple(_verdict(spec, readings[spec]) for spec in case.specs),
            n_repairs=sum(len(reading.replies) - 1 for reading in readings.values()),
            suspicions=shown.suspicions,
            n_hidden=shown.n_hidden,
        )


def _form(key: str, *, enforced: bool) -> ValueForm:
    return ValueForm(key, (_NAME,), enforced, tuple(_VALUES))


def _verdict(spec: Spec, reading: Reading) -> Verdict:
    if not reading.items:
        return Verdict(rule=spec.id, value="unscored", rationale=reading.missing(_NAME))
    label = reading.items[_NAME].value
    return Verdict(rule=spec.id, value=_VALUES[label], rationale=f"{_NAME} {label}")
