"""A small run that is carried over to other versions of its document."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from tests.commands import Done, specloop
from tests.loop import SHOP_POLICY, config
from tests.scripted_server import ScriptedServer

OLD = SHOP_POLICY.read_text()


class UpdatedRun(NamedTuple):
    """A run with the server that it asks."""

    path: Path
    server: ScriptedServer

    @classmethod
    def made(cls, folder: Path, server: ScriptedServer) -> UpdatedRun:
        """One that is done up to its evaluation, with a judge that makes pairs."""
        told = config(folder, server)
        text = told.read_text().replace(str(SHOP_POLICY), str(folder / "policy.md"))
        text = text.replace("[evaluate]", "[evaluate]\njudged_share = 1.0")
        told.write_text(
            text.replace("contrast_share", 'trust_judge = "unmeasured"\ncontrast_share')
        )
        (folder / "policy.md").write_text(OLD)
        run = cls(folder / "run", server)
        specloop("run", told, "--out", run.path, "--until", "pairs")
        specloop("eval", run.path)
        return run

    def document(self, *changes: tuple[str, str], name: str = "newer.md") -> Path:
        """Another version of the document, with texts replaced."""
        text = OLD
        for old, new in changes:
            assert old in text, old
            text = text.replace(old, new)
        path = self.path.parent / name
        path.write_text(text)
        return path

    def update(self, document: Path, *options: str, check: bool = True) -> Done:
        """Carry it over."""
        return specloop("update", self.path, document, *options, check=check)

    def lines(self) -> dict[str, list[str]]:
        """All records, by file."""
        return {one.name: one.read_text().splitlines() for one in self.path.glob("*.jsonl")}
