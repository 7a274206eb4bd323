"""The models that build a benchmark, and how a step asks for many items at once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple, TypeVar

from specloop.config import Bench
from specloop.errors import InputError, ModelError
from specloop.items import bounded
from specloop.llm.roles import RoleModel
from specloop.llm.structured import UnreadableError
from specloop.progress import progress
from specloop.records import Failure, content_id
from specloop.tolerance import Legibility, Tolerance

T = TypeVar("T")
U = TypeVar("U")

STAGE = "bench"


class BuildModels(NamedTuple):
    """The models of the roles that a benchmark is built with."""

    planner: RoleModel
    """Writes the prompts, and the scenario's description."""
    attacker: RoleModel
    judge: RoleModel
    """Checks the prompts, and whether their meaning survives an attack."""

    @classmethod
    def of(
        cls, planner: RoleModel | None, attacker: RoleModel | None, judge: RoleModel | None
    ) -> BuildModels:
        """InputError names the first role that has no model."""
        if planner is None:
            raise _missing("planner", "writes the prompts")
        if attacker is None:
            raise _missing("attacker", "makes prompts adversarial")
        if judge is None:
            raise _missing("judge", "checks the prompts")
        return cls(planner, attacker, judge)


def _missing(role: str, work: str) -> InputError:
    return InputError(
        f"[roles] {role}: a benchmark is built by models, and this one {work}; name a model, such"
        " as embedded:qwen2.5-coder-1.5b"
    )


def seed_of(*content: object) -> int:
    """A seed that follows from what an item is, not from its place: calls of other items stay
    cached when one is changed."""
    return int(content_id([str(part) for part in content]), 16) % 2**31


class Step(NamedTuple):
    """One step over many items."""

    title: str
    limit: int
    """Items under way at once."""
    tolerance: Tolerance
    legibility: Legibility | None = None
    """Of the judge whose work the step is."""

    @classmethod
    def over(cls, title: str, n: int, role_model: RoleModel, settings: Bench) -> Step:
        """A step over `n` items that a role's model works on."""
        tolerance = Tolerance(title, n, settings.max_failures)
        return cls(title, role_model.settings.concurrency, tolerance)

    def judging(self, role_model: RoleModel, n: int, settings: Bench) -> Step:
        """The same, of a judge that has to be read on enough of `n` items."""
        name = f"{self.title} by {role_model.model.name}"
        return self._replace(legibility=Legibility(name, settings.max_failures, n))


async def each(
    work: Callable[[T], Awaitable[U]], items: Sequence[T], step: Step, name: Callable[[T], str]
) -> list[U | Failure]:
    """Results in the items' order; a failed call is a Failure at its item's place.

    RunStoppedError where too many fail. A reply that cannot be read leaves its item out;
    RunStoppedError where those of a judge are too many.
    """

    async def one(place: int) -> U | Failure:
        item = items[place]
        try:
            return await work(item)
        except UnreadableError as error:
            return left_out(name(item), str(error))
        except ModelError as error:
            return Failure(stage=STAGE, item=name(item), reason=str(error))

    found: dict[int, U | Failure] = {}
    with progress(step.title, len(items)) as advance:
        async for place, result in bounded(one, range(len(items)), step.limit):
            found[place] = result
            if step.legibility and not _is_call(result):
                step.legibility.add(result.reason if isinstance(result, Failure) else "")
            if isinstance(result, Failure):
                step.tolerance.add(result)
            advance()
    return [found[place] for place in range(len(items))]


def _is_call(result: object) -> bool:
    """Whether it is a call that failed, which says nothing of whether a reply could be read."""
    return isinstance(result, Failure) and result.kind == "failed"


def left_out(item: str, reason: str) -> Failure:
    """An item that was worked on, and what came of it is not kept."""
    return Failure(stage=STAGE, item=item, reason=reason, kind="left out")
