"""The models that build a benchmark, and the loop of a step over its items."""

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
    """The models of the roles for building a benchmark."""

    planner: RoleModel
    """Writes the prompts, and the scenario's description."""
    attacker: RoleModel
    judge: RoleModel
    """Checks the prompts, and whether their meaning survives an attack."""

    @classmethod
    def of(cls, *role_models: RoleModel | None) -> BuildModels:
        """Take the roles' models in this order; InputError names the first role without one."""
        works = ("writes the prompts", "makes prompts adversarial", "checks the prompts")
        for role, work, role_model in zip(cls._fields, works, role_models, strict=True):
            if role_model is None:
                raise InputError(
                    f"[roles] {role}: a benchmark is built by models, and this one {work}; name a"
                    " model, such as embedded:qwen2.5-coder-1.5b"
                )
        return cls(*filter(None, role_models))


def loop_of(
    title: str, name: Callable[[Any], str], role_model: RoleModel, settings: Benchmaker, n: int = 0
) -> Loop[Any, Any]:
    """The loop over items for a role's model, `n` in all if they come in parts.

    An item with an unreadable reply is left out.
    """
    places = local(role_model.settings.concurrency)
    return Loop(title, STAGE, name, places, settings.max_failures, n=n, left_out=UnreadableError)


def left_out(item: str, reason: str) -> Failure:
    """The record of an item that was done but is not kept."""
    return Failure(stage=STAGE, item=item, reason=reason, kind="left out")
