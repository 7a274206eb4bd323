"""Model backends, a family: `openai:`, `embedded:`, `hf:`, `inspect:` and `scripted:`.

A backend is one file or folder here, or an entry point of the group `specloop.llm.backends`. Its
fields are the options of its models, and its one method opens a model.
"""

from __future__ import annotations

import difflib
from abc import abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from pydantic import ValidationError

from specloop.errors import InputError, did_you_mean, need_kind, not_this
from specloop.llm.base import Model, SelfChecking
from specloop.registry import Registry, Strategy

_NO_KEY = 12
"""A text of fewer characters is too short to be a key."""


class Backend(Strategy):
    """The options of a model."""

    reach: ClassVar[frozenset[str]] = frozenset()
    """Options for how a model is reached or loaded. They do not change its answers, so they are not
    part of the key of a call."""
    is_free: ClassVar[bool] = False
    """Its models run in this process and cost no money."""
    trained_with: ClassVar[tuple[str, ...] | None] = None
    """Packages that training its models needs beside those of every training; None if its models
    cannot be trained."""

    @classmethod
    def weights(cls, name: str) -> Path:
        """The weights to train from, a checkpoint's folder or a GGUF; InputError if not here."""
        raise InputError(f"{name}: its weights are not here")

    @abstractmethod
    def open(self, name: str) -> Model:
        """The model of a name without the backend's prefix; InputError if there can be no such
        model.

        Nothing is loaded or asked yet.
        """


backends = Registry(Backend, "specloop.llm.backends")


def backend_of(name: str) -> type[Backend]:
    """The backend of a model's name, or `Backend` itself if none has its prefix."""
    prefix = name.partition(":")[0]
    return backends.get(prefix) if prefix in backends.names() else Backend


def resolve(name: str, **options: Any) -> Model:
    """Turn a name such as `openai:gpt-4.1` or `embedded:smollm2-135m` into a model.

    `options` go to the backend (base_url, api_key_env, ...). InputError for an unknown prefix or a
    bad option.
    """
    need_kind(name, str, "a model is named by a text such as 'openai:gpt-4.1'")
    prefix, _, rest = name.partition(":")
    known = backends.names()
    if prefix not in known:
        close = difflib.get_close_matches(prefix, known, n=1)
        hint = f" Did you mean '{close[0]}:{rest}'?" if close else ""
        each = ", ".join(f"{prefix_}:" for prefix_ in known)
        raise InputError(f"no model backend for {name!r}.{hint} A model is named by one of {each}")
    return read_options(backends.get(prefix), name, options).open(rest)


def check_model(name: str, **options: Any) -> str:
    """The name of a model in records; InputError if its backend, options, package, files or key are
    missing. Nothing is asked."""
    model = resolve(name, **options)
    if isinstance(model, SelfChecking):
        model.check()
    return model.name


def reply_options(name: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """The options of a model that decide its replies."""
    reach = backend_of(name).reach
    return {option: value for option, value in options.items() if option not in reach}


def read_options(kind: type[Backend], name: str, options: Mapping[str, Any]) -> Backend:
    """The options of a model; InputError names the first that is unknown or of another type."""
    try:
        return kind(**options)
    except ValidationError as error:
        raise InputError(f"{name}: {_fault(error, list(kind.model_fields))}") from None


def _fault(error: ValidationError, known: list[str]) -> str:
    first = error.errors()[0]
    # Parts such as `literal[...]` say which of a field's types was tried.
    where = ".".join(str(part) for part in first["loc"] if "[" not in str(part))
    if first["type"] == "extra_forbidden":
        others = f" Options: {', '.join(known)}" if known else ""
        return f"it has no option {where!r}.{did_you_mean(where, known) or others}"
    fault = "it is true or false" if first["type"].startswith("bool") else first["msg"]
    value = first["input"]
    # A text may be a key in the wrong place, unless it is too short for one.
    shown = not_this(value) if len(str(value)) <= _NO_KEY else ""
    return f"option {where!r}: {fault}{shown}"
