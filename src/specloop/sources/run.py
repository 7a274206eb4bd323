"""The held-out probes of a run, on which the loop measures, in SpecBench's form.

A scenario is one held-out instance: its rules in force, and the probes written for it. A
permitted probe is a safe prompt.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from specloop.records import Case, Instance, Rule, Scenario, ScenarioRow
from specloop.runrules import current_rules
from specloop.sources import BenchmarkSource, sources
from specloop.specbench.load import ScenarioHead, make_scenario
from specloop.store import RunFolder


@sources.register("run")
class HeldOut(BenchmarkSource):
    """A run's held-out probes, `run:RUN`."""

    def scenarios(self, where: str) -> dict[str, Callable[[], Scenario]]:
        """The scenarios by the ids of the held-out instances that have probes."""
        folder = RunFolder(Path(where))
        folder.manifest()  # A folder of another form is refused before it looks empty.
        rules = {rule.id: rule for rule in current_rules(folder)}
        by_instance: dict[str, list[Case]] = {}
        for probe in folder.need(Case, "probes"):
            if probe.is_probe and probe.split == "test":
                by_instance.setdefault(probe.scenario, []).append(probe)
        return {
            instance.id: partial(
                _scenario, where, instance, [rules[i] for i in instance.rules if i in rules], own
            )
            for instance in folder.read(Instance)
            if (own := by_instance.get(instance.id))
        }


def _scenario(where: str, instance: Instance, rules: list[Rule], probes: list[Case]) -> Scenario:
    head = ScenarioHead(
        key=instance.id,
        where=f"{where}: instance {instance.id}",
        name=f"instance {instance.id}",
        description="",
        safety=[rule.text for rule in rules if rule.category == "safety"],
        behavioral=[rule.text for rule in rules if rule.category == "behavioral"],
    )
    return make_scenario(head, map(_row, probes), f"{where}: probes of {instance.id}")


def _row(probe: Case) -> dict[str, Any]:
    row = ScenarioRow.of(probe).model_copy(update={"source": probe.strategy or probe.attack})
    return row.model_dump(mode="json")
