"""The library, for code that awaits: `await aio.judge(...)`. The same names in `specloop` block.

Each function takes plain Python and returns a value; only `train` writes, into the folder it is
given.
"""

from specloop.aio.answering import AnswerOptions, ModelAnswer, answer
from specloop.aio.calls import CallOptions, close
from specloop.aio.evaluating import EvaluateOptions, EvaluationTable, evaluate
from specloop.aio.judging import Verdicts, judge
from specloop.aio.pairing import Pairs, pairs
from specloop.aio.reading import SpecDocument, read
from specloop.aio.training import TrainedModel, TrainOptions, train

__all__ = [
    "AnswerOptions",
    "CallOptions",
    "EvaluateOptions",
    "EvaluationTable",
    "ModelAnswer",
    "Pairs",
    "SpecDocument",
    "TrainOptions",
    "TrainedModel",
    "Verdicts",
    "answer",
    "close",
    "evaluate",
    "judge",
    "pairs",
    "read",
    "train",
]
