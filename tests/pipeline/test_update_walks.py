"""Walks of `specloop update` over random versions of a document: a dry run lists what is done, no
record is about something that is not there, and a version that was there before is as it was."""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from tests.commands import specloop
from tests.loop import SHOP_POLICY, write_seeds

from specloop.llm.calls.ledger import read_ledger
from specloop.records import (
    CODE,
    Answer,
    Case,
    Exchange,
    Instance,
    Judgement,
    PreferencePair,
    QualityScore,
    Rule,
    SetAside,
    Timing,
)
from specloop.revision.carrying import KINDS
from specloop.runrules import current_rules
from specloop.store import RunFolder

MODEL = "scripted:perf.revision_cost.reply"
CONFIG = """
[document]
path = "{folder}/policy.md"
[roles]
{roles}
[instances]
n_train = 2
{instances}
held_out_rules = ["guarantee"]
[seeds]
path = "{folder}/seeds.jsonl"
[synthesis]
waves = 2
exchanges_per_wave = 8
contrast_share = 0.5
judged_share = 1.0
trust_judge = "unmeasured"
n_validation = 3
n_test = 4
[evaluate]
baselines = ["prompt-only"]
judged_share = 1.0
general = false
"""
ONE, SMALL = "n_test = 1", "n_test = 5\nn_validation = 4\nmin_rules = 3\nmax_rules = 4"
"""Held-out instances: one of nearly all rules, or several that a changed rule does not all keep."""
ROLES = ("target", "annotator", "planner", "attacker", "compliance", "quality")
NEW = (
    "Always recommend a visit to the shop.",
    'Never use the word "cheap".',
    "Be honest about prices.",
    "Do not discuss politics.",
    "When a customer asks about repairs, say who can decide it.",
)
OTHERWISE = {
    "set_aside.jsonl",
    "revisions.jsonl",
    "evaluations.jsonl",
    "timings.jsonl",
    "triaged.jsonl",
}
"""Files that a walk leaves otherwise: what is known of the way, and when something was measured."""


def edited(text: str, draw: random.Random) -> str:
    """The document with one rule more, less, moved, reversed, reworded or of another number."""
    lines = text.splitlines()
    at = [n for n, line in enumerate(lines) if line.startswith("- ")]
    here, line = (n := draw.choice(at)), lines[n]
    match draw.choice(("number", "drop", "add", "move", "reverse", "reword")):
        case "number":
            most = f"at most {draw.choice((8, 12, 20, 30, 50))}"
            lines = [re.sub(r"at most \d+", most, one) for one in lines]
        case "drop" if len(at) > 8:
            del lines[here]
        case "add":
            lines[here:here] = [new for new in [f"- {draw.choice(NEW)}"] if new not in lines]
        case "move":
            del lines[here]
            lines.insert(draw.choice([n for n in at if n < len(lines)]), line)
        case "reverse":
            lines[here] = re.sub(r"- (?:Never|Do not) ", "- Always ", line)
        case _ if line.endswith(".") and "whoever" not in line and '"' not in line:
            lines[here] = f"{line[:-1]}, whoever asks."
        case _:
            pass
    return "\n".join(lines) + "\n"


class Walk(NamedTuple):
    """A run on its way."""

    folder: Path
    versions: dict[str, dict[str, list[str]]]
    """Texts of the versions that it was for, with its files of then."""

    @property
    def run(self) -> Path:
        return self.folder / "run"

    @classmethod
    def begun(cls, folder: Path, instances: str) -> Walk:
        """One that is done up to its evaluation."""
        write_seeds(folder)
        text = SHOP_POLICY.read_text()
        (folder / "policy.md").write_text(text)
        roles = "\n".join(f'{role} = {{ model = "{MODEL}" }}' for role in ROLES)
        told = CONFIG.format(folder=folder, roles=roles, instances=instances)
        (folder / "loop.toml").write_text(told)
        walk = cls(folder, {})
        specloop("run", folder / "loop.toml", "--out", walk.run, "--until", "pairs")
        specloop("eval", walk.run)
        walk.versions[text] = walk.files()
        return walk

    def files(self) -> dict[str, list[str]]:
        """All records, by file."""
        return {one.name: one.read_text().splitlines() for one in self.run.glob("*.jsonl")}

    def n_calls(self) -> int:
        """Calls that were made and not read from the cache."""
        costs = [entry.cost for entry in read_ledger(self.run / "calls.sqlite")]
        return sum(cost.n_calls - cost.n_cached for cost in costs)

    def goes_to(self, text: str) -> None:
        """Update to a version, and look at what that did."""
        path = self.folder / f"version-{len(list(self.folder.glob('version-*')))}.md"
        path.write_text(text)
        options = ["--back"] * (text in self.versions)
        before, n_calls = self.files(), self.n_calls()
        left = RunFolder(self.run).manifest()["document"]["digest"]
        dry = specloop("update", self.run, path, "--dry-run", "--json", *options)
        assert self.files() == before
        specloop("update", self.run, path, *options)
        told, n_asked = json.loads(dry.stdout), self.n_calls() - n_calls
        bill = told["bill"]["total"]["calls"]
        assert bill["low"] <= n_asked <= bill["high"]
        assert list(amiss(self.run)) == []
        now = self.files()
        for name, n in told["kept"].items():
            assert len(now[name]) >= n + told["back"].get(name, 0), name
        if text in self.versions:
            was = self.versions[text]
            assert n_asked == 0
            for name in was.keys() - OTHERWISE:
                assert now[name] == was[name], name
        else:
            self.versions[text] = now
            self._is_done(told, left)

    def _is_done(self, told: dict[str, Any], left: str) -> None:
        """What was listed of another version, is done."""
        folder = RunFolder(self.run)
        fell = Counter(one.file for one in folder.read(SetAside) if one.document == left)
        for name, n in told["set_aside"].items():
            assert fell[name] >= n, name
        due, cases = told["due"], {case.id: case for case in folder.read(Case)}
        first = (e for e in folder.read(Exchange) if e.round == 0 and not cases[e.probe].twin_of)
        aimed = Counter(target for e in first for target in cases[e.probe].targets[:1])
        assert {rule: aimed[rule] for rule in due["exchanges"]} == due["exchanges"]
        attacks = (one for one in cases.values() if one.is_probe and one.attack != "direct")
        tested = Counter((one.split, *one.targets[:1]) for one in attacks if not one.twin_of)
        for split, counts in due["probes"].items():
            assert {rule: tested[split, rule] for rule in counts} == counts


