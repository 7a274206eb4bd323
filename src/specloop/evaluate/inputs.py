"""What an evaluation is given."""

from __future__ import annotations

from typing import Literal, NamedTuple

from specloop.config import Evaluate
from specloop.draws import ranked
from specloop.llm.base import Model
from specloop.llm.calls.ledger import Meter
from specloop.llm.roles import RoleModel
from specloop.records import Case, Instance, Rule, Sampling, content_id
from specloop.store import RunFolder

Method = Literal["vanilla", "prompt-only"]


class Target(NamedTuple):
    """An evaluated model under its short name in tables.

    The method `prompt-only` puts the rules of the probe's instance in its context.
    """

    label: str
    model: Model
    method: Method = "vanilla"
    concurrency: int = 16


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
        base = Sampling(temperature=self.settings.temperature, max_tokens=self.settings.max_tokens)
        return tuple(base.model_copy(update={"seed": seed}) for seed in self.settings.seeds)

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


class Inputs(NamedTuple):
    """One evaluation."""

    folder: RunFolder
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
