"""Two versions of a small document, and runs of them without a helper model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from specloop.llm.base import Request
from tests.commands import specloop
from tests.loop import SHOP_POLICY, TOPICS, write_seeds

_KEPT = "Roses like sun.\nSee you at the shop."


def good(request: Request) -> str:
    """Keeps the form that the document demands."""
    return _KEPT


def bad(request: Request) -> str:
    """Keeps its length, and neither the closing line nor the ban of exclamation marks."""
    return "Roses like sun!"


def policy(folder: Path, name: str, *changes: tuple[str, str]) -> Path:
    """The document with some texts replaced."""
    text = SHOP_POLICY.read_text()
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    path = folder / name
    path.write_text(text)
    return path


def configured(
    folder: Path,
    document: Path,
    target: str,
    *,
    compliance: str = '"plain"',
    topics: Sequence[str] = TOPICS,
) -> Path:
    """A configuration in which only the target is a model."""
    write_seeds(folder, [f"{kind} {topic}" for kind in ("red", "old", "tall") for topic in topics])
    plain = "\n".join(f'{role} = "plain"' for role in ("annotator", "planner", "attacker"))
    path = folder / f"{target}-{document.stem}.toml"
    path.write_text(
        f"""
[document]
path = "{document}"
[roles]
target = {{ model = "scripted:tests.two_runs.{target}" }}
{plain}
compliance = {compliance}
quality = "plain"
[instances]
n_train = 2
n_test = 3
[seeds]
path = "seeds.jsonl"
[synthesis]
waves = 2
exchanges_per_wave = 8
n_validation = 3
n_test = 24
[evaluate]
judged_share = {int("model" in compliance)}
"""
    )
    return path


def evaluated(folder: Path, name: str, document: Path, target: str, **more: Any) -> Path:
    """A run of which the base has been evaluated."""
    config = configured(folder, document, target, **more)
    run = folder / name
    specloop("rules", document, "--out", run, "--config", config)
    for stage in ("instances", "probes"):
        specloop(stage, run)
    specloop("eval", run, "--model", "base")
    return run
