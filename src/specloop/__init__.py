"""specloop: from a written specification to a model that measurably follows it.

The stages as functions live in `specloop.spec`, `specloop.synth`, `specloop.training`,
`specloop.evaluation` and `specloop.report`; the records that pass between them are here.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from specloop.public import *  # noqa: F403 - these are its names


def __dir__() -> list[str]:
    """The public names, which notebooks complete."""
    return list(import_module("specloop.public").__all__)


def __getattr__(name: str) -> Any:
    """Load a name when it is first used, so that the command line can be stopped while it loads."""
    try:
        return getattr(import_module("specloop.public"), name)
    except AttributeError:
        raise AttributeError(f"module 'specloop' has no attribute {name!r}") from None
