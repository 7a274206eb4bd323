"""`specloop strategies`: what every family has, with its options."""

from __future__ import annotations

from cyclopts import App

from specloop.attacks import attacks
from specloop.checks import checks
from specloop.judges import judges
from specloop.pairings import pairings
from specloop.progress import console
from specloop.train import trainers


def strategies() -> None:
    """List checks, judges, attacks, pairings and trainers with their options."""
    families = {
        "checks": checks,
        "judges": judges,
        "attacks": attacks,
        "pairings": pairings,
        "trainers": trainers,
    }
    for family, registry in families.items():
        console.print(f"[bold]{family}[/]")
        for name in registry.names():
            cls = registry.get(name)
            options = ", ".join(cls.model_fields)
            doc = (cls.__doc__ or "").strip().splitlines()[0]
            console.print(f"  {name}: {doc}" + (f" Options: {options}." if options else ""))


def register(app: App) -> None:
    """Add the command."""
    app.command(strategies)
