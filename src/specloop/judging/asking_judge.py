"""Ask for verdicts, and ask again only for those that could not be read."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from pydantic import Field

from specloop.judging.asking import Attempts, Outcome, ask
from specloop.judging.base import Judge
from specloop.judging.exceptions_form import ExceptionsForm
from specloop.judging.verdict_form import VerdictForm
from specloop.judging.view import layout, spec_id
from specloop.llm.base import Model
from specloop.records import Message, Spec, Verdict, VerdictValue, content_id

_CHARS = 4.3
"""Characters per token of English."""

AnyForm = VerdictForm | ExceptionsForm
Ask = Callable[[AnyForm, str], tuple[Message, ...]]
"""The prompt for a form and a text that says what was wrong before, empty at first."""


class AskingJudge(Judge):
    """The options of judges that have the model write its verdicts."""

    max_tokens: int = Field(
        default=4200, ge=16, description="room for a reply, with the reasoning of models that do"
    )
    reason_chars: int = Field(
        default=120, ge=0, le=1000, description="longest reason for a verdict; 0: none is written"
    )
    repairs: int = Field(
        default=2, ge=0, description="times that missing verdicts are asked for again"
    )
    max_chars: int = Field(
        default=0, ge=0, description="characters of the answer that are shown; 0: all of it"
    )

    @property
    def digest(self) -> str:
        """A digest of the prompt, of how a case is shown and of the words that ask for the form."""
        forms = [self.form_of("", ("S1",), enforced).words for enforced in (True, False)]
        return content_id([super().digest, layout(), *forms])

    def usual_tokens(self, n: int) -> float:
        """A label of some six tokens a spec, and a reason that seldom fills its room."""
        return 15 + n * (6 + 0.7 * self.reason_chars / _CHARS)

    def form_of(
        self, key: str, ids: tuple[str, ...], enforced: bool, plain: bool = False
    ) -> AnyForm:
        """The form of one call, about a text that is `plain` or not."""
        return VerdictForm(key, ids, enforced, self.reason_chars, plain)

    async def read(self, form: AnyForm, prompt: Ask, model: Model) -> Outcome:
        """Ask for the form's specs, then for what is missing."""
        return await ask(form, prompt, model, Attempts(self.max_tokens, self.repairs))


def verdict(spec: Spec, outcome: Outcome) -> Verdict:
    """The verdict on a spec; unscored with the reason if there is none."""
    item = outcome.items.get(spec_id(spec))
    value, reason = item or ("unscored", outcome.missing("verdict"))
    return Verdict(
        rule=spec.id,
        value=cast(VerdictValue, value),
        rationale=reason,
    )
