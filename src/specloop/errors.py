"""The exceptions specloop raises on purpose.

SpecloopError              anything a caller may want to catch; printed without a traceback
├── InputError             the user's document, configuration or argument is wrong (exit code 2)
├── MissingExtraError      an optional part is not installed (exit code 2)
├── ModelError             a model call failed for good (exit code 1)
│   ├── TransientModelError    ... in a way that trying again may repair
│   ├── RefusedError           ... because the server refuses such requests: never tried again
│   │   └── ContextError           ... because prompt and answer do not fit the model's context
│   └── NotScoredError         ... because the backend gives no log-probabilities of given text
├── RunStoppedError        a run stopped before its end; what it finished is kept (exit code 1)
└── FailedItemsError       a run reached its end, but some of its items failed (exit code 1)
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from types import UnionType


def not_this(value: object) -> str:
    """`, not VALUE` for a message if that is short, otherwise empty."""
    is_told = isinstance(value, str | int | float) and len(repr(value)) <= 60
    return f", not {value!r}" if is_told else ""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """` Did you mean 'NAME'?` for a message if one of the known names is close, otherwise empty."""
    close = difflib.get_close_matches(name, list(known), n=1)
    return f" Did you mean {close[0]!r}?" if close else ""


class SpecloopError(Exception):
    """Base of every error specloop raises on purpose; `exit_code` is what the command line exits
    with."""

    exit_code = 2

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows instead of a traceback: the message, which says what to do."""
        return [f"{type(self).__name__}: {self}"]


class InputError(SpecloopError):
    """The user's input cannot be used; the message names the thing, the place and the remedy."""


def need_kind(value: object, kind: type | UnionType, expected: str) -> None:
    """InputError with what is expected, unless the value is of the kind that its type says."""
    if not isinstance(value, kind):
        raise InputError(f"{expected}, not {value!r:.60}")


class MissingExtraError(SpecloopError):
    """An optional dependency is missing; the message gives the install command."""

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(f"{what} needs the extra '{extra}': pip install 'specloop[{extra}]'")


class ModelError(SpecloopError):
    """A model call failed for good."""

    exit_code = 1
    may_be_billed = False
    """Whether the server may have answered the call, and may bill it."""


class TransientModelError(ModelError):
    """A model call failed, but the same call may succeed later; `retry_after_s` is what the
    server asks for, if anything."""

    def __init__(self, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class RefusedError(ModelError):
    """The server refuses the request or the key; the same request will never succeed. `status` is
    the HTTP status, where there is one."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class ContextError(RefusedError):
    """Prompt and answer do not fit the model's context, or the server cut the prompt to it; the
    message has both numbers and the remedy."""


class NotScoredError(ModelError):
    """The backend gives no log-probabilities of given text, although it was expected to."""


class RunStoppedError(SpecloopError):
    """A run stopped early; everything finished is in the run folder."""

    exit_code = 1


class FailedItemsError(SpecloopError):
    """A run reached its end; some items failed and are in the run folder's failures."""

    exit_code = 1
