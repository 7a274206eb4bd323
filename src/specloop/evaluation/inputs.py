"""What an evaluation is given."""

from __future__ import annotations

from typing import NamedTuple

from specloop.config import Evaluate
from specloop.draws import ranked
from specloop.llm.base import Model
from specloop.llm.calls.ledger import Meter
from specloop.llm.roles import RoleModel
from specloop.records import Case, Instance, Rule, Sampling, Spec, Specs, Told, content_id
from specloop.responding.answers import EntrantResources
from specloop.responding.entrant import Entrant
from specloop.store import RecordStore


class Target(NamedTuple):
    """An entrant with its open models."""

    entrant: Entrant
    resources: EntrantResources
    concurrency: int = 16

    @property
    def label(self) -> str:
        """What tables call it."""
        return self.entrant.label

    @property
    def model(self) -> Model:
        """The model that is measured."""
        return self.resources.model


def conversation(probe: Case) -> str:
    """What a probe says, by which it is drawn."""
    return "\n".join(message.content for message in probe.messages)


class EvaluationSet(NamedTuple):
    """What every target of a run is measured on: held-out probes, all rules, sampling."""

    probes: tuple[Case, ...]
    instances: tuple[Instance, ...]
    rules: tuple[Rule, ...]
    held_out: frozenset[str]
    """Ids of rules that no training instance held."""
    settings: Evaluate

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

    def specs(self, probe: Case, told: Told) -> Specs:
        """What an entrant is told beside the probe."""
        rules = {"nothing": (), "rules": self.instance_rules(probe), "document": self.rules}[told]
        return Specs.of(Spec(rule.category, 0, rule.text) for rule in rules)


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
