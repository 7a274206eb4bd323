"""Build a benchmark in SpecBench's form from the user's own document.

Rules become specs, models write and check prompts for each, the most varied are kept, and prompts
that work against a safety spec are made adversarial. `build_benchmark` runs all steps.
"""

from specloop.benchmaker.build import Built, build_benchmark
from specloop.benchmaker.embedding import embedding
from specloop.benchmaker.kept import Earlier, EarlierRow
from specloop.benchmaker.leaks import Known, LeakReport, Near, training_texts
from specloop.benchmaker.rows import BuiltRow
from specloop.benchmaker.specs import BenchMaterial
from specloop.benchmaker.steps import BuildModels

__all__ = [
    "BenchMaterial",
    "BuildModels",
    "Built",
    "BuiltRow",
    "Earlier",
    "EarlierRow",
    "Known",
    "LeakReport",
    "Near",
    "build_benchmark",
    "embedding",
    "training_texts",
]
