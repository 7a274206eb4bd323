"""The shell around the stages: reads and writes the run folder, opens models, counts cost,
resumes."""

from specloop.pipeline.run import Run
from specloop.pipeline.stages import STAGES, chosen_stages, run_all, run_stage

__all__ = ["STAGES", "Run", "chosen_stages", "run_all", "run_stage"]
