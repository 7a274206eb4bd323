"""The library, for code that awaits: `await aio.judge(...)`. The same names in `specloop` block.

Each function takes plain Python and returns a value; only `train` writes, into the folder it is
given.
"""

from specloop.aio.answering import AnswerOptions as AnswerOptions
from specloop.aio.answering import ModelAnswer as ModelAnswer
from specloop.aio.answering import answer as answer
from specloop.aio.calls import CallOptions as CallOptions
from specloop.aio.calls import close as close
from specloop.aio.comparing import DocumentDiff as DocumentDiff
from specloop.aio.comparing import diff as diff
from specloop.aio.evaluating import EvaluateOptions as EvaluateOptions
from specloop.aio.evaluating import EvaluationTable as EvaluationTable
from specloop.aio.evaluating import evaluate as evaluate
from specloop.aio.judging import Verdicts as Verdicts
from specloop.aio.judging import judge as judge
from specloop.aio.pairing import Pairs as Pairs
from specloop.aio.pairing import pairs as pairs
from specloop.aio.reading import SpecDocument as SpecDocument
from specloop.aio.reading import read as read
from specloop.aio.training import TrainedModel as TrainedModel
from specloop.aio.training import TrainOptions as TrainOptions
from specloop.aio.training import train as train
