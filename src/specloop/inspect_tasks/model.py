# pyright: basic, reportMissingImports=false
"""Use Inspect's own model objects as our models, and report the user's mistakes as Inspect does:
before the first sample, without a traceback.

Inspect's retries, limits, cache and connections stay in force, and Inspect counts every call. So
only what decides the reply is taken from the request.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from inspect_ai._util.error import PrerequisiteError
from inspect_ai.model import GenerateConfig, Model, get_model, model_roles

# There is no public way to read the evaluated model's settings, such as --temperature.
from inspect_ai.model._generate_config import active_generate_config

# There is no public way to know whether an evaluation has begun, and so whether roles are known.
from inspect_ai.model._model import active_model
from rich.text import Text

from specloop.errors import InputError, ModelError, SpecloopError
from specloop.llm.backends.inspect_ai import Inspect
from specloop.llm.backends.inspect_ai.model import InspectModel
from specloop.llm.backends.inspect_ai.replies import to_reply
from specloop.llm.base import Reply, Request
from specloop.scrub import register, register_environment

_INSPECTS = ("max_retries", "attempt_timeout", "max_connections", "cache")
"""Settings that the user gives to Inspect."""
JUDGE_ROLES = ("judge", "grader")


class Hosted(InspectModel):
    """A model that Inspect opened and will close.

    Inspect's exceptions go back to Inspect, which distinguishes limits from failures. ModelError is
    only for replies: a refused request in the form of a reply, or a reply without a choice.
    """

    def __init__(self, model: Model, prefill: bool | None = None) -> None:
        super().__init__(str(model), Inspect(prefill=prefill))
        self._model = model
        register(getattr(model.api, "api_key", None))
        register_environment()

    async def generate(self, request: Request) -> Reply:
        """Answer one request, as part of the current sample."""
        if request.regex:
            raise ModelError(f"{self.name}: Inspect has no regular expressions")
        messages, config = self._messages(request), self._config(request)
        output = await self._model.generate(messages, config=config)
        return to_reply(self.name, output, request)

    async def aclose(self) -> None:
        """Do nothing: the model is Inspect's."""

    def _config(self, request: Request) -> GenerateConfig:
        config = super()._config(request).model_copy(update=dict.fromkeys(_INSPECTS))
        if config.extra_body:
            # In Inspect a later one replaces all of the earlier one.
            config.extra_body = (settings_of(self._model).extra_body or {}) | config.extra_body
        return config


def settings_of(model: Model) -> GenerateConfig:
    """The settings of a model's calls by the model, the task and the command line."""
    return model.config.merge(active_generate_config()) if model is get_model() else model.config


def judging_model(role: str) -> Model:
    """The judge: the model of the role, which must exist; without a role that of a judge's usual
    roles, or else the evaluated model."""
    if role:
        must_be_role(role)
    filled: Any = model_roles()
    return get_model(role=role or next((name for name in JUDGE_ROLES if name in filled), None))


def scoring_model(judge_role: str) -> Model:
    """The model by which methods choose: that of the role `scorer`, or else the judge."""
    has_own = "scorer" in model_roles()
    return get_model(role="scorer") if has_own else judging_model(judge_role)


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
