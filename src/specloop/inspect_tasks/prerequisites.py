# pyright: basic, reportMissingImports=false
"""Report the user's mistakes as Inspect does: before the first sample, without a traceback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from inspect_ai._util.error import PrerequisiteError
from inspect_ai.model import model_roles

# There is no public way to know whether an evaluation has begun, and so whether roles are known.
from inspect_ai.model._model import active_model
from rich.text import Text

from specloop.errors import InputError, SpecloopError


@contextmanager
def prerequisites() -> Iterator[None]:
    """Turn specloop's errors in the body into PrerequisiteErrors."""
    try:
        yield
    except SpecloopError as error:
        raise PrerequisiteError(Text(str(error))) from None


def must_be_role(name: str) -> None:
    """InputError if no model has the role."""
    filled = sorted(model_roles())
    if name not in filled:
        known = ", ".join(filled) or "none"
        raise InputError(
            f"no model has the role {name!r}. Roles: {known}. Give it one by --model-role"
            f" {name}=PROVIDER/MODEL, or name a model with its provider, such as openai/gpt-4.1"
        )


def must_become_role(name: str) -> None:
    """The same while a task is made, if roles are known; a task made outside an evaluation gets its
    roles later."""
    if name and active_model() is not None:
        must_be_role(name)
