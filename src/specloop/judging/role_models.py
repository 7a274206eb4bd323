"""A judge's model with those of other roles, for the members of a panel or cascade."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from specloop.errors import InputError
from specloop.llm.base import Model, Reply, Request
from specloop.llm.calls.wrap import Log, Logged, Wrapper, identity_of


class ByRole(Wrapper):
    """A judge's own model, and the models of the roles that its members name."""

    def __init__(self, inner: Model, by_role: Mapping[str, Model]) -> None:
        super().__init__(inner)
        self.by_role = by_role
        self.name = joint_name([inner.name, *(model.name for model in by_role.values())])
        self.identity = joint_name([identity_of(one) for one in (inner, *by_role.values())])


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
    """The model, of whose calls each is noted, under the name of the model that is asked."""
    return _each(model, lambda one: Logged(one, log, one.name))


class Reseeded(Wrapper):
    """A model whose draws are those of other seeds."""

    def __init__(self, inner: Model, repeat: int) -> None:
        super().__init__(inner)
        self._added = repeat * _APART

    async def generate(self, request: Request) -> Reply:
        """The request with another seed."""
        seed = request.sampling.seed + self._added
        sampling = request.sampling.model_copy(update={"seed": seed})
        return await self.inner.generate(request.model_copy(update={"sampling": sampling}))


_APART = 1_000
"""More than the seeds that a judge draws of one spec."""


def reseeded(model: Model, repeat: int) -> Model:
    """The model for a repeat, which draws other replies."""
    return _each(model, lambda one: Reseeded(one, repeat))


def _each(model: Model, wrap: Callable[[Model], Model]) -> Model:
    """A judge's own model and those of other roles, each wrapped."""
    if not isinstance(model, ByRole):
        return wrap(model)
    return ByRole(wrap(model.inner), {role: wrap(one) for role, one in model.by_role.items()})
