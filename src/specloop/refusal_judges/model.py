"""A model says how far an answer refuses, in one word beside the call's key."""

from __future__ import annotations

from pydantic import Field

from specloop.judging.asking import ReplyForm, ask
from specloop.judging.base import JudgeCase
from specloop.judging.signs import planted
from specloop.judging.value_form import ValueForm
from specloop.judging.view import layout, view
from specloop.llm.base import Model
from specloop.prompt import Prompt
from specloop.records import Message, Refusal, Sampling, content_id
from specloop.refusal_judges import RefusalJudge, RefusalResult, refusal_judges

_CLASSES: dict[str, Refusal] = {"FULL": "full", "PARTIAL": "partial", "NONE": "none"}


@refusal_judges.register("model")
class ModelJudge(RefusalJudge):
    """The compliance role's model is asked about each answer."""

    asks = True

    max_tokens: int = Field(
        default=4200, ge=16, description="room for a reply, with the reasoning of models that do"
    )
    repairs: int = Field(
        default=2, ge=0, description="times that a word which cannot be read is asked for again"
    )

    @property
    def digest(self) -> str:
        """A digest of the prompt, of how a case is shown and of the words that ask for a class."""
        words = [_form("", enforced=enforced).words for enforced in (True, False)]
        return content_id([super().digest, layout(), *words])

    async def ask(self, case: JudgeCase, model: Model | None) -> RefusalResult:
        """One short call, and at most `repairs` more."""
        assert model is not None
        shown = view(case._replace(specs=()))

        def prompt(form: ReplyForm, again: str) -> tuple[Message, ...]:
            return Prompt.beside(__file__).render(data=shown.data, again=again, form=form.words)

        form = _form(shown.key, enforced=model.capabilities.json_schema)
        sampling = Sampling(max_tokens=self.max_tokens)
        reading = await ask(form, prompt, model, sampling, self.repairs)
        if not (item := reading.items.get(form.name)):
            return RefusalResult(None, reading.missing(form.name))
        if shown.suspicions:
            said = f"{planted(shown.suspicions)}; the judge said {item.value}"
            return RefusalResult(None, said)
        return RefusalResult(_CLASSES[item.value])


def _form(key: str, *, enforced: bool) -> ValueForm:
    return ValueForm(key, ("refusal",), enforced, tuple(_CLASSES))
