"""The models that build a benchmark, and how a step goes over its items."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from specloop.config import Benchmaker
from specloop.errors import InputError
from specloop.items import Loop, local
from specloop.llm.roles import RoleModel
from specloop.llm.structured import UnreadableError
from specloop.records import Failure

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


def loop_of(
    title: str, name: Callable[[Any], str], role_model: RoleModel, settings: Benchmaker, n: int = 0
) -> Loop[Any, Any]:
    """How a step goes over items that a role's model works on, `n` in all where they come in parts.
    A reply that cannot be read leaves its item out."""
    places = local(role_model.settings.concurrency)
    return Loop(title, STAGE, name, places, settings.max_failures, n=n, left_out=UnreadableError)


def left_out(item: str, reason: str) -> Failure:
    """An item that was worked on, and what came of it is not kept."""
    return Failure(stage=STAGE, item=item, reason=reason, kind="left out")
