"""Test-time methods: answer a query under a specification, on any model. One file a method.

A method that makes the model think on continues the assistant's turn if the backend can
(`model.capabilities.prefill`), and otherwise uses further turns: `MethodAnswer.form` says which.
Billed tokens are counted outside the method; `Method.paper_tokens` counts as the papers do.
"""

from specloop.responding.base import SCORE as SCORE
from specloop.responding.base import Focus as Focus
from specloop.responding.base import Method as Method
from specloop.responding.base import MethodAnswer as MethodAnswer
from specloop.responding.base import MethodContext as MethodContext
from specloop.responding.base import PaperTokens as PaperTokens
from specloop.responding.base import Task as Task
from specloop.responding.base import methods as methods
