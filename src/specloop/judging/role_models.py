"""A judge's model with those of other roles, for the members of a panel or cascade."""

from __future__ import annotations

from collections.abc import Mapping

from specloop.errors import InputError
from specloop.llm.base import Model
from specloop.llm.calls.wrap import Log, Logged, Wrapper


class ByRole(Wrapper):
    """A judge's own model, and the models of the roles that its members name."""

    def __init__(self, inner: Model, by_role: Mapping[str, Model]) -> None:
        super().__init__(inner)
        self.by_role = by_role
        self.name = joint_name([inner.name, *(model.name for model in by_role.values())])


def joint_name(names: list[str]) -> str:
    """What a judge's models are called together."""
    return "+".join(dict.fromkeys(names))


def of_role(model: Model, role: str) -> Model:
    """The model of a role; without a role the judge's own."""
    if not role:
        return model
    if isinstance(model, ByRole) and role in model.by_role:
        return model.by_role[role]
    raise InputError(
        f"a member of the judge asks the model of the role {role!r}, which is not open here; leave"
        " out its `role`"
    )


def logged(model: Model, log: Log) -> Model:
    """The model, of whose calls each is noted."""
    inner = Logged(model.inner if isinstance(model, ByRole) else model, log, "judge")
    if not isinstance(model, ByRole):
        return inner
    return ByRole(inner, {role: Logged(m, log, "judge") for role, m in model.by_role.items()})
