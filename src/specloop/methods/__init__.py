"""Test-time methods: answer a query under a specification, on any model. One file a method.

A method that has the model think on continues the assistant's turn where the backend can
(`model.capabilities.prefill`), and goes on in further turns elsewhere: `MethodAnswer.form` tells.
What is billed is counted from outside; `Method.paper_tokens` counts as the papers do.
"""

from specloop.responding.base import (
    SCORE,
    Focus,
    Method,
    MethodAnswer,
    MethodContext,
    PaperTokens,
    Task,
    methods,
)

__all__ = [
    "SCORE",
    "Focus",
    "Method",
    "MethodAnswer",
    "MethodContext",
    "PaperTokens",
    "Task",
    "methods",
]