def amiss(run: Path) -> Iterator[str]:
    """Records about what is not there, pairs that say other than their answers, and exchanges that
    say other than the verdicts on them."""
    folder = RunFolder(run)
    answers = {one.id: one.text for one in folder.read(Answer)}
    cases = {one.id for one in folder.read(Case)}
    instances = {one.id for one in folder.read(Instance)}
    exchanges, pairs = folder.read(Exchange), folder.read(PreferencePair)
    for kind in (Judgement, QualityScore, Timing):
        yield from (f"{kind.FILE} {j.id}" for j in folder.read(kind) if j.answer not in answers)
    # Pairs that a triage has kept are of probes that are set aside, and name answers.
    paired = {pair.probe for pair in pairs}
    made = [one for one in folder.read(Answer) if one.purpose in ("defender", "evaluation")]
    yield from (f"answer {a.id}" for a in made if a.case not in cases | paired)
    yield from (f"case {c.id}" for c in folder.read(Case) if c.scenario not in instances)
    yield from (
        f"exchange {e.id}" for e in exchanges if {e.probe} - cases or e.answer not in answers
    )
    sides = [(p, p.chosen_id, p.chosen_text) for p in pairs]
    sides += [(p, p.rejected_id, p.rejected_text) for p in pairs]
    yield from (f"pair {p.id}" for p, id_, text in sides if id_ and answers.get(id_) != text)
    away = {one.content["id"] for one in folder.read(SetAside) if one.file == Rule.FILE}
    away -= {rule.id for rule in current_rules(folder)}
    for kind in KINDS:
        if kind is not Answer:  # Answers say for which rules they were made then.
            for one in folder.read(kind):
                yield from (f"{kind.FILE}: {r}" for r in away if r in one.model_dump_json())
    held_out = set(folder.manifest()["held_out_rules"])
    said: dict[str, set[str]] = {}
    for one in folder.read(Judgement):
        no = {v.rule for v in one.verdicts if v.value == "NO"}
        said.setdefault(one.answer, set()).update(no - held_out if one.model != CODE else no)
    for one in exchanges:
        if set(one.violated) != said.get(one.answer, set()) - held_out:
            yield f"exchange {one.id} says {one.violated}"


def walked(folder: Path, seed: int, n: int, instances: str = ONE) -> None:
    """A walk of so many steps, two in five of them to a version that was there."""
    draw, walk = random.Random(seed), Walk.begun(folder, instances)
    here = next(iter(walk.versions))
    for _ in range(n):
        former = [text for text in walk.versions if text != here]
        if former and draw.random() < 0.4:
            there = draw.choice(former)
        else:
            there = here
            for _ in range(draw.choice((1, 1, 2, 3))):
                there = edited(there, draw)
        if there != here:
            walk.goes_to(there)
            here = there


def test_a_walk_leaves_nothing_behind_and_former_versions_are_as_they_were(tmp_path: Path) -> None:
    walked(tmp_path, 2, 5)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [2, 5, 7])
def test_walks_with_small_instances(tmp_path: Path, seed: int) -> None:
    walked(tmp_path, seed, 5, SMALL)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3, 9))
def test_longer_walks(tmp_path: Path, seed: int) -> None:
    walked(tmp_path, seed, 9)
