"""Wishes: what somebody could want from the assistant, on both sides of each spec.

The first of two small steps to a prompt, the wish and then the message: asked for the message at
once, a weak model loses the spec on the way and writes about the scenario at large.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from pydantic import Field

from specloop.bench.build.cast import Step, each, seed_of
from specloop.bench.build.scene import Scene
from specloop.bench.build.specs import Spec
from specloop.config import Bench
from specloop.llm.player import Asked, Player, ask, object_schema
from specloop.prompt import Prompt
from specloop.records import Failure, Side, Value
from specloop.tolerance import Tolerance

_AT_ONCE = 2
"""Wishes asked for in one call: small models repeat themselves in longer lists."""
_TOKENS = 40
"""Room for one wish."""
_WISH = {"type": "string", "minLength": 8, "maxLength": 100}
_SIDES: tuple[Side, ...] = ("violation", "permitted")


class Wish(NamedTuple):
    """What somebody wants, for a spec and a side."""

    spec: Spec
    side: Side
    text: str
    number: int
    """Among the wishes for the spec and side."""

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
    wishes: tuple[str, ...] = Field(min_length=1)


async def make_wishes(
    scene: Scene, specs: Sequence[Spec], settings: Bench, planner: Player
) -> tuple[list[Wish], list[Failure]]:
    """`n_per_spec` wishes for every spec and side, and the calls that failed."""

    async def one(order: _Order) -> list[Wish]:
        texts = await _asked(order, scene, settings, planner)
        return [Wish(order.spec, order.side, text, order.start + i) for i, text in enumerate(texts)]

    orders = [o for spec in specs for side in _SIDES for o in _orders(spec, side, settings)]
    tolerance = Tolerance("wishes", len(orders), settings.max_failures)
    step = Step("wishes", planner.settings.concurrency, tolerance)
    found = await each(one, orders, step, lambda order: order.label)
    wishes = [wish for made in found if not isinstance(made, Failure) for wish in made]
    return wishes, [failure for failure in found if isinstance(failure, Failure)]


def _orders(spec: Spec, side: Side, settings: Bench) -> list[_Order]:
    wanted = settings.n_per_spec
    starts = range(0, wanted, _AT_ONCE)
    return [_Order(spec, side, start, min(_AT_ONCE, wanted - start)) for start in starts]


async def _asked(order: _Order, scene: Scene, settings: Bench, planner: Player) -> list[str]:
    schema = object_schema(
        wishes={"type": "array", "items": _WISH, "minItems": order.n, "maxItems": order.n}
    )
    seed = seed_of(settings.seed, order.spec.text, order.side, order.start)
    values = {"scene": scene.description, "spec": order.spec.text, "n": order.n}
    prompt = Prompt.beside(__file__, f"wish_{order.side}")
    asked = Asked(prompt, values, schema, seed, _TOKENS * order.n)
    found, _ = await ask(planner, asked, _Wishes)
    return [" ".join(text.split()).strip(",;:. ") for text in found.wishes[: order.n]]
