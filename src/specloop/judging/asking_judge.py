"""What judges share that have a model write its verdicts."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import cast

from pydantic import Field

from specloop.judging.asking import PromptFor, Reading, ReplyForm, ask
from specloop.judging.base import Judge
from specloop.judging.value_form import ValueForm
from specloop.judging.verdict_form import VerdictForm
from specloop.judging.view import View, layout, spec_id
from specloop.llm.base import Model
from specloop.records import Sampling, Spec, Verdict, VerdictValue, content_id

_CHARS = 4.3
"""Characters per token of English."""


class ReplyJudge(Judge):
    """The options of judges that read a model's replies."""

    max_tokens: int = Field(
        default=4200, ge=16, description="room for a reply, with the reasoning of models that do"
    )
    repairs: int = Field(
        default=2, ge=0, description="times that missing verdicts are asked for again"
    )
    max_chars: int = Field(
        default=0, ge=0, description="characters of the answer that are shown; 0: all of it"
    )


class ValueJudge(ReplyJudge):
    """Judges whose reply is one value for each spec."""

    @abstractmethod
    def form_of(self, key: str, *, enforced: bool) -> ValueForm:
        """The form of one call."""

    @property
    def digest(self) -> str:
        """A digest of the prompt, of how a case is shown and of the words that ask for a value."""
        words = [self.form_of("", enforced=enforced).words for enforced in (True, False)]
        return content_id([super().digest, layout(), *words])


class AskingJudge(ReplyJudge):
    """Judges that have the model write its verdicts."""

    reason_chars: int = Field(
        default=120, ge=0, le=1000, description="longest reason for a verdict; 0: none is written"
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
    ) -> ReplyForm:
        """The form of one call, about a text that is `plain` or not."""
        return VerdictForm(key, ids, enforced, self.reason_chars, plain)

    async def read(
        self, specs: Sequence[Spec], shown: View, model: Model, prompt: PromptFor
    ) -> Reading:
        """Ask for the verdicts on some specs in one reply, then for what is missing."""
        ids = tuple(map(spec_id, specs))
        form = self.form_of(shown.key, ids, model.capabilities.json_schema, shown.plain)
        sampling = Sampling(max_tokens=self.max_tokens)
        return await ask(form, prompt, model, sampling, self.repairs)


def verdict(spec: Spec, reading: Reading) -> Verdict:
    """The verdict on a spec; unscored with the reason if there is none."""
    item = reading.items.get(spec_id(spec))
    value, reason = item or ("unscored", reading.missing("verdict"))
    return Verdict(rule=spec.id, value=cast(VerdictValue, value), rationale=reason)
