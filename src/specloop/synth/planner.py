"""The planner: choose an attack strategy from seed prompt, specification and experience pool."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, NamedTuple

from pydantic import AfterValidator, Field

from specloop.attacks import attacks
from specloop.draws import picked
from specloop.llm.roles import RoleModel, RoleQuestion, ask, object_schema
from specloop.prompt import Prompt
from specloop.records import MadeBy, Rule, Value
from specloop.synth.pool import Experience


class ExchangeTask(NamedTuple):
    """What one exchange is about; `seed` also seeds every draw made for it."""

    request: str
    rule: Rule
    instance_rules: Sequence[Rule]
    seed: int


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


class _Plan(Value):
    tactic: Annotated[str, AfterValidator(_known)]
    strategy: str = Field(min_length=1)


async def plan(
    task: ExchangeTask, pool: Sequence[Experience], role_model: RoleModel | None
) -> Tactic:
    """A tactic for the task; without a model the pool's best or one drawn by its seed."""
    names = _tactics()
    if role_model is None:
        return _plan_plainly(task, pool, names)
    schema = object_schema(
        tactic={"type": "string", "enum": names},
        strategy={"type": "string", "minLength": 10, "maxLength": 90},
    )
    values = {
        "rules": "\n".join(f"- {rule.text}" for rule in task.instance_rules),
        "tactics": "\n".join(f"- {name}: {attacks.get(name).brief}" for name in names),
        "pool": "\n".join(f"- {e.attack}: {e.strategy}" for e in pool) or "- nothing yet",
        "seed": task.request,
        "rule": task.rule.text,
    }
    question = RoleQuestion(Prompt.beside(__file__), values, schema, task.seed, max_tokens=80)
    planned, made_by = await ask(role_model, question, _Plan)
    return Tactic(planned.tactic, planned.strategy.strip(), made_by)


def _plan_plainly(task: ExchangeTask, pool: Sequence[Experience], names: Sequence[str]) -> Tactic:
    # Every third task tries what worked; the others are drawn, so that the pool keeps learning.
    worked = [experience.attack for experience in pool if experience.attack in names]
    again = bool(worked) and task.seed % 3 == 0
    name = worked[0] if again else picked(names, str, task.seed)
    return Tactic(name, attacks.get(name).brief, MadeBy(model="plain"))
