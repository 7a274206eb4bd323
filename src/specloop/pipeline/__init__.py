"""The shell around the stages: reads and writes the run folder, opens models, counts cost,
resumes."""

from specloop.pipeline.run import Run
from specloop.pipeline.stages import STAGES, run_all, run_stage

__all__ = ["STAGES", "Run", "run_all", "run_stage"]
