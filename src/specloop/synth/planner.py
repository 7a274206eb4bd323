"""The planner: choose an attack strategy from seed prompt, specification and experience pool.

The pool has the strategies that elicited violations. All exchanges of a wave see it as it was when
the wave began, and its successes are merged in id order, so the result does not depend on timing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Annotated, NamedTuple

from pydantic import AfterValidator, Field

from specloop.attacks import attacks
from specloop.draws import picked
from specloop.llm.roles import RoleModel, RoleQuestion, ask, object_schema
from specloop.prompt import Prompt
from specloop.records import Case, Exchange, MadeBy, Record, Value
from specloop.synth.plans import Plan


class Experience(NamedTuple):
    """One strategy that worked, the rule that it broke, and how often."""

    rule: str
    attack: str
    strategy: str
    n_successes: int


class StrategyPool:
    """Successful strategies so far."""

    def __init__(self) -> None:
        self._successes: Counter[tuple[str, str, str]] = Counter()

    def merge(self, records: Sequence[Record]) -> None:
        """Add a wave's violations of the rule at which each exchange aimed."""
        by_id = {record.id: record for record in records if isinstance(record, Case)}
        exchanges = (record for record in records if isinstance(record, Exchange))
        for exchange in sorted(exchanges, key=lambda exchange: exchange.id):
            probe = by_id.get(exchange.probe)
            if probe is None or probe.attack == "direct":
                continue
            for rule in set(exchange.violated) & set(probe.targets):
                self._successes[rule, probe.attack, exchange.strategy] += 1

    def best(self, rule: str, n: int) -> tuple[Experience, ...]:
        """Up to `n` strategies that broke this rule, the most successful first.

        Those that broke other rules are left out, because an exchange would otherwise change with
        every rule of the document.
        """
        own = [item for item in self._successes.items() if item[0][0] == rule]
        own.sort(key=lambda item: (-item[1], item[0]))
        return tuple(Experience(*key, count) for key, count in own[:n])


class Tactic(NamedTuple):
    """A plan for an attack."""

    attack: str
    strategy: str
    made_by: MadeBy


def _tactics() -> list[str]:
    return [name for name in attacks.names() if name != "direct"]


def _known(tactic: str) -> str:
    if tactic not in _tactics():
        raise ValueError(f"it must be one of {', '.join(_tactics())}")
    return tactic


class _ChosenTactic(Value):
    tactic: Annotated[str, AfterValidator(_known)]
    strategy: str = Field(min_length=1)


async def choose_tactic(
    plan: Plan, pool: Sequence[Experience], role_model: RoleModel | None
) -> Tactic:
    """A tactic for the exchange; without a model the pool's best or one drawn by its seed."""
    names = _tactics()
    if role_model is None:
        return _choose_plainly(plan, pool, names)
    schema = object_schema(
        tactic={"type": "string", "enum": names},
        strategy={"type": "string", "minLength": 10, "maxLength": 90},
    )
    values = {
        "rules": "\n".join(f"- {rule.text}" for rule in plan.instance_rules),
        "tactics": "\n".join(f"- {name}: {attacks.get(name).brief}" for name in names),
        "pool": "\n".join(f"- {e.attack}: {e.strategy}" for e in pool) or "- nothing yet",
        "seed": plan.request,
        "rule": plan.rule.text,
    }
    question = RoleQuestion(Prompt.beside(__file__), values, schema, plan.seed, max_tokens=80)
    planned, made_by = await ask(role_model, question, _ChosenTactic)
    return Tactic(planned.tactic, planned.strategy.strip(), made_by)


def _choose_plainly(plan: Plan, pool: Sequence[Experience], names: Sequence[str]) -> Tactic:
    # Every third exchange tries what worked; the others are drawn, so that the pool keeps learning.
    worked = [experience.attack for experience in pool if experience.attack in names]
    again = bool(worked) and plan.seed % 3 == 0
    name = worked[0] if again else picked(names, str, plan.seed)
    return Tactic(name, attacks.get(name).brief, MadeBy(model="plain"))
