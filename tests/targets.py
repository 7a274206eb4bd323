"""Entrants with their models, as evaluations take them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from specloop.ended import Finish
from specloop.evaluation import Target
from specloop.llm.backends.scripted import Script
from specloop.llm.base import Model, Reply
from specloop.records import Told
from specloop.responding.base import MethodContext
from specloop.responding.entrant import BASE, Entrant
from specloop.responding.wording import OURS


def a_target(
    model: Model,
    of: str = BASE,
    method: str | Mapping[str, Any] = "vanilla",
    told: Told | None = None,
    concurrency: int = 16,
) -> Target:
    """A model with a method, under the label that tables give it."""
    entrant = Entrant.make(model.name, method, told, of)
    return Target(entrant, MethodContext(model, OURS), concurrency)


def says(text: str, finish: Finish = "stop", reasoning: str = "") -> Script:
    """A model that always gives the same reply."""
    return lambda _: Reply(text=text, finish=finish, reasoning=reasoning)
