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
from specloop.inspect_tasks.model import must_become_role, prerequisites
from specloop.inspect_tasks.rows import sample_of
from specloop.inspect_tasks.scorers import spec_judge
from specloop.inspect_tasks.solvers import SOLVERS, USUAL
from specloop.methods import methods
from specloop.responding.wording import OURS
from specloop.sources import load_scenarios
from specloop.specbench.subset import subset


class TaskOptions(ConfigTable):
    """The options for `-T`. A strategy is a name, or `{name: NAME, OPTION: VALUE}`."""

    data: str = "hf:zzzhr97/SpecBench"
    """A data folder, a checkout of SpecBench, `hf:OWNER/NAME`, `run:RUN`, or another source's."""
    scenario: str | tuple[str, ...] = ()
    """One or several, separated by commas; all if none is named."""
    subset: int = Field(default=USUAL.subset, ge=0)
    """Rows of each scenario, stratified by label and source; 0: all."""
    subset_seed: int = USUAL.subset_seed
    method: StrategyName = "vanilla"
    scorer: StrategyName = USUAL.scorer
    """The scorer by which best_of_n, tpo and self_refine choose; its model is that of the role
    `scorer`, or else the judge's."""
    judge: StrategyName = USUAL.judge
    judge_model: str = ""
    """A model, such as `openai/gpt-4.1`, or the name of a model role."""
    rubrics: str = ""
    """A run or a file with rubrics, which the judge shows; empty: none."""
    alpha: float = Field(default=USUAL.alpha, ge=0, le=1)
    seed: int = 0
    """The seed of the first epoch; each further epoch has the next seed."""
    prefill: bool | None = None
    """Whether the evaluated model's turn can be continued; by default as known for its provider."""

    @property
    def scenarios(self) -> tuple[str, ...]:
        """The named scenarios."""
        return (self.scenario,) if isinstance(self.scenario, str) else self.scenario

    @property
    def names_judge(self) -> bool:
        """Whether `judge_model` is a model, with its provider before a slash, and not a role."""
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


def _task(options: TaskOptions) -> Task:
    must_become_role(options.judge_role)
    loaded = load_scenarios(options.data, options.scenarios)
    scenarios = [subset(scenario, options.subset, options.subset_seed) for scenario in loaded]
    samples = [sample_of(scenario, row) for scenario in scenarios for row in scenario.rows]
    return Task(
        dataset=MemoryDataset(samples, name=" ".join(scenario.key for scenario in scenarios)),
        solver=_solver(options),
        scorer=spec_judge(options.judge, options.judge_role, options.alpha, options.rubrics),
        config=GenerateConfig(
            temperature=USUAL.temperature, max_tokens=USUAL.max_tokens, seed=options.seed
        ),
        model_roles={"judge": options.judge_model} if options.names_judge else None,
        metadata={"protocol": "specloop", "wording": OURS.digest},
    )


def _solver(options: TaskOptions) -> Solver:
    table = {"name": options.method} if isinstance(options.method, str) else dict(options.method)
    name = str(table.pop("name", ""))
    methods.get(name)
    return SOLVERS[name](
        scorer=options.scorer, judge_role=options.judge_role, prefill=options.prefill, **table
    )
