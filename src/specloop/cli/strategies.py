"""`specloop strategies`: what every family has, with its options."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cyclopts import App

from specloop.attacks import attacks
from specloop.checks import checks
from specloop.cli.common import JsonOption
from specloop.judges import judges
from specloop.llm.backends import backends
from specloop.methods import methods
from specloop.metrics import metrics
from specloop.pairings import pairings
from specloop.registry import Registry
from specloop.scorers import scorers
from specloop.sources import sources
from specloop.terminal import show, show_json
from specloop.trainers import trainers

_FAMILIES: dict[str, Registry[Any]] = {
    "checks": checks,
    "judges": judges,
    "attacks": attacks,
    "pairings": pairings,
    "trainers": trainers,
    "methods": methods,
    "scorers": scorers,
    "metrics": metrics,
    "sources": sources,
    "backends": backends,
}


def strategies(*, json: JsonOption = False) -> None:
    """List the strategies of every family with their options."""
    found = {family: list(_members(registry)) for family, registry in _FAMILIES.items()}
    if json:
        show_json(found)
        return
    for family, members in found.items():
        show(family)
        for one in members:
            options = ", ".join(f"{name}={of['default']!r}" for name, of in one["options"].items())
            show(f"  {one['name']}: {one['description']}")
            if options:
                show(f"    options: {options}")


def _members(registry: Registry[Any]) -> Iterator[dict[str, Any]]:
    for name in registry.names():
        cls = registry.get(name)
        yield {
            "name": name,
            "description": (cls.__doc__ or "").strip().splitlines()[0],
            "options": dict(_options(cls)),
        }


def _options(cls: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Options by name, with their kind, default and description."""
    schema = cls.model_json_schema()
    for name, field in schema.get("properties", {}).items():
        kind = field.get("type") or " or ".join(
            str(one.get("type", "value")) for one in field.get("anyOf", ())
        )
        yield (
            name,
            {
                "kind": kind,
                "default": field.get("default"),
                "required": name in schema.get("required", ()),
                "description": field.get("description", ""),
            },
        )


def register(app: App) -> None:
    """Add the command."""
    app.command(strategies)
