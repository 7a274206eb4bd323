"""SpecBench as a task of Inspect AI: methods are solvers, and judges are scorers.

Inspect finds this package by the entry point `specloop` of the group `inspect_ai`. It has
`specloop/specbench`, a solver `specloop/METHOD` for every method, and the scorer
`specloop/spec_judge`. Nothing else in specloop imports it or Inspect.
"""

from specloop.inspect_tasks.scorers import spec_judge
from specloop.inspect_tasks.solvers import SOLVERS
from specloop.inspect_tasks.task import specbench

__all__ = ["SOLVERS", "spec_judge", "specbench"]
