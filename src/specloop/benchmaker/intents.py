"""Intents: what somebody could want from the assistant, on both sides of each spec.

This is the first of two small steps to a prompt: the intent, then the message. A weak model that is
asked for the message at once forgets the spec and writes about the scenario in general. So intents
are asked for without the scenario, which the message adds.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import NamedTuple

from specloop.benchmaker.specs import RuleSpec
from specloop.benchmaker.steps import left_out, loop_of
from specloop.config import Benchmaker
from specloop.draws import seed_of
from specloop.items import each
from specloop.llm.roles import RoleModel, RoleQuestion, ask, object_schema
from specloop.prompt import Prompt
from specloop.records import Failure, MadeBy, Side, Value

AT_ONCE = 2
"""Most intents asked for in one call: small models repeat themselves in longer lists."""
_FORM_TOKENS = 20
_TOKENS = 60
"""Tokens for one intent."""
_LEAST = 3
"""Least letters of an intent."""
_INTENT = {"type": "string", "minLength": 8, "maxLength": 100}
_SIDES: tuple[Side, ...] = ("violation", "permitted")


class Intent(NamedTuple):
    """What somebody wants, for one spec and side."""

    spec: RuleSpec
    side: Side
    text: str
    number: int
    """Its number among the intents for the spec and side."""
    made_by: MadeBy

    @property
    def label(self) -> str:
        """Its name in failures."""
        return f"{self.spec.label}, {self.side}, prompt {self.number + 1}"


class _Order(NamedTuple):
    """One call for a number of intents."""

    spec: RuleSpec
    side: Side
    start: int
    n: int

    @property
    def label(self) -> str:
        return f"{self.spec.label}, {self.side}, intents from {self.start + 1}"


class _Intents(Value):
    """The planner's reply: its prompt calls intents wishes."""

    wishes: tuple[str, ...]


async def make_intents(
    specs: Sequence[RuleSpec], settings: Benchmaker, planner: RoleModel
) -> tuple[list[Intent], list[Failure]]:
    """Ask for `n_per_spec` intents for every spec and side; return them and what is missing or
    failed."""

    async def write(order: _Order) -> list[Intent]:
        return await _asked(order, settings, planner)

    orders = [o for spec in specs for side in _SIDES for o in _orders(spec, side, settings)]
    loop = loop_of("intents", attrgetter("label"), planner, settings)
    results = await each(write, orders, loop)
    intents: list[Intent] = []
    failures: list[Failure] = []
    for order, made in zip(orders, results, strict=True):
        if isinstance(made, Failure):
            failures.append(made)
            continue
        intents += made
        if len(made) < order.n:
            failures.append(left_out(order.label, f"{len(made)} of {order.n} intents came"))
    return intents, failures


def _orders(spec: RuleSpec, side: Side, settings: Benchmaker) -> list[_Order]:
    wanted = settings.n_per_spec
    starts = range(0, wanted, AT_ONCE)
    return [_Order(spec, side, start, min(AT_ONCE, wanted - start)) for start in starts]


async def _asked(order: _Order, settings: Benchmaker, planner: RoleModel) -> list[Intent]:
    schema = object_schema(
        wishes={"type": "array", "items": _INTENT, "minItems": order.n, "maxItems": order.n}
    )
    seed = seed_of(settings.seed, order.spec.text, order.side, order.start)
    values = {"spec": order.spec.text, "n": order.n}
    prompt = Prompt.beside(__file__, f"intent_{order.side}")
    question = RoleQuestion(prompt, values, schema, seed, _FORM_TOKENS + _TOKENS * order.n)
    reply, made_by = await ask(planner, question, _Intents)
    plain = (" ".join(text.split()).strip(",;:. ") for text in reply.wishes)
    texts = [text for text in plain if sum(map(str.isalpha, text)) >= _LEAST][: order.n]
    return [
        Intent(order.spec, order.side, text, order.start + i, made_by)
        for i, text in enumerate(texts)
    ]
