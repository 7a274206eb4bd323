"""Wishes: what somebody could want from the assistant, on both sides of each spec.

The first of two small steps to a prompt, the wish and then the message: asked for the message at
once, a weak model loses the spec on the way and writes about the scenario at large. So wishes are
asked for without the scenario, which the message brings in.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import NamedTuple

from specloop.benchmaker.specs import Spec
from specloop.benchmaker.steps import left_out, loop_of
from specloop.config import Bench
from specloop.draws import seed_of
from specloop.items import each
from specloop.llm.roles import Question, RoleModel, ask, object_schema
from specloop.prompt import Prompt
from specloop.records import Failure, MadeBy, Side, Value

AT_ONCE = 2
"""Wishes asked for in one call: small models repeat themselves in longer lists."""
_FORM_TOKENS = 20
_TOKENS = 60
"""Room for one wish."""
_LEAST = 3
"""Letters that make a wish."""
_WISH = {"type": "string", "minLength": 8, "maxLength": 100}
_SIDES: tuple[Side, ...] = ("violation", "permitted")


class Wish(NamedTuple):
    """What somebody wants, for a spec and a side."""

    spec: Spec
    side: Side
    text: str
    number: int
    """Among the wishes for the spec and side."""
    made_by: MadeBy

    @property
    def label(self) -> str:
        """What failures call it."""
        return f"{self.spec.label}, {self.side}, prompt {self.number + 1}"


class _Order(NamedTuple):
    """One call: so many wishes."""

    spec: Spec
    side: Side
    start: int
    n: int

    @property
    def label(self) -> str:
        return f"{self.spec.label}, {self.side}, wishes from {self.start + 1}"


class _Wishes(Value):
    wishes: tuple[str, ...]


async def make_wishes(
    specs: Sequence[Spec], settings: Bench, planner: RoleModel
) -> tuple[list[Wish], list[Failure]]:
    """`n_per_spec` wishes for every spec and side, and what was missing or failed."""

    async def one(order: _Order) -> list[Wish]:
        return await _asked(order, settings, planner)

    orders = [o for spec in specs for side in _SIDES for o in _orders(spec, side, settings)]
    loop = loop_of("wishes", attrgetter("label"), planner, settings)
    found = await each(one, orders, loop)
    wishes: list[Wish] = []
    failures: list[Failure] = []
    for order, made in zip(orders, found, strict=True):
        if isinstance(made, Failure):
            failures.append(made)
            continue
        wishes += made
        if len(made) < order.n:
            failures.append(left_out(order.label, f"{len(made)} of {order.n} wishes came"))
    return wishes, failures


def _orders(spec: Spec, side: Side, settings: Bench) -> list[_Order]:
    wanted = settings.n_per_spec
    starts = range(0, wanted, AT_ONCE)
    return [_Order(spec, side, start, min(AT_ONCE, wanted - start)) for start in starts]


async def _asked(order: _Order, settings: Bench, planner: RoleModel) -> list[Wish]:
    schema = object_schema(
        wishes={"type": "array", "items": _WISH, "minItems": order.n, "maxItems": order.n}
    )
    seed = seed_of(settings.seed, order.spec.text, order.side, order.start)
    values = {"spec": order.spec.text, "n": order.n}
    prompt = Prompt.beside(__file__, f"wish_{order.side}")
    question = Question(prompt, values, schema, seed, _FORM_TOKENS + _TOKENS * order.n)
    found, made_by = await ask(planner, question, _Wishes)
    plain = (" ".join(text.split()).strip(",;:. ") for text in found.wishes)
    texts = [text for text in plain if sum(map(str.isalpha, text)) >= _LEAST][: order.n]
    return [
        Wish(order.spec, order.side, text, order.start + i, made_by) for i, text in enumerate(texts)
    ]
