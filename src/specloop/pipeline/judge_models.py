"""The models that a configured judge asks: its own role's, and those that its members name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from specloop.config import RoleName, Roles
from specloop.judges import judges
from specloop.judging.role_models import ByRole
from specloop.llm.base import Model
from specloop.llm.roles import RoleModel, RoleModels
from specloop.pipeline.model_pool import ModelRequest

Table = str | Mapping[str, Any]


def roles_of_judge(table: Table, role: RoleName) -> tuple[RoleName, ...]:
    """The roles whose models a judge asks, its own first."""
    return tuple(dict.fromkeys((role, *judges.build(table).roles)))


def judge_requests(roles: Roles, table: Table, role: RoleName) -> list[ModelRequest]:
    """The models that a judge asks, to open them, its own first."""
    every = roles_of_judge(table, role)
    return [ModelRequest(each, roles.of(each).model, roles.of(each).options) for each in every]


def judge_model(table: Table, role: RoleName, models: Mapping[RoleName, Model]) -> Model | None:
    """The model of a judge, with those of other roles where its members name any; None where its
    role has none."""
    named = judges.build(table).roles
    if role not in models or not named:
        return models.get(role)
    return ByRole(models[role], {name: models[name] for name in named})


def with_judge(models: RoleModels, table: Table, role: RoleName) -> RoleModels:
    """The models, the judge's with those that its members name."""
    model = judge_model(table, role, {name: one.model for name, one in models.by_role.items()})
    if model is None:
        return models
    own = RoleModel(model, models.by_role[role].settings)
    return RoleModels({**models.by_role, role: own})
