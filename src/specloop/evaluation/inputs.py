"""What an evaluation is given."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from specloop.config import Evaluate
from specloop.draws import ranked
from specloop.evaluation.believing import NOTHING_KNOWN, JudgeWorth
from specloop.judging.base import decidable
from specloop.judging.grader import forbids
from specloop.judging.guides import NO_GUIDES, Guides
from specloop.judging.second_look import SecondLook
from specloop.llm.base import Model
from specloop.llm.calls.ledger import Meter
from specloop.llm.roles import RoleModel
from specloop.records import (
    Benchmark,
    Case,
    Instance,
    Rule,
    Sampling,
    Spec,
    Specs,
    Told,
    content_id,
    rule_of,
)
from specloop.responding.base import MethodContext
from specloop.responding.entrant import Entrant
from specloop.store import RecordStore


class Target(NamedTuple):
    """An entrant with its open models."""

    entrant: Entrant
    context: MethodContext
    concurrency: int = 16

    @property
    def label(self) -> str:
        """What tables call it."""
        return self.entrant.label

    @property
    def model(self) -> Model:
        """The model that is measured."""
        return self.context.model


def conversation(probe: Case) -> str:
    """What a probe says, by which it is drawn."""
    return "\n".join(message.content for message in probe.messages)


class EvaluationSet(NamedTuple):
    """What every target is measured on: a run's held-out probes or another benchmark's cases, all
    rules, sampling."""

    probes: tuple[Case, ...]
    instances: tuple[Instance, ...]
    rules: tuple[Rule, ...]
    held_out: frozenset[str]
    """Ids of rules that no training instance held."""
    settings: Evaluate
    source: str = ""
    """Where the cases are from; empty for the run's held-out probes."""
    descriptions: Mapping[str, str] = MappingProxyType({})
    """Of a benchmark: what the task of each scenario is. Each is a document of its own."""
    guides: Guides = NO_GUIDES
    """What the judge is shown with the rules."""
    worth: JudgeWorth = NOTHING_KNOWN
    """What is known of the judge."""

    @classmethod
    def of_benchmark(cls, benchmark: Benchmark, settings: Evaluate) -> EvaluationSet:
        """The cases of all scenarios, each under its scenario's rules. General questions are not
        asked: they are of no benchmark."""
        rules = {scenario.key: _rules_of(scenario.specs) for scenario in benchmark.scenarios}
        return cls(
            probes=tuple(row for scenario in benchmark.scenarios for row in scenario.rows),
            instances=tuple(
                Instance(id=key, rules=tuple(rule.id for rule in own), seed=0, split="test")
                for key, own in rules.items()
            ),
            rules=tuple({rule.id: rule for own in rules.values() for rule in own}.values()),
            held_out=frozenset(),
            settings=settings.model_copy(update={"general": False}),
            source=benchmark.source,
            descriptions={s.key: s.description for s in benchmark.scenarios},
        )

    @property
    def samplings(self) -> tuple[Sampling, ...]:
        """One sampling for each seed."""
        return self.settings.samplings

    @property
    def chosen(self) -> tuple[Case, ...]:
        """The probes asked: all of them, or `n_probes` drawn by seed, the same for every target."""
        n, seed = self.settings.n_probes, self.settings.seed
        return tuple(ranked(self.probes, conversation, seed)[:n]) if n else self.probes

    @property
    def benchmark(self) -> str:
        """Digest of what is asked and how answers are drawn."""
        samplings = [sampling.model_dump(mode="json") for sampling in self.samplings]
        return content_id([sorted(probe.id for probe in self.chosen), samplings])

    def instance_rules(self, probe: Case) -> tuple[Rule, ...]:
        """The rules of the probe's instance, in its priority order."""
        known = {rule.id: rule for rule in self.rules}
        ids = next((i.rules for i in self.instances if i.id == probe.scenario), ())
        return tuple(known[rule] for rule in ids if rule in known)

    def judged_rules(self, probe: Case) -> tuple[Rule, ...]:
        """Those of its instance's rules that a judge is asked about: code cannot decide them."""
        only = self.settings.tested_only and not self.source
        return tuple(
            rule
            for rule in self.instance_rules(probe)
            if rule.check is None and (not only or rule.id in probe.targets)
        )

    def document(self, probe: Case) -> tuple[Rule, ...]:
        """All rules of the document that the probe is about."""
        return self.instance_rules(probe) if self.source else self.rules

    def specs(self, probe: Case, told: Told) -> Specs:
        """What an entrant is told beside the probe."""
        if told == "nothing":
            return Specs.of(())
        rules = self.document(probe) if told == "document" else self.instance_rules(probe)
        return Specs.of(Spec(rule.category, 0, rule.text) for rule in rules)


def _rules_of(specs: Specs) -> tuple[Rule, ...]:
    """A scenario's specs as rules, each with a check if code can decide its wording."""
    return tuple(
        rule_of(*spec[:3]).model_copy(
            update={
                "check": spec.check,
                "type": "prohibition" if forbids(spec.text) else "requirement",
            }
        )
        for spec in decidable(specs)
    )


class Inputs(NamedTuple):
    """One evaluation."""

    folder: RecordStore
    target: Target
    eval_set: EvaluationSet
    against: str | None = None
    """Label of the target that differences are taken to; it must have been evaluated before."""
    compliance: RoleModel | None = None
    """The unmeasured judge."""
    meter: Meter | None = None
    """Counts what calls cost, where the target's model is wrapped with it."""
    only_asks: bool = False
    """Ask all that is asked, and take no figures: for a rehearsal."""
    second_look: SecondLook | None = None
    """Looks again at the violations that the judge finds."""
