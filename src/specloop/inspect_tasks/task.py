# pyright: basic, reportMissingImports=false
"""The benchmark as a task of Inspect: `inspect eval specloop/specbench -T scenario=Child ...`."""

from __future__ import annotations

from typing import Any

from inspect_ai import Task, task
from inspect_ai.dataset import MemoryDataset
from inspect_ai.model import GenerateConfig
from inspect_ai.solver import Solver
from pydantic import Field

from specloop.config import ConfigTable, StrategyName, build
from specloop.inspect_tasks.prerequisites import must_become_role, prerequisites
from specloop.inspect_tasks.rows import sample_of
from specloop.inspect_tasks.scorers import spec_judge
from specloop.inspect_tasks.solvers import SOLVERS, USUAL
from specloop.methods import methods
from specloop.responding.wording import OURS
from specloop.sources import load_scenarios
from specloop.specbench.subset import subset


class TaskOptions(ConfigTable):
    """What `-T` takes. A strategy is a name, or `{name: NAME, OPTION: VALUE}`."""

    data: str = "hf:zzzhr97/SpecBench"
    """A data folder, a checkout of SpecBench, `hf:OWNER/NAME`, `run:RUN`, or another source's."""
    scenario: str | tuple[str, ...] = ()
    """One or several, separated by commas; all where none is named."""
    subset: int = Field(default=USUAL.subset, ge=0)
    """Rows of each scenario, stratified by label and source; 0: all."""
    subset_seed: int = USUAL.subset_seed
    method: StrategyName = "vanilla"
    scorer: StrategyName = USUAL.scorer
    """What best_of_n, tpo and self_refine choose by; its model is that of the role `scorer`, else
    the judge's."""
    judge: StrategyName = USUAL.judge
    judge_model: str = ""
    """A model, such as `openai/gpt-4.1`, or the name of a model role."""
    alpha: float = Field(default=USUAL.alpha, ge=0, le=1)
    seed: int = 0
    """Of the first epoch; each further one has the next."""
    prefill: bool | None = None
    """Whether the evaluated model's turn can be continued; by default what is known of its
    provider."""

    @property
    def scenarios(self) -> tuple[str, ...]:
        """The named ones."""
        return (self.scenario,) if isinstance(self.scenario, str) else self.scenario

    @property
    def names_judge(self) -> bool:
        """Whether `judge_model` is a model and not a role: models have their provider before a
        slash."""
        return "/" in self.judge_model

    @property
    def judge_role(self) -> str:
        """The named role."""
        return "" if self.names_judge else self.judge_model


@task
def specbench(**options: Any) -> Task:
    """SpecBench: answer prompts under the specification of their scenario (`TaskOptions`)."""
    with prerequisites():
        return _task(build(TaskOptions, options, "-T"))


def _task(told: TaskOptions) -> Task:
    must_become_role(told.judge_role)
    found = load_scenarios(told.data, told.scenarios)
    scenarios = [subset(one, told.subset, told.subset_seed) for one in found]
    samples = [sample_of(one, row) for one in scenarios for row in one.rows]
    return Task(
        dataset=MemoryDataset(samples, name=" ".join(one.key for one in scenarios)),
        solver=_solver(told),
        scorer=spec_judge(told.judge, told.judge_role, told.alpha),
        config=GenerateConfig(
            temperature=USUAL.temperature, max_tokens=USUAL.max_tokens, seed=told.seed
        ),
        model_roles={"judge": told.judge_model} if told.names_judge else None,
        metadata={"protocol": "specloop", "wording": OURS.digest},
    )


def _solver(told: TaskOptions) -> Solver:
    table = {"name": told.method} if isinstance(told.method, str) else dict(told.method)
    name = str(table.pop("name", ""))
    methods.get(name)
    given = {"scorer": told.scorer, "judge_role": told.judge_role, "prefill": told.prefill}
    return SOLVERS[name](**given, **table)
