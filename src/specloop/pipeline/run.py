"""One run: its folder and configuration, its models while a stage needs them, and their cost."""

from __future__ import annotations

import platform
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from specloop.config import Config, Configured, RoleName, assumed_origins, build
from specloop.llm.calls.ledger import Meter
from specloop.pipeline.judge_models import judges_note
from specloop.pipeline.model_pool import ModelPool, Opened
from specloop.prompt import Prompt
from specloop.records import content_id
from specloop.revision.due import Due
from specloop.store import RunFolder

_PACKAGES = (
    "specloop",
    "openvino-genai",
    "torch",
    "transformers",
    "trl",
    "peft",
    "datasets",
    "accelerate",
    "numpy",
    "pydantic",
)


class Run:
    """A run folder with its configuration."""

    def __init__(
        self, folder: RunFolder, config: Config, origins: Mapping[str, str] | None = None
    ) -> None:
        self.folder = folder
        self.config = config
        self.origins = assumed_origins(config) if origins is None else origins
        """The origins of the configuration's values by dotted key; all others are defaults."""
        self.pool = ModelPool(folder.path, config)
        self.is_rehearsal = False
        """Whether stages only ask, and make nothing from the replies."""

    @classmethod
    def resume(cls, path: Path) -> Run:
        """A run from only its folder: the configuration is in the manifest."""
        folder = RunFolder(path)
        return cls(folder, *known_config(folder))

    def begin(self) -> None:
        """Note configuration and versions in the manifest: a command that holds the folder begins
        its work."""
        noted, entries = self.folder.manifest(), self.entries()
        if any(noted.get(name) != content for name, content in entries.items()):
            self.folder.note(**entries)

    def entries(self) -> dict[str, Any]:
        """What the manifest says of the configuration and versions."""
        noted = self.folder.manifest()
        entries: dict[str, Any] = {
            "config": self.config.model_dump(mode="json"),
            "origins": dict(self.origins),
            "versions": _versions(),
            "prompts": _prompts(),
        }
        judges = judges_note(self.config)
        if judges or "judges" in noted:
            entries["judges"] = judges
        return entries

    def models(self, stage: str, *roles: RoleName) -> AbstractAsyncContextManager[Opened]:
        """Open the roles' models: cached on disk, metered under the stage, limited; a plain role
        has none."""
        return self.pool.open_roles(stage, {role: self.config.roles.of(role) for role in roles})


class StageLog:
    """Times a stage and notes its inputs, so that a rerun knows that it is done."""

    def __init__(self, run: Run, name: str, inputs: Sequence[object]) -> None:
        self._run, self.name = run, name
        self._digest = content_id([str(part) for part in inputs])
        self._noted: dict[str, Any] = run.folder.manifest().get("stages", {}).get(name, {})
        self._start = time.monotonic()

    @property
    def done(self) -> bool:
        """Whether the stage has finished on the same inputs."""
        return bool(self._noted.get("done")) and not self.changed

    @property
    def is_begun(self) -> bool:
        """Whether the stage has begun on the same inputs, and not ended."""
        return self._noted.get("done") is False and not self.changed

    @property
    def changed(self) -> bool:
        """Whether an earlier run of the stage, finished or not, had other inputs."""
        return bool(self._noted) and self._noted.get("inputs") != self._digest

    def begin(self) -> None:
        """Note that the stage has begun on these inputs."""
        kept = {} if self.changed else self._noted
        self._noted = {**kept, "inputs": self._digest, "done": False}
        self._run.folder.note_stage(self.name, self._noted)

    @property
    def due(self) -> Due | None:
        """What an update has left to do of the stage; None: nothing of that kind."""
        due = self._noted.get("due")
        return None if due is None else Due.model_validate(due)

    def noted(self, name: str, otherwise: Any) -> Any:
        """A fact that the stage has noted on these inputs before its end."""
        return self._noted.get(name, otherwise)

    def keep(self, **facts: object) -> None:
        """Note facts before the end."""
        self._noted |= facts
        self._run.folder.note_stage(self.name, self._noted)

    def as_done(self, **facts: object) -> dict[str, Any]:
        """The note of the stage as if it had been done on these inputs."""
        return self._noted | {"inputs": self._digest, "done": True} | facts

    def finish(self, meters: dict[str, Meter] | None = None, **facts: object) -> None:
        """Note that the stage is done (or `done=False`), how long it took and what it cost."""
        seconds = self._noted.get("seconds", 0.0) + time.monotonic() - self._start
        cost = {role: meter.cost.model_dump() for role, meter in (meters or {}).items()}
        told: dict[str, Any] = {"done": True, "seconds": round(seconds, 2), "cost": cost}
        self._noted |= told | {"inputs": self._digest} | facts
        self._noted.pop("due", None)
        self._run.folder.note_stage(self.name, self._noted, ended=True)


def known_config(folder: RunFolder) -> Configured:
    """The configuration noted in a run folder, with the origins of its values."""
    manifest = folder.manifest()
    where = f"{folder / 'manifest.json'}: config"
    config = build(Config, manifest.get("config", {}), where)
    return Configured(config, manifest.get("origins", assumed_origins(config)))


def _prompts() -> dict[str, str]:
    """A digest of every prompt file of the package."""
    root = Path(__file__).parents[1]
    files = sorted(root.rglob("*.md"))
    return {str(f.relative_to(root)): Prompt.beside(str(f), f.stem).digest for f in files}


def _versions() -> dict[str, str]:
    versions = {"python": platform.python_version(), "machine": platform.machine()}
    for name in _PACKAGES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    return versions
