"""The public names of the package: `specloop.judge(...)`, `from specloop import Rule`."""

from specloop import aio
from specloop.aio import (
    AnswerOptions,
    CallOptions,
    DocumentDiff,
    EvaluateOptions,
    EvaluationTable,
    ModelAnswer,
    Pairs,
    SpecDocument,
    TrainedModel,
    TrainOptions,
    Verdicts,
)
from specloop.blocking import blocking
from specloop.checking import AnswerText, compile_check, decide, repair_answer
from specloop.config import Config, load_config
from specloop.errors import InputError, ModelError, RunStoppedError, SpecloopError
from specloop.llm.backends import resolve
from specloop.llm.backends.scripted import ScriptedModel
from specloop.llm.base import Model, Reply, Request
from specloop.records import (
    Answer,
    Benchmark,
    Case,
    Cost,
    Evaluation,
    Example,
    Instance,
    Message,
    PreferencePair,
    Rule,
    Sampling,
    Section,
    Verdict,
)
from specloop.sources import load_benchmark
from specloop.store import RunFolder

answer = blocking(aio.answer)
close = blocking(aio.close)
diff = blocking(aio.diff)
evaluate = blocking(aio.evaluate)
judge = blocking(aio.judge)
pairs = blocking(aio.pairs)
read = blocking(aio.read)
train = blocking(aio.train)

__all__ = [
    "Answer",
    "AnswerOptions",
    "AnswerText",
    "Benchmark",
    "CallOptions",
    "Case",
    "Config",
    "Cost",
    "DocumentDiff",
    "EvaluateOptions",
    "Evaluation",
    "EvaluationTable",
    "Example",
    "InputError",
    "Instance",
    "Message",
    "Model",
    "ModelAnswer",
    "ModelError",
    "Pairs",
    "PreferencePair",
    "Reply",
    "Request",
    "Rule",
    "RunFolder",
    "RunStoppedError",
    "Sampling",
    "ScriptedModel",
    "Section",
    "SpecDocument",
    "SpecloopError",
    "TrainOptions",
    "TrainedModel",
    "Verdict",
    "Verdicts",
    "aio",
    "answer",
    "close",
    "compile_check",
    "decide",
    "diff",
    "evaluate",
    "judge",
    "load_benchmark",
    "load_config",
    "pairs",
    "read",
    "repair_answer",
    "resolve",
    "train",
]
