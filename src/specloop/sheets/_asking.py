"""Asking for verdicts, and again for those only that could not be read."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from pydantic import Field

from specloop.benchmark import SheetVerdict, Spec
from specloop.errors import ContextError
from specloop.llm.base import Model, Request
from specloop.records import Message, Sampling, content_id
from specloop.sheets import SheetJudge
from specloop.sheets._exceptions import Exceptions
from specloop.sheets._form import Form, Item
from specloop.sheets._view import layout, spec_id

_MORE_ROOM = 2
"""Times the tokens for asking again after a reply that was cut."""

AnyForm = Form | Exceptions
Ask = Callable[[AnyForm, str], tuple[Message, ...]]
"""The prompt for a form; the text says what was wrong before, empty at first."""


class Got(NamedTuple):
    """What came of one question and its repairs."""

    found: dict[str, Item]
    slip: str
    """Why the others are missing."""
    replies: tuple[str, ...]


class AskingJudge(SheetJudge):
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
        """Of the prompt, of how a case is shown and of the words that ask for the form."""
        forms = [self.form_of("", ("S1",), enforced).words for enforced in (True, False)]
        return content_id([super().digest, layout(), *forms])

    def form_of(self, key: str, ids: tuple[str, ...], enforced: bool) -> AnyForm:
        """The form of one call."""
        return Form(key, ids, self.reason_chars, enforced)

    async def ask(self, form: AnyForm, prompt: Ask, model: Model) -> Got:
        """Ask for the form's specs, then for what is missing. Every request follows from the
        replies before it, so a resumed run finds them in the call cache."""
        found: dict[str, Item] = {}
        replies: list[str] = []
        slip, max_tokens = "", self.max_tokens
        for _ in range(self.repairs + 1):
            again = _again(len(replies), slip)
            in_lines = form._replace(enforced=False)
            request = Request(
                messages=prompt(form, again),
                sampling=Sampling(max_tokens=max_tokens),
                json_schema=form.schema,
                without_schema=prompt(in_lines, again) if form.enforced else (),
            )
            try:
                reply = await model.generate(request)
            except ContextError as error:
                if not replies:
                    raise
                slip = f"{slip}; asked again it did not fit: {error}"
                break
            replies.append(reply.text)
            reading = form.read(reply)
            found |= reading.found
            slip = reading.slip
            form = form._replace(ids=tuple(name for name in form.ids if name not in found))
            if not form.ids or reply.finish == "filter":
                break
            if reply.finish == "length":
                max_tokens = _MORE_ROOM * self.max_tokens
        return Got(found, slip, tuple(replies))


def _again(n_before: int, slip: str) -> str:
    return f"Reply {n_before} could not be used in full: {slip}. " if n_before else ""


def verdict(spec: Spec, got: Got) -> SheetVerdict:
    """The verdict on a spec; unscored, with the reason, where there is none."""
    item = got.found.get(spec_id(spec))
    said = got.replies[-1].strip()[:80] if got.replies else ""
    missing = f"no verdict in the judge's last reply: {got.slip}; it began {said!r}"
    value, reason = item or ("unscored", missing)
    return SheetVerdict(category=spec.category, number=spec.number, value=value, rationale=reason)
