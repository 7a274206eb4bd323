"""A small loop from a document to figures, against a server on loopback."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from tests.commands import specloop
from tests.scripted_server import ScriptedServer

SHOP_POLICY = Path(__file__).parent / "data" / "shop_policy.md"
TOPICS = ("roses", "lawn", "pond", "trees", "herbs", "tools")
STAGES = ("instances", "probes", "synth", "pairs", "eval", "report")


def write_seeds(folder: Path, topics: Sequence[str] = TOPICS) -> None:
    """Three seed prompts a topic, in `seeds.jsonl`."""
    seeds = [
        {"topic": topic, "text": f"{text} {topic}?"}
        for topic in topics
        for text in ("What should I know about", "My dog likes my", "How do I look after")
    ]
    (folder / "seeds.jsonl").write_text("\n".join(map(json.dumps, seeds)))


def config(folder: Path, server: ScriptedServer, helper: str = "openai:helper") -> Path:
    """Write the configuration of a small loop against a server, with its seed prompts."""
    write_seeds(folder)
    options = f'{{ base_url = "{server.url}" }}'
    role = helper if helper == "plain" else f'{{ model = "{helper}", options = {options} }}'
    value = '"plain"' if helper == "plain" else role
    path = folder / "loop.toml"
    path.write_text(
        f"""
[document]
path = "{SHOP_POLICY}"
[roles]
target = {{ model = "openai:target", options = {options} }}
annotator = {value}
planner = {value}
attacker = {value}
compliance = {value}
quality = {value}
[instances]
n_train = 2
n_test = 1
held_out_rules = ["guarantee"]
[seeds]
path = "seeds.jsonl"
[synthesis]
waves = 2
exchanges_per_wave = 8
contrast_share = 0.5
judged_share = 0.5
n_validation = 3
n_test = 4
[evaluate]
baselines = ["prompt-only"]
"""
    )
    return path


def run_stages(run: Path, config: Path) -> None:
    specloop("rules", SHOP_POLICY, "--out", run, "--config", config)
    for stage in STAGES:
        specloop(stage, run)
