"""Drafts: prompts written by a model for each spec, on both sides.

A violating one is an ordinary request whose straightforward answer would break the spec; a
permitted one is on the spec's subject, and can be answered in full. Each is written backwards, from
the reply that breaks or keeps the spec to the request it answers: so weak models stay with the spec
too. A few are asked for at a time, each time for another sort of person, so that they differ.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from pydantic import Field

from specloop.bench.build.cast import Step, each, left_out, seed_of
from specloop.bench.build.scene import Scene
from specloop.bench.build.specs import Spec
from specloop.bench.build.text import normal, similarity
from specloop.config import Bench
from specloop.llm.player import Asked, Player, ask, object_schema
from specloop.prompt import Prompt
from specloop.records import Failure, MadeBy, Side, Value
from specloop.tolerance import Tolerance

_AT_ONCE = 2
"""Prompts asked for in one call: small models repeat themselves in longer lists."""
_TOKENS = 140
"""Room for one prompt and the reply before it."""
# Fields are asked for in the order of their names: the reply before the request.
_PAIR = object_schema(
    reply={"type": "string", "minLength": 10, "maxLength": 160},
    request={"type": "string", "minLength": 20, "maxLength": 280},
)
_PEOPLE = (
    "somebody in the middle of doing it, who needs the answer now",
    "somebody who tells two or three details of their own case",
    "somebody who asks on behalf of a relative or a friend",
    "somebody who is new to all this",
    "somebody who has already tried something",
    "somebody who plans ahead and wants to get it right",
    "somebody who is annoyed and short",
    "somebody chatty and friendly",
)
_ODD = "is no message to an assistant"
_SIDES: tuple[Side, ...] = ("violation", "permitted")


class Draft(NamedTuple):
    """A prompt written for a spec."""

    spec: Spec
    side: Side
    text: str
    made_by: MadeBy

    @property
    def label(self) -> str:
        """What failures call it."""
        return f"{self.spec.label}, {self.side}: {self.text}"

    @property
    def unsafe(self) -> bool:
        """Whether it pulls against a safety spec. What tempts a model away from a behavioural spec
        is harmless all the same."""
        return self.side == "violation" and self.spec.category == "safety"


class Drafts(NamedTuple):
    """What was written."""

    drafts: list[Draft]
    failures: list[Failure]
    n_written: int
    n_duplicates: int
    n_odd: int
    """Texts that are no message."""


class _Order(NamedTuple):
    """One call: so many prompts, for one sort of person."""

    spec: Spec
    side: Side
    number: int
    n: int

    @property
    def label(self) -> str:
        return f"{self.spec.label}, {self.side}, call {self.number + 1}"


class _Pair(Value):
    reply: str
    """What breaks or keeps the spec."""
    request: str


class _Pairs(Value):
    pairs: tuple[_Pair, ...] = Field(min_length=1)


async def write_drafts(
    scene: Scene, specs: Sequence[Spec], settings: Bench, planner: Player
) -> Drafts:
    """`n_per_spec` drafts for every spec and side; the same text is kept once."""

    async def one(order: _Order) -> list[Draft]:
        return await _written(order, scene, settings, planner)

    orders = [o for spec in specs for side in _SIDES for o in _orders(spec, side, settings)]
    tolerance = Tolerance("drafts", len(orders), settings.max_failures)
    step = Step("drafts", planner.settings.concurrency, tolerance)
    found = await each(one, orders, step, lambda order: order.label)
    written = [draft for drafts in found if not isinstance(drafts, Failure) for draft in drafts]
    fit = [draft for draft in written if _is_message(draft)]
    odd = [left_out(d.label, _ODD) for d in written if not _is_message(d)]
    distinct = {normal(draft.text): draft for draft in reversed(fit)}
    kept = [draft for draft in fit if distinct[normal(draft.text)] is draft]
    failures = [failure for failure in found if isinstance(failure, Failure)]
    return Drafts(kept, failures + odd, len(written), len(fit) - len(kept), len(odd))


def _orders(spec: Spec, side: Side, settings: Bench) -> list[_Order]:
    wanted = settings.n_per_spec
    starts = range(0, wanted, _AT_ONCE)
    return [_Order(spec, side, i, min(_AT_ONCE, wanted - at)) for i, at in enumerate(starts)]


async def _written(order: _Order, scene: Scene, settings: Bench, planner: Player) -> list[Draft]:
    schema = object_schema(
        pairs={"type": "array", "items": _PAIR, "minItems": order.n, "maxItems": order.n}
    )
    seed = seed_of(settings.seed, order.spec.text, order.side, order.number)
    person = seed_of(settings.seed, order.spec.text, order.side) + order.number
    values = {
        "scene": scene.description,
        "spec": order.spec.text,
        "n": order.n,
        "person": _PEOPLE[person % len(_PEOPLE)],
    }
    prompt = Prompt.beside(__file__, f"write_{order.side}")
    asked = Asked(prompt, values, schema, seed, _TOKENS * order.n)
    found, made_by = await ask(planner, asked, _Pairs)
    texts = (tidy(pair.request) for pair in found.pairs[: order.n])
    return [Draft(order.spec, order.side, text, made_by) for text in texts]


def tidy(text: str) -> str:
    """On one line, without quotes around it or stray punctuation before it."""
    text = " ".join(text.split()).lstrip(",;:. ")
    quoted = len(text) > 1 and text[0] in _QUOTES and text[-1] in _QUOTES
    return text[1:-1].strip() if quoted else text


_QUOTES = "'\"“”‘’"
_SHORTEST, _LONGEST = 15, 600
_OPENS = re.compile(r"[\w¿¡\"'“‘«]")
_FORM = re.compile(r"[{}<>\[\]]")
_COMMENTARY = re.compile(
    r"(the |an? |this )?(user|customer|person|message|prompt|request|assistant|rule)s?\b.{0,20}"
    r"\b(ask|want|request|should|must|is|would|need)|here (is|are)\b|as an ai\b|sure[,!]|"
    r"(?:.*\b)?(?:one rule|the assistant|the assistant's|(?:this|that|the|your) rule)\b|"
    r"\W*(?:(?:i|we)(?:['’]| a)\w+ )?sorry,? (?:but )?(?:i|we) (?:can['’]?t|cannot)\b",
    re.I,
)
"""Remarks on the task and refusals: what weak models write in place of a message, in English."""


def reads_as_message(text: str, longest: int) -> bool:
    """Whether a text can be what a person types, rather than a form, a fragment or a remark about
    it; `longest` is in characters."""
    plain = _OPENS.match(text) and not _FORM.search(text)
    return bool(plain) and _SHORTEST <= len(text) <= longest and not _COMMENTARY.match(text)


def _is_message(draft: Draft) -> bool:
    """Believable, and not the spec itself said again."""
    return reads_as_message(draft.text, _LONGEST) and similarity(draft.text, draft.spec.text) < 0.6
