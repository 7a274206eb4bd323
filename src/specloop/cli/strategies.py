"""`specloop strategies`: list the strategies of every family with their options."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from specloop.attacks import attacks
from specloop.checks import checks
from specloop.cli.common import JsonOption
from specloop.config.inline import written
from specloop.gold import gold
from specloop.judges import judges
from specloop.lints import lints
from specloop.llm.backends import backends
from specloop.methods import methods
from specloop.metrics import metrics
from specloop.pairings import pairings
from specloop.refusal_judges import refusal_judges
from specloop.registry import Registry
from specloop.scorers import scorers
from specloop.sources import sources
from specloop.terminal import show, show_json
from specloop.trainers import trainers

_FAMILIES: dict[str, Registry[Any]] = {
    "checks": checks,
    "lints": lints,
    "judges": judges,
    "refusal_judges": refusal_judges,
    "attacks": attacks,
    "pairings": pairings,
    "trainers": trainers,
    "methods": methods,
    "scorers": scorers,
    "metrics": metrics,
    "sources": sources,
    "gold": gold,
    "backends": backends,
}


def strategies(*, json: JsonOption = False) -> None:
    """List the strategies of every family with their options."""
    by_family = {family: list(_members(registry)) for family, registry in _FAMILIES.items()}
    if json:
        show_json(by_family)
        return
    for family, members in by_family.items():
        show(family)
        for member in members:
            options = ", ".join(
                f"{name}={written(of['default'])}" for name, of in member["options"].items()
            )
            show(f"  {member['name']}: {member['description']}")
            if options:
                show(f"    options: {options}")


def _members(registry: Registry[Any]) -> Iterator[dict[str, Any]]:
    for name in registry.names():
        cls = registry.get(name)
        yield {
            "name": name,
            "description": (cls.__doc__ or "").strip().partition("\n")[0],
            "options": dict(_options(cls)),
        }


def _options(cls: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """The options by name, with their kind, default and description."""
    schema = cls.model_json_schema()
    for name, field in schema.get("properties", {}).items():
        kind = field.get("type") or " or ".join(
            str(choice.get("type", "value")) for choice in field.get("anyOf", ())
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
