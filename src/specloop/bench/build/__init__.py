"""A benchmark of SpecBench's form from the user's own document.

Rules become specs, models write and check prompts for each, the most varied are kept, and those
that pull against a safety spec are made adversarial. `build_benchmark` runs all steps.
"""

from specloop.bench.build.build import BuildContext, Built, Counts, build_benchmark
from specloop.bench.build.embedding import Embedding, embedding
from specloop.bench.build.leaks import Known, LeakReport, Near, other_texts, read_known
from specloop.bench.build.rows import BuiltRow
from specloop.bench.build.specs import Material
from specloop.bench.build.steps import BuildModels

__all__ = [
    "BuildContext",
    "BuildModels",
    "Built",
    "BuiltRow",
    "Counts",
    "Embedding",
    "Known",
    "LeakReport",
    "Material",
    "Near",
    "build_benchmark",
    "embedding",
    "other_texts",
    "read_known",
]
